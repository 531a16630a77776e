/*
 * Whose a client's certificate is: read from its DER, and held against a rule such as
 *
 *     CN=ann                         the whole subject, of so many parts, in any order
 *     O=Acme\, Inc., CN=ann          names and values as in RFC 4514, with its escapes
 *     SHA256:9f86d081…               the certificate itself, by its fingerprint; colons may stand in it
 *
 * Subjects are compared part by part and byte for byte. A certificate of which a part has two values, or a value in an
 * encoding other than ASCII or UTF-8, fits no subject; its fingerprint still names it.
 */
#ifndef BASE_CERTIFICATE_IDENTITY_H
#define BASE_CERTIFICATE_IDENTITY_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define CERTIFICATE_PARTS_MAX 16
#define CERTIFICATE_RULE_MAX 1024 /* bytes */

struct certificate_part {
    struct str type; /* the object identifier, in DER */
    struct str value;
};

struct certificate_identity {
    unsigned char fingerprint[32]; /* SHA-256 of the DER */
    struct certificate_part parts[CERTIFICATE_PARTS_MAX];
    size_t count; /* 0: the subject fits no rule */
};

/* Reads a certificate; views are into `der`. ERROR_INVALID_VALUE where it is none. */
bool certificate_identify(struct str der, struct certificate_identity *ret_identity, struct error *err) MUST_CHECK;

/* Whether a rule can be used; ERROR_INVALID_VALUE says what is wrong with it. */
bool certificate_check_rule(struct str rule, struct error *err) MUST_CHECK;

/* Whether a certificate is the one that a rule means; never one by a rule that cannot be used. */
bool certificate_fits(const struct certificate_identity *identity, struct str rule);

#endif
