/*
 * A table of sets of four places: a thing is in one of its hash's four, and drives out the one of them that was used
 * longest ago.
 */
#include "base/keep.h"

#include <pthread.h>
#include <stdlib.h>

#define WAYS 4
#define SHARE_MAX 16 /* a thing may take one part in so many of the bytes */

struct keep {
    pthread_mutex_t lock;
    uint64_t clock;
    size_t bytes;
    size_t bytes_max;
    size_t places; /* a multiple of WAYS */
    struct kept *kept[];
};

void kept_init(struct kept *kept, uint64_t hash, size_t bytes, void (*free)(struct kept *kept)) {
    kept->free = free;
    kept->hash = hash;
    kept->bytes = bytes;
    kept->used = 0;
    atomic_init(&kept->references, 1);
}

void kept_ref(struct kept *kept) {
    atomic_fetch_add_explicit(&kept->references, 1, memory_order_relaxed);
}

void kept_unref(struct kept *kept) {
    if (kept && atomic_fetch_sub_explicit(&kept->references, 1, memory_order_acq_rel) == 1) kept->free(kept);
}

struct keep *keep_new(size_t count, size_t bytes) {
    size_t places = (count + WAYS - 1) / WAYS * WAYS;
    struct keep *keep = calloc(1, sizeof *keep + places * sizeof(struct kept *));
    if (!keep) return NULL;
    if (pthread_mutex_init(&keep->lock, NULL) != 0) {
        free(keep);
        return NULL;
    }
    keep->bytes_max = bytes;
    keep->places = places;
    return keep;
}

void keep_free(struct keep *keep) {
    if (!keep) return;
    for (size_t i = 0; i < keep->places; i++) kept_unref(keep->kept[i]);
    pthread_mutex_destroy(&keep->lock);
    free(keep);
}

static struct kept **set_of(struct keep *keep, uint64_t hash) {
    return &keep->kept[hash % (keep->places / WAYS) * WAYS];
}

struct kept *keep_find(struct keep *keep, uint64_t hash, bool (*is)(const struct kept *kept, const void *key),
                       const void *key) {
    struct kept *found = NULL;
    pthread_mutex_lock(&keep->lock);
    struct kept **set = set_of(keep, hash);
    for (size_t i = 0; i < WAYS && !found; i++)
        if (set[i] && set[i]->hash == hash && is(set[i], key)) found = set[i];
    if (found) {
        found->used = ++keep->clock;
        kept_ref(found);
    }
    pthread_mutex_unlock(&keep->lock);
    return found;
}

/* Empties a place; the reference that it held is the caller's. */
static struct kept *take_out(struct keep *keep, struct kept **place) {
    struct kept *kept = *place;
    if (kept) keep->bytes -= kept->bytes;
    *place = NULL;
    return kept;
}

static struct kept **oldest_of(struct kept **places, size_t count) {
    struct kept **oldest = NULL;
    for (size_t i = 0; i < count; i++)
        if (places[i] && (!oldest || places[i]->used < (*oldest)->used)) oldest = &places[i];
    return oldest;
}

/* An empty place of a set, or the one to be emptied. */
static struct kept **place_in(struct kept **set) {
    for (size_t i = 0; i < WAYS; i++)
        if (!set[i]) return &set[i];
    return oldest_of(set, WAYS);
}

void keep_add(struct keep *keep, struct kept *kept) {
    struct kept *gone = NULL;
    if (kept->bytes > keep->bytes_max / SHARE_MAX) return;
    pthread_mutex_lock(&keep->lock);
    struct kept **place = place_in(set_of(keep, kept->hash));
    gone = take_out(keep, place);
    *place = kept;
    kept->used = ++keep->clock;
    keep->bytes += kept->bytes;
    kept_ref(kept);
    pthread_mutex_unlock(&keep->lock);
    kept_unref(gone);
    for (bool is_full = true; is_full;) {
        pthread_mutex_lock(&keep->lock);
        is_full = keep->bytes > keep->bytes_max;
        gone = is_full ? take_out(keep, oldest_of(keep->kept, keep->places)) : NULL;
        pthread_mutex_unlock(&keep->lock);
        kept_unref(gone);
    }
}

void keep_drop(struct keep *keep, struct kept *kept) {
    struct kept *gone = NULL;
    pthread_mutex_lock(&keep->lock);
    struct kept **set = set_of(keep, kept->hash);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i] == kept) gone = take_out(keep, &set[i]);
    pthread_mutex_unlock(&keep->lock);
    kept_unref(gone);
}
