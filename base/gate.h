/*
 * A gate: so many may be inside at once, the others wait in a queue. Where tenants are told apart, none has more than
 * its share, and a place that becomes free goes to the one that has the fewest, and in it to who has waited longest.
 * Nobody overtakes. Safe from any thread.
 */
#ifndef BASE_GATE_H
#define BASE_GATE_H

#include "base/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate_waiter;

struct gate {
    pthread_mutex_t lock;
    int64_t places;
    int64_t share;       /* of one tenant */
    int64_t waiting_max; /* who comes when so many wait is turned away; negative: nobody is */
    int64_t taken;
    int64_t waiting;
    int64_t *taken_by; /* by each tenant; NULL: they are not told apart */
    size_t tenants;
    struct gate_waiter *first, *last;
};

/* A gate of `places`, where tenants are not told apart. */
bool gate_init(struct gate *gate, int64_t places, struct error *err) MUST_CHECK;
void gate_done(struct gate *gate);

/* Tells tenants apart, before anybody enters: by numbers, of which those fall together that are the same modulo
 * `count`. `taken_by` has `count` zeros, and outlives the gate. */
void gate_tell_apart(struct gate *gate, int64_t share, int64_t *taken_by, size_t count);

/* Waits for a place until `deadline` (clock_steady(); 0: for ever). False where none became free in time, or too many
 * wait. */
bool gate_enter(struct gate *gate, uint64_t tenant, int64_t deadline) MUST_CHECK;
void gate_leave(struct gate *gate, uint64_t tenant);

/* Leaves and enters again, behind who waits; where nobody does, nothing happens. False: it is outside. */
bool gate_give_way(struct gate *gate, uint64_t tenant, int64_t deadline) MUST_CHECK;

void gate_limit_waiting(struct gate *gate, int64_t most);
int64_t gate_waiting(struct gate *gate);

/* As many places as there are processors: for what computes. */
int64_t gate_processors(void);

#endif
