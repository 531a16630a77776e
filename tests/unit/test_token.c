/*
 * Tokens, as an attacker who even has the key would make them: what is wrong with a token here is never its signature,
 * unless the test says so.
 */
#include "auth/token.h"
#include "tests/lib/forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define NOW INT64_C(1700000000)
#define KEY LITERAL("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
#define OTHER_KEY LITERAL("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF")
#define HEADER "{\"alg\":\"HS512\",\"typ\":\"JWT\"}"
#define TIMES "\"iat\":1699999990,\"nbf\":1699999990,\"exp\":1700003600"
#define REST "\"jti\":\"j\",\"NS\":\"n\",\"DB\":\"d\",\"SC\":\"s\",\"TK\":\"default\",\"ID\":7"
#define CLAIMS "{\"iss\":\"Bailiwick\"," TIMES "," REST "}"

static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = arena_new(1 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

/* A token of any two texts, rightly signed by any hash. */
static struct str forge_with(mbedtls_md_type_t hash, struct str key, struct str header, struct str claims) {
    struct str token = forge_token(arena, hash, key, header, claims);
    assert_non_null(token.text);
    return token;
}

static struct str forge(const char *header, const char *claims) {
    return forge_with(MBEDTLS_MD_SHA512, KEY, str_of(header), str_of(claims));
}

/* token_read refuses, for this reason, and tells the client nothing of it. */
static void check_refused(struct str token, const char *why) {
    struct token_claims claims = {.issued_at = -7};
    struct error err = {0};
    if (token_read(arena, token, &claims, &err)) fail_msg("taken, but for: %s", why);
    assert_int_equal(err.code, ERROR_UNAUTHENTICATED);
    assert_string_equal(err.message, "the token is not valid");
    if (!strstr(err.detail, why)) fail_msg("refused for \"%s\" and not for \"%s\"", err.detail, why);
    assert_int_equal(claims.issued_at, -7);
    assert_null(claims.json);
}

static void check_verify(struct str token, struct str key, const struct token_claims *claims, int64_t now,
                         const char *why) {
    struct error err = {0};
    bool is_right = token_verify(token, (struct token_key){TOKEN_HS512, key}, claims, now, &err);
    if (is_right != !why) fail_msg("%s: %s", why ? why : "(right)", is_right ? "taken" : err.detail);
    if (!why) return;
    assert_int_equal(err.code, ERROR_UNAUTHENTICATED);
    assert_string_equal(err.message, "the token is not valid");
    if (!strstr(err.detail, why)) fail_msg("refused for \"%s\" and not for \"%s\"", err.detail, why);
}

/* token_read takes it; token_verify does too, or refuses for this reason. */
static struct token_claims check_read(struct str token, struct str key, int64_t now, const char *why) {
    struct token_claims claims;
    struct error err = {0};
    if (!token_read(arena, token, &claims, &err)) fail_msg("not read: %s", err.detail);
    check_verify(token, key, &claims, now, why);
    return claims;
}

static struct token_claims some_claims(struct value subject) {
    return (struct token_claims){
        .issued_at = NOW,
        .not_before = NOW,
        .expires_at = NOW + 3600,
        .id = LITERAL("0123456789abcdef"),
        .ns = LITERAL("acme"),
        .db = LITERAL("shop"),
        .scope = LITERAL("account"),
        .kind = LITERAL("default"),
        .subject = subject,
    };
}

static struct token_claims round_trip(const struct token_claims *claims) {
    struct str token;
    struct error err = {0};
    if (!token_sign(arena, KEY, claims, &token, &err)) fail_msg("not signed: %s", err.message);
    return check_read(token, KEY, NOW, NULL);
}

static void test_round_trip(void **state) {
    (void)state;
    struct token_claims made = some_claims(value_text(LITERAL("usér@example.com \"\\/\n\x01 \xF0\x9F\x98\x80")));
    struct token_claims got = round_trip(&made);
    assert_int_equal(got.issued_at, made.issued_at);
    assert_int_equal(got.not_before, made.not_before);
    assert_int_equal(got.expires_at, made.expires_at);
    assert_true(str_same(got.id, made.id));
    assert_true(str_same(got.ns, made.ns));
    assert_true(str_same(got.db, made.db));
    assert_true(str_same(got.scope, made.scope));
    assert_true(str_same(got.kind, made.kind));
    assert_int_equal(got.subject.kind, VALUE_TEXT);
    assert_true(str_same(got.subject.text, made.subject.text));
    assert_true(str_is(json_member(got.json, "iss")->text, "Bailiwick"));
}

static void test_levels(void **state) {
    (void)state;
    struct token_claims claims = some_claims(value_text(LITERAL("root")));
    claims.scope = (struct str){0};
    assert_true(str_is(round_trip(&claims).db, "shop"));
    claims.db = (struct str){0};
    assert_int_equal(round_trip(&claims).db.length, 0);
    claims.ns = (struct str){0};
    struct token_claims got = round_trip(&claims);
    assert_int_equal(got.ns.length, 0);
    assert_null(json_member(got.json, "NS"));
    assert_null(json_member(got.json, "SC"));
}

static void test_integer_ids(void **state) {
    (void)state;
    const int64_t ids[] = {
        0,
        1,
        -1,
        INT64_C(9007199254740991),
        INT64_C(9007199254740992),
        INT64_C(9007199254740993),
        -INT64_C(9007199254740993),
        INT64_MAX - 1,
        INT64_MAX,
        INT64_MIN,
        INT64_MIN + 1,
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct token_claims claims = some_claims(value_integer(ids[i]));
        struct token_claims got = round_trip(&claims);
        assert_int_equal(got.subject.kind, VALUE_INTEGER);
        assert_true(got.subject.integer == ids[i]);
    }
}

static void test_foreign_spelling(void **state) {
    (void)state;
    check_read(forge(HEADER, CLAIMS), KEY, NOW, NULL);
    check_read(forge(" {\"typ\" : \"JWT\", \"alg\" : \"HS512\"}\n", " " CLAIMS "\n"), KEY, NOW, NULL);
    check_read(forge("{\"alg\":\"HS512\"}", CLAIMS), KEY, NOW, NULL);
}

static void check_unsigned(const struct token_claims *claims, enum error_code code) {
    struct str token = LITERAL("untouched");
    struct error err = {0};
    assert_false(token_sign(arena, KEY, claims, &token, &err));
    assert_int_equal(err.code, code);
    assert_true(str_is(token, "untouched"));
}

/* Nothing is signed that token_read would refuse. */
static void test_sign_refuses(void **state) {
    (void)state;
    const struct token_claims good = some_claims(value_integer(1));
    static char long_text[TOKEN_LENGTH_MAX];
    memset(long_text, 'x', sizeof long_text);
    struct token_claims bad;
#define BAD(field, ...) (bad = good, bad.field = __VA_ARGS__, check_unsigned(&bad, ERROR_INVALID_VALUE))
    BAD(subject, value_null());
    BAD(subject, value_real(1));
    BAD(subject, value_blob(LITERAL("x")));
    BAD(subject, value_text(LITERAL("a\0b")));
    BAD(subject, value_text(LITERAL("\xFF")));
    BAD(issued_at, -1);
    BAD(not_before, -1);
    BAD(expires_at, INT64_C(1) << 53);
    BAD(id, (struct str){0});
    BAD(id, (struct str){long_text, 65});
    BAD(ns, (struct str){0});
    BAD(db, (struct str){0});
    BAD(kind, (struct str){0});
    BAD(kind, LITERAL("other"));
    BAD(scope, LITERAL("\xC0\x80"));
    bad = good;
    bad.subject = value_text((struct str){long_text, sizeof long_text});
    check_unsigned(&bad, ERROR_LIMIT_EXCEEDED);
    bad.subject = value_text((struct str){long_text, TOKEN_LENGTH_MAX * 3 / 4});
    check_unsigned(&bad, ERROR_LIMIT_EXCEEDED);
    struct str token;
    assert_false(token_sign(arena, LITERAL(""), &good, &token, NULL));
    assert_false(token_sign(arena, (struct str){NULL, 0}, &good, &token, NULL));
    assert_false(token_sign(arena, LITERAL("short"), &good, &token, NULL));
}

static void test_keys(void **state) {
    (void)state;
    struct str token = forge(HEADER, CLAIMS);
    check_read(token, KEY, NOW, NULL);
    check_read(token, OTHER_KEY, NOW, "signature is wrong");
    check_read(token, (struct str){NULL, 0}, NOW, "no fit key");
    check_read(token, LITERAL(""), NOW, "no fit key");
    check_read(token, LITERAL("short"), NOW, "no fit key");
    check_read(forge_with(MBEDTLS_MD_SHA512, LITERAL(""), LITERAL(HEADER), LITERAL(CLAIMS)), LITERAL(""), NOW,
               "no fit key");
}

static void test_times(void **state) {
    (void)state;
    struct str token = forge(HEADER, CLAIMS);
    check_read(token, KEY, 1699999989, "not valid yet");
    check_read(token, KEY, 1699999990, NULL);
    check_read(token, KEY, 1700003599, NULL);
    check_read(token, KEY, 1700003600, "expired");
    check_read(token, KEY, INT64_MAX, "expired");
    check_read(forge(HEADER, "{\"iss\":\"Bailiwick\",\"iat\":1,\"nbf\":1700000001,\"exp\":1800000000," REST "}"), KEY,
               NOW, "not valid yet");
    check_read(forge(HEADER, "{\"iss\":\"Bailiwick\",\"iat\":1700000001,\"nbf\":1,\"exp\":1800000000," REST "}"), KEY,
               NOW, "not valid yet");
    check_read(forge(HEADER, "{\"iss\":\"Bailiwick\",\"iat\":0,\"nbf\":0,\"exp\":0," REST "}"), KEY, NOW, "expired");
    check_read(forge(HEADER, "{\"iss\":\"Bailiwick\",\"iat\":0,\"nbf\":0,\"exp\":9007199254740991," REST "}"), KEY, NOW,
               NULL);
}

/* The header names, and the signature is made by, what the attacker likes. */
static void test_algorithms(void **state) {
    (void)state;
    static const char *const algorithms[] = {
        "\"none\"",  "\"None\"",  "\"NONE\"",  "\"\"",      "\"HS256\"",   "\"HS384\"",
        "\"hs512\"", "\"Hs512\"", "\"RS512\"", "\"ES512\"", "\"HS512 \"",  "\" HS512\"",
        "null",      "1",         "true",      "{}",        "[\"HS512\"]",
    };
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        const char *header = arena_format(arena, "{\"alg\":%s,\"typ\":\"JWT\"}", algorithms[i]).text;
        check_refused(forge(header, CLAIMS), "alg is not HS512");
    }
    const struct str header = LITERAL("{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
    check_refused(forge_with(MBEDTLS_MD_SHA256, KEY, header, LITERAL(CLAIMS)), "alg is not HS512");
    check_refused(forge_with(MBEDTLS_MD_SHA256, KEY, LITERAL(HEADER), LITERAL(CLAIMS)), "signature has another length");
    struct str none = forge_base64url(arena, LITERAL("{\"alg\":\"none\"}")),
               body = forge_base64url(arena, LITERAL(CLAIMS));
    check_refused(arena_format(arena, "%.*s.%.*s.", STR(none), STR(body)), "not three parts");
    check_refused(arena_format(arena, "%.*s.%.*s", STR(none), STR(body)), "not three parts");
    check_refused(forge("{\"alg\":\"HS512\\u0000\"}", CLAIMS), "header is no JSON");
}

static void test_headers(void **state) {
    (void)state;
    static const struct {
        const char *why;
        const char *header;
    } cases[] = {
        {"no alg", "{}"},
        {"no alg", "{\"typ\":\"JWT\"}"},
        {"no object", "[]"},
        {"no object", "\"HS512\""},
        {"no object", "null"},
        {"no JSON", "{\"alg\":\"HS512\""},
        {"no JSON", "{\"alg\":\"HS512\"} x"},
        {"no JSON", "{\"alg\":\"HS512\"}{}"},
        {"no JSON", "{\"alg\":\"HS512\",}"},
        {"no JSON", "{'alg':'HS512'}"},
        {"no JSON", "{\"alg\":\"none\",\"alg\":\"HS512\"}"},
        {"no JSON", "{\"alg\":\"HS512\",\"alg\":\"HS512\"}"},
        {"no JSON", "{\"alg\":\"HS512\",\"\\u0061lg\":\"none\"}"},
        {"typ", "{\"alg\":\"HS512\",\"typ\":\"JWE\"}"},
        {"typ", "{\"alg\":\"HS512\",\"typ\":\"jwt\"}"},
        {"typ", "{\"alg\":\"HS512\",\"typ\":null}"},
        {"member", "{\"ALG\":\"HS512\"}"},
        {"member", "{\"alg\":\"HS512\",\"crit\":[\"exp\"]}"},
        {"member", "{\"alg\":\"HS512\",\"crit\":[]}"},
        {"member", "{\"alg\":\"HS512\",\"kid\":\"../../dev/null\"}"},
        {"member", "{\"alg\":\"HS512\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}"},
        {"member", "{\"alg\":\"HS512\",\"jku\":\"https://example.com/\"}"},
        {"member", "{\"alg\":\"HS512\",\"b64\":false}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(forge(cases[i].header, CLAIMS), cases[i].why);
    check_refused(forge_with(MBEDTLS_MD_SHA512, KEY, LITERAL(HEADER "\0"), LITERAL(CLAIMS)), "header is no JSON");
    check_refused(forge_with(MBEDTLS_MD_SHA512, KEY, LITERAL("\xEF\xBB\xBF" HEADER), LITERAL(CLAIMS)),
                  "header is no JSON");
}

/* The good claims with one of them replaced by a JSON value; NULL leaves it out. */
static const char *claims_with(const char *name, const char *json) {
    static const struct {
        const char *name;
        const char *json;
    } good[] = {
        {"iss", "\"Bailiwick\""}, {"iat", "1699999990"}, {"nbf", "1699999990"}, {"exp", "1700003600"}, {"jti", "\"j\""},
        {"NS", "\"n\""},          {"DB", "\"d\""},       {"SC", "\"s\""},       {"TK", "\"default\""}, {"ID", "7"},
    };
    struct str text = LITERAL("{");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *value = strcmp(good[i].name, name) == 0 ? json : good[i].json;
        if (!value) continue;
        text = arena_format(arena, "%.*s%s\"%s\":%s", STR(text), text.length > 1 ? "," : "", good[i].name, value);
    }
    return arena_format(arena, "%.*s}", STR(text)).text;
}

static void test_claim_types(void **state) {
    (void)state;
    static const char *const times[] = {"iat", "nbf", "exp"};
    static const char *const not_times[] = {
        NULL,
        "null",
        "true",
        "\"1700003600\"",
        "1700003600.0",
        "1700003600.5",
        "17e8",
        "1.7e9",
        "[]",
        "{}",
        "[1700003600]",
        "-1",
        "-1700003600",
        "1e308",
        "\"\"",
        "99999999999999999999999999",
        "9007199254740992",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551616",
    };
    for (size_t t = 0; t < sizeof times / sizeof *times; t++)
        for (size_t i = 0; i < sizeof not_times / sizeof *not_times; i++)
            check_refused(forge(HEADER, claims_with(times[t], not_times[i])), times[t]);

    static const char *const texts[] = {"iss", "jti", "NS", "DB", "SC", "TK"};
    static const char *const not_texts[] = {"null", "true", "1", "1.5", "[]", "{}", "[\"Bailiwick\"]", "\"\""};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        for (size_t i = 0; i < sizeof not_texts / sizeof *not_texts; i++)
            check_refused(forge(HEADER, claims_with(texts[t], not_texts[i])), texts[t]);

    static const char *const not_ids[] = {
        NULL, "null", "true", "false", "1.0", "1e3", "[]", "{}", "[7]", "9223372036854775808", "-9223372036854775809",
    };
    for (size_t i = 0; i < sizeof not_ids / sizeof *not_ids; i++)
        check_refused(forge(HEADER, claims_with("ID", not_ids[i])), "ID");
}

static void test_claim_values(void **state) {
    (void)state;
    check_refused(forge(HEADER, claims_with("iss", NULL)), "iss");
    check_refused(forge(HEADER, claims_with("iss", "\"bailiwick\"")), "iss");
    check_refused(forge(HEADER, claims_with("iss", "\"Bailiwick \"")), "iss");
    check_refused(forge(HEADER, claims_with("TK", NULL)), "TK");
    check_refused(forge(HEADER, claims_with("TK", "\"Default\"")), "TK");
    check_refused(forge(HEADER, claims_with("jti", NULL)), "jti");
    check_refused(forge(HEADER, claims_with("DB", NULL)), "SC without DB");
    check_refused(forge(HEADER, claims_with("NS", NULL)), "DB without NS");
    check_read(forge(HEADER, claims_with("SC", NULL)), KEY, NOW, NULL);
    check_refused(forge(HEADER, claims_with("NS", "\"n\\u0000\"")), "no JSON");
    check_refused(forge(HEADER, claims_with("NS", "\"\\ud800\"")), "no JSON");
    check_refused(forge(HEADER, claims_with("NS", "\"\xFF\"")), "no JSON");
    check_refused(forge(HEADER, claims_with("ID", "7,\"aud\":\"else\"")), "aud");
    char id[68];
    memset(id, 'j', sizeof id);
    id[0] = '"';
    id[65] = '"';
    id[66] = 0;
    check_read(forge(HEADER, claims_with("jti", id)), KEY, NOW, NULL);
    id[65] = 'j';
    id[66] = '"';
    id[67] = 0;
    check_refused(forge(HEADER, claims_with("jti", id)), "jti");
}

static void test_claim_texts(void **state) {
    (void)state;
    static const struct {
        const char *why;
        const char *claims;
    } cases[] = {
        {"no object", "[]"},
        {"no object", "7"},
        {"no object", "null"},
        {"no JSON", ""},
        {"iss", "{}"},
        {"no JSON", CLAIMS "x"},
        {"no JSON", CLAIMS CLAIMS},
        {"no JSON", "{\"iss\":\"Bailiwick\",\"iss\":\"Bailiwick\"," TIMES "," REST "}"},
        {"no JSON", "{\"iss\":\"Bailiwick\"," TIMES ",\"exp\":9000000000," REST "}"},
        {"no JSON", "{\"iss\":\"Bailiwick\"," TIMES ",\"e\\u0078p\":9000000000," REST "}"},
        {"no JSON", "{\"iss\":\"Bailiwick\"," TIMES "," REST ",\"ID\":8}"},
        {"no JSON", "{\"iss\":\"Bailiwick\"," TIMES "," REST ",\"x\":{\"a\":1,\"a\":2}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool is_empty = cases[i].claims[0] == 0;
        check_refused(forge(HEADER, cases[i].claims), is_empty ? "not three parts" : cases[i].why);
    }
    check_refused(forge_with(MBEDTLS_MD_SHA512, KEY, LITERAL(HEADER), LITERAL(CLAIMS "\0x")), "no JSON");
}

/* Deep enough to overrun a small stack in a parser that recurses; and one of as many brackets as a token can hold. */
static void test_nesting(void **state) {
    (void)state;
    static char nested[2][4096];
    memset(nested[0], '[', 2000);
    memset(nested[0] + 2000, ']', 2000);
    for (size_t i = 0; i < 2000 / 5; i++) memcpy(nested[1] + 5 * i, "{\"a\":", 5);
    for (size_t i = 0; i < 2; i++) {
        check_refused(forge(nested[i], CLAIMS), "header is no JSON");
        check_refused(forge(HEADER, nested[i]), "claims are no JSON");
    }
    const char *header = arena_format(arena, "{\"alg\":\"HS512\",\"x\":%s}", nested[0]).text;
    check_refused(forge(header, CLAIMS), "header is no JSON");
    const char *claims = arena_format(arena, "{\"iss\":\"Bailiwick\"," TIMES "," REST ",\"x\":%s}", nested[0]).text;
    check_refused(forge(HEADER, claims), "claims are no JSON");

    static char brackets[TOKEN_LENGTH_MAX * 3 / 4 - 200];
    memset(brackets, '[', sizeof brackets);
    struct str token = forge_with(MBEDTLS_MD_SHA512, KEY, LITERAL(HEADER), (struct str){brackets, sizeof brackets});
    assert_true(token.length <= TOKEN_LENGTH_MAX);
    check_refused(token, "claims are no JSON");
}

static void test_length(void **state) {
    (void)state;
    static char text[TOKEN_LENGTH_MAX + 1];
    memset(text, 'A', sizeof text);
    check_refused((struct str){text, sizeof text}, "too long");
    check_refused((struct str){text, sizeof text - 1}, "not three parts");
    struct str token = forge(HEADER, CLAIMS);
    struct token_claims claims = check_read(token, KEY, NOW, NULL);
    check_verify((struct str){text, sizeof text}, KEY, &claims, NOW, "not from token_read");
}

static void test_parts(void **state) {
    (void)state;
    static const char *const cases[] = {"", ".", "..", "...", "a", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b.c."};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_refused(str_of(cases[i]), "");
    check_refused((struct str){NULL, 0}, "not three parts");
    struct str token = forge(HEADER, CLAIMS);
    check_refused(arena_format(arena, "%.*s.", STR(token)), "no base64url");
    check_refused(arena_format(arena, "%.*s.AAAA", STR(token)), "no base64url");
    check_refused(arena_format(arena, "%.*s=", STR(token)), "no base64url");
    check_refused(arena_format(arena, "%.*s\n", STR(token)), "no base64url");
    check_refused(arena_format(arena, " %.*s", STR(token)), "no base64url");
    check_refused(arena_format(arena, "Bearer %.*s", STR(token)), "no base64url");
    check_refused((struct str){token.text, token.length + 1}, "no base64url"); /* the NUL behind it */
    check_refused(arena_format(arena, "%.*sAA", STR(token)), "another length");
    check_refused(arena_format(arena, "%.*sAAAA", STR(token)), "another length");
}

/* Cut anywhere, a token is not even read. */
static void test_truncated(void **state) {
    (void)state;
    struct str token = forge(HEADER, CLAIMS);
    for (size_t length = 0; length < token.length; length++) check_refused((struct str){token.text, length}, "");
}

static void check_never_right(struct str token) {
    struct arena *fresh = arena_new(1 << 16);
    struct token_claims claims;
    struct error err = {0};
    assert_non_null(fresh);
    if (token_read(fresh, token, &claims, &err))
        check_verify(token, KEY, &claims, NOW, "signature is wrong");
    else
        assert_int_equal(err.code, ERROR_UNAUTHENTICATED);
    arena_free(fresh);
}

/* No byte can be changed, neither in what is signed nor in the signature; the last digit has bits without meaning. */
static void test_changed(void **state) {
    (void)state;
    struct str token = forge(HEADER, CLAIMS);
    char *text = (char *)(uintptr_t)token.text;
    for (size_t i = 0; i < token.length; i++) {
        char byte = text[i];
        static const char others[] = "AQgw.-_=+/ \xFF";
        for (size_t o = 0; o < sizeof others; o++) {
            if (others[o] == byte) continue;
            text[i] = others[o];
            check_never_right(token);
        }
        text[i] = byte;
    }
    check_read(token, KEY, NOW, NULL);
}

/* Claims of one token do not vouch for another. */
static void test_mixed_up(void **state) {
    (void)state;
    struct str token = forge(HEADER, CLAIMS), other = forge(HEADER, claims_with("jti", "\"k\""));
    struct token_claims claims = check_read(token, KEY, NOW, NULL);
    check_verify(other, KEY, &claims, NOW, "another token's");
    claims.json = NULL;
    check_verify(token, KEY, &claims, NOW, "not from token_read");
}

/* A request that is out of memory is not one with a bad token. */
static void test_small_arena(void **state) {
    (void)state;
    struct str token = forge(HEADER, CLAIMS);
    size_t limit = 16;
    struct token_claims claims;
    for (;; limit += 16) {
        struct arena *small = arena_new(limit);
        assert_non_null(small);
        struct error err = {0};
        bool is_read = token_read(small, token, &claims, &err);
        arena_free(small);
        if (is_read) break;
        assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
    }
    assert_in_range(limit, 512, 16384);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_levels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_integer_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_spelling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sign_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_algorithms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_claim_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_claim_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_claim_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nesting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_truncated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mixed_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small_arena, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
