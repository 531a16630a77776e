#include "storage/slice.h"

#include "base/clock.h"
#include "storage/turn.h"

#include <pthread.h>
#include <unistd.h>

#define LENGTH 10000000        /* ns */
#define FOR_EVER 3600000000000 /* ns: to look again */
#define TENANTS 256            /* that are told apart; those beyond share */

/* On the stack of the thread that waits. */
struct slice_waiter {
    pthread_cond_t called;
    unsigned tenant;
    bool has_slice;
    struct slice_waiter *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int slices; /* 0: not counted yet */
static int taken;
static int taken_by[TENANTS];
static struct slice_waiter *first, *last;
static int waiting;

void slice_set_count(int count) {
    slices = count;
}

int slice_waiting(void) {
    pthread_mutex_lock(&lock);
    int count = waiting;
    pthread_mutex_unlock(&lock);
    return count;
}

/* --- under the lock --- */

static int count_slices(void) {
    if (slices) return slices;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    slices = processors > 0 && processors < 4096 ? (int)processors : 1;
    return slices;
}

static void take(unsigned tenant) {
    taken++;
    taken_by[tenant]++;
}

static void unlink_waiter(struct slice_waiter *waiter) {
    struct slice_waiter *before = NULL;
    for (struct slice_waiter *other = first; other != waiter; other = other->next) before = other;
    if (before) before->next = waiter->next;
    if (!before) first = waiter->next;
    if (last == waiter) last = before;
    waiting--;
}

static void call_next(void) {
    struct slice_waiter *best = first;
    for (struct slice_waiter *waiter = first; waiter; waiter = waiter->next)
        if (taken_by[waiter->tenant] < taken_by[best->tenant]) best = waiter;
    if (!best || taken >= count_slices()) return;
    unlink_waiter(best);
    take(best->tenant);
    best->has_slice = true;
    pthread_cond_signal(&best->called);
}

static void give_back(struct slice *slice) {
    slice->is_held = false;
    taken--;
    taken_by[slice->tenant % TENANTS]--;
    call_next();
}

static bool wait_for_one(unsigned tenant, int64_t deadline) {
    struct slice_waiter self = {.called = PTHREAD_COND_INITIALIZER, .tenant = tenant};
    if (last) last->next = &self;
    if (!last) first = &self;
    last = &self;
    waiting++;
    while (!self.has_slice && turn_wait(&self.called, &lock, deadline)) continue;
    if (!self.has_slice) unlink_waiter(&self);
    pthread_cond_destroy(&self.called);
    return self.has_slice;
}

/* --- */

bool slice_go_on(struct slice *slice, int64_t now, int64_t deadline) {
    if (slice->is_held && now < slice->until) return true;
    unsigned tenant = slice->tenant % TENANTS;
    bool fine = true;
    pthread_mutex_lock(&lock);
    if (slice->is_held && first) give_back(slice);
    if (!slice->is_held) {
        if (taken < count_slices())
            take(tenant);
        else
            fine = wait_for_one(tenant, deadline ? deadline : now + FOR_EVER);
    }
    pthread_mutex_unlock(&lock);
    slice->is_held = fine;
    slice->until = clock_steady() + LENGTH;
    return fine;
}

void slice_give_back(struct slice *slice) {
    if (!slice->is_held) return;
    pthread_mutex_lock(&lock);
    give_back(slice);
    pthread_mutex_unlock(&lock);
}
