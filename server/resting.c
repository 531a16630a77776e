#include "server/resting.h"

#include <sys/socket.h>

void resting_init(struct resting *resting) {
    *resting = (struct resting){0};
    pthread_mutex_init(&resting->lock, NULL);
}

void resting_done(struct resting *resting) {
    pthread_mutex_destroy(&resting->lock);
}

static void take_out(struct resting *resting, struct rest *rest) {
    *(rest->before ? &rest->before->after : &resting->first) = rest->after;
    *(rest->after ? &rest->after->before : &resting->last) = rest->before;
    atomic_fetch_sub_explicit(&resting->count, 1, memory_order_relaxed);
}

void resting_begin(struct resting *resting, struct rest *rest, int fd) {
    pthread_mutex_lock(&resting->lock);
    *rest = (struct rest){.fd = fd, .before = resting->last};
    *(rest->before ? &rest->before->after : &resting->first) = rest;
    resting->last = rest;
    atomic_fetch_add_explicit(&resting->count, 1, memory_order_relaxed);
    pthread_mutex_unlock(&resting->lock);
}

bool resting_end(struct resting *resting, struct rest *rest) {
    pthread_mutex_lock(&resting->lock);
    bool is_given_up = rest->is_given_up;
    if (!is_given_up) take_out(resting, rest);
    pthread_mutex_unlock(&resting->lock);
    return !is_given_up;
}

/* The socket is shut down under the lock: its thread closes it only after resting_end, so the number is still its own.
 */
bool resting_give_up(struct resting *resting) {
    pthread_mutex_lock(&resting->lock);
    struct rest *rest = resting->first;
    if (rest) {
        take_out(resting, rest);
        rest->is_given_up = true;
        shutdown(rest->fd, SHUT_RD);
    }
    pthread_mutex_unlock(&resting->lock);
    return rest != NULL;
}

int resting_count(const struct resting *resting) {
    return atomic_load_explicit(&resting->count, memory_order_relaxed);
}
