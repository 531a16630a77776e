/*
 * Passwords; and what is computed for those that cannot be right, counted at the library that computes it.
 */
#include "auth/password.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <argon2.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SALT "c29tZXNhbHRzb21lc2FsdA"
#define HASH "OmrStfZA85dUvrqfm+ruWulZIxZJMLFoxyC2dq7EuYk"
#define SALT_64 "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzcw"
#define HASH_64 "ip8wWeb4Sv41jZwK85YHzZ1o6gdrKV/QpDCW2t6hqWuY0nLqwidB9XchwDyrqiOHhVYbbZowm785MBr5Zv6myw"

static struct arena *arena;

/* Of this thread: how many hashes were computed, and the work of the last one. */
static _Thread_local uint64_t hashes_computed;
static _Thread_local uint32_t last_memory, last_passes, last_lanes;

/* In front of the library's own, which does the work. */
int argon2id_ctx(argon2_context *context) {
    int (*compute)(argon2_context *);
    *(void **)&compute = dlsym(RTLD_NEXT, "argon2id_ctx");
    if (!compute) return ARGON2_INCORRECT_PARAMETER;
    hashes_computed++;
    last_memory = context->m_cost;
    last_passes = context->t_cost;
    last_lanes = context->lanes;
    return compute(context);
}

static void assert_work_like_ours(void) {
    assert_int_equal(last_memory, 19456);
    assert_int_equal(last_passes, 2);
    assert_int_equal(last_lanes, 1);
}

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

static bool is_right(struct str password, struct str phc) {
    bool right;
    assert_true(password_verify(password, phc, &right, NULL));
    return right;
}

static bool verify(const char *password, const char *phc) {
    return is_right(str_of(password), str_of(phc));
}

static void test_round_trip(void **state) {
    (void)state;
    struct str first, second;
    assert_true(password_hash(arena, LITERAL("correct horse"), &first, NULL));
    assert_true(password_hash(arena, LITERAL("correct horse"), &second, NULL));
    assert_true(str_starts(first, "$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_false(str_same(first, second));
    assert_true(password_is_phc(first));
    assert_true(is_right(LITERAL("correct horse"), first));
    assert_true(is_right(LITERAL("correct horse"), second));
    assert_false(is_right(LITERAL("correct horsf"), first));
    assert_false(is_right(LITERAL("correct horse "), first));
    assert_false(is_right(LITERAL("correct hors"), first));
    assert_false(is_right(LITERAL(""), first));
}

static void test_bytes(void **state) {
    (void)state;
    struct str phc;
    assert_true(password_hash(arena, LITERAL("a\0b"), &phc, NULL));
    assert_true(is_right(LITERAL("a\0b"), phc));
    assert_false(is_right(LITERAL("a\0c"), phc));
    assert_false(is_right(LITERAL("a"), phc));
    assert_true(password_hash(arena, (struct str){NULL, 0}, &phc, NULL));
    assert_true(is_right(LITERAL(""), phc));
    assert_true(is_right((struct str){NULL, 0}, phc));
}

static void test_length(void **state) {
    (void)state;
    static char text[PASSWORD_LENGTH_MAX + 1];
    memset(text, 'x', sizeof text);
    struct str longest = {text, PASSWORD_LENGTH_MAX}, phc, untouched = LITERAL("untouched");
    struct error err = {0};
    assert_true(password_hash(arena, longest, &phc, &err));
    assert_true(is_right(longest, phc));
    assert_false(is_right((struct str){text, sizeof text}, phc));
    assert_false(password_hash(arena, (struct str){text, sizeof text}, &untouched, &err));
    assert_int_equal(err.code, ERROR_INVALID_VALUE);
    assert_true(str_is(untouched, "untouched"));
}

static void test_small_arena(void **state) {
    (void)state;
    struct arena *small = arena_new(16);
    struct str phc = LITERAL("untouched");
    struct error err = {0};
    assert_false(password_hash(small, LITERAL("x"), &phc, &err));
    assert_int_equal(err.code, ERROR_LIMIT_EXCEEDED);
    assert_true(str_is(phc, "untouched"));
    arena_free(small);
}

/* Made by the reference implementation; the first is a vector of its own test suite. */
static void test_vectors(void **state) {
    (void)state;
    assert_true(
        verify("password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"));
    assert_true(verify("password", "$argon2id$v=19$m=64,t=1,p=4$c29tZXNhbHQ$rk2FbVfrGXyN7HyMIz7/"
                                   "9rlcELATZjiCuuWU9ThadrOGMjVzdu1uEjNIchf0mOPtWxNyZZy5uG2DaQEit8Ugsw"));
    assert_true(
        is_right(LITERAL("pass\0word"), LITERAL("$argon2id$v=19$m=8,t=10,p=1$" SALT "$JBzIhkolOUeIwCcpWO2qcw")));
    assert_true(verify("", "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH));
    assert_true(verify("password", "$argon2id$v=19$m=64,t=1,p=1$" SALT_64 "$" HASH_64));
}

/* Each differs in one thing from a string that is right for the empty password. */
static const char *const refused[] = {
    "",
    "$",
    "x",
    "$argon2id$v=19$m=64,t=2,p=1$" SALT "$",
    "$argon2id$v=19$m=64,t=2,p=1$" SALT,
    "$argon2id$v=19$m=64,t=2,p=1$$" HASH,
    "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH " ",
    " $argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH "$",
    "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH "=",
    "$argon2id$v=19$m=64,t=2,p=1$" SALT "==$" HASH,
    "$argon2id$v=19$m=64,t=2,p=1$" SALT "$OmrStfZA85dUvrqfm+ruWulZIxZJMLFoxyC2dq7EuYl",
    "$argon2id$v=19$m=64,t=2,p=1$" SALT "$OmrStfZA85dUvrqfm-ruWulZIxZJMLFoxyC2dq7EuYk",
    "$argon2id$v=19$m=64,t=2,p=1$" SALT "$OmrStfZA85dUvrqfm+rv",
    "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbA$" HASH,
    "$argon2id$v=19$m=64,t=1,p=1$" SALT_64 SALT_64 "$" HASH_64,
    "$argon2id$v=19$m=64,t=1,p=1$" SALT_64 "$" HASH_64 "AAAA",
    "$argon2i$v=19$m=64,t=2,p=1$" SALT "$" HASH,
    "$argon2d$v=19$m=64,t=2,p=1$" SALT "$" HASH,
    "$Argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH,
    "$argon2id$m=64,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=16$m=64,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$t=2,m=64,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=64,t=2,p=1,keyid=a$" SALT "$" HASH,
    "$argon2id$v=19$m=064,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=+64,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m= 64,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=7,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=31,t=2,p=4$" SALT "$" HASH,
    "$argon2id$v=19$m=65537,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=4294967360,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=18446744073709551680,t=2,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=64,t=0,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=64,t=11,p=1$" SALT "$" HASH,
    "$argon2id$v=19$m=64,t=2,p=0$" SALT "$" HASH,
    "$argon2id$v=19$m=64,t=2,p=5$" SALT "$" HASH,
    "$2b$12$abcdefghijklmnopqrstuuW6s8M0Zk9mC2jWq1Hh2Yk0mZ8m5k8eS",
    "$2b$12$",
};

static void test_refused(void **state) {
    (void)state;
    struct str phc;
    assert_true(password_hash(arena, LITERAL("x"), &phc, NULL));
    uint64_t hashes = hashes_computed;
    assert_false(is_right(LITERAL("y"), phc));
    assert_int_equal(hashes_computed, hashes + 1);
    assert_work_like_ours();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (password_is_phc(str_of(refused[i]))) fail_msg("taken: %s", refused[i]);
        if (i % 6) continue; /* some are enough: the work costs time */
        hashes = hashes_computed;
        if (verify("", refused[i])) fail_msg("right: %s", refused[i]);
        if (hashes_computed != hashes + 1) fail_msg("without work: %s", refused[i]);
        assert_work_like_ours();
    }
    assert_false(is_right(LITERAL("x"), (struct str){NULL, 0}));
    assert_false(is_right(LITERAL(""), LITERAL("$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH "\0")));
}

/* The hash that a refused string is computed with must not be a way in. */
static void test_dummy_never_right(void **state) {
    (void)state;
    assert_false(verify("", ""));
    assert_false(verify("x", ""));
}

static void test_count(void **state) {
    (void)state;
    uint64_t before = password_verify_count();
    assert_false(verify("x", ""));
    assert_true(verify("", "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH));
    assert_int_equal(password_verify_count() - before, 2);
}

static void *verify_some(void *wrong) {
    for (int i = 0; i < 4; i++) {
        if (!verify("", "$argon2id$v=19$m=1024,t=1,p=1$" SALT "$" HASH)) continue;
        *(bool *)wrong = true;
    }
    if (password_verify_count() != 4) *(bool *)wrong = true;
    return NULL;
}

/* More threads than permits: all come through. */
static void test_threads(void **state) {
    (void)state;
    pthread_t threads[24];
    bool wrong[24] = {0};
    for (size_t i = 0; i < 24; i++) assert_int_equal(pthread_create(&threads[i], NULL, verify_some, &wrong[i]), 0);
    for (size_t i = 0; i < 24; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(wrong[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_length),     cmocka_unit_test(test_small_arena),
        cmocka_unit_test(test_vectors),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_threads),    cmocka_unit_test(test_dummy_never_right),
        cmocka_unit_test(test_count),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
