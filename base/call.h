/*
 * Waiting for one thread's word by one other thread, without a lock: the waiter looks at a number, and whoever changes
 * it may call. A condition variable makes both take its lock, which those who are called together then wait for.
 */
#ifndef BASE_CALL_H
#define BASE_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Waits as long as the number is `value`, until somebody calls or the deadline of clock_steady (0: for ever). False
 * when that has passed. True says nothing: the number must be looked at again. */
bool call_wait(atomic_int *number, int value, int64_t deadline);

/* Sets the number and wakes the one who waits for it. He may be gone, and the number with him, before this returns. */
void call_set(atomic_int *number, int value);

#endif
