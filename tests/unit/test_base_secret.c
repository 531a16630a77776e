#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_before_init(void **state) {
    (void)state;
    struct error err = {0};
    unsigned char bytes[4];
    assert_false(secret_random(bytes, sizeof bytes, &err));
    assert_int_equal(err.code, ERROR_INTERNAL);
}

static void test_random(void **state) {
    (void)state;
    struct error err = {0};
    assert_true(secret_init(&err));
    assert_true(secret_init(&err));
    static unsigned char first[5000], second[5000];
    assert_true(secret_random(first, sizeof first, &err));
    assert_true(secret_random(second, sizeof second, &err));
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_not_equal(first + 4984, second + 4984, 16);
    assert_true(secret_random(first, 0, &err));
    secret_done();
    assert_false(secret_random(first, 1, NULL));
    secret_done();
}

static void test_random_hex(void **state) {
    (void)state;
    struct error err = {0};
    assert_true(secret_init(&err));
    static const size_t lengths[] = {0, 1, 7, 32, 64, 65, 129};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char text[140];
        memset(text, '?', sizeof text);
        assert_true(secret_random_hex(text, lengths[i], &err));
        assert_int_equal(strlen(text), lengths[i]);
        assert_int_equal(strspn(text, "0123456789abcdef"), lengths[i]);
        assert_int_equal(text[lengths[i] + 1], '?');
    }
    secret_done();
}

static void test_same(void **state) {
    (void)state;
    assert_true(secret_same(LITERAL("abc"), LITERAL("abc")));
    assert_false(secret_same(LITERAL("abc"), LITERAL("abd")));
    assert_false(secret_same(LITERAL("abc"), LITERAL("ab")));
    assert_true(secret_same((struct str){NULL, 0}, LITERAL("")));
}

/* Case 2 of RFC 4231. */
static void test_hmac(void **state) {
    (void)state;
    static const unsigned char expected[32] = {
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
        0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
    };
    unsigned char mac[32];
    struct error err = {0};
    assert_true(secret_hmac(LITERAL("Jefe"), LITERAL("what do ya want for nothing?"), mac, &err));
    assert_memory_equal(mac, expected, 32);
    assert_true(secret_hmac((struct str){NULL, 0}, (struct str){NULL, 0}, mac, &err));
}

static void test_wipe(void **state) {
    (void)state;
    char text[] = "secret";
    secret_wipe(text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++) assert_int_equal(text[i], 0);
    secret_wipe(NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_init), cmocka_unit_test(test_random), cmocka_unit_test(test_random_hex),
        cmocka_unit_test(test_same),        cmocka_unit_test(test_hmac),   cmocka_unit_test(test_wipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
