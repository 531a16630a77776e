#include "auth/known_token.h"

#include "base/siphash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define READ_MAX ((size_t)4 << 20)  /* of memory, to read a token of TOKEN_LENGTH_MAX bytes, whatever it holds */
#define KEPT_MAX ((size_t)16 << 10) /* of memory: a larger one is not remembered */
#define COUNT_MAX 4096              /* tokens that are remembered */
#define BYTES_MAX (COUNT_MAX * KEPT_MAX)

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
    atomic_uint_fast64_t commits; /* at which it was good; 0: not known */
    pthread_mutex_t lock;         /* of the record */
    struct record *record;        /* NULL: not known */
};

static struct keep *keep; /* NULL: nothing is remembered */
static pthread_once_t keep_once = PTHREAD_ONCE_INIT;

static void make_keep(void) {
    keep = keep_new(COUNT_MAX, BYTES_MAX);
}

/* Counting, and what goes with a count of commits, is all that changes in a token that is shared. */
static struct remembered *remembered_of(const struct known_token *known) {
    return (struct remembered *)(uintptr_t)known;
}

static void record_free(struct record *record) {
    if (record) arena_free(record->arena);
}

static void free_remembered(struct kept *kept) {
    struct remembered *remembered = (struct remembered *)kept;
    record_free(remembered->record);
    pthread_mutex_destroy(&remembered->lock);
    arena_free(remembered->known.arena);
}

struct known_token *known_token_new(void) {
    struct arena *arena = arena_new(READ_MAX);
    struct remembered *remembered = arena ? arena_alloc(arena, sizeof *remembered) : NULL;
    if (!remembered || pthread_mutex_init(&remembered->lock, NULL) != 0) {
        arena_free(arena);
        return NULL;
    }
    kept_init(&remembered->known.kept, 0, 0, free_remembered);
    remembered->known.arena = arena;
    atomic_init(&remembered->commits, 0);
    return &remembered->known;
}

void known_token_unref(const struct known_token *known) {
    kept_unref((struct kept *)(uintptr_t)known);
}

static bool is_of(const struct kept *kept, const void *token) {
    return str_same(((const struct remembered *)kept)->token, *(const struct str *)token);
}

const struct known_token *known_token_find(struct str token) {
    pthread_once(&keep_once, make_keep);
    return keep ? (const struct known_token *)keep_find(keep, siphash(token), is_of, &token) : NULL;
}

void known_token_remember(const struct known_token *known, struct str token, struct str key) {
    struct remembered *remembered = remembered_of(known);
    struct kept *kept = &remembered->known.kept;
    remembered->token = arena_copy(known->arena, token);
    remembered->key = arena_copy(known->arena, key);
    if (arena_exhausted(known->arena) || arena_used(known->arena) > KEPT_MAX) return;
    kept->hash = siphash(token);
    kept->bytes = arena_size(known->arena);
    pthread_once(&keep_once, make_keep);
    if (keep) keep_add(keep, kept);
}

bool known_token_is_by(const struct known_token *known, struct str key) {
    const struct remembered *remembered = remembered_of(known);
    return remembered->key.length > 0 && str_same(remembered->key, key);
}

void known_token_forget(const struct known_token *known) {
    if (keep) keep_drop(keep, &remembered_of(known)->known.kept);
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
    pthread_mutex_lock(&remembered->lock);
    const struct record *record = remembered->record;
    bool fine = commits && record && record->commits == commits && copy_record(arena, &record->values, ret_record);
    pthread_mutex_unlock(&remembered->lock);
    return fine;
}

void known_token_keep_record(const struct known_token *known, uint64_t commits, const struct named_values *values) {
    struct remembered *remembered = remembered_of(known);
    struct arena *arena = commits ? arena_new_small(512, KEPT_MAX) : NULL;
    struct record *record = arena ? arena_alloc(arena, sizeof *record) : NULL;
    if (!record || !copy_record(arena, values, &record->values)) {
        arena_free(arena);
        return;
    }
    record->arena = arena;
    record->commits = commits;
    pthread_mutex_lock(&remembered->lock);
    struct record *before = remembered->record;
    remembered->record = record;
    pthread_mutex_unlock(&remembered->lock);
    record_free(before);
}
