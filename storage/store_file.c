/*
 * A file's life: opened by the first who wants it while others wait, counted, closed when it is the least recently
 * used of too many.
 */
#include "storage/store_private.h"

#include <stdio.h>
#include <stdlib.h>

static bool make_locks(struct store_file *file, struct error *err) {
    if (!gate_init(&file->turn, 1, err)) return false;
    if (!group_init(&file->group, err)) goto no_group;
    if (pthread_mutex_init(&file->lock, NULL) != 0) goto no_lock;
    if (pthread_cond_init(&file->settled, NULL) == 0) return true;
    pthread_mutex_destroy(&file->lock);
no_lock:
    group_done(&file->group);
no_group:
    gate_done(&file->turn);
    return fail(err, ERROR_INTERNAL, NOWHERE, "the server could not make a lock");
}

static struct store_file *new_file(struct store *store, const char *ns, const char *db, struct error *err) {
    struct store_file *file = calloc(1, sizeof *file);
    if (!file) return fail_null(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    file->store = store;
    snprintf(file->ns, sizeof file->ns, "%s", ns);
    snprintf(file->db, sizeof file->db, "%s", db);
    file->users = 1;
    atomic_init(&file->removed, false);
    commit_count_init(&file->commits);
    if (!store_path(store, ns, db, file->path, err)) goto failed;
    file->pool = pool_new(store->connections_per_file, err);
    if (!file->pool) goto failed;
    if (make_locks(file, err)) return file;
failed:
    pool_free(file->pool);
    free(file);
    return NULL;
}

/* Frees a file that nobody uses and that is no longer listed. */
void file_free(struct store_file *file) {
    struct store *store = file->store;
    for (struct conn *conn; (conn = pool_take(file->pool));) file_close_conn(file, conn);
    pthread_mutex_lock(&store->lock);
    list_forget(file);
    pthread_mutex_unlock(&store->lock);
    pool_free(file->pool);
    pthread_cond_destroy(&file->settled);
    pthread_mutex_destroy(&file->lock);
    group_done(&file->group);
    gate_done(&file->turn);
    snapshot_unref(file->snapshot);
    free(file);
}

/* Whether the file above this one, which is listed, defines it. */
static bool is_defined(struct store_file *file, struct error *err) {
    if (file_is_root(file)) return true;
    struct str ns = str_of(file->ns), db = str_of(file->db), none = {0};
    struct store_file *above = store_borrow(file->store, db.length ? ns : none, none, err);
    if (!above) return false;
    const struct snapshot *snapshot = store_snapshot(above);
    bool defined = db.length ? snapshot_find(snapshot, DEFINITION_DATABASE, none, db) != NULL
                             : snapshot_find(snapshot, DEFINITION_NAMESPACE, none, ns) != NULL;
    snapshot_unref(snapshot);
    store_give_back(above);
    return defined || file_fail_removed(file, err);
}

static bool open_file(struct store_file *file, struct error *err) {
    if (!is_defined(file, err)) return false;
    struct conn *conn = file_open_conn(file, true, err);
    if (!conn) return false;
    if (!file->db[0]) store_finish_removals(file->store, file->ns, conn);
    file->snapshot = snapshot_load(conn, file->db[0] != 0, err);
    store_give_back_conn(file, conn);
    return file->snapshot != NULL;
}

/* Under store->lock. */
static bool has_surplus(const struct store *store) {
    return store->open_count > store->open_files_max || store_has_too_many(store);
}

/* Closes the files used least recently while there are too many, files or connections. */
static void close_surplus(struct store *store) {
    pthread_mutex_lock(&store->lock);
    int closing = store->janitor.surplus_count; /* their connections still count */
    while (store->oldest && (store->open_count > store->open_files_max ||
                             atomic_load(&store->conns_open) - closing > store->conns_max)) {
        struct store_file *file = store->oldest;
        list_remove(file);
        closing++;
        if (janitor_free_later(file)) continue;
        pthread_mutex_unlock(&store->lock);
        file_free(file);
        pthread_mutex_lock(&store->lock);
        closing = store->janitor.surplus_count;
    }
    pthread_mutex_unlock(&store->lock);
}

void store_give_back(struct store_file *file) {
    if (!file) return;
    struct store *store = file->store;
    pthread_mutex_lock(&store->lock);
    bool unused = --file->users == 0;
    bool gone = unused && !file->listed;
    if (unused && file->listed) list_become_idle(file);
    bool surplus = has_surplus(store);
    pthread_mutex_unlock(&store->lock);
    if (gone) file_free(file);
    if (surplus) close_surplus(store);
}

/* Opens a file that was listed just now, and tells those who wait for it. */
static bool open_listed(struct store_file *file, struct error *err) {
    struct store *store = file->store;
    struct error failure = {0};
    bool fine = open_file(file, &failure);
    pthread_mutex_lock(&store->lock);
    file->state = fine ? FILE_OPEN : FILE_FAILED;
    file->failure = failure;
    if (!fine && file->listed) list_remove(file);
    bool surplus = has_surplus(store);
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
    if (surplus) close_surplus(store);
    if (!fine && err && err->code == ERROR_NONE) *err = failure;
    return fine;
}

static bool wait_for_opening(struct store_file *file, struct error *err) {
    struct store *store = file->store;
    pthread_mutex_lock(&store->lock);
    while (file->state == FILE_OPENING) pthread_cond_wait(&store->changed, &store->lock);
    bool fine = file->state == FILE_OPEN;
    pthread_mutex_unlock(&store->lock);
    if (!fine && err && err->code == ERROR_NONE) *err = file->failure;
    return fine;
}

/* Borrows the file that is listed, or lists it and opens it. *ret_waited tells whether another thread opened it. */
static struct store_file *borrow_once(struct store *store, const char *ns, const char *db, bool *ret_waited,
                                      struct error *err) {
    pthread_mutex_lock(&store->lock);
    struct store_file *file = list_find(store, ns, db);
    bool is_new = !file;
    bool is_open = false;
    if (is_new) {
        file = new_file(store, ns, db, err);
        if (file) list_add(file);
    } else {
        list_leave_idle(file);
        file->users++;
        is_open = file->state == FILE_OPEN;
    }
    pthread_mutex_unlock(&store->lock);
    *ret_waited = !is_new && !is_open;
    if (!file || is_open) return file;
    bool fine = is_new ? open_listed(file, err) : wait_for_opening(file, err);
    if (fine && atomic_load(&file->removed)) fine = file_fail_removed(file, err);
    if (fine) return file;
    store_give_back(file);
    return NULL;
}

/* A thread that began to open the file before this call may have looked for its definition before that was made. So its
 * failure counts for itself; the next attempt begins after this call did, whoever makes it. */
static struct store_file *borrow(struct store *store, const char *ns, const char *db, struct error *err) {
    bool waited;
    struct error failure = {0};
    struct store_file *file = borrow_once(store, ns, db, &waited, &failure);
    if (!file && waited) {
        error_clear(&failure);
        file = borrow_once(store, ns, db, &waited, &failure);
    }
    if (!file && err && err->code == ERROR_NONE) *err = failure;
    return file;
}

struct store_file *store_borrow(struct store *store, struct str ns, struct str db, struct error *err) {
    char ns_name[PATH_NAME_MAX + 1] = "", db_name[PATH_NAME_MAX + 1] = "";
    if ((ns.length || db.length) && !path_name_is_valid(ns))
        return fail_null(err, ERROR_NOT_FOUND, NOWHERE, "no such namespace: %.*s", STR(ns));
    if (db.length && !path_name_is_valid(db))
        return fail_null(err, ERROR_NOT_FOUND, NOWHERE, "no such database: %.*s", STR(db));
    path_fold(ns, ns_name);
    path_fold(db, db_name);
    return borrow(store, ns_name, db_name, err);
}

bool store_file_is_current(const struct store_file *file) {
    return !atomic_load(&file->removed);
}

uint64_t store_commits(const struct store_file *file, uint64_t tables) {
    return file->store->share_files ? 0 : commit_count_get(&file->commits, tables);
}

const struct snapshot *store_snapshot(struct store_file *file) {
    pthread_mutex_lock(&file->lock);
    const struct snapshot *snapshot = snapshot_ref(file->snapshot);
    pthread_mutex_unlock(&file->lock);
    return snapshot;
}

bool store_publish(struct store_file *file, struct conn *conn, struct error *err) {
    const struct snapshot *snapshot = snapshot_load(conn, file->db[0] != 0, err);
    if (!snapshot) return false;
    pthread_mutex_lock(&file->lock);
    const struct snapshot *stale = snapshot;
    if (snapshot->version > file->snapshot->version) {
        stale = file->snapshot;
        file->snapshot = snapshot;
    }
    pthread_mutex_unlock(&file->lock);
    snapshot_unref(stale);
    return true;
}

void store_free_files(struct store *store) {
    pthread_mutex_lock(&store->lock);
    while (store->oldest) {
        struct store_file *file = store->oldest;
        list_remove(file);
        pthread_mutex_unlock(&store->lock);
        file_free(file);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
}
