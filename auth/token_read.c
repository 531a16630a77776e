/*
 * Reading tokens: their three parts, and the header.
 */
#include "auth/token.h"

#include "auth/token_claims.h"
#include "auth/token_key.h"

#include <string.h>

/* The three parts of a token, still in base64url. */
struct parts {
    struct str header;
    struct str claims;
    struct str signature;
};

static bool split(struct str token, struct parts *ret_parts) {
    struct parts parts = {.header = str_take(&token, '.')};
    parts.claims = str_take(&token, '.');
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

/* What the header says. */
struct header {
    enum token_algorithm algorithm;
    bool has_alg;
    bool is_jwt;      /* typ is JWT, or not there */
    bool is_critical; /* has members that must be understood */
    bool has_others;
};

static bool read_header(struct arena *arena, struct str text, struct header *ret_header, struct error *err) {
    const struct json *json = token_parse(arena, text, "header is no JSON", err);
    struct header header = {.is_jwt = true};
    if (!json) return false;
    if (json->kind != JSON_OBJECT) return token_refuse(err, "header is no object");
    for (const struct json *member = json->first; member; member = member->next) {
        if (str_is(member->name, "alg")) {
            header.has_alg = true;
            if (member->kind == JSON_STRING) header.algorithm = token_algorithm_of(member->text);
        } else if (str_is(member->name, "typ")) {
            header.is_jwt = member_is(member, "JWT");
        } else {
            header.has_others = true;
            header.is_critical |= str_is(member->name, "crit") || str_is(member->name, "b64");
        }
    }
    *ret_header = header;
    return true;
}

/* Of ours only the two members that we write: whatever would name a key is refused with the rest. What others write
 * beside them (kid …) chooses nothing here, and what must be understood is refused. */
static bool check_header(const struct header *header, bool is_foreign, struct error *err) {
    if (!is_foreign && header->has_others) return token_refuse(err, "header has a member that we do not write");
    if (!header->has_alg) return token_refuse(err, "header has no alg");
    if (!is_foreign && header->algorithm != TOKEN_HS512) return token_refuse(err, "alg is not HS512");
    if (header->algorithm == TOKEN_ALGORITHM_NONE) return token_refuse(err, "alg is none that we know");
    if (header->is_critical) return token_refuse(err, "header has a member that must be understood");
    return header->is_jwt || token_refuse(err, "typ is not JWT");
}

bool token_read(struct arena *arena, struct str token, struct token_claims *ret_claims, struct error *err) {
    struct parts parts;
    struct header header = {0};
    struct token_claims claims;
    struct str header_text, claims_text, signature;
    if (token.length > TOKEN_LENGTH_MAX) return token_refuse(err, "too long");
    if (!split(token, &parts)) return token_refuse(err, "not three parts");
    if (!decode(arena, parts.header, "header is no base64url", &header_text, err)) return false;
    if (!decode(arena, parts.claims, "claims are no base64url", &claims_text, err)) return false;
    if (!decode(arena, parts.signature, "signature is no base64url", &signature, err)) return false;
    if (!read_header(arena, header_text, &header, err) || !token_claims_read(arena, claims_text, &claims, err))
        return false;
    if (!check_header(&header, claims.is_foreign, err)) return false;
    size_t length = token_algorithm_signature(header.algorithm);
    if (length && signature.length != length) return token_refuse(err, "signature has another length");
    claims.algorithm = header.algorithm;
    *ret_claims = claims;
    return true;
}

struct str token_signed_part(struct str token) {
    size_t end = token.length;
    while (end && token.text[end - 1] != '.') end--;
    return str_slice(token, 0, end ? end - 1 : 0);
}
