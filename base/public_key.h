/*
 * Public keys in PEM, as others give them to us to verify their signatures with (on mbedTLS).
 */
#ifndef BASE_PUBLIC_KEY_H
#define BASE_PUBLIC_KEY_H

#include "base/error.h"
#include "base/str.h"

enum public_key_kind {
    PUBLIC_KEY_OTHER, /* zero-initialised: none that we know */
    PUBLIC_KEY_RSA,
    PUBLIC_KEY_P256,
    PUBLIC_KEY_P384,
    PUBLIC_KEY_P521,
};

struct public_key {
    enum public_key_kind kind;
    size_t bits; /* of the modulus, or of the curve */
};

/* Reads one public key: "-----BEGIN PUBLIC KEY-----", base64, "-----END PUBLIC KEY-----", and nothing around it but
 * white space, so that every library that is given the text finds the same key in it. ERROR_INVALID_VALUE otherwise;
 * a private key or a certificate is named as such. */
bool public_key_read(struct str pem, struct public_key *ret_key, struct error *err) MUST_CHECK;

/* Whether a text has a PEM block in it, of whatever kind. */
bool public_key_is_pem(struct str text);

#endif
