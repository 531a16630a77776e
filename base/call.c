#include "base/call.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000

/* The time of FUTEX_WAIT_BITSET is a moment on the steady clock. */
bool call_wait(atomic_int *number, int value, int64_t deadline) {
    const struct timespec until = {.tv_sec = deadline / SECOND_NS, .tv_nsec = deadline % SECOND_NS};
    long result = syscall(SYS_futex, number, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value, deadline ? &until : NULL,
                          NULL, FUTEX_BITSET_MATCH_ANY);
    return result == 0 || errno != ETIMEDOUT || clock_steady() < deadline;
}

void call_set(atomic_int *number, int value) {
    atomic_store(number, value);
    (void)syscall(SYS_futex, number, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}
