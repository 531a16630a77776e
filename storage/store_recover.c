/*
 * Removals: a marker in the file above says what is on its way out, so that a crash can be finished.
 *
 * The definition goes and the marker comes in one transaction; then the file is taken away; then the marker goes.
 */
#include "storage/store_private.h"

#include "base/log.h"
#include "base/secret.h"

#include <string.h>

#define MARKER "'removing'"

bool store_put_marker(struct conn *conn, const char *name, struct error *err) {
    const struct value values[] = {value_text(str_of(name))};
    return conn_execute(conn,
                        "INSERT OR REPLACE INTO main._bailiwick_definition(kind, owner, name, statement) "
                        "VALUES (" MARKER ", '', ?1, '')",
                        values, 1, err);
}

bool store_delete_marker(struct conn *conn, const char *name, struct error *err) {
    const struct value values[] = {value_text(str_of(name))};
    return conn_execute(conn, "DELETE FROM main._bailiwick_definition WHERE kind = " MARKER " AND name = ?1", values, 1,
                        err);
}

bool store_has_marker(struct conn *conn, const char *name, bool *ret_has, struct error *err) {
    struct arena *arena = arena_new(4096);
    if (!arena) return fail(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    const struct value values[] = {value_text(str_of(name))};
    struct value one;
    bool fine =
        conn_read_row(conn, arena, "SELECT 1 FROM main._bailiwick_definition WHERE kind = " MARKER " AND name = ?1",
                      values, 1, &one, 1, ret_has, err);
    arena_free(arena);
    return fine;
}

/* Renames a namespace's folder to a name that no namespace can have. */
static bool rename_namespace(struct store *store, const char *ns, char ret_rest[PATH_SIZE], struct error *err) {
    char folder[PATH_SIZE], path[PATH_SIZE], hidden[PATH_SIZE], random[17];
    enum path_kind kind;
    if (!path_format(folder, err, "%s/ns", store->folder) || !path_format(path, err, "%s/%s", folder, ns)) return false;
    if (!path_look(path, &kind, err)) return false;
    ret_rest[0] = 0;
    if (kind == PATH_MISSING) return true;
    return secret_random_hex(random, 16, err) &&
           path_format(hidden, err, "%s%s-%s", STORE_REMOVED_PREFIX, ns, random) &&
           path_format(ret_rest, err, "%s/%s", folder, hidden) && path_rename(folder, ns, hidden, err);
}

bool store_take_away(struct store *store, const char *ns, const char *db, char ret_rest[PATH_SIZE], struct error *err) {
    if (!*db) return rename_namespace(store, ns, ret_rest, err);
    char path[PATH_SIZE];
    ret_rest[0] = 0;
    return store_path(store, ns, db, path, err) && path_delete_database(path, err);
}

void store_delete_rest(const char *rest) {
    struct error failure = {0};
    if (*rest && !path_delete_tree(rest, &failure)) log_error(NULL, &failure);
}

/* Takes away what a marker names, unless the name is in use again or could not be one of ours. */
static bool finish_one(struct store *store, const char *ns, struct str name, bool is_in_use, struct error *err) {
    if (is_in_use || !path_name_is_valid(name)) return true;
    char folded[PATH_NAME_MAX + 1], rest[PATH_SIZE];
    path_fold(name, folded);
    if (!store_take_away(store, *ns ? ns : folded, *ns ? folded : "", rest, err)) return false;
    store_delete_rest(rest);
    return true;
}

/* Finishes one removal; *ret_found tells whether there was one. */
static bool finish_next(struct store *store, const char *ns, struct conn *conn, struct arena *arena, bool *ret_found,
                        struct error *err) {
    struct value row[2];
    if (!conn_read_row(conn, arena,
                       "SELECT m.name, EXISTS (SELECT 1 FROM main._bailiwick_definition AS d WHERE d.kind IN "
                       "('namespace', 'database') AND d.name = m.name COLLATE NOCASE) "
                       "FROM main._bailiwick_definition AS m WHERE m.kind = " MARKER " LIMIT 1",
                       NULL, 0, row, 2, ret_found, err))
        return false;
    if (!*ret_found) return true;
    return finish_one(store, ns, row[0].text, row[1].integer != 0, err) &&
           conn_execute(conn, "DELETE FROM main._bailiwick_definition WHERE kind = " MARKER " AND name = ?1", row, 1,
                        err);
}

void store_finish_removals(struct store *store, const char *ns, struct conn *conn) {
    struct error failure = {0};
    bool found = true;
    while (found) {
        struct arena *arena = arena_new(4096);
        if (!arena) return;
        bool fine = finish_next(store, ns, conn, arena, &found, &failure);
        arena_free(arena);
        if (fine) continue;
        log_error(NULL, &failure);
        return;
    }
}
