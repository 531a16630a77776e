/*
 * What the files of threads.h share.
 */
#ifndef SERVER_THREADS_PRIVATE_H
#define SERVER_THREADS_PRIVATE_H

#include "server/refusals.h"
#include "server/resting.h"
#include "server/threads.h"

#include <pthread.h>
#include <stdatomic.h>

#define SECOND_NS ((int64_t)1000 * 1000 * 1000)

struct threads {
    struct thread_limits limits;
    int wake; /* readable once the server drains */
    atomic_bool is_draining;
    atomic_int connections; /* accepted and not closed */
    pthread_mutex_t lock;   /* what follows; nothing else is locked under it */
    pthread_cond_t changed; /* also when `connections` falls while the server drains */
    int entered;
    bool has_small_stack;
    bool has_closed_listener;
    struct refusals refusals; /* of the accepting thread alone */
    struct resting resting;
};

/* Whether the threads of connections that rest (resting.h) and those of nobody are few, or the server drains. */
bool threads_are_scarce(const struct threads *threads);

#endif
