/*
 * Snapshots: counting references, finding definitions.
 */
#include "storage/catalog_private.h"

#include <string.h>

const char *definition_kind_name(enum definition_kind kind) {
    switch (kind) {
    case DEFINITION_NAMESPACE:
        return "namespace";
    case DEFINITION_DATABASE:
        return "database";
    case DEFINITION_LOGIN:
        return "login";
    case DEFINITION_TOKEN:
        return "token";
    case DEFINITION_SCOPE:
        return "scope";
    case DEFINITION_TABLE:
        return "table";
    case DEFINITION_FIELD:
        return "field";
    case DEFINITION_ROLE:
        return "role";
    }
    return "";
}

bool definition_kind_of(struct str name, enum definition_kind *ret_kind) {
    for (enum definition_kind kind = DEFINITION_NAMESPACE; kind <= DEFINITION_ROLE; kind++)
        if (str_is(name, definition_kind_name(kind))) {
            *ret_kind = kind;
            return true;
        }
    return false;
}

static unsigned char folded(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static int compare_bytes(struct str a, struct str b) {
    size_t length = a.length < b.length ? a.length : b.length;
    int order = length ? memcmp(a.text, b.text, length) : 0;
    return order ? order : a.length < b.length ? -1 : a.length > b.length;
}

static int compare_names(struct str a, struct str b) {
    size_t length = a.length < b.length ? a.length : b.length;
    for (size_t i = 0; i < length; i++) {
        int difference = folded(a.text[i]) - folded(b.text[i]);
        if (difference) return difference;
    }
    return a.length < b.length ? -1 : a.length > b.length;
}

int definition_compare(const struct definition *a, const struct definition *b) {
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    int order = compare_names(a->owner, b->owner);
    if (!order) order = compare_names(a->name, b->name);
    if (!order && a->kind == DEFINITION_LOGIN) order = compare_bytes(a->name, b->name);
    return order;
}

const struct definition *snapshot_find(const struct snapshot *snapshot, enum definition_kind kind, struct str owner,
                                       struct str name) {
    const struct definition wanted = {.kind = kind, .owner = owner, .name = name};
    size_t low = 0, high = snapshot->definition_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = definition_compare(&snapshot->definitions[middle], &wanted);
        if (!order) return &snapshot->definitions[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct snapshot *snapshot_ref(const struct snapshot *snapshot) {
    atomic_fetch_add_explicit(&loaded_of(snapshot)->references, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_unref(const struct snapshot *snapshot) {
    if (!snapshot) return;
    struct loaded_snapshot *loaded = loaded_of(snapshot);
    if (atomic_fetch_sub_explicit(&loaded->references, 1, memory_order_acq_rel) != 1) return;
    keep_free(atomic_load(&loaded->plans));
    policies_done(&loaded->policies);
    arena_free(loaded->arena);
}
