/*
 * Connections of a file: lent, given back, opened and closed by name only while the name is the file's.
 */
#include "storage/store_private.h"

#include "base/siphash.h"

#include <string.h>

bool store_path(const struct store *store, const char *ns, const char *db, char ret_path[PATH_SIZE],
                struct error *err) {
    if (!*ns) return path_format(ret_path, err, "%s/root.db", store->folder);
    if (!*db) return path_format(ret_path, err, "%s/ns/%s/namespace.db", store->folder, ns);
    return path_format(ret_path, err, "%s/ns/%s/db/%s.db", store->folder, ns, db);
}

/* Refuses a path that is not a plain file in plain folders, from the data folder down. */
static bool check_path(const struct store *store, const char *path, struct error *err) {
    size_t base = strlen(store->folder);
    for (const char *slash = strchr(path + base + 1, '/');; slash = strchr(slash + 1, '/')) {
        char part[PATH_SIZE];
        enum path_kind kind;
        int length = slash ? (int)(slash - path) : (int)strlen(path);
        if (!path_format(part, err, "%.*s", length, path) || !path_look(part, &kind, err)) return false;
        if (kind == PATH_MISSING) {
            fail(err, ERROR_NOT_FOUND, NOWHERE, "the file of this name is missing");
            error_detail(err, "%s", part);
            return false;
        }
        if (kind != (slash ? PATH_FOLDER : PATH_FILE)) {
            fail(err, ERROR_INTERNAL, NOWHERE, "the file of this name is not a plain file");
            error_detail(err, "%s: a symbolic link or special file is refused", part);
            return false;
        }
        if (!slash) return true;
    }
}

bool store_probe(struct conn *conn, struct error *err) {
    return conn_run(conn, "SELECT 1 FROM main.sqlite_schema LIMIT 1", err);
}

struct conn *store_open_conn(const struct store *store, const char *path, struct store_file *file, bool make_catalog,
                             struct error *err) {
    if (!check_path(store, path, err)) return NULL;
    const struct conn_options options = {
        .path = path,
        .share_files = store->share_files,
        .value_limit = store->value_limit,
        .functions = store->functions,
        .commits = file && !store->share_files ? &file->commits : NULL,
        .turn = file ? &file->turn : NULL,
        .tenant = file ? (unsigned)siphash(str_of(file->ns)) : 0,
        .note_log = file ? store_note_log : NULL,
        .log_context = file,
    };
    struct conn *conn = conn_open(&options, err);
    if (!conn) return NULL;
    /* Reading once makes SQLite open all that it opens by name. */
    bool fine = store_probe(conn, err);
    if (fine && make_catalog) fine = catalog_make(conn, err);
    if (fine) return conn;
    conn_close(conn);
    return NULL;
}

bool file_fail_removed(const struct store_file *file, struct error *err) {
    if (file->db[0]) return fail(err, ERROR_NOT_FOUND, NOWHERE, "no such database: %s", file->db);
    return fail(err, ERROR_NOT_FOUND, NOWHERE, "no such namespace: %s", file->ns);
}

static void end_work(struct store_file *file) {
    struct store *store = file->store;
    pthread_mutex_lock(&store->lock);
    file->at_work--;
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
}

/* Opens a connection of a file that has not been removed. */
struct conn *file_open_conn(struct store_file *file, bool make_catalog, struct error *err) {
    struct store *store = file->store;
    pthread_mutex_lock(&store->lock);
    bool removed = atomic_load(&file->removed);
    if (!removed) file->at_work++;
    pthread_mutex_unlock(&store->lock);
    if (removed) {
        file_fail_removed(file, err);
        return NULL;
    }
    struct conn *conn = store_open_conn(store, file->path, file, make_catalog, err);
    if (conn) atomic_fetch_add(&store->conns_open, 1);
    end_work(file);
    return conn;
}

void file_close_conn(struct store_file *file, struct conn *conn) {
    struct store *store = file->store;
    pthread_mutex_lock(&store->lock);
    while (file->held_back) pthread_cond_wait(&store->changed, &store->lock);
    file->at_work++;
    pthread_mutex_unlock(&store->lock);
    conn_close(conn);
    atomic_fetch_sub(&store->conns_open, 1);
    end_work(file);
}

bool store_has_too_many(const struct store *store) {
    return atomic_load(&store->conns_open) > store->conns_max;
}

struct conn *store_borrow_conn(struct store_file *file, struct error *err) {
    if (atomic_load(&file->removed)) {
        file_fail_removed(file, err);
        return NULL;
    }
    struct conn *conn = pool_take(file->pool);
    return conn ? conn : file_open_conn(file, false, err);
}

void store_give_back_conn(struct store_file *file, struct conn *conn) {
    if (!conn) return;
    bool is_surplus = store_has_too_many(file->store) && !pool_is_empty(file->pool);
    if (!conn_clean(conn) || is_surplus || atomic_load(&file->removed) || !pool_put(file->pool, conn))
        file_close_conn(file, conn);
}
