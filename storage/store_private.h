/*
 * What the parts of the store share: the files that are known, who uses them, and which names are being changed.
 *
 * Locks, in the order in which they may be taken:
 *     store->lock   every field of struct store and of struct store_file that is not named below
 *     group->lock   who waits to write to one file
 *     turn->lock    whose turn it is to write to one file
 *     pool->lock    the idle connections of one file
 *     file->lock    the pointer to a file's snapshot
 * None is held while SQLite runs or the file system is asked.
 *
 * A file that is removed may still have connections, and its name may be made anew at once. SQLite leaves files of the
 * same name alone when it closes a connection whose file has moved, but only if the file has moved before it begins;
 * and a connection is opened by name. So a thread that opens or closes a connection is counted (`at_work`), and a
 * removal waits for those, and holds back new ones, for the moment in which it takes the file away.
 */
#ifndef STORAGE_STORE_PRIVATE_H
#define STORAGE_STORE_PRIVATE_H

#include "base/gate.h"
#include "storage/path.h"
#include "storage/pool.h"
#include "storage/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#define FILE_BUCKETS 1024

enum file_state {
    FILE_OPENING, /* one thread opens it, others wait */
    FILE_OPEN,
    FILE_FAILED, /* to open: `failure` says why */
};

/* A thread for what no request should wait for. All under store->lock. */
struct janitor {
    pthread_t thread;
    pthread_cond_t called;
    bool runs;
    bool stops;                 /* when all is done */
    struct store_file *logs;    /* to be written back; it is a user of each */
    struct store_file *surplus; /* to be freed */
    int surplus_count;
};

/* Writers that wait to be run under one commit. */
struct group {
    pthread_mutex_t lock;
    bool is_led;
    struct member *first, *last; /* who waits to be run */
    size_t waiting;
};

struct store_file {
    struct store *store;
    char ns[PATH_NAME_MAX + 1]; /* folded; both are empty for root */
    char db[PATH_NAME_MAX + 1];
    char path[PATH_SIZE];
    enum file_state state;
    struct error failure;
    int users;      /* those who have borrowed it or wait for it */
    int at_work;    /* threads that open or close a connection of it */
    bool held_back; /* a removal is taking it away: no connection is closed now */
    bool listed;    /* in the buckets: what its names mean. Otherwise its last user frees it */
    atomic_bool removed;
    struct store_file *next_in_bucket;
    struct store_file *newer, *older;   /* while it is listed, open and has no users: by last use */
    struct store_file *next, *previous; /* all that are not freed */
    struct pool *pool;
    pthread_mutex_t lock;
    pthread_cond_t settled;
    atomic_uint_fast64_t
        announced; /* changes of the catalogue that are about to be committed, and those that are known */
    atomic_uint_fast64_t published;
    struct commit_count commits;
    const struct snapshot *snapshot;
    struct gate turn;   /* to write */
    struct group group; /* writers that share a commit */
    bool is_job;        /* of the janitor: its log is about to be written back */
    struct store_file *next_job;
};

/* A name that one thread is making or removing: others that want the same, or what lies in it, wait. */
struct claim {
    const char *ns, *db;
    struct claim *next;
};

struct store {
    char folder[PATH_SIZE]; /* absolute, without symbolic links */
    bool share_files;
    int open_files_max;
    int connections_per_file;
    int64_t value_limit;
    const struct sql_function *functions;
    int lock_fd;
    dev_t root_device; /* of root.db, to notice that it was taken away */
    ino_t root_inode;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* a file's state, at_work or held_back, or the claims */
    struct store_file *buckets[FILE_BUCKETS];
    struct store_file *all;
    struct store_file *newest, *oldest; /* idle files */
    int open_count;                     /* listed files but root */
    struct claim *claims;
    struct store_file *root; /* always open */
    atomic_int conns_open;
    int conns_max;
    struct janitor janitor;
};

/* --- store_list.c; all under store->lock --- */

bool file_is_root(const struct store_file *file);

/* Whether the file is what the names mean, or (db empty) lies in the namespace that they mean. */
bool file_is_within(const struct store_file *file, const char *ns, const char *db);

struct store_file *list_find(struct store *store, const char *ns, const char *db);
void list_add(struct store_file *file);
void list_remove(struct store_file *file);      /* its names do not mean it any more */
void list_forget(struct store_file *file);      /* it is about to be freed */
void list_become_idle(struct store_file *file); /* its last user has gone */
void list_leave_idle(struct store_file *file);  /* it has a user again, if it had none */

/* --- store_conn.c --- */

bool store_path(const struct store *store, const char *ns, const char *db, char ret_path[PATH_SIZE],
                struct error *err) MUST_CHECK;

/* Opens the SQLite file at `path`, which must be there, with its catalogue made where it is missing. It counts its
 * commits with `file`, and takes turns with its writers; NULL where nobody else can know the file yet. */
struct conn *store_open_conn(const struct store *store, const char *path, struct store_file *file, bool make_catalog,
                             struct error *err) MUST_CHECK;

/* Reads something from the file, whatever it is. */
bool store_probe(struct conn *conn, struct error *err) MUST_CHECK;

/* "no such database" or namespace: ERROR_NOT_FOUND. */
bool file_fail_removed(const struct store_file *file, struct error *err);

/* Opens a connection of a file that has not been removed; ERROR_NOT_FOUND once it has. */
struct conn *file_open_conn(struct store_file *file, bool make_catalog, struct error *err) MUST_CHECK;
void file_close_conn(struct store_file *file, struct conn *conn);

/* Whether more connections are open than there are descriptors for. */
bool store_has_too_many(const struct store *store);

/* --- store_file.c --- */

/* Frees a file that nobody uses and that is no longer listed. */
void file_free(struct store_file *file);

/* Closes and frees every file without users; for store_close. */
void store_free_files(struct store *store);

/* --- commit.c --- */

bool group_init(struct group *group, struct error *err) MUST_CHECK;
void group_done(struct group *group);

/* --- store_janitor.c --- */

bool janitor_start(struct store *store, struct error *err) MUST_CHECK;

/* Finishes what there is to do. Bears one that was not started. */
void janitor_stop(struct store *store);

/* Under store->lock: hands over a file to be freed; false where the caller has to. */
bool janitor_free_later(struct store_file *file) MUST_CHECK;

/* For conn_options: what a file's log has grown to. */
bool store_note_log(void *context, int pages);

/* --- store_hold.c --- */

/* Takes what the names mean out of the list, with all in it where db is empty; they are `removed` from now on. */
void store_unlist(struct store *store, const char *ns, const char *db);

/* Waits until nobody opens or closes a connection of the removed files of these names, and holds new ones back … */
void store_hold_back(struct store *store, const char *ns, const char *db);
/* … until here. */
void store_let_go(struct store *store, const char *ns, const char *db);

/* --- store_recover.c --- */

/* How the folder of a namespace on its way out is called: no name begins so. */
#define STORE_REMOVED_PREFIX ".removed-"

/* Finishes the removals that a marker in this file speaks of: of namespaces for root (ns empty), of databases for a
 * namespace. What cannot be finished is logged and stays for the next time. */
void store_finish_removals(struct store *store, const char *ns, struct conn *conn);

/* Writes, deletes and finds a marker. */
bool store_put_marker(struct conn *conn, const char *name, struct error *err) MUST_CHECK;
bool store_delete_marker(struct conn *conn, const char *name, struct error *err) MUST_CHECK;
bool store_has_marker(struct conn *conn, const char *name, bool *ret_has, struct error *err) MUST_CHECK;

/* Takes a namespace's folder or a database's file out of its place, and is quick about it: what remains to be deleted
 * is in ret_rest, which may be empty. */
bool store_take_away(struct store *store, const char *ns, const char *db, char ret_rest[PATH_SIZE],
                     struct error *err) MUST_CHECK;

/* Deletes what store_take_away left. A failure is logged: the next start sweeps it. */
void store_delete_rest(const char *rest);

#endif
