#include "auth/function.h"
#include "auth/password.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct arena *arena;

static int set_up(void **state) {
    (void)state;
    arena = arena_new(1 << 16);
    return arena && secret_init(NULL) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    secret_done();
    return 0;
}

static bool call(const char *name, const struct value *arguments, size_t count, struct value *ret_value,
                 struct error *err) {
    for (const struct sql_function *function = auth_sql_functions; function->name; function++) {
        if (strcmp(function->name, name) != 0) continue;
        assert_int_equal(function->argument_count, count);
        return function->call(arena, arguments, count, ret_value, err);
    }
    fail_msg("no such function: %s", name);
    return false;
}

static void check_hash_refused(struct value password) {
    struct error err = {0};
    struct value value = value_integer(7);
    assert_false(call("password_hash", &password, 1, &value, &err));
    assert_int_equal(err.code, ERROR_INVALID_VALUE);
    assert_int_equal(value.integer, 7);
}

static void test_password_hash(void **state) {
    (void)state;
    struct value password = value_text(LITERAL("secret")), phc;
    assert_true(call("password_hash", &password, 1, &phc, NULL));
    assert_int_equal(phc.kind, VALUE_TEXT);
    bool is_right;
    assert_true(password_verify(LITERAL("secret"), phc.text, &is_right, NULL) && is_right);
    check_hash_refused(value_null());
    check_hash_refused(value_text(LITERAL("")));
    check_hash_refused(value_integer(1));
    check_hash_refused(value_real(1));
    check_hash_refused(value_blob(LITERAL("secret")));
}

/* The answer, after exactly one verification. */
static int64_t verify(struct value password, struct value phc) {
    struct value arguments[] = {password, phc}, value;
    uint64_t before = password_verify_count();
    assert_true(call("password_verify", arguments, 2, &value, NULL));
    assert_int_equal(value.kind, VALUE_INTEGER);
    assert_int_equal(password_verify_count() - before, 1);
    return value.integer;
}

static void test_password_verify(void **state) {
    (void)state;
    struct value password = value_text(LITERAL("secret")), empty = value_text(LITERAL("")), phc, phc_of_empty;
    assert_true(call("password_hash", &password, 1, &phc, NULL));
    struct str text_of_empty; /* made elsewhere: password_hash() takes no empty password */
    assert_true(password_hash(arena, LITERAL(""), &text_of_empty, NULL));
    phc_of_empty = value_text(text_of_empty);
    assert_int_equal(verify(password, phc), 1);
    assert_int_equal(verify(empty, phc_of_empty), 1);
    assert_int_equal(verify(value_text(LITERAL("secreT")), phc), 0);
    assert_int_equal(verify(password, value_null()), 0);
    assert_int_equal(verify(password, value_text(LITERAL("junk"))), 0);
    assert_int_equal(verify(password, value_blob(phc.text)), 0);
    assert_int_equal(verify(value_null(), value_null()), 0);
    assert_int_equal(verify(value_null(), phc), 0);
    assert_int_equal(verify(value_null(), phc_of_empty), 0);
    assert_int_equal(verify(value_integer(0), phc_of_empty), 0);
    assert_int_equal(verify(value_blob(LITERAL("secret")), phc), 0);
}

static void test_uuid(void **state) {
    (void)state;
    struct value first, second;
    assert_true(call("uuid", NULL, 0, &first, NULL));
    assert_true(call("uuid", NULL, 0, &second, NULL));
    assert_int_equal(first.kind, VALUE_TEXT);
    assert_false(str_same(first.text, second.text));
    assert_int_equal(first.text.length, 36);
    for (size_t i = 0; i < 36; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        assert_non_null(strchr(is_dash ? "-" : "0123456789abcdef", first.text.text[i]));
    }
    assert_int_equal(first.text.text[14], '4');
    assert_non_null(strchr("89ab", first.text.text[19]));
}

static void test_now(void **state) {
    (void)state;
    struct value now;
    assert_true(call("now", NULL, 0, &now, NULL));
    assert_int_equal(now.kind, VALUE_TEXT);
    assert_int_equal(now.text.length, strlen("2026-11-24T08:45:57.123Z"));
    assert_int_equal(now.text.text[10], 'T');
    assert_int_equal(now.text.text[19], '.');
    assert_int_equal(now.text.text[23], 'Z');
}

static void test_small_arena(void **state) {
    (void)state;
    struct arena *whole = arena;
    struct value value = value_integer(7);
    arena = arena_new(8);
    struct error err = {0};
    assert_false(call("now", NULL, 0, &value, &err));
    assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
    error_clear(&err);
    assert_false(call("uuid", NULL, 0, &value, &err));
    assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
    assert_int_equal(value.integer, 7);
    arena_free(arena);
    arena = whole;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_password_hash), cmocka_unit_test(test_password_verify), cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_now),           cmocka_unit_test(test_small_arena),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
