/*
 * Reading JSON. Each case has a text and either what it is as SQL binds it, or how it is refused.
 */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = arena_new(16 << 20);
    return arena ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct json *parse(struct str text) {
    struct error err = {0};
    const struct json *json = json_parse(arena, text, &err);
    if (!json) fail_msg("%.*s: %s", STR(text), err.message);
    return json;
}

static struct value value_of(const char *text) {
    struct error err = {0};
    struct value value;
    if (!json_to_value(arena, parse(str_of(text)), &value, &err)) fail_msg("%s: %s", text, err.message);
    return value;
}

static void expect_integer(const char *text, int64_t integer) {
    struct value value = value_of(text);
    assert_int_equal(value.kind, VALUE_INTEGER);
    assert_true(value.integer == integer);
}

static void expect_real(const char *text, double real) {
    struct value value = value_of(text);
    assert_int_equal(value.kind, VALUE_REAL);
    assert_true(value.real == real);
}

static void expect_text(const char *text, const char *decoded) {
    struct value value = value_of(text);
    assert_int_equal(value.kind, VALUE_TEXT);
    assert_true(str_is(value.text, decoded));
}

static void expect_refused(struct str text, enum error_code code) {
    struct error err = {0};
    if (json_parse(arena, text, &err)) fail_msg("accepted: %.*s", STR(text));
    assert_int_equal(err.code, code);
    assert_true(strlen(err.message) > 0);
    arena_reset(arena);
}

static void test_numbers(void **state) {
    (void)state;
    expect_integer("0", 0);
    expect_integer("-0", 0);
    expect_integer("9223372036854775807", INT64_MAX);
    expect_integer("-9223372036854775808", INT64_MIN);
    expect_integer("9007199254740993", INT64_C(9007199254740993));
    expect_real("9223372036854775808", 9223372036854775808.0);
    expect_real("1.0", 1.0);
    expect_real("1e2", 100.0);
    expect_real("1E-2", 0.01);
    expect_real("1e-400", 0.0);
    expect_real("0.1000000000000000000000000000000000000000000000000000000000000000000000000000000000001", 0.1);
    expect_integer("true", 1);
    expect_integer("false", 0);
    assert_int_equal(value_of("null").kind, VALUE_NULL);
}

static void test_numbers_keep_their_places(void **state) {
    (void)state;
    const struct json *json =
        parse(LITERAL("{\"1\":[2, {\"3\\\"\":\"4]\"}, -5.5 ],\"6\\\\\":7, \"8\" : 9007199254740993 }"));
    const struct json *array = json_member(json, "1");
    assert_true(str_is(array->text, "[2, {\"3\\\"\":\"4]\"}, -5.5 ]"));
    assert_int_equal(array->first->integer, 2);
    assert_true(str_is(array->first->next->text, "{\"3\\\"\":\"4]\"}"));
    assert_true(array->first->next->next->real == -5.5);
    assert_null(array->first->next->next->next);
    assert_int_equal(json_member(json, "6\\")->integer, 7);
    assert_true(json_member(json, "8")->integer == INT64_C(9007199254740993));
    assert_null(json_member(json, "9"));
    assert_null(json_member(array, "9"));
    assert_null(json_member(NULL, "9"));
}

static void test_strings(void **state) {
    (void)state;
    expect_text("\"\"", "");
    expect_text(" \"a\\n\\\"\\/\\u00e9\" ", "a\n\"/é");
    expect_text("\"\\ud83d\\ude00\"", "😀");
    expect_text("\"😀\x7f\"", "😀\x7f");
    expect_text("[ 1 , 2]", "[ 1 , 2]");
    expect_text(" {\"a\" : {} } ", "{\"a\" : {} }");
    expect_text("[]", "[]");
}

static void test_blobs(void **state) {
    (void)state;
    struct value value = value_of("{\"$base64\":\"AP8=\"}");
    assert_int_equal(value.kind, VALUE_BLOB);
    assert_int_equal(value.text.length, 2);
    assert_memory_equal(value.text.text, "\x00\xFF", 2);
    assert_int_equal(value_of("{\"$base64\":\"AP8\"}").kind, VALUE_BLOB);
    value = value_of("{\"$base64\":\"\"}");
    assert_int_equal(value.kind, VALUE_BLOB);
    assert_int_equal(value.text.length, 0);
    assert_int_equal(value_of("{\"$base64\":\"AP8\",\"x\":1}").kind, VALUE_TEXT);
    static const char *const bad[] = {"{\"$base64\":\"A\"}",    "{\"$base64\":\"AP9=\"}", "{\"$base64\":\"AP8==\"}",
                                      "{\"$base64\":\"A P8\"}", "{\"$base64\":\"A-_8\"}", "{\"$base64\":5}",
                                      "{\"$base64\":\"====\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = {0};
        assert_false(json_to_value(arena, parse(str_of(bad[i])), &value, &err));
        assert_int_equal(err.code, ERROR_INVALID_VALUE);
    }
}

static void test_malformed(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "01",
        "-01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "1e+",
        "0x10",
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "nul",
        "True",
        "nullx",
        "1 2",
        "{} {}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        "]",
        "[1",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1]",
        "[1}",
        "\"",
        "\"a",
        "\"a\n\"",
        "\"a\tb\"",
        "'a'",
        "\"\\x\"",
        "\"\\",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\"",
        "\"\xff\"",
        "\"\xed\xa0\x80\"",
        "\xef\xbb\xbf{}",
        "\f1",
        "1\v",
        "[1]/**/",
        "//\n1",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"b\":2,\"\\u0061\":3}",
        "[{\"\":1,\"\":2}]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) expect_refused(str_of(bad[i]), ERROR_MALFORMED);
    expect_refused(LITERAL("1\0"), ERROR_MALFORMED);
    expect_refused(LITERAL("\"a\0b\""), ERROR_MALFORMED);
    expect_refused(LITERAL("{\"a\0\":1}"), ERROR_MALFORMED);
}

static void test_position_of_the_failure(void **state) {
    (void)state;
    struct error err = {0};
    assert_null(json_parse(arena, LITERAL("{\"a\": tru}"), &err));
    assert_int_equal(err.at, 6);
    error_clear(&err);
    assert_null(json_parse(arena, LITERAL("[1, {\"a\":1,\"a\":2}]"), &err));
    assert_int_equal(err.at, 4);
    assert_string_equal(err.message, "not valid JSON: an object has two members \"a\"");
}

static void test_depth(void **state) {
    (void)state;
    char text[2 * JSON_DEPTH_MAX + 3];
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_non_null(parse((struct str){text, 2 * JSON_DEPTH_MAX}));
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    expect_refused((struct str){text, 2 * JSON_DEPTH_MAX + 2}, ERROR_LIMIT_EXCEEDED);
}

static void test_arena_full(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 0);
    buf_add_char(&buf, '[');
    for (int i = 0; i < 300; i++) buf_add_text(&buf, "\"x\",");
    buf_add_text(&buf, "1]");
    for (size_t limit = 0; limit < 60000; limit += 997) {
        struct arena *small = arena_new(limit);
        assert_non_null(small);
        struct error err = {0};
        if (!json_parse(small, buf_str(&buf), &err)) assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
        arena_free(small);
    }
    buf_done(&buf);
}

/* Quadratic work on a large object would be felt here. */
static void test_many_members(void **state) {
    (void)state;
    struct arena *large = arena_new(256 << 20);
    assert_non_null(large);
    struct buf buf;
    buf_init(&buf, 0);
    buf_add_char(&buf, '{');
    for (int i = 0; i < 100000; i++) buf_format(&buf, "\"member%d\":%d,", i, i);
    buf_add_text(&buf, "\"last\":1}");
    struct error err = {0};
    const struct json *json = json_parse(large, buf_str(&buf), &err);
    assert_non_null(json);
    assert_int_equal(json_member(json, "member99999")->integer, 99999);
    buf_done(&buf);
    arena_free(large);
}

static void *parse_in_a_thread(void *unused) {
    static int failure;
    for (int i = 0; i < 200; i++) {
        struct arena *own = arena_new(10000);
        struct error err = {0};
        const struct json *json = own ? json_parse(own, LITERAL("{\"a\":[1,2,\"three\"]}"), &err) : NULL;
        bool good = json && str_is(json_member(json, "a")->first->next->next->text, "three");
        arena_free(own);
        if (!good) return &failure;
    }
    return unused;
}

static void test_threads(void **state) {
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, parse_in_a_thread, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_numbers),   CASE(test_numbers_keep_their_places),
        CASE(test_strings),   CASE(test_blobs),
        CASE(test_malformed), CASE(test_position_of_the_failure),
        CASE(test_depth),     CASE(test_arena_full),
        CASE(test_threads),   CASE(test_many_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
