/*
 * The threads of a server, from their start to their end.
 */
#include "server/threads_private.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct threads *threads_new(const struct thread_limits *limits, struct error *err) {
    struct threads *threads = calloc(1, sizeof(*threads));
    if (!threads) return fail_null(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    threads->limits = *limits;
    threads->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (threads->wake < 0) {
        free(threads);
        return fail_null(err, ERROR_INTERNAL, NOWHERE, "cannot make an event descriptor");
    }
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&threads->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&threads->lock, NULL);
    resting_init(&threads->resting);
    return threads;
}

void threads_free(struct threads *threads) {
    if (!threads) return;
    refusals_sweep(&threads->refusals, true);
    resting_done(&threads->resting);
    close(threads->wake);
    pthread_cond_destroy(&threads->changed);
    pthread_mutex_destroy(&threads->lock);
    free(threads);
}

/* A time for pthread_cond_timedwait: `wait` from now. */
static struct timespec moment_after(int64_t wait) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t nanoseconds = now.tv_nsec + wait % SECOND_NS;
    now.tv_sec += wait / SECOND_NS + nanoseconds / SECOND_NS;
    now.tv_nsec = nanoseconds % SECOND_NS;
    return now;
}

bool threads_await(struct threads *threads, struct error *err) {
    struct timespec until = moment_after(30 * SECOND_NS);
    pthread_mutex_lock(&threads->lock);
    int waited = 0;
    while (threads->entered < threads->limits.connections_max && !waited) {
        waited = pthread_cond_timedwait(&threads->changed, &threads->lock, &until);
    }
    int entered = threads->entered;
    bool has_small_stack = threads->has_small_stack;
    pthread_mutex_unlock(&threads->lock);
    if (has_small_stack) return fail(err, ERROR_INTERNAL, NOWHERE, "a thread was given less than 8 MiB of stack");
    if (entered < threads->limits.connections_max) {
        return fail(err, ERROR_INTERNAL, NOWHERE, "only %d of %d threads could be started", entered,
                    threads->limits.connections_max);
    }
    return true;
}

bool threads_are_scarce(const struct threads *threads) {
    int most = threads->limits.connections_max;
    int taken = atomic_load(&threads->connections) - resting_count(&threads->resting);
    return atomic_load(&threads->is_draining) || taken > most - most / 8;
}

void threads_drain(struct threads *threads, int64_t patience_ns) {
    struct timespec until = moment_after(patience_ns);
    atomic_store(&threads->is_draining, true);
    uint64_t one = 1;
    (void)!write(threads->wake, &one, sizeof(one));
    pthread_mutex_lock(&threads->lock);
    int waited = 0;
    while ((!threads->has_closed_listener || atomic_load(&threads->connections) > 0) && !waited) {
        waited = pthread_cond_timedwait(&threads->changed, &threads->lock, &until);
    }
    pthread_mutex_unlock(&threads->lock);
}
