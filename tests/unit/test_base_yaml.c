/*
 * Reading YAML: what comes out, where it was, and what is refused where.
 */
#include "base/yaml.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
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

static const struct yaml *parse(const char *text) {
    struct error err = {0};
    const struct yaml *yaml = yaml_parse(arena, str_of(text), &err);
    if (!yaml) fail_msg("%s: %s", text, err.message);
    return yaml;
}

/* A text in which `|` stands where the fault is; without one, the place is not looked at. */
static void expect_fault(const char *marked, const char *message) {
    struct buf buf;
    struct error err = {0};
    uint32_t at = NOWHERE;
    buf_init(&buf, 0);
    for (const char *c = marked; *c; c++) {
        if (*c == '|')
            at = (uint32_t)(c - marked);
        else
            buf_add_char(&buf, *c);
    }
    if (yaml_parse(arena, buf_str(&buf), &err)) fail_msg("taken: %s", marked);
    if (!strstr(err.message, message)) fail_msg("%s: %s", marked, err.message);
    if (at != NOWHERE && err.at != at) fail_msg("%s: fault at %u: %s", marked, err.at, err.message);
    buf_done(&buf);
}

static void reads_mappings_and_sequences(void **state) {
    (void)state;
    const struct yaml *yaml = parse("# a comment\n"
                                    "one: 1\n"
                                    "\"two words\": {a: true, b: 'true'}\n"
                                    "list:\n"
                                    "  - x\n"
                                    "  - [y, z]\n"
                                    "none:\n");
    assert_int_equal(yaml->kind, YAML_MAPPING);
    const struct yaml *one = yaml_member(yaml, "one"), *two = yaml_member(yaml, "two words");
    assert_true(str_is(one->text, "1"));
    assert_int_equal(one->line, 2);
    assert_int_equal(one->at, 12);
    assert_int_equal(two->kind, YAML_MAPPING);
    bool flag = false;
    assert_true(yaml_to_bool(yaml_member(two, "a"), &flag) && flag);
    assert_false(yaml_to_bool(yaml_member(two, "b"), &flag));
    assert_false(yaml_to_bool(two, &flag));
    const struct yaml *list = yaml_member(yaml, "list");
    assert_int_equal(list->kind, YAML_SEQUENCE);
    assert_int_equal(list->line, 4);
    assert_int_equal(list->first->line, 5);
    assert_true(str_is(list->first->next->first->next->text, "z"));
    assert_null(list->first->next->next);
    assert_true(yaml_is_null(yaml_member(yaml, "none")));
    assert_false(yaml_is_null(one));
    assert_null(yaml_member(yaml, "ONE"));
    assert_null(yaml_member(list, "x"));
}

static void an_empty_document_is_an_empty_mapping(void **state) {
    (void)state;
    static const char *const texts[] = {"", "\n", "# nothing\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct yaml *yaml = parse(texts[i]);
        assert_int_equal(yaml->kind, YAML_MAPPING);
        assert_null(yaml->first);
    }
    assert_true(yaml_is_null(parse("---\n")));
}

static void words_stay_words(void **state) {
    (void)state;
    static const char *const words[] = {"yes", "no", "True", "0x10", "1e3", "2026-01-01", "<<"};
    bool flag;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct yaml *yaml = parse(words[i]);
        assert_true(str_is(yaml->text, words[i]));
        assert_false(yaml_to_bool(yaml, &flag));
    }
}

static void what_is_refused_points(void **state) {
    (void)state;
    expect_fault("a: 1\nb: 2\n|a: 3\n", "twice");
    expect_fault("a:\n  é: 1\n  |\"é\": 2\n", "twice");
    expect_fault("a: |&x 1\n", "anchors");
    expect_fault("a: |!!str 1\n", "tags");
    expect_fault("a: |!x {b: 1}\n", "tags");
    expect_fault("a: |&x [1]\n", "tags");
    expect_fault("|&x a: 1\n", "");
    expect_fault("a: |*x\n", "aliases");
    expect_fault("|[a, b]: 1\n", "key");
    expect_fault("? |{a: 1}\n: 2\n", "key");
    expect_fault("a: 1\n|---\nb: 2\n", "second document");
    expect_fault("a: |\"x\\0y\"\n", "U+0000");
    expect_fault("a: [1, 2\n", "");
    expect_fault("a: \"x\n", "");
    expect_fault("a: 1\n|\tb: 2\n", "");
    expect_fault("a: 1\n|\x01", "control");
    expect_fault("a: 1\n|\xff", "UTF-8");
    expect_fault("a: 1|\rb: 2\n", "LF");
    expect_fault("a: 1|\xc2\x85", "LF");
    assert_true(str_is(yaml_member(parse("a: 1\r\nb: 2\r\n"), "b")->text, "2"));
}

static void bounds_hold(void **state) {
    (void)state;
    struct error err = {0};
    char *text = malloc(YAML_SIZE_MAX + 2);
    assert_non_null(text);
    memset(text, '[', YAML_SIZE_MAX + 1);
    assert_null(yaml_parse(arena, (struct str){text, YAML_SIZE_MAX + 1}, &err));
    assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
    error_clear(&err);
    assert_null(yaml_parse(arena, (struct str){text, 1000}, &err));
    assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
    assert_int_equal(err.at, YAML_DEPTH_MAX + 1);
    error_clear(&err);
    struct buf keys;
    buf_init(&keys, 0);
    for (int i = 0; i <= YAML_MEMBERS_MAX; i++) buf_format(&keys, "k%d: 1\n", i);
    assert_null(yaml_parse(arena, buf_str(&keys), &err));
    assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
    buf_done(&keys);
    error_clear(&err);
    struct arena *small = arena_new(100);
    assert_null(yaml_parse(small, LITERAL("a: 1\nb: 2\nc: 3\n"), &err));
    assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
    arena_free(small);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_mappings_and_sequences, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_document_is_an_empty_mapping, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_stay_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused_points, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_hold, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
