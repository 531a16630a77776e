/*
 * Tokens (RFC 7515, RFC 7519), on libjwt 1.10.
 *
 * libjwt by itself takes a token without a signature when it is given no key, takes whatever algorithm the token names,
 * checks no time, and recurses as deep as the JSON nests, before it has looked at the signature. So it sees only tokens
 * that token_read has found to be well formed and of the algorithm that was defined, and never without a key. Whether
 * it compares signatures in constant time is up to the package: Debian's does (its patch for CVE-2024-25189),
 * upstream 1.10 does not.
 */
#include "auth/token.h"

#include "auth/token_claims.h"
#include "auth/token_key.h"
#include "base/buf.h"
#include "base/scope.h"

#include <errno.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(jwt_t *, jwt_free)
DEFINE_CLEANUP(char *, free)

static bool fail_memory(struct error *err) {
    return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
}

static bool make(jwt_t **ret_jwt, struct str key, const char *claims, struct error *err) {
    CLEANUP(jwt_free_at) jwt_t *jwt = NULL;
    if (jwt_new(&jwt)) return fail_memory(err);
    if (jwt_set_alg(jwt, JWT_ALG_HS512, (const unsigned char *)key.text, (int)key.length)) return fail_memory(err);
    int failure = jwt_add_grants_json(jwt, claims);
    if (failure) {
        error_detail(err, "jwt_add_grants_json: %s", strerrordesc_np(failure));
        return fail(err, ERROR_INTERNAL, NOWHERE, "the token could not be made");
    }
    *ret_jwt = jwt;
    jwt = NULL;
    return true;
}

bool token_sign(struct arena *arena, struct str key, const struct token_claims *claims, struct str *ret_token,
                struct error *err) {
    if (key.length != TOKEN_KEY_LENGTH) return fail(err, ERROR_INTERNAL, NOWHERE, "the token's key is not fit");
    CLEANUP(buf_done) struct buf buf;
    buf_init(&buf, TOKEN_LENGTH_MAX);
    if (!token_claims_write(&buf, claims, err)) return false;
    buf_add_char(&buf, 0);
    if (buf.failed) return fail_memory(err);
    CLEANUP(jwt_free_at) jwt_t *jwt = NULL;
    if (!make(&jwt, key, buf.data, err)) return false;
    CLEANUP(free_at) char *text = jwt_encode_str(jwt);
    if (!text) return fail_memory(err);
    if (strlen(text) > TOKEN_LENGTH_MAX) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the token is too long");
    struct str token = arena_copy(arena, str_of(text));
    if (!token.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the token needs too much memory");
    *ret_token = token;
    return true;
}

static jwt_alg_t alg_of(enum token_algorithm algorithm) {
    switch (algorithm) {
#define ALGORITHM(name, key, length)                                                                                   \
    case TOKEN_##name:                                                                                                 \
        return JWT_ALG_##name;
#include "auth/token_algorithms.def"
#undef ALGORITHM
    case TOKEN_ALGORITHM_NONE:
        break;
    }
    return JWT_ALG_INVAL;
}

static bool has_text(jwt_t *jwt, const char *name, struct str text) {
    const char *grant = jwt_get_grant(jwt, name);
    return grant ? str_is(text, grant) : !text.length;
}

/* Whether libjwt, too, finds these claims in what it has verified. */
static bool are_claims_of(jwt_t *jwt, const struct token_claims *claims) {
    return has_text(jwt, "jti", claims->id) && has_text(jwt, "TK", claims->kind) &&
           jwt_get_grant_int(jwt, "exp") == (long)claims->expires_at;
}

static bool check_signature(const char *token, struct token_key key, const struct token_claims *claims,
                            struct error *err) {
    CLEANUP(jwt_free_at) jwt_t *jwt = NULL;
    int failure = jwt_decode(&jwt, token, (const unsigned char *)key.key.text, (int)key.key.length);
    if (failure == ENOMEM) return fail_memory(err);
    if (failure || !jwt) return token_refuse(err, "signature is wrong");
    if (jwt_get_alg(jwt) != alg_of(key.algorithm)) return token_refuse(err, "alg is not the defined one after all");
    if (!are_claims_of(jwt, claims)) return token_refuse(err, "claims are another token's");
    return true;
}

bool token_is_in_time(const struct token_claims *claims, int64_t now, struct error *err) {
    if (now < claims->issued_at || now < claims->not_before) return token_refuse(err, "not valid yet");
    if (now >= claims->expires_at) return token_refuse(err, "expired");
    return true;
}

bool token_verify(struct str token, struct token_key key, const struct token_claims *claims, int64_t now,
                  struct error *err) {
    char text[TOKEN_LENGTH_MAX + 1];
    if (key.key.length < TOKEN_SECRET_MIN) return token_refuse(err, "there is no fit key");
    if (!claims->json || token.length > TOKEN_LENGTH_MAX) return token_refuse(err, "not from token_read");
    if (key.algorithm == TOKEN_ALGORITHM_NONE || claims->algorithm != key.algorithm)
        return token_refuse(err, "alg is not the defined one");
    memcpy(text, token.text, token.length);
    text[token.length] = 0;
    if (!check_signature(text, key, claims, err)) return false;
    return token_is_in_time(claims, now, err);
}
