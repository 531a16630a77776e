/*
 * The turn to write to one file: SQLite lets one connection write at a time and makes the others poll. Here they stand
 * in a queue, and each is woken when it is its turn. Safe from any thread.
 */
#ifndef STORAGE_TURN_H
#define STORAGE_TURN_H

#include "base/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct turn_waiter;

struct turn {
    pthread_mutex_t lock;
    bool is_taken;
    struct turn_waiter *first, *last;
};

bool turn_init(struct turn *turn, struct error *err) MUST_CHECK;
void turn_done(struct turn *turn);

/* Waits for the turn until `deadline` (clock_steady(); 0: a default of some seconds): ERROR_BUSY. */
bool turn_take(struct turn *turn, int64_t deadline, struct error *err) MUST_CHECK;

/* Hands it to who has waited longest. */
void turn_give_back(struct turn *turn);

/* Waits for a condition until the deadline, which may not be 0. False when it has passed. */
bool turn_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline);

#endif
