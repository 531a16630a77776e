/*
 * Tokens: JSON Web Tokens. Our own are HS512, with a key of its own for each login and scope; those of other issuers
 * are what a DEFINE TOKEN says of them. jwt.h is included in token.c alone.
 *
 * libjwt is trusted with nothing but the signature: the header and the claims are decoded and checked here, strictly,
 * and the key and the algorithm are chosen by what was defined.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/level.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "base/value.h"

#define TOKEN_LENGTH_MAX 8192
#define TOKEN_KEY_LENGTH 64      /* bytes of the keys that we make */
#define TOKEN_KIND_OWN "default" /* TK of the tokens that we issue */

enum token_algorithm {
    TOKEN_ALGORITHM_NONE, /* zero-initialised: verifies nothing */
#define ALGORITHM(name, key, length) TOKEN_##name,
#include "auth/token_algorithms.def"
#undef ALGORITHM
};

struct token_claims {
    enum token_algorithm algorithm; /* that the header names; token_sign ignores it */
    bool is_foreign;                /* another issuer's: TK names a DEFINE TOKEN */
    int64_t issued_at;              /* iat; another issuer's may lack it: 0 */
    int64_t not_before;             /* nbf; the same */
    int64_t expires_at;             /* exp: compulsory */
    struct str id;                  /* jti; empty where another issuer's lacks it */
    struct str ns;                  /* NS, DB, SC: empty where the level has none */
    struct str db;
    struct str scope;
    struct str kind; /* TK */
    struct value
        subject; /* ID: the auth record's id, or the login's name; VALUE_NULL where another issuer's lacks it */
    const struct json *json; /* all the claims: what $token shows; token_read sets it, token_sign ignores it */
};

/* What verifies a token: the one algorithm, and its key: bytes that are shared, or a public key in PEM. */
struct token_key {
    enum token_algorithm algorithm;
    struct str key;
};

/* Signs claims (iss is always "Bailiwick") with a key of TOKEN_KEY_LENGTH bytes. */
bool token_sign(struct arena *arena, struct str key, const struct token_claims *claims, struct str *ret_token,
                struct error *err) MUST_CHECK;

/* Decodes a token without looking at its signature: what it claims to be. Strict: three parts of base64url; every
 * claim of its type; SC only with DB, DB only with NS. Where TK is "default" it is one of ours: a header with alg HS512
 * and typ JWT (or none) and nothing else, iss "Bailiwick", no aud. Where it is another name: alg one of
 * token_algorithms.def, typ JWT (or none), no `crit`; whatever else the header has is not looked at. It has NS, exp and
 * TK, and with SC an ID too. ERROR_UNAUTHENTICATED otherwise, one and the same message for all faults (detail tells
 * them apart). */
bool token_read(struct arena *arena, struct str token, struct token_claims *ret_claims, struct error *err) MUST_CHECK;

/* Of whom a token is: of the level that its names say. */
enum level token_level(const struct token_claims *claims);

/* Whether the token names the algorithm of `key`, its signature is right under it, and `now` (seconds) is within nbf
 * and exp. `claims` must come from token_read of this same token. */
bool token_verify(struct str token, struct token_key key, const struct token_claims *claims, int64_t now,
                  struct error *err) MUST_CHECK;

/* The second half of that, for claims whose signature has been verified before. */
bool token_is_in_time(const struct token_claims *claims, int64_t now, struct error *err) MUST_CHECK;
/* Whether a token of another issuer has this `iss`, and this `aud` (or a list with it). An empty one is not asked for.
 */
bool token_check_issuer(const struct token_claims *claims, struct str issuer, struct error *err) MUST_CHECK;
bool token_check_audience(const struct token_claims *claims, struct str audience, struct error *err) MUST_CHECK;

/* The part of a token that its signature is about: header and claims, as they came. */
struct str token_signed_part(struct str token);

#endif
