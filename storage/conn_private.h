/*
 * What the files that make up a connection share; nobody else includes it.
 */
#ifndef STORAGE_CONN_PRIVATE_H
#define STORAGE_CONN_PRIVATE_H

#include "base/gate.h"
#include "storage/conn.h"
#include "storage/guard.h"
#include "storage/memory.h"
#include "storage/slice.h"

#include <sqlite3.h>

#define STATEMENTS_CACHED 64

struct conn {
    sqlite3 *db;
    struct budget budget;
    int64_t deadline; /* 0: none */
    struct guard guard;
    struct error function_error; /* why a function of ours failed, while a statement runs */
    int64_t changes;
    int64_t denied;
    bool marked;               /* the row at hand is one that ON CONFLICT DO UPDATE changes */
    struct str replaced_table; /* conn_watch_replaced */
    struct query *replaced_check;
    int64_t replaced_rowid; /* of the row that is about to go */
    bool replaced_at_hand;
    bool replaced_refused;
    struct query *cached; /* idle prepared statements, the one used last first */
    int cached_count;
    int value_limit;
    struct commit_count *commits; /* NULL: not counted */
    bool commits_now;             /* SQLite has begun to commit a change … */
    uint64_t commits_to;          /* … of these tables */
    uint64_t written;             /* tables that were written to, or may have been, since the last commit */
    struct gate *turn;            /* to write; NULL: none is needed */
    bool has_turn;
    struct slice slice; /* of the processors */
    int looks;          /* at the clock, of the statement that runs */
    bool (*note_log)(void *context, int pages);
    void *log_context;
};

/* Counts what SQLite has committed meanwhile; after each call that may. */
void conn_note_commit(struct conn *conn);

void commit_count_add(struct commit_count *count, uint64_t tables);

/* The tables that a statement may write to, of which the authorizer is told this; SQLite's SQLITE_INSERT and so on. */
uint64_t commit_tables_written(int action, struct str name);

/* Frees all idle prepared statements. */
void query_drop_cached(struct conn *conn);

/* Makes a query that has been stepped ready to be stepped again, with the same values bound. */
void query_rewind(struct query *query);

/* --- the rows of an INSERT's own text: rows.c. Both give SQLite's codes --- */
int rows_register(sqlite3 *db) MUST_CHECK;
int rows_bind(sqlite3_stmt *statement, int index, const struct literal_rows *rows) MUST_CHECK;

/* --- functions --- */

/* What a function of ours finds as its user data. */
struct registration {
    struct conn *conn;
    const struct sql_function *function; /* of an upper layer; NULL: one of storage's own */
    int variant;                         /* which of the functions that share one body */
};

/* Registers the functions of `functions` (NULL: none) and our own on a connection. */
bool function_register_all(struct conn *conn, const struct sql_function *functions, struct error *err) MUST_CHECK;

/* Ends a function's call with a failure that keeps its code. */
void function_fail(sqlite3_context *context, enum error_code code, const char *message);

/* _bailiwick_replaced(column): the key of the row that OR REPLACE is about to delete; of a column below 0 the rowid. */
void function_replaced(sqlite3_context *context, int count, sqlite3_value **arguments);

/* printf and format with bounded width and precision. */
void format_call(sqlite3_context *context, int count, sqlite3_value **arguments);

/* instr, replace and trim in time that grows with the sum of their arguments' lengths, not with the product. */
enum trim_side { TRIM_LEFT = 1, TRIM_RIGHT = 2, TRIM_BOTH = 3 };
void text_instr(sqlite3_context *context, int count, sqlite3_value **arguments);
void text_replace(sqlite3_context *context, int count, sqlite3_value **arguments);
void text_trim(sqlite3_context *context, int count, sqlite3_value **arguments);

/* What SQLite's failure means: fills err from the connection's state. The moment decides what its message may be about.
 */
enum moment {
    MOMENT_OPEN,
    MOMENT_PREPARE,
    MOMENT_RUN,
};
bool translate(struct conn *conn, int code, enum moment moment, bool conceal, struct error *err);

/* Whether the linked SQLite tells the authorizer what guard.c relies on. */
bool self_test(struct error *err) MUST_CHECK;

#endif
