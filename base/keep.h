/*
 * A keep: things that took time to make, kept for who needs the same again. Bounded by number and bytes; the ones used
 * longest ago go. Safe for many threads; things in it are counted and must not change.
 *
 * Keys are hashes (siphash.h), and what is found is compared as a whole.
 */
#ifndef BASE_KEEP_H
#define BASE_KEEP_H

#include "base/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The first member of what is kept. */
struct kept {
    void (*free)(struct kept *kept);
    uint64_t hash;
    size_t bytes; /* that it takes, about */
    /* The rest is the keep's. */
    atomic_size_t references;
    uint64_t used;
};

/* Makes it ready, with one reference, which is the caller's. */
void kept_init(struct kept *kept, uint64_t hash, size_t bytes, void (*free)(struct kept *kept));
void kept_ref(struct kept *kept);
void kept_unref(struct kept *kept); /* frees it with its last reference */

struct keep;

/* A keep of at most about so many things and bytes; NULL when memory is short. */
struct keep *keep_new(size_t count, size_t bytes) MUST_CHECK;
void keep_free(struct keep *keep); /* takes NULL */

/* The thing of this hash that `is` says is the one of this key, with a reference for the caller; NULL: none. */
struct kept *keep_find(struct keep *keep, uint64_t hash, bool (*is)(const struct kept *kept, const void *key),
                       const void *key);

/* Keeps it, with a reference of the keep's own. What takes a large part of all the bytes is not kept. */
void keep_add(struct keep *keep, struct kept *kept);

/* Keeps it no longer. */
void keep_drop(struct keep *keep, struct kept *kept);

#endif
