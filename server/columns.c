/*
 * The names of a result's columns, as the keys of its objects.
 */
#include "base/json.h"
#include "base/scope.h"
#include "server/respond.h"

#include <stdlib.h>
#include <string.h>

/* A set of names, each with the number that its next repetition begins to try: many columns of one name cost no more
 * than as many of different ones. */
struct name_slot {
    struct str name; /* .text NULL: empty */
    size_t next;
};

struct name_set {
    struct name_slot *slots;
    size_t size; /* a power of two, at least twice the names */
};

/* FNV-1a, from http://www.isthe.com/chongo/tech/comp/fnv/ */
static size_t hash_of(struct str name) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < name.length; i++) hash = (hash ^ (unsigned char)name.text[i]) * 1099511628211u;
    return (size_t)(hash ^ (hash >> 32));
}

/* The slot of a name: its own, or the empty one where it would go. */
static struct name_slot *slot_of(const struct name_set *set, struct str name) {
    size_t at = hash_of(name) & (set->size - 1);
    while (set->slots[at].name.text && !str_same(set->slots[at].name, name)) at = (at + 1) & (set->size - 1);
    return &set->slots[at];
}

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the result has too many columns for the memory it may take");
}

/* A name that the set does not hold: the name itself, or with the first free `:1`, `:2` … The set holds it then. */
static struct str add_unique(struct name_set *set, struct arena *arena, struct str name) {
    CLEANUP(buf_done) struct buf unique;
    buf_init(&unique, 0);
    buf_add_str(&unique, name);
    struct name_slot *own = slot_of(set, name);
    struct name_slot *slot = own;
    while (slot->name.text && !unique.failed) {
        buf_clear(&unique);
        buf_add_str(&unique, name);
        buf_format(&unique, ":%zu", ++own->next);
        slot = slot_of(set, buf_str(&unique));
    }
    struct str copy = unique.failed ? (struct str){0} : arena_copy(arena, buf_str(&unique));
    if (copy.text) slot->name = copy;
    return copy;
}

/* "name": */
static struct str make_key(struct arena *arena, struct str name) {
    CLEANUP(buf_done) struct buf key;
    buf_init(&key, 0);
    json_write_string(&key, name);
    buf_add_char(&key, ':');
    return key.failed ? (struct str){0} : arena_copy(arena, buf_str(&key));
}

static bool make_keys(struct arena *arena, const struct str *names, size_t count, const struct str **ret_keys,
                      struct error *err) {
    struct name_set set = {.size = 4};
    while (set.size < count * 2) set.size *= 2;
    set.slots = arena_array(arena, set.size, sizeof *set.slots);
    struct str *keys = arena_array(arena, count, sizeof *keys);
    if (!set.slots || !keys) return out_of_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct str unique = add_unique(&set, arena, names[i]);
        if (!unique.text) return out_of_memory(err);
        keys[i] = make_key(arena, unique);
        if (!keys[i].text) return out_of_memory(err);
    }
    *ret_keys = keys;
    return true;
}

static void begin_objects(struct result *result, const struct str *keys, size_t count) {
    buf_add_char(&result->value, '[');
    result->names = keys;
    result->columns = (int)count;
    result->is_open = true;
}

bool result_begin_columns(struct result *result, struct arena *arena, const struct str *names, size_t count,
                          struct error *err) {
    struct buf *value = &result->value;
    if (!result->respond->as_arrays) {
        const struct str *keys = NULL;
        if (!make_keys(arena, names, count, &keys, err)) return false;
        begin_objects(result, keys, count);
        return true;
    }
    buf_add_text(value, "{\"columns\":[");
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_char(value, ',');
        json_write_string(value, names[i]);
    }
    buf_add_text(value, "],\"rows\":[");
    result->columns = (int)count;
    result->is_open = true;
    return true;
}

/* The keys of a statement's columns, left with it. */
struct keys {
    size_t count;
    struct str keys[];
};

/* Leaves the keys with the query, where memory allows. */
static void keep_keys(struct query *query, const struct str *keys, size_t count) {
    size_t size = sizeof(struct keys) + count * sizeof *keys;
    for (size_t i = 0; i < count; i++) size += keys[i].length;
    struct keys *kept = malloc(size);
    if (!kept) return;
    char *text = (char *)(kept->keys + count);
    kept->count = count;
    for (size_t i = 0; i < count; i++) {
        memcpy(text, keys[i].text, keys[i].length);
        kept->keys[i] = (struct str){text, keys[i].length};
        text += keys[i].length;
    }
    query_set_note(query, kept);
}

bool result_begin_rows(struct result *result, struct arena *arena, struct query *query, size_t hidden,
                       struct error *err) {
    size_t all = (size_t)query_column_count(query);
    size_t count = all > hidden ? all - hidden : 0;
    const struct keys *kept = query_note(query);
    if (kept && kept->count == count && !result->respond->as_arrays) {
        begin_objects(result, kept->keys, count);
        return true;
    }
    struct str *names = arena_array(arena, count, sizeof *names);
    if (!names) return out_of_memory(err);
    for (size_t i = 0; i < count; i++) {
        names[i] = arena_copy(arena, query_column_name(query, (int)i));
        if (!names[i].text) return out_of_memory(err);
    }
    if (!result_begin_columns(result, arena, names, count, err)) return false;
    if (result->names) keep_keys(query, result->names, count);
    return true;
}
