#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_iso(int64_t unix_ms, const char *expected) {
    char text[32];
    clock_iso(unix_ms, text);
    assert_string_equal(text, expected);
}

static void test_iso(void **state) {
    (void)state;
    check_iso(0, "1970-01-01T00:00:00.000Z");
    check_iso(-1, "1969-12-31T23:59:59.999Z");
    check_iso(INT64_C(1795509957123), "2026-11-24T08:45:57.123Z");
    check_iso(INT64_MAX, "0000-00-00T00:00:00.000Z");
}

static void check_duration(int64_t nanoseconds, const char *expected) {
    char text[32];
    clock_duration(nanoseconds, text);
    assert_string_equal(text, expected);
}

static void test_duration(void **state) {
    (void)state;
    check_duration(-5, "0.0µs");
    check_duration(0, "0.0µs");
    check_duration(123456, "123.4µs");
    check_duration(999999, "999.9µs");
    check_duration(1000000, "1ms");
    check_duration(1234567, "1.234ms");
    check_duration(20500000, "20.5ms");
    check_duration(999999999, "999.999ms");
    check_duration(1000000000, "1s");
    check_duration(2500000000, "2.5s");
    check_duration(INT64_C(90012345678), "90.012s");
    check_duration(INT64_MAX, "9223372036.854s");
}

static void test_clocks(void **state) {
    (void)state;
    int64_t before = clock_steady();
    assert_true(clock_unix() > 1700000000);
    int64_t earliest = clock_unix();
    int64_t now = clock_unix_ms() / 1000;
    assert_true(earliest <= now && now <= clock_unix());
    assert_true(clock_steady() >= before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iso),
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
