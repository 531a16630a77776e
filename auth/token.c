/*
 * Tokens (RFC 7515, RFC 7519), on libjwt 1.10.
 *
 * libjwt by itself takes a token without a signature when it is given no key, takes whatever algorithm the token names,
 * checks no time, and recurses as deep as the JSON nests, before it has looked at the signature. So it sees only tokens
 * that token_read has found to be well formed and HS512, and never without a key. Whether it compares signatures in
 * constant time is up to the package: Debian's does (its patch for CVE-2024-25189), upstream 1.10 does not.
 */
#include "auth/token.h"

#include "auth/token_claims.h"
#include "base/buf.h"
#include "base/scope.h"

#include <errno.h>
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_LENGTH 64 /* HMAC-SHA-512 */

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

/* The three parts of a token, still in base64url. */
struct parts {
    struct str header;
    struct str claims;
    struct str signature;
};

/* Up to the next dot, which goes with it; all of it where there is none. */
static struct str take_part(struct str *rest) {
    const char *dot = rest->length ? memchr(rest->text, '.', rest->length) : NULL;
    size_t end = dot ? (size_t)(dot - rest->text) : rest->length;
    struct str part = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end + (dot ? 1 : 0), rest->length);
    return part;
}

static bool split(struct str token, struct parts *ret_parts) {
    struct parts parts = {.header = take_part(&token)};
    parts.claims = take_part(&token);
    parts.signature = token; /* a dot too many is no base64url */
    if (!parts.header.length || !parts.claims.length || !parts.signature.length) return false;
    *ret_parts = parts;
    return true;
}

static bool decode(struct arena *arena, struct str part, const char *why, struct str *ret_bytes, struct error *err) {
    if (base64_read(arena, part, true, ret_bytes)) return true;
    if (arena_exhausted(arena)) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the token needs too much memory");
    return token_refuse(err, why);
}

static bool member_is(const struct json *member, const char *text) {
    return member->kind == JSON_STRING && str_is(member->text, text);
}

/* Only the two members that we write ourselves: `crit` and whatever would name a key are refused with the rest. */
static bool check_header(struct arena *arena, struct str text, struct error *err) {
    const struct json *header = token_parse(arena, text, "header is no JSON", err);
    if (!header) return false;
    if (header->kind != JSON_OBJECT) return token_refuse(err, "header is no object");
    bool has_alg = false;
    for (const struct json *member = header->first; member; member = member->next) {
        bool is_alg = str_is(member->name, "alg");
        if (is_alg && !member_is(member, "HS512")) return token_refuse(err, "alg is not HS512");
        if (!is_alg && !str_is(member->name, "typ"))
            return token_refuse(err, "header has a member that we do not write");
        if (!is_alg && !member_is(member, "JWT")) return token_refuse(err, "typ is not JWT");
        has_alg |= is_alg;
    }
    return has_alg || token_refuse(err, "header has no alg");
}

bool token_read(struct arena *arena, struct str token, struct token_claims *ret_claims, struct error *err) {
    struct parts parts;
    struct str header, claims, signature;
    if (token.length > TOKEN_LENGTH_MAX) return token_refuse(err, "too long");
    if (!split(token, &parts)) return token_refuse(err, "not three parts");
    if (!decode(arena, parts.header, "header is no base64url", &header, err)) return false;
    if (!decode(arena, parts.claims, "claims are no base64url", &claims, err)) return false;
    if (!decode(arena, parts.signature, "signature is no base64url", &signature, err)) return false;
    if (signature.length != SIGNATURE_LENGTH) return token_refuse(err, "signature has another length");
    return check_header(arena, header, err) && token_claims_read(arena, claims, ret_claims, err);
}

/* Whether libjwt, too, finds these claims in what it has verified. */
static bool are_claims_of(jwt_t *jwt, const struct token_claims *claims) {
    const char *id = jwt_get_grant(jwt, "jti");
    return id && str_is(claims->id, id);
}

static bool check_signature(const char *token, struct str key, const struct token_claims *claims, struct error *err) {
    CLEANUP(jwt_free_at) jwt_t *jwt = NULL;
    int failure = jwt_decode(&jwt, token, (const unsigned char *)key.text, (int)key.length);
    if (failure == ENOMEM) return fail_memory(err);
    if (failure || !jwt) return token_refuse(err, "signature is wrong");
    if (jwt_get_alg(jwt) != JWT_ALG_HS512) return token_refuse(err, "alg is not HS512 after all");
    if (!are_claims_of(jwt, claims)) return token_refuse(err, "claims are another token's");
    return true;
}

bool token_is_in_time(const struct token_claims *claims, int64_t now, struct error *err) {
    if (now < claims->issued_at || now < claims->not_before) return token_refuse(err, "not valid yet");
    if (now >= claims->expires_at) return token_refuse(err, "expired");
    return true;
}

bool token_verify(struct str token, struct str key, const struct token_claims *claims, int64_t now, struct error *err) {
    char text[TOKEN_LENGTH_MAX + 1];
    if (key.length != TOKEN_KEY_LENGTH) return token_refuse(err, "there is no fit key");
    if (!claims->json || token.length > TOKEN_LENGTH_MAX) return token_refuse(err, "not from token_read");
    memcpy(text, token.text, token.length);
    text[token.length] = 0;
    if (!check_signature(text, key, claims, err)) return false;
    return token_is_in_time(claims, now, err);
}
