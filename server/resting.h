/*
 * Connections that have had an answer and have asked for nothing since. A thread each is all that they cost, so they
 * may stay as long as there are threads for others; then the one that has rested longest is given up first.
 */
#ifndef SERVER_RESTING_H
#define SERVER_RESTING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct rest { /* one connection's; in its thread's hands */
    int fd;
    bool is_given_up;
    struct rest *before;
    struct rest *after;
};

struct resting {
    pthread_mutex_t lock; /* nothing else is locked under it */
    struct rest *first;   /* rests longest */
    struct rest *last;
    atomic_int count; /* of those that are not given up */
};

void resting_init(struct resting *resting);
void resting_done(struct resting *resting); /* none may rest any more */

/* From here on `rest` belongs to `resting`, until resting_end. */
void resting_begin(struct resting *resting, struct rest *rest, int fd);

/* False: the connection has been given up meanwhile, and has to be closed soon. */
bool resting_end(struct resting *resting, struct rest *rest);

/* Gives up the connection that rests longest: reading from it gives what had come already, and then its end. False:
 * none rests. */
bool resting_give_up(struct resting *resting);

/* How many rest now. */
int resting_count(const struct resting *resting);

#endif
