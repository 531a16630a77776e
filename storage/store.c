/*
 * Opening and closing the data folder.
 */
#include "storage/store_private.h"

#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool store_name_is_valid(struct str name) {
    return path_name_is_valid(name);
}

/* A folder that is there must be empty, or hold our data: its mode is about to be changed. */
static bool check_folder(const char *folder, struct error *err) {
    static const char *const ours[] = {"lock", "ns", NULL};
    char root[PATH_SIZE];
    enum path_kind kind;
    bool has_others;
    if (!path_format(root, err, "%s/root.db", folder) || !path_look(root, &kind, err)) return false;
    if (kind != PATH_MISSING) return true;
    if (!path_has_others(folder, ours, &has_others, err)) return false;
    return !has_others || fail(err, ERROR_INVALID_VALUE, NOWHERE,
                               "the folder %s is not empty and holds no data of this server", folder);
}

/* The data folder itself may be reached through a symbolic link: that is the operator's choice. */
static bool set_folder(struct store *store, const char *folder, struct error *err) {
    char *real = realpath(folder, NULL);
    if (!real && errno == ENOENT) {
        if (!path_make_folder(folder, NULL, err)) return false;
        real = realpath(folder, NULL);
    }
    if (!real) {
        fail(err, ERROR_INTERNAL, NOWHERE, "the server could not open the data folder");
        error_detail(err, "%s: %s", folder, strerror(errno));
        return false;
    }
    bool fine =
        check_folder(real, err) && path_format(store->folder, err, "%s", real) && path_make_folder(real, NULL, err);
    free(real);
    return fine;
}

static bool lock_folder(struct store *store, struct error *err) {
    char path[PATH_SIZE];
    if (!path_format(path, err, "%s/lock", store->folder)) return false;
    store->lock_fd = path_lock(path, err);
    return store->lock_fd >= 0;
}

/* Remembers which file root.db is. */
static bool note_root(struct store *store, const char *path, struct error *err) {
    struct stat info;
    if (lstat(path, &info) != 0) return fail(err, ERROR_INTERNAL, NOWHERE, "the server could not look at root.db");
    store->root_device = info.st_dev;
    store->root_inode = info.st_ino;
    return true;
}

static bool open_root(struct store *store, bool *ret_fresh, struct error *err) {
    char path[PATH_SIZE], folder[PATH_SIZE];
    bool made;
    if (!path_format(folder, err, "%s/ns", store->folder) || !path_make_folder(folder, NULL, err)) return false;
    if (!store_path(store, "", "", path, err) || !path_make_file(path, &made, err)) return false;
    if (!note_root(store, path, err)) return false;
    store->root = store_borrow(store, (struct str){0}, (struct str){0}, err);
    if (!store->root) return false;
    struct error failure = {0};
    if (!path_sweep(folder, STORE_REMOVED_PREFIX, &failure)) log_error(NULL, &failure);
    *ret_fresh = made || store->root->snapshot->definition_count == 0;
    return true;
}

struct store *store_open(const struct store_options *options, bool *ret_fresh, struct error *err) {
    struct store *store = calloc(1, sizeof *store);
    if (!store) return fail_null(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    store->share_files = options->share_files;
    store->open_files_max = options->open_files_max;
    store->connections_per_file = options->connections_per_file;
    store->conns_max = options->connections_max > 0 ? options->connections_max : INT_MAX;
    store->value_limit = options->value_limit;
    store->functions = options->functions;
    store->lock_fd = -1;
    if (pthread_mutex_init(&store->lock, NULL) != 0 || pthread_cond_init(&store->changed, NULL) != 0) {
        free(store);
        return fail_null(err, ERROR_INTERNAL, NOWHERE, "the server could not make a lock");
    }
    bool fresh;
    if (set_folder(store, options->folder, err) && lock_folder(store, err) && janitor_start(store, err) &&
        open_root(store, &fresh, err)) {
        *ret_fresh = fresh;
        return store;
    }
    store_close(store);
    return NULL;
}

void store_close(struct store *store) {
    if (!store) return;
    janitor_stop(store);
    store_give_back(store->root);
    store_free_files(store);
    if (store->lock_fd >= 0) close(store->lock_fd);
    pthread_cond_destroy(&store->changed);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

static bool root_is_in_place(const struct store *store) {
    char path[PATH_SIZE];
    struct stat info;
    return store_path(store, "", "", path, NULL) && lstat(path, &info) == 0 && info.st_dev == store->root_device &&
           info.st_ino == store->root_inode;
}

bool store_is_healthy(struct store *store) {
    if (!root_is_in_place(store)) return false;
    struct error failure = {0};
    struct conn *conn = store_borrow_conn(store->root, &failure);
    bool fine = conn && store_probe(conn, &failure);
    store_give_back_conn(store->root, conn);
    if (!fine) log_error(NULL, &failure);
    return fine;
}
