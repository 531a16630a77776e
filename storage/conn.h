/*
 * A connection to one SQLite file, opened hardened: what facts of SQLite's defaults would crash or leak is switched off
 * here, once, and every statement on it passes the authorizer of guard.c.
 *
 * A connection has one user at a time. No lock is held while SQLite runs.
 */
#ifndef STORAGE_CONN_H
#define STORAGE_CONN_H

#include "base/arena.h"
#include "base/error.h"
#include "base/value.h"
#include "sql/footprint.h"
#include "sql/literal_rows.h"

#include <stdatomic.h>

struct conn;
struct query;
struct gate;

/* Functions that upper layers add to SQL. `call` may run on any thread. It sets *ret_value (text and blobs may point
 * into the arguments or into `arena`, which lives until it returns) or fails. */
struct sql_function {
    const char *name;
    int argument_count; /* -1: any number */
    bool deterministic;
    bool (*call)(struct arena *arena, const struct value *arguments, size_t count, struct value *ret_value,
                 struct error *err);
};

/* Sets SQLite up for the whole process (allocator with budgets, no memory statistics) and proves by a self-test
 * that the authorizer still learns through which name a column is read. Once, before any connection. */
bool conn_init_library(struct error *err) MUST_CHECK;

/* What SQLite may hold in the whole process while statements run; 0: no limit. Before any connection. */
void conn_limit_memory(int64_t bytes);

/* Tells apart the states of a file's content: another number after each commit, before whoever committed goes on. No
 * two files have ever the same number. The tables of a file fall into parts by their names, and only the parts that a
 * commit may have written to have another number then: what a statement may write to is told by the authorizer
 * (triggers and cascades included), and a change of tables is one of all parts. What a virtual table's module writes to
 * is not told: do not ask for its tables alone. commits.c */
#define COMMIT_PARTS 64
#define COMMIT_ANY_TABLE UINT64_MAX
#define COMMIT_OWN_TABLES ((uint64_t)1) /* the server's own: definitions, tokens that have ended, … */
struct commit_count {
    atomic_uint_fast64_t numbers[COMMIT_PARTS];
};
uint64_t commit_tables_of(struct str name); /* the part that a table falls into: one bit */
void commit_count_init(struct commit_count *count);
uint64_t commit_count_get(const struct commit_count *count, uint64_t tables);

struct conn_options {
    const char *path;
    bool create;                          /* make the file where it is missing; otherwise that is ERROR_NOT_FOUND */
    bool share_files;                     /* let other processes open the file too (VFS unix instead of unix-excl) */
    int64_t value_limit;                  /* bytes of one string or blob; 0: the default */
    const struct sql_function *functions; /* ends with a NULL name; must outlive the connection */
    struct commit_count *commits;         /* of the file; NULL: not counted; must outlive the connection */
    bool (*note_log)(void *context, int pages); /* told after each commit how many pages its log holds; whether the
                                                   commit has to write it back itself. NULL: SQLite decides */
    void *log_context;
    unsigned tenant;   /* whose it is, for slice.h: any number that is the same for one tenant's */
    struct gate *turn; /* to write to this file, which conn_begin waits for; NULL: nobody else writes */
};

struct conn *conn_open(const struct conn_options *options, struct error *err) MUST_CHECK;
void conn_close(struct conn *conn); /* takes NULL; rolls back what is open */

/* Leaves nothing of its last user: no transaction, no bounds, last_insert_rowid, changes and denied 0. False when it
 * cannot be used again and must be closed. */
bool conn_clean(struct conn *conn) MUST_CHECK;

/* The same between two users that share a transaction. */
void conn_forget_user(struct conn *conn);

/* The bounds of what runs next on this connection and thread. */
struct conn_bounds {
    int64_t deadline;    /* clock_steady() at which a statement is stopped with ERROR_TIMEOUT; 0: none */
    size_t memory_limit; /* bytes that SQLite may hold for it, above what the connection holds; 0: none */
};
void conn_set_bounds(struct conn *conn, const struct conn_bounds *bounds);

/* Transactions. conn_begin takes the write lock at once (BEGIN IMMEDIATE) when `write`, and waits for its turn among
 * the writers until the deadline (ERROR_BUSY). conn_rollback never fails to the caller's eye and bears a transaction
 * that is over.
 */
bool conn_begin(struct conn *conn, bool write, struct error *err) MUST_CHECK;
bool conn_commit(struct conn *conn, struct error *err) MUST_CHECK; /* rolls back on failure */
void conn_rollback(struct conn *conn);
bool conn_in_transaction(const struct conn *conn);
/* Writes the log back into the database, as far as readers let it. */
bool conn_write_back(struct conn *conn, struct error *err) MUST_CHECK;
/* Whether rows refer to others that a COMMIT would miss (deferred foreign keys). */
bool conn_owes_keys(const struct conn *conn);

/* The number of what the connection sees of these tables, as commit_count_get gives it; 0: it has none, because it is
 * not counted, is in a transaction that others may have overtaken, or has written to them itself. */
uint64_t conn_commits(const struct conn *conn, uint64_t tables);

/* Runs SQL of our own that gives no rows, one or more statements, with FOOTPRINT_INTERNAL. */
bool conn_run(struct conn *conn, const char *sql, struct error *err) MUST_CHECK;

/* --- queries: one prepared statement at work --- */

/* Prepares exactly one statement (what follows it but white space and comments is ERROR_INTERNAL) under a footprint.
 * `conceal` masks run-time messages: a restricted principal gets our own words, never SQLite's text with values in it.
 * `footprint` must outlive the call only. Prepared statements are cached by (sql, footprint->kind, plan_key) where
 * plan_key is not 0: the caller promises that the same key and text mean the same footprint. */
#define QUERY_KEY_UNIQUE ((uint64_t)1 << 63) /* a plan_key with this bit is of one text alone */
struct query *query_prepare(struct conn *conn, struct str sql, const struct footprint *footprint, bool conceal,
                            uint64_t plan_key, struct error *err) MUST_CHECK;

/* Binds parameter `index` (from 1); text and blobs must stay until query_finish. */
bool query_bind(struct query *query, int index, const struct value *value, struct error *err) MUST_CHECK;

/* The same for the rows that an INSERT's text holds; they must stay as long. */
bool query_bind_rows(struct query *query, int index, const struct literal_rows *rows, struct error *err) MUST_CHECK;

enum query_step {
    QUERY_FAILED,
    QUERY_ROW,
    QUERY_DONE,
};
enum query_step query_step(struct query *query, struct error *err) MUST_CHECK;

int query_column_count(const struct query *query);
struct str query_column_name(const struct query *query, int column);

/* The value in the current row; text and blobs stay until the next step or finish. */
struct value query_column(const struct query *query, int column);

/* What somebody has found out about a prepared statement and left with it: a block of malloc's, which goes with the
 * statement, or when SQLite has prepared it anew. NULL: nothing. */
void *query_note(const struct query *query);
void query_set_note(struct query *query, void *note);

/* Whether SQLite prepares the statement anew for each value that is bound: it looks at them, for a partial index. */
bool query_depends_on_values(const struct query *query);

bool query_is_read_only(const struct query *query);

/* Gives the query back to the connection; takes NULL. */
void query_finish(struct query *query);

/* What the last write statement did: rows inserted, updated or deleted by it directly. */
int64_t conn_changes(const struct conn *conn);

/* The rowid of the last row that a statement has inserted, and no trigger of it, since conn_watch_inserted; false where
 * there is none. */
void conn_watch_inserted(struct conn *conn);
bool conn_inserted(struct conn *conn, int64_t *ret_rowid);

/* How often `_bailiwick_allow` refused a row since conn_reset_denied: what a response calls `denied`. */
void conn_reset_denied(struct conn *conn);
int64_t conn_denied(const struct conn *conn);

/* While the next statement runs, every row of `table` that it deletes to make room (OR REPLACE) must be one of which
 * `check` gives 1; that finds it by _bailiwick_replaced. If one is not, the statement must not be committed: either
 * it fails with ERROR_PERMISSION_DENIED, or conn_replaced_refused says true behind its first step. `table` and `check`
 * must live until conn_unwatch_replaced. */
void conn_watch_replaced(struct conn *conn, struct str table, struct query *check);
bool conn_replaced_refused(const struct conn *conn) MUST_CHECK;
void conn_unwatch_replaced(struct conn *conn);

/* Runs SQL of our own with parameters bound from `values` and reads at most one row of it into ret_row (an array of
 * `columns` values copied into the arena). *ret_found tells whether there was a row. */
bool conn_read_row(struct conn *conn, struct arena *arena, const char *sql, const struct value *values, size_t count,
                   struct value *ret_row, size_t columns, bool *ret_found, struct error *err) MUST_CHECK;

/* Runs one statement of our own with parameters, for its effect. */
bool conn_execute(struct conn *conn, const char *sql, const struct value *values, size_t count,
                  struct error *err) MUST_CHECK;

#endif
