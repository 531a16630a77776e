#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_comparing(void **state) {
    (void)state;
    assert_true(str_same((struct str){NULL, 0}, LITERAL("")));
    assert_false(str_same(LITERAL("a"), LITERAL("A")));
    assert_true(str_same_name(LITERAL("Post_Z"), LITERAL("pOST_z")));
    assert_false(str_same_name(LITERAL("É"), LITERAL("é"))); /* letters beyond ASCII have case, as in SQLite */
    assert_false(str_same_name(LITERAL("["), LITERAL("{")));
    assert_true(str_is(LITERAL("x"), "x"));
    assert_false(str_is(LITERAL("x\0"), "x"));
    assert_true(str_is_name(LITERAL("SELECT"), "select"));
    assert_true(str_starts(LITERAL("bearer"), "bear"));
    assert_false(str_starts(LITERAL("be"), "bear"));
    assert_true(str_starts_name(LITERAL("BEARER"), "bear"));
    assert_int_equal(str_of(NULL).length, 0);
}

static void test_slicing(void **state) {
    (void)state;
    assert_true(str_is(str_trim(LITERAL(" \t\n a b \r\n")), "a b"));
    assert_int_equal(str_trim(LITERAL("  ")).length, 0);
    assert_true(str_is(str_slice(LITERAL("abcdef"), 2, 4), "cd"));
    assert_true(str_is(str_slice(LITERAL("abc"), 1, 99), "bc"));
    assert_int_equal(str_slice(LITERAL("abc"), 5, 9).length, 0);
    assert_int_equal(str_slice(LITERAL("abc"), 2, 1).length, 0);
    assert_int_equal(str_slice((struct str){NULL, 0}, 1, 2).length, 0);
    assert_true(str_is(str_cut(LITERAL("a\u20acb"), 5), "a\u20acb"));
    assert_true(str_is(str_cut(LITERAL("a\u20acb"), 4), "a\u20ac"));
    assert_true(str_is(str_cut(LITERAL("a\u20acb"), 3), "a"));
    assert_true(str_is(str_cut(LITERAL("a\u20acb"), 1), "a"));
    assert_int_equal(str_cut(LITERAL("\x80\x80\x80"), 2).length, 0);
    assert_int_equal(str_cut((struct str){NULL, 0}, 2).length, 0);
}

static void test_utf8(void **state) {
    (void)state;
    assert_true(str_is_utf8(LITERAL("")));
    assert_true(str_is_utf8(LITERAL("aé€😀\0")));
    assert_true(str_is_utf8(LITERAL("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF")));
    assert_false(str_is_utf8(LITERAL("\x80")));
    assert_false(str_is_utf8(LITERAL("\xC0\x80")));           /* over-long */
    assert_false(str_is_utf8(LITERAL("\xE0\x9F\xBF")));       /* over-long */
    assert_false(str_is_utf8(LITERAL("\xF0\x8F\xBF\xBF")));   /* over-long */
    assert_false(str_is_utf8(LITERAL("\xED\xA0\x80")));       /* a surrogate */
    assert_false(str_is_utf8(LITERAL("\xF4\x90\x80\x80")));   /* above U+10FFFF */
    assert_false(str_is_utf8(LITERAL("\xE2\x82")));           /* cut */
    assert_false(str_is_utf8(str_slice(LITERAL("€"), 0, 2))); /* cut, with more behind */
    assert_int_equal(str_character(LITERAL("€x")), 3);
    assert_int_equal(str_character(LITERAL("")), 0);
}

static void check_int64(const char *text, bool good, int64_t expected) {
    int64_t value = 42;
    assert_int_equal(str_to_int64(str_of(text), &value), good);
    assert_true(value == (good ? expected : 42));
}

static void test_int64(void **state) {
    (void)state;
    check_int64("0", true, 0);
    check_int64("-0", true, 0);
    check_int64("007", true, 7);
    check_int64("9223372036854775807", true, INT64_MAX);
    check_int64("-9223372036854775808", true, INT64_MIN);
    check_int64("9223372036854775808", false, 0);
    check_int64("-9223372036854775809", false, 0);
    check_int64("99999999999999999999", false, 0);
    check_int64("", false, 0);
    check_int64("-", false, 0);
    check_int64("+1", false, 0);
    check_int64(" 1", false, 0);
    check_int64("1x", false, 0);
}

static void check_duration(const char *text, bool good, int64_t expected) {
    int64_t seconds = 42;
    assert_int_equal(str_to_duration(str_of(text), &seconds), good);
    assert_true(seconds == (good ? expected : 42));
}

static void test_duration(void **state) {
    (void)state;
    check_duration("30s", true, 30);
    check_duration("15m", true, 900);
    check_duration("1h30m", true, 5400);
    check_duration("7d", true, 604800);
    check_duration("2w", true, 1209600);
    check_duration("36499d", true, INT64_C(36499) * 86400);
    check_duration("36500d", false, 0);
    check_duration("0s", false, 0);
    check_duration("", false, 0);
    check_duration("h", false, 0);
    check_duration("1", false, 0);
    check_duration("1h30", false, 0);
    check_duration("1y", false, 0);
    check_duration("-1h", false, 0);
    check_duration("1 h", false, 0);
    check_duration("99999999999999999999w", false, 0);
    check_duration("3000000000w", false, 0);
}

static void check_position(const char *text, uint32_t at, uint32_t line, uint32_t column) {
    uint32_t found_line, found_column;
    str_position(str_of(text), at, &found_line, &found_column);
    assert_int_equal(found_line, line);
    assert_int_equal(found_column, column);
}

static void test_position(void **state) {
    (void)state;
    check_position("", 0, 1, 1);
    check_position("abc", 2, 1, 3);
    check_position("ab\ncd", 2, 1, 3);
    check_position("ab\ncd", 3, 2, 1);
    check_position("é€x", 5, 1, 3);
    check_position("ab", 99, 1, 3);
}

static void test_items_of_a_list(void **state) {
    (void)state;
    struct str rest = LITERAL(" a,, b ,"), item;
    static const char *const expected[] = {"a", "", "b", ""};
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_next_item(&rest, &item));
        assert_true(str_is(item, expected[i]));
    }
    assert_false(str_next_item(&rest, &item));
    rest = LITERAL("");
    assert_true(str_next_item(&rest, &item) && item.length == 0);
    assert_false(str_next_item(&rest, &item));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items_of_a_list), cmocka_unit_test(test_comparing),
        cmocka_unit_test(test_slicing),         cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_int64),           cmocka_unit_test(test_duration),
        cmocka_unit_test(test_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
