/*
 * Counting failed sign-ins, on a clock of the test's own.
 */
#include "auth/throttle.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define SECOND ((int64_t)1000000000)
#define NOW ((int64_t)5000 * SECOND)
#define ADDRESSES 100000

static const struct throttle_limits limits = {
    .name_failures = 3, .name_interval = 10 * SECOND, .address_failures = 5, .address_interval = 2 * SECOND};

static struct throttle *throttle;

static int set_up(void **state) {
    (void)state;
    throttle = throttle_new(&limits, NULL);
    return throttle ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    throttle_free(throttle);
    return 0;
}

static struct throttle_attempt by(const char *address, const char *name) {
    struct throttle_attempt attempt;
    const struct str part = str_of(name);
    throttle_begin(&attempt, throttle, str_of(address));
    if (name) throttle_add_name(&attempt, &part, 1);
    return attempt;
}

static bool may(const char *address, const char *name, int64_t now) {
    struct throttle_attempt attempt = by(address, name);
    return throttle_may_try(&attempt, now, NULL);
}

static void fail_times(const char *address, const char *name, int count, int64_t now) {
    struct throttle_attempt attempt = by(address, name);
    for (int i = 0; i < count; i++) throttle_failed(&attempt, now);
}

static void succeed(const char *address, const char *name, int64_t now) {
    struct throttle_attempt attempt = by(address, name);
    throttle_succeeded(&attempt, now);
}

static void a_name_fails_so_often(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(may("10.0.0.1", "ann", NOW));
        fail_times("10.0.0.1", "ann", 1, NOW);
    }
    assert_false(may("10.0.0.1", "ann", NOW));
    assert_false(may("10.0.0.2", "ann", NOW));
    assert_true(may("10.0.0.1", "bob", NOW));
    assert_false(may("10.0.0.2", "ann", NOW + 10 * SECOND - 1));
    assert_true(may("10.0.0.2", "ann", NOW + 10 * SECOND));
    fail_times("10.0.0.2", "ann", 1, NOW + 10 * SECOND);
    assert_false(may("10.0.0.2", "ann", NOW + 10 * SECOND));
    assert_true(may("10.0.0.2", "ann", NOW + 40 * SECOND));
    fail_times("10.0.0.2", "ann", 3, NOW + 40 * SECOND);
    assert_false(may("10.0.0.2", "ann", NOW + 40 * SECOND));
}

static void it_says_when_to_come_back(void **state) {
    (void)state;
    struct error err = {0};
    fail_times("10.0.0.1", "ann", 3, NOW);
    struct throttle_attempt attempt = by("10.0.0.2", "ann");
    assert_false(throttle_may_try(&attempt, NOW + SECOND / 2, &err));
    assert_int_equal(err.code, ERROR_THROTTLED);
    assert_int_equal(err.retry_after, 10);
    assert_true(throttle_may_try(&attempt, NOW + SECOND / 2 + err.retry_after * SECOND, NULL));
}

static void an_address_fails_so_often(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++) fail_times("10.0.0.1", names[i], 1, NOW);
    assert_false(may("10.0.0.1", "f", NOW));
    assert_false(may("10.0.0.1", NULL, NOW));
    assert_true(may("10.0.0.2", "f", NOW));
    assert_true(may("10.0.0.1", "f", NOW + 2 * SECOND));
}

static void failures_without_a_name_are_the_address_s(void **state) {
    (void)state;
    fail_times("10.0.0.1", NULL, 5, NOW);
    assert_false(may("10.0.0.1", "ann", NOW));
    assert_true(may("10.0.0.2", "ann", NOW));
}

static void a_network_of_ipv6_is_one_address(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        char text[64];
        snprintf(text, sizeof text, "2001:db8:1:2:%x::1", i);
        fail_times(text, NULL, 1, NOW);
    }
    assert_false(may("2001:db8:1:2:ffff::9", "ann", NOW));
    assert_true(may("2001:db8:1:3::1", "ann", NOW));
    fail_times("::ffff:10.0.0.9", NULL, 5, NOW);
    assert_false(may("10.0.0.9", "ann", NOW));
    assert_true(may("10.0.0.8", "ann", NOW));
}

static void a_known_address_gets_in(void **state) {
    (void)state;
    succeed("10.0.0.1", "ann", NOW);
    fail_times("10.6.6.6", "ann", 100, NOW);
    assert_false(may("10.6.6.7", "ann", NOW));
    assert_true(may("10.0.0.1", "ann", NOW));
    assert_false(may("10.0.0.2", "ann", NOW));
    /* what is right there for one name is nothing for another one */
    fail_times("10.0.0.1", "bob", 3, NOW);
    assert_false(may("10.0.0.1", "bob", NOW));
    assert_true(may("10.0.0.1", "ann", NOW));
    /* also where a neighbour has used up the address */
    fail_times("10.0.0.1", "cid", 3, NOW);
    assert_false(may("10.0.0.1", "dot", NOW));
    assert_true(may("10.0.0.1", "ann", NOW));
    /* its own failures count */
    fail_times("10.0.0.1", "ann", 3, NOW);
    assert_false(may("10.0.0.1", "ann", NOW));
    assert_true(may("10.0.0.1", "ann", NOW + 10 * SECOND));
}

static void all_names_must_be_free(void **state) {
    (void)state;
    const struct str email = LITERAL("ann@example.com"), phone = LITERAL("123");
    struct throttle_attempt both;
    throttle_begin(&both, throttle, LITERAL("10.0.0.1"));
    throttle_add_name(&both, &email, 1);
    throttle_add_name(&both, &phone, 1);
    fail_times("10.0.0.2", "123", 3, NOW);
    assert_false(throttle_may_try(&both, NOW, NULL));
    assert_true(may("10.0.0.1", "ann@example.com", NOW));
}

static void parts_are_not_run_together(void **state) {
    (void)state;
    const struct str one[] = {LITERAL("ab"), LITERAL("c")}, other[] = {LITERAL("a"), LITERAL("bc")};
    struct throttle_attempt attempt;
    throttle_begin(&attempt, throttle, LITERAL("10.0.0.1"));
    throttle_add_name(&attempt, one, 2);
    for (int i = 0; i < 3; i++) throttle_failed(&attempt, NOW);
    throttle_begin(&attempt, throttle, LITERAL("10.0.0.2"));
    throttle_add_name(&attempt, other, 2);
    assert_true(throttle_may_try(&attempt, NOW, NULL));
}

static void nobody_waits_for_ever(void **state) {
    (void)state;
    fail_times("10.0.0.1", "ann", 100000, NOW);
    assert_false(may("10.0.0.2", "ann", NOW + 900 * SECOND));
    assert_true(may("10.0.0.2", "ann", NOW + 1000 * SECOND));
}

/* The memory is what it was; and who is hammered is not driven out by those who fail once. */
static void a_flood_of_addresses(void **state) {
    (void)state;
    size_t before = throttle_memory(throttle);
    fail_times("10.6.6.6", "root", 100, NOW);
    succeed("10.0.0.1", "root", NOW);
    for (int i = 0; i < ADDRESSES; i++) {
        char address[32], name[32];
        snprintf(address, sizeof address, "11.%d.%d.%d", i >> 16, (i >> 8) & 255, i & 255);
        snprintf(name, sizeof name, "nobody-%d", i);
        fail_times(address, name, 1, NOW);
    }
    assert_int_equal(throttle_memory(throttle), before);
    assert_true(before < 8u << 20);
    assert_false(may("10.9.9.9", "root", NOW));
    assert_false(may("10.6.6.6", "ann", NOW));
    assert_true(may("10.0.0.1", "root", NOW));
}

static void without_a_throttle_all_may(void **state) {
    (void)state;
    struct throttle_attempt attempt;
    throttle_begin(&attempt, NULL, LITERAL("10.0.0.1"));
    throttle_add_name(&attempt, &LITERAL("x"), 1);
    throttle_failed(&attempt, NOW);
    throttle_succeeded(&attempt, NOW);
    assert_true(throttle_may_try(&attempt, NOW, NULL));
    throttle_free(NULL);
}

static int start(void **state) {
    (void)state;
    return secret_init(NULL) ? 0 : -1;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_name_fails_so_often),
        TEST(it_says_when_to_come_back),
        TEST(an_address_fails_so_often),
        TEST(failures_without_a_name_are_the_address_s),
        TEST(a_network_of_ipv6_is_one_address),
        TEST(a_known_address_gets_in),
        TEST(all_names_must_be_free),
        TEST(parts_are_not_run_together),
        TEST(nobody_waits_for_ever),
        TEST(a_flood_of_addresses),
        TEST(without_a_throttle_all_may),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
