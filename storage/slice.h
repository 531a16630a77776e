/*
 * Slices of the processors: a statement that computes for long does so in turns, so that many of them, of one tenant,
 * do not take the processors from everybody else. What is short is never made to wait. Safe from any thread.
 */
#ifndef STORAGE_SLICE_H
#define STORAGE_SLICE_H

#include <stdbool.h>
#include <stdint.h>

/* A statement's turn. Zero-initialised: it has none. */
struct slice {
    unsigned tenant; /* any number that is the same for one tenant's statements */
    bool is_held;
    int64_t until; /* clock_steady() at which somebody else may have it */
};

/* Goes on computing at `now`: takes a slice, or gives way to who waits when it is used up. Slices are as many as there
 * are processors; a free one goes to the tenant that holds the fewest, and in it to who has waited longest. False when
 * `deadline` (0: none) came first. */
bool slice_go_on(struct slice *slice, int64_t now, int64_t deadline);

/* Computes no more, for now. Bears one that is not held. */
void slice_give_back(struct slice *slice);

/* For tests: how many there are, set before any is taken; and how many statements wait. */
void slice_set_count(int count);
int slice_waiting(void);

#endif
