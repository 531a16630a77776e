/*
 * Tokens of other issuers, as far as they can be tried without one: algorithms, keys, headers, claims. Real signatures
 * of RSA and on curves are in tests/http/test_define_token.py.
 */
#include "auth/token_key.h"
#include "tests/lib/forge.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOW INT64_C(1700000000)
#define SECRET LITERAL("0123456789abcdef0123456789abcdef")
#define CLAIMS "{\"NS\":\"n\",\"DB\":\"d\",\"SC\":\"s\",\"TK\":\"web\",\"ID\":7,\"exp\":1700003600}"

/* Made for this test; nobody has the private one. */
#define P256_PEM                                                                                                       \
    "-----BEGIN PUBLIC KEY-----\n"                                                                                     \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqpqDkozGN2/z1awjFqUvJfU9sFDF\n"                                               \
    "yVzQfRX4URW9AIL7nsNrzgoMYmsPiQFOPuKrh/Eai8zYPH+g1PF5/4SPmA==\n"                                                   \
    "-----END PUBLIC KEY-----"

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
static struct str forge(mbedtls_md_type_t hash, struct str key, const char *header, const char *claims) {
    struct str token = forge_token(arena, hash, key, str_of(header), str_of(claims));
    assert_non_null(token.text);
    return token;
}

static const struct {
    mbedtls_md_type_t hash;
    enum token_algorithm algorithm;
    const char *header;
} secrets[] = {
    {MBEDTLS_MD_SHA256, TOKEN_HS256, "{\"alg\":\"HS256\"}"},
    {MBEDTLS_MD_SHA384, TOKEN_HS384, "{\"alg\":\"HS384\",\"kid\":\"k\"}"},
    {MBEDTLS_MD_SHA512, TOKEN_HS512, "{\"alg\":\"HS512\",\"typ\":\"JWT\"}"},
};

static bool is_taken(struct str token, struct token_key key, const char **ret_why) {
    static struct error err;
    struct token_claims claims;
    err = (struct error){0};
    bool taken = token_read(arena, token, &claims, &err) && token_verify(token, key, &claims, NOW, &err);
    *ret_why = err.detail;
    if (!taken) assert_int_equal(err.code, ERROR_UNAUTHENTICATED);
    return taken;
}

static void check_refused(struct str token, struct token_key key, const char *wanted) {
    const char *why;
    if (is_taken(token, key, &why)) fail_msg("taken, but for: %s", wanted);
    if (!strstr(why, wanted)) fail_msg("refused for \"%s\" and not for \"%s\"", why, wanted);
}

static void test_one_algorithm_and_no_other(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        struct str token = forge(secrets[i].hash, SECRET, secrets[i].header, CLAIMS);
        for (int algorithm = TOKEN_ALGORITHM_NONE; algorithm <= TOKEN_ES512; algorithm++) {
            const char *why;
            const struct token_key key = {(enum token_algorithm)algorithm, SECRET};
            bool taken = is_taken(token, key, &why);
            if (taken != (key.algorithm == secrets[i].algorithm))
                fail_msg("%s under %s: %s", secrets[i].header, token_algorithm_name(key.algorithm), why);
            if (!taken) assert_non_null(strstr(why, "alg is not the defined one"));
        }
    }
}

/* The text of a public key is nobody's secret. */
static void test_key_confusion(void **state) {
    (void)state;
    const struct str pem = LITERAL(P256_PEM);
    const struct token_key key = {TOKEN_ES256, pem};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        check_refused(forge(secrets[i].hash, pem, secrets[i].header, CLAIMS), key, "alg is not the defined one");
    check_refused(forge(MBEDTLS_MD_SHA512, pem, "{\"alg\":\"ES256\"}", CLAIMS), key, "signature is wrong");
    check_refused(forge(MBEDTLS_MD_SHA256, pem, "{\"alg\":\"ES256\"}", CLAIMS), key, "signature has another length");
}

static void test_keys_that_are_none(void **state) {
    (void)state;
    static const char short_key[] = "0123456789abcdef0123456789abcde";
    const struct str keys[] = {{NULL, 0}, {"", 0}, {"x", 1}, {short_key, sizeof short_key - 1}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        check_refused(forge(MBEDTLS_MD_SHA256, keys[i].length ? keys[i] : LITERAL(""), "{\"alg\":\"HS256\"}", CLAIMS),
                      (struct token_key){TOKEN_HS256, keys[i]}, "no fit key");
}

static void test_headers(void **state) {
    (void)state;
    static const struct {
        const char *why;
        const char *header;
    } cases[] = {
        {"none that we know", "{\"alg\":\"none\"}"},
        {"none that we know", "{\"alg\":\"hs256\"}"},
        {"none that we know", "{\"alg\":\"PS256\"}"},
        {"none that we know", "{\"alg\":\"EdDSA\"}"},
        {"none that we know", "{\"alg\":null}"},
        {"none that we know", "{\"alg\":[\"HS256\"]}"},
        {"no alg", "{\"typ\":\"JWT\"}"},
        {"no JSON", "{\"alg\":\"HS256\",\"alg\":\"HS256\"}"},
        {"understood", "{\"alg\":\"HS256\",\"crit\":[]}"},
        {"understood", "{\"alg\":\"HS256\",\"b64\":true}"},
        {"typ", "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(forge(MBEDTLS_MD_SHA256, SECRET, cases[i].header, CLAIMS),
                      (struct token_key){TOKEN_HS256, SECRET}, cases[i].why);
}

static void test_claims(void **state) {
    (void)state;
    static const struct {
        const char *why; /* NULL: taken */
        const char *claims;
    } cases[] = {
        {NULL, "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":1700003600}"},
        {NULL, "{\"NS\":\"n\",\"DB\":\"d\",\"TK\":\"web\",\"exp\":1700000001,\"nbf\":1700000000,\"iat\":0,\"aud\":[]}"},
        {"NS is missing", "{\"TK\":\"web\",\"exp\":1700003600}"},
        {"SC without DB", "{\"NS\":\"n\",\"SC\":\"s\",\"ID\":1,\"TK\":\"web\",\"exp\":1700003600}"},
        {"ID is missing", "{\"NS\":\"n\",\"DB\":\"d\",\"SC\":\"s\",\"TK\":\"web\",\"exp\":1700003600}"},
        {"refused: ID", "{\"NS\":\"n\",\"ID\":1.0,\"TK\":\"web\",\"exp\":1700003600}"},
        {"refused: exp", "{\"NS\":\"n\",\"TK\":\"web\"}"},
        {"refused: exp", "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":17e8}"},
        {"out of range", "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":9007199254740992}"},
        {"expired", "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":1700000000}"},
        {"not valid yet", "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":1700003600,\"nbf\":1700000001}"},
        {"not valid yet", "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":1700003600,\"iat\":1700000001}"},
        {"refused: nbf", "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":1700003600,\"nbf\":null}"},
        {"refused: aud", "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":1700003600,\"aud\":[1]}"},
        {"refused: iss", "{\"NS\":\"n\",\"TK\":\"web\",\"exp\":1700003600,\"iss\":1}"},
        {"nearly", "{\"NS\":\"n\",\"TK\":\"DEFAULT\",\"exp\":1700003600}"},
        {"refused: TK", "{\"NS\":\"n\",\"TK\":1,\"exp\":1700003600,\"iss\":\"Bailiwick\",\"iat\":1,\"nbf\":1,\"jti\":"
                        "\"j\",\"ID\":\"x\"}"},
    };
    const struct token_key key = {TOKEN_HS256, SECRET};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str token = forge(MBEDTLS_MD_SHA256, SECRET, "{\"alg\":\"HS256\"}", cases[i].claims);
        const char *why;
        if (cases[i].why)
            check_refused(token, key, cases[i].why);
        else if (!is_taken(token, key, &why))
            fail_msg("%s: %s", cases[i].claims, why);
    }
}

static struct token_claims read_claims(const char *claims) {
    struct token_claims read;
    struct str token = forge(MBEDTLS_MD_SHA256, SECRET, "{\"alg\":\"HS256\"}", claims);
    if (!token_read(arena, token, &read, NULL)) fail_msg("not read: %s", claims);
    return read;
}

static void test_issuer_and_audience(void **state) {
    (void)state;
#define REST "\"NS\":\"n\",\"TK\":\"web\",\"exp\":1700003600"
    struct token_claims none = read_claims("{" REST "}"), one = read_claims("{\"iss\":\"i\",\"aud\":\"a\"," REST "}"),
                        list = read_claims("{\"aud\":[\"b\",\"a\"]," REST "}");
    const struct str nobody = {0};
    assert_true(token_check_issuer(&none, nobody, NULL) && token_check_audience(&none, nobody, NULL));
    assert_true(token_check_issuer(&one, nobody, NULL) && token_check_audience(&one, nobody, NULL));
    assert_false(token_check_issuer(&none, LITERAL("i"), NULL) || token_check_audience(&none, LITERAL("a"), NULL));
    assert_true(token_check_issuer(&one, LITERAL("i"), NULL) && token_check_audience(&one, LITERAL("a"), NULL));
    assert_false(token_check_issuer(&one, LITERAL("I"), NULL) || token_check_audience(&one, LITERAL("b"), NULL));
    assert_true(token_check_audience(&list, LITERAL("a"), NULL) && token_check_audience(&list, LITERAL("b"), NULL));
    assert_false(token_check_audience(&list, LITERAL("c"), NULL));
}

static void check_key(enum token_algorithm algorithm, struct str key, const char *why) {
    struct error err = {0};
    bool fits = token_key_check((struct token_key){algorithm, key}, &err);
    if (fits != !why) fail_msg("%s: %s", token_algorithm_name(algorithm), why ? why : err.message);
    if (!why) return;
    assert_int_equal(err.code, ERROR_INVALID_VALUE);
    if (!strstr(err.message, why)) fail_msg("refused for \"%s\" and not for \"%s\"", err.message, why);
}

static void test_keys(void **state) {
    (void)state;
    const struct str pem = LITERAL(P256_PEM);
    check_key(TOKEN_HS256, SECRET, NULL);
    check_key(TOKEN_HS512, str_slice(SECRET, 0, 31), "too short");
    check_key(TOKEN_HS256, (struct str){0}, "too short");
    check_key(TOKEN_HS256, pem, "no shared secret");
    check_key(TOKEN_ES256, pem, NULL);
    check_key(TOKEN_ES384, pem, "P-384");
    check_key(TOKEN_ES512, pem, "P-521");
    check_key(TOKEN_RS256, pem, "of RSA");
    check_key(TOKEN_ES256, (struct str){0}, "must be in PEM");
    check_key(TOKEN_ES256, LITERAL(P256_PEM "x"), "one PEM block");
    check_key(TOKEN_ES256, LITERAL(P256_PEM "\n" P256_PEM), "one PEM block");
    check_key(TOKEN_ES256, str_slice(pem, 0, pem.length - 30), "one PEM block");
    check_key(TOKEN_ES256, LITERAL("-----BEGIN PRIVATE KEY-----"), "private key");
    check_key(TOKEN_ALGORITHM_NONE, SECRET, "no type");
}

static void test_types(void **state) {
    (void)state;
    enum token_algorithm algorithm = TOKEN_ALGORITHM_NONE;
    assert_true(token_algorithm_read(LITERAL("es384"), &algorithm, NULL));
    assert_int_equal(algorithm, TOKEN_ES384);
    const struct str refused[] = {LITERAL("none"), LITERAL(""), LITERAL("PS256"), LITERAL("EdDSA"), LITERAL("HS")};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(token_algorithm_read(refused[i], &algorithm, NULL));
    assert_int_equal(algorithm, TOKEN_ES384);
    assert_int_equal(token_algorithm_of(LITERAL("es384")), TOKEN_ALGORITHM_NONE);
}

static void test_signed_part(void **state) {
    (void)state;
    assert_true(str_is(token_signed_part(LITERAL("a.b.c")), "a.b"));
    assert_true(str_is(token_signed_part(LITERAL("a")), ""));
    assert_true(str_is(token_signed_part((struct str){0}), ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_algorithm_and_no_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_confusion, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_that_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_claims, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_issuer_and_audience, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signed_part, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
