/*
 * The threads of a server, from their start to their end.
 */
#include "base/clock.h"
#include "server/threads_private.h"

#include <stdlib.h>
#include <sys/eventfd.h>
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
    pthread_cond_init(&threads->changed, NULL);
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

bool threads_await(struct threads *threads, struct error *err) {
    int64_t deadline = clock_steady() + 30 * SECOND_NS;
    pthread_mutex_lock(&threads->lock);
    while (threads->entered < threads->limits.connections_max &&
           clock_wait(&threads->changed, &threads->lock, deadline)) {
        continue;
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
    int64_t deadline = clock_steady() + patience_ns;
    atomic_store(&threads->is_draining, true);
    uint64_t one = 1;
    (void)!write(threads->wake, &one, sizeof(one));
    pthread_mutex_lock(&threads->lock);
    while ((!threads->has_closed_listener || atomic_load(&threads->connections) > 0) &&
           clock_wait(&threads->changed, &threads->lock, deadline)) {
        continue;
    }
    pthread_mutex_unlock(&threads->lock);
}
