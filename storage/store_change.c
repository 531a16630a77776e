/*
 * Making and removing namespaces and databases.
 *
 * What is made is on disk before the file above defines it; what is removed is no longer defined before it is taken
 * off the disk. So a crash leaves at most a file that nothing names, which the next DEFINE of its name adopts.
 */
#include "storage/catalog_private.h"
#include "storage/store_private.h"

#include <string.h>

static bool is_claimed(const struct store *store, const char *ns, const char *db) {
    for (const struct claim *claim = store->claims; claim; claim = claim->next)
        if (strcmp(claim->ns, ns) == 0 && (!*db || !*claim->db || strcmp(claim->db, db) == 0)) return true;
    return false;
}

static void take_claim(struct store *store, struct claim *claim) {
    pthread_mutex_lock(&store->lock);
    while (is_claimed(store, claim->ns, claim->db)) pthread_cond_wait(&store->changed, &store->lock);
    claim->next = store->claims;
    store->claims = claim;
    pthread_mutex_unlock(&store->lock);
}

static void drop_claim(struct store *store, struct claim *claim) {
    pthread_mutex_lock(&store->lock);
    struct claim **place = &store->claims;
    while (*place != claim) place = &(*place)->next;
    *place = claim->next;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
}

/* What one call makes or removes. */
struct target {
    struct str ns, db;               /* as the caller wrote them */
    char ns_name[PATH_NAME_MAX + 1]; /* folded */
    char db_name[PATH_NAME_MAX + 1]; /* empty: the namespace itself */
};

static enum definition_kind kind_of(const struct target *target) {
    return target->db_name[0] ? DEFINITION_DATABASE : DEFINITION_NAMESPACE;
}

/* The name within the file above, as written and folded. */
static struct str shown_name(const struct target *target) {
    return target->db_name[0] ? target->db : target->ns;
}

static const char *own_name(const struct target *target) {
    return target->db_name[0] ? target->db_name : target->ns_name;
}

static bool set_target(struct target *ret_target, struct str ns, const struct str *db) {
    if (!path_name_is_valid(ns) || (db && !path_name_is_valid(*db))) return false;
    *ret_target = (struct target){.ns = ns, .db = db ? *db : (struct str){0}};
    path_fold(ns, ret_target->ns_name);
    if (db) path_fold(*db, ret_target->db_name);
    return true;
}

/* The file that defines the target. */
static struct store_file *borrow_above(struct store *store, const struct target *target, struct error *err) {
    struct str none = {0};
    return store_borrow(store, target->db_name[0] ? target->ns : none, none, err);
}

static bool make_folders(struct store *store, const struct target *target, struct error *err) {
    char folder[PATH_SIZE], databases[PATH_SIZE];
    return path_format(folder, err, "%s/ns/%s", store->folder, target->ns_name) &&
           path_format(databases, err, "%s/db", folder) && path_make_folder(folder, NULL, err) &&
           path_make_folder(databases, NULL, err);
}

/* Makes the SQLite file with its catalogue, or adopts the one that is there. */
static bool make_file(struct store *store, const struct target *target, struct error *err) {
    char path[PATH_SIZE];
    enum path_kind kind;
    bool made;
    if (!make_folders(store, target, err)) return false;
    if (!store_path(store, target->ns_name, target->db_name, path, err) || !path_look(path, &kind, err)) return false;
    if (kind == PATH_MISSING && !path_clear_companions(path, err)) return false;
    if (!path_make_file(path, &made, err)) return false;
    struct error failure = {0};
    struct conn *conn = store_open_conn(store, path, NULL, true, &failure);
    conn_close(conn);
    if (conn) return true;
    if (made || failure.code == ERROR_BUSY || failure.code == ERROR_TIMEOUT) {
        if (err && err->code == ERROR_NONE) *err = failure;
        return false;
    }
    fail(err, ERROR_ALREADY_EXISTS, NOWHERE,
         "a file of that name is there already and cannot be opened as a database: %s", own_name(target));
    error_detail(err, "%s: %s", path, failure.message);
    return false;
}

/* Finishes a removal of the same name that did not get to its end. */
static bool finish_removal(struct store *store, struct conn *conn, const struct target *target, struct error *err) {
    bool has_marker;
    char rest[PATH_SIZE];
    if (!store_has_marker(conn, own_name(target), &has_marker, err)) return false;
    if (!has_marker) return true;
    if (!store_take_away(store, target->ns_name, target->db_name, rest, err)) return false;
    store_delete_rest(rest);
    return store_delete_marker(conn, own_name(target), err);
}

static bool define(struct conn *conn, const struct target *target, struct error *err) {
    char statement[PATH_SIZE];
    bool changed;
    struct str name = shown_name(target);
    if (!path_format(statement, err, "DEFINE %s \"%.*s\"", target->db_name[0] ? "DATABASE" : "NAMESPACE", STR(name)))
        return false;
    const struct definition definition = {.kind = kind_of(target), .name = name, .statement = str_of(statement)};
    if (!conn_begin(conn, true, err)) return false;
    if (definition_put(conn, &definition, DEFINITION_CREATE, &changed, err)) return conn_commit(conn, err);
    conn_rollback(conn);
    return false;
}

static bool make_through(struct store *store, struct store_file *above, struct conn *conn, const struct target *target,
                         struct error *err) {
    const struct snapshot *snapshot = store_snapshot(above);
    bool defined = snapshot_find(snapshot, kind_of(target), (struct str){0}, shown_name(target)) != NULL;
    snapshot_unref(snapshot);
    if (defined)
        return fail(err, ERROR_ALREADY_EXISTS, NOWHERE, "%s already exists: %.*s",
                    definition_kind_name(kind_of(target)), STR(shown_name(target)));
    return finish_removal(store, conn, target, err) && make_file(store, target, err) && define(conn, target, err) &&
           store_publish(above, conn, err);
}

/* In one transaction the definition goes and the marker comes. */
static bool undefine(struct conn *conn, const struct target *target, struct error *err) {
    bool found;
    if (!conn_begin(conn, true, err)) return false;
    if (!definition_delete(conn, kind_of(target), (struct str){0}, shown_name(target), &found, err)) goto failed;
    if (!found) {
        fail(err, ERROR_NOT_FOUND, NOWHERE, "no such %s: %.*s", definition_kind_name(kind_of(target)),
             STR(shown_name(target)));
        goto failed;
    }
    if (!store_put_marker(conn, own_name(target), err)) goto failed;
    return conn_commit(conn, err);
failed:
    conn_rollback(conn);
    return false;
}

static bool remove_through(struct store *store, struct store_file *above, struct conn *conn,
                           const struct target *target, struct error *err) {
    char rest[PATH_SIZE];
    if (!undefine(conn, target, err) || !store_publish(above, conn, err)) return false;
    store_unlist(store, target->ns_name, target->db_name);
    store_hold_back(store, target->ns_name, target->db_name);
    bool taken = store_take_away(store, target->ns_name, target->db_name, rest, err);
    store_let_go(store, target->ns_name, target->db_name);
    if (!taken) return false;
    store_delete_rest(rest);
    return store_delete_marker(conn, own_name(target), err);
}

static bool change(struct store *store, const struct target *target,
                   bool (*through)(struct store *, struct store_file *, struct conn *, const struct target *,
                                   struct error *),
                   struct error *err) {
    struct claim claim = {.ns = target->ns_name, .db = target->db_name};
    take_claim(store, &claim);
    bool fine = false;
    struct store_file *above = borrow_above(store, target, err);
    struct conn *conn = above ? store_borrow_conn(above, err) : NULL;
    if (conn) {
        fine = through(store, above, conn, target, err);
        store_give_back_conn(above, conn);
    }
    store_give_back(above);
    drop_claim(store, &claim);
    return fine;
}

static bool make(struct store *store, struct str ns, const struct str *db, struct error *err) {
    struct target target;
    if (!set_target(&target, ns, db))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE,
                    "a name of a namespace or database is 1 to %d letters a-z, digits, _ and -, and begins with a "
                    "letter or digit",
                    PATH_NAME_MAX);
    return change(store, &target, make_through, err);
}

static bool remove_it(struct store *store, struct str ns, const struct str *db, struct error *err) {
    struct target target;
    if (!path_name_is_valid(ns)) return fail(err, ERROR_NOT_FOUND, NOWHERE, "no such namespace: %.*s", STR(ns));
    if (!set_target(&target, ns, db))
        return fail(err, ERROR_NOT_FOUND, NOWHERE, "no such database: %.*s", db ? (int)db->length : 0,
                    db ? db->text : "");
    return change(store, &target, remove_through, err);
}

bool store_make_namespace(struct store *store, struct str ns, struct error *err) {
    return make(store, ns, NULL, err);
}

bool store_make_database(struct store *store, struct str ns, struct str db, struct error *err) {
    return make(store, ns, &db, err);
}

bool store_remove_namespace(struct store *store, struct str ns, struct error *err) {
    return remove_it(store, ns, NULL, err);
}

bool store_remove_database(struct store *store, struct str ns, struct str db, struct error *err) {
    return remove_it(store, ns, &db, err);
}
