#include "auth/known_token.h"

#include "base/siphash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define READ_MAX ((size_t)4 << 20)  /* of memory, to read a token of TOKEN_LENGTH_MAX bytes, whatever it holds */
#define KEPT_MAX ((size_t)16 << 10) /* of memory: a larger one is not remembered */
#define SHARDS 16
#define PLACES 256 /* of a shard; two tokens of one place drive each other out */

/* An auth record, with the arena that it lives in. */
struct record {
    struct arena *arena;
    uint64_t commits;
    struct named_values values;
};

/* A known token is the first member of this. */
struct remembered {
    struct known_token known;
    struct str token;
    struct str key;
    uint64_t hash;
    atomic_size_t references;
    atomic_uint_fast64_t commits; /* at which it was good; 0: not known */
    struct record *record;        /* under the shard's lock; NULL: not known */
};

static struct shard {
    pthread_mutex_t lock;
    struct remembered *places[PLACES];
} shards[SHARDS];

static pthread_once_t shards_once = PTHREAD_ONCE_INIT;

static void init_shards(void) {
    for (size_t i = 0; i < SHARDS; i++) pthread_mutex_init(&shards[i].lock, NULL);
}

static struct shard *shard_of(uint64_t hash) {
    pthread_once(&shards_once, init_shards);
    return &shards[hash % SHARDS];
}

static struct remembered **place_of(uint64_t hash) {
    return &shard_of(hash)->places[hash / SHARDS % PLACES];
}

/* Counting is all that changes in a token that is shared. */
static struct remembered *remembered_of(const struct known_token *known) {
    return (struct remembered *)(uintptr_t)known;
}

struct known_token *known_token_new(void) {
    struct arena *arena = arena_new(READ_MAX);
    struct remembered *remembered = arena ? arena_alloc(arena, sizeof *remembered) : NULL;
    if (!remembered) {
        arena_free(arena);
        return NULL;
    }
    remembered->known.arena = arena;
    atomic_init(&remembered->references, 1);
    atomic_init(&remembered->commits, 0);
    return &remembered->known;
}

static void record_free(struct record *record) {
    if (record) arena_free(record->arena);
}

void known_token_unref(const struct known_token *known) {
    if (!known) return;
    struct remembered *remembered = remembered_of(known);
    if (atomic_fetch_sub_explicit(&remembered->references, 1, memory_order_acq_rel) != 1) return;
    record_free(remembered->record);
    arena_free(known->arena);
}

const struct known_token *known_token_find(struct str token) {
    uint64_t hash = siphash(token);
    struct shard *shard = shard_of(hash);
    pthread_mutex_lock(&shard->lock);
    struct remembered *found = *place_of(hash);
    if (found && (found->hash != hash || !str_same(found->token, token))) found = NULL;
    if (found) atomic_fetch_add_explicit(&found->references, 1, memory_order_relaxed);
    pthread_mutex_unlock(&shard->lock);
    return found ? &found->known : NULL;
}

/* Puts another token, or NULL, into a place, where `expected` (NULL: anything) is in it. */
static void replace(uint64_t hash, const struct remembered *expected, struct remembered *next) {
    struct shard *shard = shard_of(hash);
    struct remembered *before = NULL;
    pthread_mutex_lock(&shard->lock);
    struct remembered **place = place_of(hash);
    if (!expected || *place == expected) {
        before = *place;
        *place = next;
    }
    pthread_mutex_unlock(&shard->lock);
    if (before) known_token_unref(&before->known);
}

void known_token_remember(const struct known_token *known, struct str token, struct str key) {
    struct remembered *remembered = remembered_of(known);
    remembered->token = arena_copy(known->arena, token);
    remembered->key = arena_copy(known->arena, key);
    remembered->hash = siphash(token);
    if (arena_exhausted(known->arena) || arena_used(known->arena) > KEPT_MAX) return;
    atomic_fetch_add_explicit(&remembered->references, 1, memory_order_relaxed);
    replace(remembered->hash, NULL, remembered);
}

bool known_token_is_by(const struct known_token *known, struct str key) {
    const struct remembered *remembered = remembered_of(known);
    return remembered->key.length > 0 && str_same(remembered->key, key);
}

void known_token_forget(const struct known_token *known) {
    const struct remembered *remembered = remembered_of(known);
    replace(remembered->hash, remembered, NULL);
}

bool known_token_was_good(const struct known_token *known, uint64_t commits) {
    return commits != 0 && atomic_load(&remembered_of(known)->commits) == commits;
}

void known_token_is_good(const struct known_token *known, uint64_t commits) {
    atomic_store(&remembered_of(known)->commits, commits);
}

static bool copy_record(struct arena *arena, const struct named_values *record, struct named_values *ret_copy) {
    struct named_value *items = arena_array(arena, record->count, sizeof *items);
    if (!items) return false;
    for (size_t i = 0; i < record->count; i++) {
        struct value value = record->items[i].value;
        if (value.kind == VALUE_TEXT || value.kind == VALUE_BLOB) value.text = arena_copy(arena, value.text);
        items[i] = (struct named_value){arena_copy(arena, record->items[i].name), value};
    }
    if (arena_exhausted(arena)) return false;
    *ret_copy = (struct named_values){items, record->count};
    return true;
}

bool known_token_record(const struct known_token *known, uint64_t commits, struct arena *arena,
                        struct named_values *ret_record) {
    struct remembered *remembered = remembered_of(known);
    struct shard *shard = shard_of(remembered->hash);
    pthread_mutex_lock(&shard->lock);
    const struct record *record = remembered->record;
    bool fine = commits && record && record->commits == commits && copy_record(arena, &record->values, ret_record);
    pthread_mutex_unlock(&shard->lock);
    return fine;
}

void known_token_keep_record(const struct known_token *known, uint64_t commits, const struct named_values *values) {
    struct remembered *remembered = remembered_of(known);
    struct shard *shard = shard_of(remembered->hash);
    struct arena *arena = commits ? arena_new_small(512, KEPT_MAX) : NULL;
    struct record *record = arena ? arena_alloc(arena, sizeof *record) : NULL;
    if (!record || !copy_record(arena, values, &record->values)) {
        arena_free(arena);
        return;
    }
    record->arena = arena;
    record->commits = commits;
    pthread_mutex_lock(&shard->lock);
    struct record *before = remembered->record;
    remembered->record = record;
    pthread_mutex_unlock(&shard->lock);
    record_free(before);
}
