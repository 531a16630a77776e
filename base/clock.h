/*
 * Time: the wall clock for tokens and `now()`, the steady clock for limits and durations.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t clock_unix(void);    /* seconds since 1970, UTC */
int64_t clock_unix_ms(void); /* milliseconds since 1970, UTC */
int64_t clock_steady(void);  /* nanoseconds since some fixed moment; never goes back */

/* Waits for a condition until the deadline of clock_steady; 0: for ever. False when that has passed. */
bool clock_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline);

/* ISO 8601 in UTC with milliseconds, "2026-11-24T08:45:57.123Z", into ret_text (at least 32 bytes). */
void clock_iso(int64_t unix_ms, char *ret_text);

/* A duration for people: "123.4µs", "1.234ms", "2.5s", into ret_text (at least 32 bytes). */
void clock_duration(int64_t nanoseconds, char *ret_text);

#endif
