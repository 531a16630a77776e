/*
 * The keys of other issuers' tokens, checked when they are defined.
 */
#ifndef AUTH_TOKEN_KEY_H
#define AUTH_TOKEN_KEY_H

#include "auth/token.h"

#define TOKEN_SECRET_MIN 32   /* bytes: what can be guessed lets anybody be anybody */
#define TOKEN_SECRET_MAX 4096 /* bytes */
#define TOKEN_RSA_MIN 2048    /* bits */
#define TOKEN_RSA_MAX 8192    /* bits: each token costs a verification */

/* The algorithm of a name, byte for byte; TOKEN_ALGORITHM_NONE where it is none of ours. */
enum token_algorithm token_algorithm_of(struct str name);
const char *token_algorithm_name(enum token_algorithm algorithm);

/* Bytes of its signatures; 0: that depends on the key. */
size_t token_algorithm_signature(enum token_algorithm algorithm);

/* What a DEFINE TOKEN says after TYPE, in any case. ERROR_INVALID_VALUE for what cannot be verified; what is known but
 * not supported is named as such. */
bool token_algorithm_read(struct str name, enum token_algorithm *ret_algorithm, struct error *err) MUST_CHECK;

/* Whether a key fits the algorithm, and is worth to be trusted: a secret of TOKEN_SECRET_MIN bytes that is no PEM text,
 * or the public key of the right kind and size. ERROR_INVALID_VALUE otherwise. */
bool token_key_check(struct token_key key, struct error *err) MUST_CHECK;

#endif
