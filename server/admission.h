/*
 * Which requests run: at most so many at once, and of one namespace at most its share of them, so that a busy tenant
 * leaves room for the others. Who finds no place waits a while; a place that is free goes to the namespace that has the
 * fewest, and in it to who has waited longest. Safe from any thread.
 */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H

#include "base/gate.h"
#include "base/str.h"

/* Namespaces are counted by their hash: two that fall together share their share. */
#define ADMISSION_BUCKETS 1024

struct admission {
    struct gate gate;
    int64_t patience; /* ns */
    int64_t taken_by[ADMISSION_BUCKETS];
};

/* A place that is held; zeroed: none. */
struct admitted {
    bool has_place;
    unsigned bucket;
};

/* `places` requests at once, which are waited for as long as `patience_ms`. */
bool admission_init(struct admission *admission, int64_t places, int64_t patience_ms, struct error *err) MUST_CHECK;
void admission_done(struct admission *admission);

/* Takes a place for a request to this namespace, in whatever spelling; empty: for one that goes to none.
 * ERROR_OVERLOADED where none became free in time. */
bool admission_enter(struct admission *admission, struct str ns, struct admitted *ret_admitted,
                     struct error *err) MUST_CHECK;

/* Gives it back. Bears a zeroed one. */
void admission_leave(struct admission *admission, struct admitted *admitted);

#endif
