/*
 * Writing JSON and base64.
 */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

static void expect_written(struct value value, const char *expected) {
    struct buf buf;
    buf_init(&buf, 0);
    json_write_value(&buf, &value);
    if (!str_is(buf_str(&buf), expected)) fail_msg("%.*s is not %s", STR(buf_str(&buf)), expected);
    buf_done(&buf);
}

static void test_numbers(void **state) {
    (void)state;
    expect_written(value_null(), "null");
    expect_written(value_integer(INT64_MIN), "-9223372036854775808");
    expect_written(value_integer(INT64_MAX), "9223372036854775807");
    expect_written(value_real(1.0), "1.0");
    expect_written(value_real(-0.0), "-0.0");
    expect_written(value_real(0.1), "0.1");
    expect_written(value_real(0.1 + 0.2), "0.30000000000000004");
    expect_written(value_real(1e20), "1e+20");
    expect_written(value_real(1.7976931348623157e308), "1.7976931348623157e+308");
    expect_written(value_real(INFINITY), "9e999");
    expect_written(value_real(-INFINITY), "-9e999");
    expect_written(value_real(NAN), "null");
}

static void expect_quoted(struct str text, const char *expected) {
    expect_written(value_text(text), expected);
}

static void test_strings(void **state) {
    (void)state;
    expect_quoted(LITERAL(""), "\"\"");
    expect_quoted((struct str){NULL, 0}, "\"\"");
    expect_quoted(LITERAL("a\"b\\c/é€😀"), "\"a\\\"b\\\\c/é€😀\"");
    expect_quoted(LITERAL("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
    expect_quoted(LITERAL("\0\x01\x1f\x7f"), "\"\\u0000\\u0001\\u001f\x7f\"");
}

static void test_invalid_utf8(void **state) {
    (void)state;
    expect_quoted(LITERAL("\xFF"), "\"\xEF\xBF\xBD\"");
    expect_quoted(LITERAL("a\xE2\x82z"), "\"a\xEF\xBF\xBDz\"");
    expect_quoted(LITERAL("\xF0\x9F\x98"), "\"\xEF\xBF\xBD\"");
    expect_quoted(LITERAL("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    expect_quoted(LITERAL("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/* The vectors of RFC 4648, written and read back. */
static void test_base64(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    struct arena *arena = arena_new(10000);
    assert_non_null(arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf buf;
        buf_init(&buf, 0);
        base64_write(&buf, str_of(cases[i][0]));
        assert_true(str_is(buf_str(&buf), cases[i][1]));
        struct str bytes;
        assert_true(base64_read(arena, buf_str(&buf), false, &bytes));
        assert_true(str_is(bytes, cases[i][0]));
        buf_done(&buf);
    }
    arena_free(arena);
}

static void test_base64_is_strict(void **state) {
    (void)state;
    struct arena *arena = arena_new(10000);
    assert_non_null(arena);
    struct str bytes;
    assert_true(base64_read(arena, LITERAL("-_8"), true, &bytes));
    assert_true(base64_read(arena, LITERAL("+/8"), false, &bytes));
    assert_false(base64_read(arena, LITERAL("-_8"), false, &bytes));
    assert_false(base64_read(arena, LITERAL("+/8"), true, &bytes));
    assert_false(base64_read(arena, LITERAL("Zg=="), true, &bytes));
    assert_false(base64_read(arena, LITERAL("Zh"), true, &bytes)); /* stray bits */
    assert_false(base64_read(arena, LITERAL("Zg="), false, &bytes));
    assert_false(base64_read(arena, LITERAL("Zg==Zg=="), false, &bytes));
    assert_false(base64_read(arena, LITERAL("Zm9v\n"), false, &bytes));
    assert_false(base64_read(arena, LITERAL("Z"), true, &bytes));
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_strings),          cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_base64),  cmocka_unit_test(test_base64_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
