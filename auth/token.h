/*
 * Tokens: JSON Web Tokens, HS512, with a key of its own for each login and scope. jwt.h is included in token.c alone.
 *
 * libjwt is trusted with nothing but the signature: the header and the claims are decoded and checked here, strictly,
 * and the key is chosen by what was defined.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "base/value.h"

#define TOKEN_LENGTH_MAX 8192
#define TOKEN_KEY_LENGTH 64

struct token_claims {
    int64_t issued_at;  /* iat */
    int64_t not_before; /* nbf */
    int64_t expires_at; /* exp: compulsory */
    struct str id;      /* jti */
    struct str ns;      /* NS, DB, SC: empty where the level has none */
    struct str db;
    struct str scope;
    struct str kind;         /* TK */
    struct value subject;    /* ID: the auth record's id, or the login's name */
    const struct json *json; /* all the claims: what $token shows; token_read sets it, token_sign ignores it */
};

/* Signs claims (iss is always "Bailiwick") with a key of TOKEN_KEY_LENGTH bytes. */
bool token_sign(struct arena *arena, struct str key, const struct token_claims *claims, struct str *ret_token,
                struct error *err) MUST_CHECK;

/* Decodes a token without looking at its signature: what it claims to be. Strict: three parts of base64url, a header
 * with alg HS512 and typ JWT (or none), no `crit`; every claim of its type; iss "Bailiwick", TK "default"; SC only with
 * DB, DB only with NS. ERROR_UNAUTHENTICATED otherwise, one and the same message for all faults (detail tells them
 * apart). */
bool token_read(struct arena *arena, struct str token, struct token_claims *ret_claims, struct error *err) MUST_CHECK;

/* Whether the signature is right under `key` and `now` (seconds) is within nbf and exp. `claims` must come from
 * token_read of this same token. */
bool token_verify(struct str token, struct str key, const struct token_claims *claims, int64_t now,
                  struct error *err) MUST_CHECK;

/* The second half of that, for claims whose signature has been verified before. */
bool token_is_in_time(const struct token_claims *claims, int64_t now, struct error *err) MUST_CHECK;

#endif
