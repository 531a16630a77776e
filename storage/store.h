/*
 * The data folder: root.db, and for each namespace a folder with namespace.db and its databases. A `store_file` is one
 * of these SQLite files with its connections and its current catalogue snapshot.
 *
 *     DIR/root.db    DIR/ns/NAME/namespace.db    DIR/ns/NAME/db/DB.db
 *
 * Names are folded to lower case where they become file names. Nothing is made by being named.
 */
#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include "storage/catalog.h"
#include "storage/conn.h"

struct store;
struct store_file;

struct store_options {
    const char *folder;
    bool share_files;
    int open_files_max;       /* database files open at once; the least recently used idle one is closed */
    int connections_per_file; /* idle connections kept for each */
    int connections_max;      /* of all files: beyond, they are closed as soon as nobody uses them; 0: no limit */
    int64_t value_limit;
    const struct sql_function *functions;
};

/* Opens or makes the data folder (0700), root.db (0600) and finishes what a crash left half done. A folder that another
 * server has open is ERROR_BUSY. *ret_fresh tells whether it was made now, or nothing has ever been defined in it. */
struct store *store_open(const struct store_options *options, bool *ret_fresh, struct error *err) MUST_CHECK;
void store_close(struct store *store); /* takes NULL; every file must have been given back */

/* Whether a name may be one of a namespace or database: 1 to 64 of a-z A-Z 0-9 _ -, beginning with a letter or digit.
 */
bool store_name_is_valid(struct str name);

/* The file of root (both names empty), of a namespace (db empty), or of a database. ERROR_NOT_FOUND where it is not
 * defined. The file stays until store_give_back, also when it is removed meanwhile. */
struct store_file *store_borrow(struct store *store, struct str ns, struct str db, struct error *err) MUST_CHECK;
void store_give_back(struct store_file *file); /* takes NULL */

/* Whether this file is still the one that its names mean (false once removed, also when made anew). */
bool store_file_is_current(const struct store_file *file);

/* The number of what is in these tables now (commit_count_get): what was read of them after this was asked is still
 * true as long as the answer is the same. 0: nobody can tell, because other processes may write to the file. */
uint64_t store_commits(const struct store_file *file, uint64_t tables);

/* The file's current snapshot, counted: snapshot_unref when done. Never NULL. */
const struct snapshot *store_snapshot(struct store_file *file);

/* A connection of the file, with nothing of its last user left on it (no transaction, last_insert_rowid 0). */
struct conn *store_borrow_conn(struct store_file *file, struct error *err) MUST_CHECK;
void store_give_back_conn(struct store_file *file, struct conn *conn); /* takes NULL; rolls back what is open */

/* Reads the catalogue anew through conn and publishes it; after a commit that changed definitions or schema. */
bool store_publish(struct store_file *file, struct conn *conn, struct error *err) MUST_CHECK;

/* A change of definitions or schema is announced before its COMMIT and settled when it has been published, or has
 * failed. In between the file holds what the current snapshot does not know of: who has begun to read then must not
 * trust the snapshot. */
void store_announce(struct store_file *file);
void store_settle(struct store_file *file);
/* Whether nothing is announced and the snapshot is the current one: true after a read transaction has begun means that
 * the snapshot knows of all that the transaction sees. */
bool store_is_settled(struct store_file *file, const struct snapshot *snapshot);
/* Waits until what is announced is settled, a few seconds at most. */
void store_await_settled(struct store_file *file);

/* A change of rows, which must not touch the catalogue. `run` may be called more than once, on any thread but never on
 * two at once, each time as if for the first: what it did before has been undone. It runs in a transaction that others
 * share, and neither ends it nor sets savepoints of which any remains. */
struct store_change {
    bool (*run)(void *context, struct conn *conn, struct error *err);
    void *context;
    int64_t deadline; /* clock_steady(): who has not begun by then is ERROR_BUSY */
};

/* Runs it with the file's other writers under one COMMIT, and returns when it is on disk or has failed. The caller
 * holds no connection of the file with a transaction open. */
bool store_change_rows(struct store_file *file, const struct store_change *change, struct error *err) MUST_CHECK;

/* Makes and removes; they are durable when they return. Making what is there is ERROR_ALREADY_EXISTS, removing what is
 * not ERROR_NOT_FOUND. A namespace that is removed takes its databases along.
 * A folder or file that an operator has put in place is adopted. What a removed one's open requests still do is lost.
 */
bool store_make_namespace(struct store *store, struct str ns, struct error *err) MUST_CHECK;
bool store_make_database(struct store *store, struct str ns, struct str db, struct error *err) MUST_CHECK;
bool store_remove_namespace(struct store *store, struct str ns, struct error *err) MUST_CHECK;
bool store_remove_database(struct store *store, struct str ns, struct str db, struct error *err) MUST_CHECK;

/* Whether the root file and the folder still answer: for /health. */
bool store_is_healthy(struct store *store);

#endif
