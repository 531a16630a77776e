/*
 * The claims (RFC 7519, section 4, and ours): one table-like pass each way, and one set of rules. Other issuers' have
 * fewer that must be there.
 */
#include "auth/token_claims.h"

#include <string.h>

#define ISSUER "Bailiwick"
#define KIND TOKEN_KIND_OWN
#define TIME_END ((int64_t)1 << 53) /* every reader of JSON keeps integers below it exact */
#define TOKEN_ID_MAX 64

bool token_refuse(struct error *err, const char *why) {
    error_detail(err, "token refused: %s", why);
    return fail(err, ERROR_UNAUTHENTICATED, NOWHERE, "the token is not valid");
}

const struct json *token_parse(struct arena *arena, struct str text, const char *why, struct error *err) {
    struct error cause = {0};
    const struct json *json = json_parse(arena, text, &cause);
    if (json) return json;
    if (arena_exhausted(arena)) return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the token needs too much memory");
    error_detail(err, "token refused: %s: %s", why, cause.message);
    (void)token_refuse(err, why);
    return NULL;
}

/* What JSON can carry unchanged: UTF-8 without NUL. */
static bool is_clean(struct str text) {
    return (text.length == 0 || !memchr(text.text, 0, text.length)) && str_is_utf8(text);
}

static bool is_time(int64_t time) {
    return time >= 0 && time < TIME_END;
}

/* What is wrong with the claims; NULL when nothing is. */
static const char *find_fault(const struct token_claims *claims) {
    if (!is_time(claims->issued_at)) return "iat is out of range";
    if (!is_time(claims->not_before)) return "nbf is out of range";
    if (!is_time(claims->expires_at)) return "exp is out of range";
    if (claims->id.length == 0 || claims->id.length > TOKEN_ID_MAX || !is_clean(claims->id)) return "jti is not fit";
    if (!is_clean(claims->ns) || !is_clean(claims->db) || !is_clean(claims->scope)) return "a name is not fit";
    if (claims->db.length && !claims->ns.length) return "DB without NS";
    if (claims->scope.length && !claims->db.length) return "SC without DB";
    if (!str_is(claims->kind, KIND)) return "TK is not \"" KIND "\"";
    switch (claims->subject.kind) {
    case VALUE_INTEGER:
        return NULL;
    case VALUE_TEXT:
        return is_clean(claims->subject.text) ? NULL : "ID is not fit";
    case VALUE_NULL:
    case VALUE_REAL:
    case VALUE_BLOB:
        break;
    }
    return "ID is neither an integer nor a text";
}

static bool read_time(const struct json *json, const char *name, int64_t *ret_time) {
    const struct json *member = json_member(json, name);
    if (!member || member->kind != JSON_INTEGER) return false;
    *ret_time = member->integer;
    return true;
}

static bool read_text(const struct json *json, const char *name, struct str *ret_text) {
    const struct json *member = json_member(json, name);
    if (!member || member->kind != JSON_STRING || member->text.length == 0) return false;
    *ret_text = member->text;
    return true;
}

static bool read_optional_text(const struct json *json, const char *name, struct str *ret_text) {
    return !json_member(json, name) || read_text(json, name, ret_text);
}

static bool read_subject(const struct json *json, struct value *ret_subject) {
    const struct json *member = json_member(json, "ID");
    if (!member || (member->kind != JSON_INTEGER && member->kind != JSON_STRING)) return false;
    *ret_subject = member->kind == JSON_INTEGER ? value_integer(member->integer) : value_text(member->text);
    return true;
}

/* What ours and other issuers' have in common. */
static bool read_common(const struct json *json, struct token_claims *claims, struct error *err) {
    if (!read_time(json, "exp", &claims->expires_at)) return token_refuse(err, "exp");
    if (!read_optional_text(json, "NS", &claims->ns)) return token_refuse(err, "NS");
    if (!read_optional_text(json, "DB", &claims->db)) return token_refuse(err, "DB");
    if (!read_optional_text(json, "SC", &claims->scope)) return token_refuse(err, "SC");
    return true;
}

static bool read_own(const struct json *json, struct token_claims *claims, struct error *err) {
    struct str issuer;
    if (!read_text(json, "iss", &issuer) || !str_is(issuer, ISSUER)) return token_refuse(err, "iss");
    if (!read_time(json, "iat", &claims->issued_at)) return token_refuse(err, "iat");
    if (!read_time(json, "nbf", &claims->not_before)) return token_refuse(err, "nbf");
    if (!read_common(json, claims, err)) return false;
    if (!read_text(json, "jti", &claims->id)) return token_refuse(err, "jti");
    if (!claims->kind.length) return token_refuse(err, "TK");
    if (!read_subject(json, &claims->subject)) return token_refuse(err, "ID");
    if (json_member(json, "aud")) return token_refuse(err, "aud: meant for somebody else"); /* RFC 7519, 4.1.3 */
    const char *fault = find_fault(claims);
    return !fault || token_refuse(err, fault);
}

/* A string, or a list of strings. */
static bool is_audience(const struct json *audience) {
    if (audience->kind == JSON_STRING) return true;
    if (audience->kind != JSON_ARRAY) return false;
    for (const struct json *one = audience->first; one; one = one->next)
        if (one->kind != JSON_STRING) return false;
    return true;
}

/* What is wrong with the claims of another issuer; NULL when nothing is. */
static const char *find_foreign_fault(const struct token_claims *claims) {
    if (!is_time(claims->issued_at)) return "iat is out of range";
    if (!is_time(claims->not_before)) return "nbf is out of range";
    if (!is_time(claims->expires_at)) return "exp is out of range";
    if (str_is_name(claims->kind, KIND)) return "TK is nearly \"" KIND "\"";
    if (!claims->ns.length) return "NS is missing";
    if (claims->scope.length && !claims->db.length) return "SC without DB";
    if (claims->scope.length && claims->subject.kind == VALUE_NULL) return "ID is missing";
    return NULL;
}

static bool read_foreign(const struct json *json, struct token_claims *claims, struct error *err) {
    const struct json *audience = json_member(json, "aud");
    struct str ignored;
    claims->is_foreign = true;
    if (!read_common(json, claims, err)) return false;
    if (json_member(json, "iat") && !read_time(json, "iat", &claims->issued_at)) return token_refuse(err, "iat");
    if (json_member(json, "nbf") && !read_time(json, "nbf", &claims->not_before)) return token_refuse(err, "nbf");
    if (!read_optional_text(json, "jti", &claims->id)) return token_refuse(err, "jti");
    if (!read_optional_text(json, "iss", &ignored)) return token_refuse(err, "iss");
    if (audience && !is_audience(audience)) return token_refuse(err, "aud");
    if (json_member(json, "ID") && !read_subject(json, &claims->subject)) return token_refuse(err, "ID");
    const char *fault = find_foreign_fault(claims);
    return !fault || token_refuse(err, fault);
}

bool token_claims_read(struct arena *arena, struct str text, struct token_claims *ret_claims, struct error *err) {
    const struct json *json = token_parse(arena, text, "claims are no JSON", err);
    if (!json) return false;
    if (json->kind != JSON_OBJECT) return token_refuse(err, "claims are no object");
    struct token_claims claims = {.json = json};
    bool has_kind = read_text(json, "TK", &claims.kind), is_own = !has_kind || str_is(claims.kind, KIND);
    if (!(is_own ? read_own : read_foreign)(json, &claims, err)) return false;
    *ret_claims = claims;
    return true;
}

bool token_check_issuer(const struct token_claims *claims, struct str issuer, struct error *err) {
    const struct json *given = json_member(claims->json, "iss");
    if (!issuer.length) return true;
    return (given && str_same(given->text, issuer)) || token_refuse(err, "iss is not the defined one");
}

bool token_check_audience(const struct token_claims *claims, struct str audience, struct error *err) {
    const struct json *given = json_member(claims->json, "aud");
    if (!audience.length) return true;
    if (given && given->kind == JSON_STRING && str_same(given->text, audience)) return true;
    const struct json *one = given && given->kind == JSON_ARRAY ? given->first : NULL;
    while (one && !str_same(one->text, audience)) one = one->next;
    return one || token_refuse(err, "aud is not the defined one");
}

static void write_text(struct buf *buf, const char *name, struct str text) {
    buf_format(buf, ",\"%s\":", name);
    json_write_string(buf, text);
}

static void write_optional_text(struct buf *buf, const char *name, struct str text) {
    if (text.length) write_text(buf, name, text);
}

bool token_claims_write(struct buf *buf, const struct token_claims *claims, struct error *err) {
    const char *fault = find_fault(claims);
    if (fault) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "no token can be made: %s", fault);
    buf_format(buf, "{\"iss\":\"" ISSUER "\",\"iat\":%lld,\"nbf\":%lld,\"exp\":%lld", (long long)claims->issued_at,
               (long long)claims->not_before, (long long)claims->expires_at);
    write_text(buf, "jti", claims->id);
    write_optional_text(buf, "NS", claims->ns);
    write_optional_text(buf, "DB", claims->db);
    write_optional_text(buf, "SC", claims->scope);
    write_text(buf, "TK", claims->kind);
    buf_add_text(buf, ",\"ID\":");
    json_write_value(buf, &claims->subject);
    buf_add_char(buf, '}');
    if (buf->failed) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the token is too long");
    return true;
}

enum level token_level(const struct token_claims *claims) {
    if (claims->scope.length) return LEVEL_SCOPE;
    if (claims->db.length) return LEVEL_DATABASE;
    return claims->ns.length ? LEVEL_NAMESPACE : LEVEL_ROOT;
}
