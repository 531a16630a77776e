/*
 * Time, and the two forms in which people read it.
 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TEXT_SIZE 32

/* Both clocks exist on every Linux, so clock_gettime cannot fail here. */
static struct timespec read_clock(clockid_t clock) {
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return now;
}

int64_t clock_unix(void) {
    return read_clock(CLOCK_REALTIME).tv_sec;
}

int64_t clock_unix_ms(void) {
    struct timespec now = read_clock(CLOCK_REALTIME);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_steady(void) {
    struct timespec now = read_clock(CLOCK_MONOTONIC);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline) {
    if (!deadline) return pthread_cond_wait(condition, lock) == 0;
    const struct timespec until = {.tv_sec = deadline / 1000000000, .tv_nsec = deadline % 1000000000};
    return pthread_cond_clockwait(condition, lock, CLOCK_MONOTONIC, &until) == 0 || clock_steady() < deadline;
}

void clock_iso(int64_t unix_ms, char *ret_text) {
    time_t seconds = unix_ms / 1000;
    int milliseconds = (int)(unix_ms % 1000);
    if (milliseconds < 0) {
        seconds--;
        milliseconds += 1000;
    }
    struct tm utc;
    size_t length = 0;
    if (gmtime_r(&seconds, &utc) && utc.tm_year >= -1900 && utc.tm_year <= 9999 - 1900)
        length = strftime(ret_text, TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    if (length)
        snprintf(ret_text + length, TEXT_SIZE - length, ".%03dZ", milliseconds);
    else
        snprintf(ret_text, TEXT_SIZE, "0000-00-00T00:00:00.000Z");
}

/* `thousandths` of a unit with up to three decimals and no zeros at their end, but never fewer than `decimals`. */
static void write_decimal(int64_t thousandths, size_t decimals, const char *unit, char *ret_text) {
    char digits[TEXT_SIZE], *at = digits + sizeof digits;
    size_t length = 3;
    int64_t rest = thousandths;
    for (; length > decimals && rest % 10 == 0; length--) rest /= 10;
    for (size_t i = 0; i < length; i++, rest /= 10) *--at = (char)('0' + rest % 10);
    if (length) *--at = '.';
    do *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    size_t size = (size_t)(digits + sizeof digits - at);
    memcpy(ret_text, at, size);
    memcpy(ret_text + size, unit, strlen(unit) + 1);
}

void clock_duration(int64_t nanoseconds, char *ret_text) {
    if (nanoseconds < 0) nanoseconds = 0;
    if (nanoseconds < 1000000)
        write_decimal(nanoseconds / 100 * 100, 1, "µs", ret_text);
    else if (nanoseconds < 1000000000)
        write_decimal(nanoseconds / 1000, 0, "ms", ret_text);
    else
        write_decimal(nanoseconds / 1000000, 0, "s", ret_text);
}
