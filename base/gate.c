#include "base/gate.h"

#include "base/clock.h"

#include <unistd.h>

/* On the stack of the thread that waits. */
struct gate_waiter {
    pthread_cond_t called;
    uint64_t tenant;
    bool has_place;
    struct gate_waiter *next;
};

bool gate_init(struct gate *gate, int64_t places, struct error *err) {
    *gate = (struct gate){.places = places, .share = places, .waiting_max = -1};
    return pthread_mutex_init(&gate->lock, NULL) == 0 ||
           fail(err, ERROR_INTERNAL, NOWHERE, "the server could not make a lock");
}

void gate_done(struct gate *gate) {
    pthread_mutex_destroy(&gate->lock);
}

void gate_tell_apart(struct gate *gate, int64_t share, int64_t *taken_by, size_t count) {
    gate->share = share;
    gate->taken_by = taken_by;
    gate->tenants = count;
}

int64_t gate_processors(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors > 0 ? processors : 1;
}

/* --- under the lock --- */

static int64_t taken_by(const struct gate *gate, uint64_t tenant) {
    return gate->taken_by ? gate->taken_by[tenant % gate->tenants] : 0;
}

static bool has_room(const struct gate *gate, uint64_t tenant) {
    return gate->taken < gate->places && taken_by(gate, tenant) < gate->share;
}

static void count(struct gate *gate, uint64_t tenant, int more) {
    gate->taken += more;
    if (gate->taken_by) gate->taken_by[tenant % gate->tenants] += more;
}

static void unlink_waiter(struct gate *gate, struct gate_waiter *waiter) {
    struct gate_waiter *before = NULL;
    for (struct gate_waiter *other = gate->first; other != waiter; other = other->next) before = other;
    if (before) before->next = waiter->next;
    if (!before) gate->first = waiter->next;
    if (gate->last == waiter) gate->last = before;
    gate->waiting--;
}

static struct gate_waiter *next_waiter(const struct gate *gate) {
    struct gate_waiter *best = NULL;
    for (struct gate_waiter *waiter = gate->first; waiter; waiter = waiter->next) {
        if (!has_room(gate, waiter->tenant)) continue;
        if (!best || taken_by(gate, waiter->tenant) < taken_by(gate, best->tenant)) best = waiter;
    }
    return best;
}

static void leave(struct gate *gate, uint64_t tenant) {
    count(gate, tenant, -1);
    struct gate_waiter *next = next_waiter(gate);
    if (!next) return;
    unlink_waiter(gate, next);
    count(gate, next->tenant, 1);
    next->has_place = true;
    pthread_cond_signal(&next->called);
}

static bool wait_for_place(struct gate *gate, uint64_t tenant, int64_t deadline) {
    struct gate_waiter self = {.called = PTHREAD_COND_INITIALIZER, .tenant = tenant};
    if (gate->last) gate->last->next = &self;
    if (!gate->last) gate->first = &self;
    gate->last = &self;
    gate->waiting++;
    while (!self.has_place && clock_wait(&self.called, &gate->lock, deadline)) continue;
    if (!self.has_place) unlink_waiter(gate, &self);
    pthread_cond_destroy(&self.called);
    return self.has_place;
}

/* Who waits has no room, so nobody is overtaken. */
static bool enter(struct gate *gate, uint64_t tenant, int64_t deadline) {
    if (has_room(gate, tenant)) {
        count(gate, tenant, 1);
        return true;
    }
    bool may_wait = gate->waiting_max < 0 || gate->waiting < gate->waiting_max;
    return may_wait && wait_for_place(gate, tenant, deadline);
}

/* --- */

bool gate_enter(struct gate *gate, uint64_t tenant, int64_t deadline) {
    pthread_mutex_lock(&gate->lock);
    bool is_in = enter(gate, tenant, deadline);
    pthread_mutex_unlock(&gate->lock);
    return is_in;
}

void gate_leave(struct gate *gate, uint64_t tenant) {
    pthread_mutex_lock(&gate->lock);
    leave(gate, tenant);
    pthread_mutex_unlock(&gate->lock);
}

bool gate_give_way(struct gate *gate, uint64_t tenant, int64_t deadline) {
    bool is_in = true;
    pthread_mutex_lock(&gate->lock);
    if (gate->first) {
        leave(gate, tenant);
        is_in = enter(gate, tenant, deadline);
    }
    pthread_mutex_unlock(&gate->lock);
    return is_in;
}

void gate_limit_waiting(struct gate *gate, int64_t most) {
    pthread_mutex_lock(&gate->lock);
    gate->waiting_max = most;
    pthread_mutex_unlock(&gate->lock);
}

int64_t gate_waiting(struct gate *gate) {
    pthread_mutex_lock(&gate->lock);
    int64_t waiting = gate->waiting;
    pthread_mutex_unlock(&gate->lock);
    return waiting;
}
