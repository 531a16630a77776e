/*
 * Loading a snapshot: the definitions, then the schema, then the permissions.
 */
#include "storage/catalog_private.h"

#include "base/log.h"
#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(struct query *, query_finish)

/* A catalogue and schema with more text than this is no tenant's but an attack. */
#define SNAPSHOT_SIZE_MAX ((size_t)256 << 20)

static const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};

/* A column of the row as text or blob, copied. */
static struct str copy_column(struct arena *arena, const struct query *query, int column) {
    struct value value = query_column(query, column);
    if (value.kind != VALUE_TEXT && value.kind != VALUE_BLOB) return (struct str){0};
    return arena_copy(arena, value.text);
}

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the catalogue does not fit into memory");
}

/* A file that has been put in place by hand may have no catalogue yet. */
static bool has_catalog(struct conn *conn, struct arena *arena, bool *ret_has, struct error *err) {
    struct value one;
    return conn_read_row(conn, arena,
                         "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = '_bailiwick_definition'",
                         NULL, 0, &one, 1, ret_has, err);
}

static int compare_definitions(const void *a, const void *b) {
    return definition_compare(a, b);
}

static bool load_definitions(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) {
    struct arena *arena = loaded->arena;
    bool has;
    if (!has_catalog(conn, arena, &has, err)) return false;
    if (!has) return true;
    CLEANUP(query_finish_at)
    struct query *query =
        query_prepare(conn, LITERAL("SELECT kind, owner, name, statement, secret, key FROM main._bailiwick_definition"),
                      &internal, false, 0, err);
    if (!query) return false;
    struct definition *definitions = NULL;
    size_t count = 0;
    enum query_step step;
    while ((step = query_step(query, err)) == QUERY_ROW) {
        enum definition_kind kind;
        struct value name = query_column(query, 0);
        if (name.kind != VALUE_TEXT || !definition_kind_of(name.text, &kind)) continue;
        definitions = arena_grow(arena, definitions, count, sizeof *definitions);
        if (!definitions) return out_of_memory(err);
        definitions[count++] = (struct definition){
            .kind = kind,
            .owner = copy_column(arena, query, 1),
            .name = copy_column(arena, query, 2),
            .statement = copy_column(arena, query, 3),
            .secret = copy_column(arena, query, 4),
            .key = copy_column(arena, query, 5),
        };
    }
    if (step == QUERY_FAILED) return false;
    if (arena_exhausted(arena)) return out_of_memory(err);
    if (count) qsort(definitions, count, sizeof *definitions, compare_definitions);
    loaded->definitions = definitions;
    loaded->snapshot.definitions = definitions;
    loaded->snapshot.definition_count = count;
    return true;
}

static bool load(struct conn *conn, bool is_database, struct loaded_snapshot *loaded, struct error *err) {
    if (!load_definitions(conn, loaded, err)) return false;
    if (is_database && !catalog_load_schema(conn, loaded, err)) return false;
    if (!catalog_load_rules(loaded, err)) return false;
    return !arena_exhausted(loaded->arena) || out_of_memory(err);
}

const struct snapshot *snapshot_load(struct conn *conn, bool is_database, struct error *err) {
    static atomic_uint_fast64_t last_version;

    struct arena *arena = arena_new(SNAPSHOT_SIZE_MAX);
    struct loaded_snapshot *loaded = arena ? arena_alloc(arena, sizeof *loaded) : NULL;
    if (!loaded) {
        arena_free(arena);
        return fail_null(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    }
    loaded->arena = arena;
    atomic_init(&loaded->references, 1);
    policies_init(&loaded->policies);
    atomic_init(&loaded->plans, NULL);
    /* Taken before anything is read: of two snapshots the one with the higher version has seen every commit that came
     * before the other one's version was taken. */
    loaded->snapshot.version = atomic_fetch_add(&last_version, 1) + 1;

    bool own_transaction = !conn_in_transaction(conn);
    bool fine = !own_transaction || conn_begin(conn, false, err);
    if (fine) {
        fine = load(conn, is_database, loaded, err);
        if (own_transaction) conn_rollback(conn);
    }
    if (fine) return &loaded->snapshot;
    policies_done(&loaded->policies);
    arena_free(arena);
    return NULL;
}
