#include "storage/turn.h"

#include "base/clock.h"

#include <time.h>

#define WAIT_DEFAULT 5000000000 /* ns, where there is no deadline */
#define NS_PER_SECOND 1000000000

/* On the stack of the thread that waits. */
struct turn_waiter {
    pthread_cond_t called;
    bool has_turn;
    struct turn_waiter *next;
};

bool turn_init(struct turn *turn, struct error *err) {
    *turn = (struct turn){0};
    return pthread_mutex_init(&turn->lock, NULL) == 0 ||
           fail(err, ERROR_INTERNAL, NOWHERE, "the server could not make a lock");
}

void turn_done(struct turn *turn) {
    pthread_mutex_destroy(&turn->lock);
}

bool turn_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline) {
    const struct timespec until = {.tv_sec = deadline / NS_PER_SECOND, .tv_nsec = deadline % NS_PER_SECOND};
    return pthread_cond_clockwait(condition, lock, CLOCK_MONOTONIC, &until) == 0 || clock_steady() < deadline;
}

static void leave_queue(struct turn *turn, struct turn_waiter *waiter) {
    struct turn_waiter *before = NULL;
    for (struct turn_waiter *other = turn->first; other != waiter; other = other->next) before = other;
    if (before) before->next = waiter->next;
    if (!before) turn->first = waiter->next;
    if (turn->last == waiter) turn->last = before;
}

/* Under the lock. */
static bool wait_in_queue(struct turn *turn, int64_t deadline) {
    struct turn_waiter self = {.called = PTHREAD_COND_INITIALIZER};
    if (turn->last) turn->last->next = &self;
    if (!turn->last) turn->first = &self;
    turn->last = &self;
    while (!self.has_turn && turn_wait(&self.called, &turn->lock, deadline)) continue;
    if (!self.has_turn) leave_queue(turn, &self);
    pthread_cond_destroy(&self.called);
    return self.has_turn;
}

bool turn_take(struct turn *turn, int64_t deadline, struct error *err) {
    if (deadline == 0) deadline = clock_steady() + WAIT_DEFAULT;
    pthread_mutex_lock(&turn->lock);
    bool has_turn = !turn->is_taken || wait_in_queue(turn, deadline);
    if (has_turn) turn->is_taken = true;
    pthread_mutex_unlock(&turn->lock);
    return has_turn || fail(err, ERROR_BUSY, NOWHERE, "the database is busy");
}

void turn_give_back(struct turn *turn) {
    pthread_mutex_lock(&turn->lock);
    struct turn_waiter *next = turn->first;
    if (next) {
        turn->first = next->next;
        if (!turn->first) turn->last = NULL;
        next->has_turn = true; /* the turn stays taken: nobody overtakes */
        pthread_cond_signal(&next->called);
    } else {
        turn->is_taken = false;
    }
    pthread_mutex_unlock(&turn->lock);
}
