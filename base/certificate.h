/*
 * Making keys and certificates (X.509, ECDSA on P-256), on mbedTLS. Text in, text out: PEM, without files.
 */
#ifndef BASE_CERTIFICATE_H
#define BASE_CERTIFICATE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

/* Whom a server's certificate is for: host names, and addresses in their usual text. */
struct certificate_names {
    const char *items[8];
    size_t count;
};

/* From when to when, in seconds of clock_unix. */
struct certificate_time {
    int64_t from;
    int64_t to;
};

/* A new private key. */
bool certificate_make_key(struct buf *ret_pem, struct error *err) MUST_CHECK;

/* An authority that signs with `key` and calls itself `name`. */
bool certificate_make_authority(struct str key, const char *name, struct certificate_time time, struct buf *ret_pem,
                                struct error *err) MUST_CHECK;

/* A server's certificate for the public half of `key`, signed by an authority with its key. */
bool certificate_make_server(struct str key, struct str authority, struct str authority_key,
                             const struct certificate_names *names, struct certificate_time time, struct buf *ret_pem,
                             struct error *err) MUST_CHECK;

struct certificate_facts {
    int64_t ends;
    bool is_of_authority; /* signed by the one that it was held against */
    bool has_names;       /* is for exactly these, in this order */
};

/* What a certificate says. ERROR_INVALID_VALUE where it is none. */
bool certificate_examine(struct str certificate, struct str authority, const struct certificate_names *names,
                         struct certificate_facts *ret_facts, struct error *err) MUST_CHECK;

#endif
