#include "server/admission.h"

#include "base/clock.h"
#include "base/siphash.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define NAME_MAX_LENGTH 64 /* longer ones name nothing */
#define NS_PER_SECOND 1000000000

/* On the stack of the thread that waits. */
struct admission_waiter {
    pthread_cond_t called;
    unsigned bucket;
    bool has_place;
    struct admission_waiter *next;
};

bool admission_init(struct admission *admission, int64_t places, int64_t patience_ms, struct error *err) {
    memset(admission, 0, sizeof *admission);
    admission->places = places;
    admission->share = places > 1 ? places - (places + 3) / 4 : 1;
    admission->patience = patience_ms * 1000000;
    return pthread_mutex_init(&admission->lock, NULL) == 0 ||
           fail(err, ERROR_INTERNAL, NOWHERE, "the server could not make a lock");
}

void admission_done(struct admission *admission) {
    pthread_mutex_destroy(&admission->lock);
}

static unsigned bucket_of(struct str ns) {
    char folded[NAME_MAX_LENGTH];
    size_t length = ns.length < sizeof folded ? ns.length : sizeof folded;
    for (size_t i = 0; i < length; i++) folded[i] = (char)tolower((unsigned char)ns.text[i]);
    return (unsigned)(siphash((struct str){folded, length}) % ADMISSION_BUCKETS);
}

/* --- under the lock --- */

static bool has_room(const struct admission *admission, unsigned bucket) {
    return admission->taken < admission->places && admission->taken_by[bucket] < admission->share;
}

static void take(struct admission *admission, unsigned bucket) {
    admission->taken++;
    admission->taken_by[bucket]++;
}

static void unlink_waiter(struct admission *admission, struct admission_waiter *waiter) {
    struct admission_waiter *before = NULL;
    for (struct admission_waiter *other = admission->first; other != waiter; other = other->next) before = other;
    if (before) before->next = waiter->next;
    if (!before) admission->first = waiter->next;
    if (admission->last == waiter) admission->last = before;
    admission->waiting--;
}

/* Of those whose namespace has the fewest places, the one that has waited longest. */
static struct admission_waiter *next_waiter(const struct admission *admission) {
    struct admission_waiter *best = NULL;
    for (struct admission_waiter *waiter = admission->first; waiter; waiter = waiter->next) {
        if (!has_room(admission, waiter->bucket)) continue;
        if (!best || admission->taken_by[waiter->bucket] < admission->taken_by[best->bucket]) best = waiter;
    }
    return best;
}

static void call_next(struct admission *admission) {
    struct admission_waiter *waiter = admission->first ? next_waiter(admission) : NULL;
    if (!waiter) return;
    unlink_waiter(admission, waiter);
    take(admission, waiter->bucket);
    waiter->has_place = true;
    pthread_cond_signal(&waiter->called);
}

static bool wait_for_place(struct admission *admission, unsigned bucket) {
    struct admission_waiter self = {.called = PTHREAD_COND_INITIALIZER, .bucket = bucket};
    int64_t deadline = clock_steady() + admission->patience;
    const struct timespec until = {.tv_sec = deadline / NS_PER_SECOND, .tv_nsec = deadline % NS_PER_SECOND};
    if (admission->last) admission->last->next = &self;
    if (!admission->last) admission->first = &self;
    admission->last = &self;
    admission->waiting++;
    while (!self.has_place && clock_steady() < deadline)
        pthread_cond_clockwait(&self.called, &admission->lock, CLOCK_MONOTONIC, &until);
    if (!self.has_place) unlink_waiter(admission, &self);
    pthread_cond_destroy(&self.called);
    return self.has_place;
}

/* --- */

bool admission_enter(struct admission *admission, struct str ns, struct admitted *ret_admitted, struct error *err) {
    unsigned bucket = bucket_of(ns);
    pthread_mutex_lock(&admission->lock);
    bool fine = has_room(admission, bucket); /* who waits has none, so nobody is overtaken */
    if (fine)
        take(admission, bucket);
    else
        fine = wait_for_place(admission, bucket);
    pthread_mutex_unlock(&admission->lock);
    if (!fine) return fail(err, ERROR_OVERLOADED, NOWHERE, "too many requests are running");
    *ret_admitted = (struct admitted){.has_place = true, .bucket = bucket};
    return true;
}

void admission_leave(struct admission *admission, struct admitted *admitted) {
    if (!admitted->has_place) return;
    admitted->has_place = false;
    pthread_mutex_lock(&admission->lock);
    admission->taken--;
    admission->taken_by[admitted->bucket]--;
    call_next(admission);
    pthread_mutex_unlock(&admission->lock);
}
