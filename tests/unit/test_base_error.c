#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail /* cmocka has a macro of that name; here it is the function under test */
#include <string.h>

static void test_first_failure_stands(void **state) {
    (void)state;
    struct error err = {0};
    assert_false(fail(&err, ERROR_NOT_FOUND, 7, "no such table: %s", "post"));
    assert_null(fail_null(&err, ERROR_INTERNAL, 9, "later"));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_int_equal(err.at, 7);
    assert_string_equal(err.message, "no such table: post");
    error_detail(&err, "first");
    error_detail(&err, "second");
    assert_string_equal(err.detail, "first");
    error_clear(&err);
    assert_int_equal(err.code, ERROR_NONE);
    assert_string_equal(err.detail, "");
}

static void test_nobody_asks_for_the_error(void **state) {
    (void)state;
    assert_false(fail(NULL, ERROR_INTERNAL, NOWHERE, "unseen"));
    error_detail(NULL, "unseen");
    error_clear(NULL);
}

/* Whatever number of bytes stands before it, a character at the end is whole or not there. */
static void test_cut_at_a_character(void **state) {
    (void)state;
    static const char *const characters[] = {"é", "€", "😀"};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(characters[i]);
        for (size_t shift = 0; shift < 4; shift++) {
            char text[700] = {0};
            memset(text, 'x', shift);
            for (size_t at = shift; at + size < sizeof text; at += size) memcpy(text + at, characters[i], size);
            struct error err = {0};
            assert_false(fail(&err, ERROR_INTERNAL, NOWHERE, "%s", text));
            size_t length = strlen(err.message);
            assert_true(length > sizeof err.message - 1 - size);
            assert_int_equal((length - shift) % size, 0);
        }
    }
}

static void test_table(void **state) {
    (void)state;
    assert_string_equal(error_code_name(ERROR_PERMISSION_DENIED), "permission_denied");
    assert_int_equal(error_http_status(ERROR_UNAUTHENTICATED), 401);
    assert_string_equal(error_sentence(ERROR_UNAUTHENTICATED), "Authentication failed");
    assert_non_null(error_code_name((enum error_code)12345));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_failure_stands),
        cmocka_unit_test(test_nobody_asks_for_the_error),
        cmocka_unit_test(test_cut_at_a_character),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
