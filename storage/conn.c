#include "base/clock.h"
#include "storage/conn_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define VALUE_LIMIT_DEFAULT (16 * 1024 * 1024)
#define BUSY_WAIT_DEFAULT 5000000000 /* ns, where there is no deadline */
#define SHORT_LOOKS 300              /* at the clock: a statement that takes longer computes in slices */
#define PROGRESS_STEPS 1000          /* of SQLite's machine between two looks at the clock: some 10 µs */

/* A cache of 256 KiB: many files are open at once, and the system caches their pages anyway. Sorting and temporary
 * tables stay in memory, where a statement's budget bounds them, and touch no file outside the data folder. A log that
 * a long read let grow is cut back. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA foreign_keys = ON;"
                               "PRAGMA recursive_triggers = ON;"
                               "PRAGMA cache_size = -256;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA journal_size_limit = 16777216;"
                               "PRAGMA cell_size_check = ON";

/* At or under SQLite's own limits. The deepest statement that they let pass needs a quarter of a stack of 8 MiB. */
static const struct {
    int limit;
    int value;
} limits[] = {
    {SQLITE_LIMIT_SQL_LENGTH, 16 * 1024 * 1024}, /* a request's text, 4 MiB, as the rewriter prints it */
    {SQLITE_LIMIT_EXPR_DEPTH, 1000},
    {SQLITE_LIMIT_COMPOUND_SELECT, 500},
    {SQLITE_LIMIT_COLUMN, 2000},
    {SQLITE_LIMIT_FUNCTION_ARG, 127},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 32766},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 100},
    {SQLITE_LIMIT_VDBE_OP, 2500000},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static const struct {
    int option;
    int value;
} switches[] = {
    {SQLITE_DBCONFIG_DQS_DML, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
    /* views and triggers may use full-text tables, which SQLite takes for unsafe there; what they reach is the
     * authorizer's business, and functions of ours that are not for them are SQLITE_DIRECTONLY */
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1},
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
    {SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0},
};

bool conn_init_library(struct error *err) {
    if (sqlite3_threadsafe() == 0) return fail(err, ERROR_INTERNAL, NOWHERE, "SQLite was built without threads");
    if (!memory_init(err)) return false;
    if (sqlite3_config(SQLITE_CONFIG_MULTITHREAD) != SQLITE_OK || sqlite3_config(SQLITE_CONFIG_URI, 0) != SQLITE_OK ||
        sqlite3_initialize() != SQLITE_OK) {
        return fail(err, ERROR_INTERNAL, NOWHERE, "cannot set up SQLite");
    }
    return self_test(err);
}

/* Who holds the turn to write computes on: everybody else who writes waits for it. */
static int look_at_clock(void *argument) {
    struct conn *conn = argument;
    int64_t now = clock_steady();
    if (conn->deadline != 0 && now >= conn->deadline) return 1;
    if (conn->has_turn || ++conn->looks <= SHORT_LOOKS) return 0;
    return !slice_go_on(&conn->slice, now, conn->deadline);
}

static int wait_for_others(void *argument, int count) {
    static _Thread_local int64_t since;
    const struct conn *conn = argument;
    int64_t now = clock_steady();
    if (count == 0) since = now;
    int64_t until = conn->deadline != 0 ? conn->deadline : since + BUSY_WAIT_DEFAULT;
    if (now >= until) return 0;
    int64_t pause = count < 10 ? 100000 : count < 50 ? 500000 : 2000000;
    if (pause > until - now) pause = until - now;
    nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
    return 1;
}

static bool is_in_memory(const char *path) {
    return strcmp(path, ":memory:") == 0;
}

/* SQLite gives the files beside a database the mode of the database. */
static bool make_file(const char *path, struct error *err) {
    if (mknod(path, S_IFREG | 0600, 0) == 0 || errno == EEXIST) return true;
    fail(err, ERROR_INTERNAL, NOWHERE, "the database file cannot be made");
    error_detail(err, "%s: %s", path, strerror(errno));
    return false;
}

static bool has_file(const char *path, struct error *err) {
    struct stat status;
    if (stat(path, &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return fail(err, ERROR_NOT_FOUND, NOWHERE, "no such database file");
    fail(err, ERROR_INTERNAL, NOWHERE, "the database file cannot be reached");
    error_detail(err, "%s: %s", path, strerror(errno));
    return false;
}

/* Leaves only those table-valued modules that users have a use for. */
static int drop_modules(sqlite3 *db) {
    static const char *kept[] = {"json_each", "json_tree", "fts5",  "fts5vocab", "fts4",
                                 "fts4aux",   "fts3",      "rtree", "rtree_i32", NULL};
    return sqlite3_drop_modules(db, kept);
}

/* SQLite asks before it commits. Who counted now could be read as the count of what was there before. */
static int note_begin_of_commit(void *argument) {
    struct conn *conn = argument;
    conn->commits_now = true;
    conn->commits_to |= conn->written | (conn->guard.writes ? *conn->guard.writes : COMMIT_ANY_TABLE);
    return 0;
}

void conn_note_commit(struct conn *conn) {
    if (!conn->commits_now) return;
    if (conn->commits) commit_count_add(conn->commits, conn->commits_to ? conn->commits_to : COMMIT_ANY_TABLE);
    conn->commits_now = false;
    conn->commits_to = conn->written = 0;
}

/* Who has the turn to write sees what was committed last, and nobody commits meanwhile. */
uint64_t conn_commits(const struct conn *conn, uint64_t tables) {
    bool is_sole = conn->has_turn && !(conn->written & tables);
    if (!conn->commits || (conn_in_transaction(conn) && !is_sole)) return 0;
    return commit_count_get(conn->commits, tables);
}

static int note_log(void *argument, sqlite3 *db, const char *name, int pages) {
    const struct conn *conn = argument;
    if (conn->note_log(conn->log_context, pages))
        sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

static bool set_up(struct conn *conn, const struct conn_options *options, struct error *err) {
    sqlite3 *db = conn->db;
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof switches / sizeof *switches && code == SQLITE_OK; i++) {
        code = sqlite3_db_config(db, switches[i].option, switches[i].value, NULL);
    }
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, conn->value_limit);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) sqlite3_limit(db, limits[i].limit, limits[i].value);
    if (code == SQLITE_OK) code = drop_modules(db);
    if (code == SQLITE_OK) code = rows_register(db);
    if (code == SQLITE_OK) code = sqlite3_busy_handler(db, wait_for_others, conn);
    if (code == SQLITE_OK) code = sqlite3_set_authorizer(db, guard_authorize, &conn->guard);
    if (code != SQLITE_OK) return translate(conn, code, MOMENT_OPEN, false, err);
    if (conn->note_log) sqlite3_wal_hook(db, note_log, conn);
    sqlite3_progress_handler(db, PROGRESS_STEPS, look_at_clock, conn);
    sqlite3_commit_hook(db, note_begin_of_commit, conn);
    return function_register_all(conn, options->functions, err) && conn_run(conn, settings, err);
}

static bool has_journal(struct conn *conn, struct arena *arena, const char *expected, struct error *err) {
    struct value mode;
    bool found;
    if (!conn_read_row(conn, arena, "PRAGMA journal_mode", NULL, 0, &mode, 1, &found, err)) return false;
    if (found && mode.kind == VALUE_TEXT && str_is(mode.text, expected)) return true;
    return fail(err, ERROR_INTERNAL, NOWHERE, "the database file cannot be written through a log");
}

static bool check_journal(struct conn *conn, const char *path, struct error *err) {
    struct arena *arena = arena_new(4096);
    if (!arena) return fail(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    bool ok = has_journal(conn, arena, is_in_memory(path) ? "memory" : "wal", err);
    arena_free(arena);
    return ok;
}

struct conn *conn_open(const struct conn_options *options, struct error *err) {
    const char *path = options->path;
    if (!is_in_memory(path) && !(options->create ? make_file(path, err) : has_file(path, err))) return NULL;

    struct conn *conn = calloc(1, sizeof *conn);
    if (!conn) return fail_null(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    conn->commits = options->commits;
    int64_t value_limit = options->value_limit > 0 ? options->value_limit : VALUE_LIMIT_DEFAULT;
    conn->value_limit = value_limit < INT32_MAX / 2 ? (int)value_limit : INT32_MAX / 2;
    conn->turn = options->turn;
    conn->slice.tenant = options->tenant;
    conn->note_log = options->note_log;
    conn->log_context = options->log_context;

    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    int code = sqlite3_open_v2(path, &conn->db, flags, options->share_files ? "unix" : "unix-excl");
    if (code != SQLITE_OK) {
        translate(conn, code, MOMENT_OPEN, false, err);
        error_detail(err, "%s: %s", path, conn->db ? sqlite3_errmsg(conn->db) : sqlite3_errstr(code));
    } else if (set_up(conn, options, err) && check_journal(conn, path, err)) {
        return conn;
    }
    conn_close(conn);
    return NULL;
}

void conn_close(struct conn *conn) {
    if (!conn) return;
    if (conn->db) {
        conn_rollback(conn);
        query_drop_cached(conn);
        sqlite3_close_v2(conn->db);
    }
    free(conn);
}

#define NOTHING_INSERTED INT64_MIN /* a rowid that is not met: what is inserted there counts as not inserted */

void conn_watch_inserted(struct conn *conn) {
    sqlite3_set_last_insert_rowid(conn->db, NOTHING_INSERTED);
}

bool conn_inserted(struct conn *conn, int64_t *ret_rowid) {
    int64_t rowid = sqlite3_last_insert_rowid(conn->db);
    if (rowid == NOTHING_INSERTED) {
        sqlite3_set_last_insert_rowid(conn->db, 0);
        return false;
    }
    *ret_rowid = rowid;
    return true;
}

void conn_forget_user(struct conn *conn) {
    conn_set_bounds(conn, &(struct conn_bounds){0});
    sqlite3_set_last_insert_rowid(conn->db, 0);
    conn->changes = 0;
    conn->denied = 0;
    conn->marked = false;
}

bool conn_clean(struct conn *conn) {
    conn_rollback(conn);
    conn_forget_user(conn);
    return !conn_in_transaction(conn);
}

void conn_set_bounds(struct conn *conn, const struct conn_bounds *bounds) {
    conn->deadline = bounds->deadline;
    conn->budget.used = 0;
    conn->budget.limit = bounds->memory_limit < INT64_MAX ? (int64_t)bounds->memory_limit : INT64_MAX;
}

static void give_back_turn(struct conn *conn) {
    if (!conn->has_turn) return;
    conn->has_turn = false;
    gate_leave(conn->turn, 0);
}

static bool take_turn(struct conn *conn, struct error *err) {
    int64_t deadline = conn->deadline ? conn->deadline : clock_steady() + BUSY_WAIT_DEFAULT;
    conn->has_turn = conn->turn && gate_enter(conn->turn, 0, deadline);
    return conn->has_turn || !conn->turn || fail(err, ERROR_BUSY, NOWHERE, "the database is busy");
}

bool conn_begin(struct conn *conn, bool write, struct error *err) {
    if (!write) return conn_execute(conn, "BEGIN", NULL, 0, err);
    if (!take_turn(conn, err)) return false;
    if (conn_execute(conn, "BEGIN IMMEDIATE", NULL, 0, err)) return true;
    give_back_turn(conn);
    return false;
}

/* What ends a transaction is not bounded: half of it is worse than late. */
static bool end(struct conn *conn, const char *sql, struct error *err) {
    int64_t deadline = conn->deadline;
    int64_t limit = conn->budget.limit;
    conn->deadline = 0;
    conn->budget.limit = 0;
    bool ok = conn_execute(conn, sql, NULL, 0, err);
    conn->deadline = deadline;
    conn->budget.limit = limit;
    return ok;
}

bool conn_commit(struct conn *conn, struct error *err) {
    bool fine = end(conn, "COMMIT", err);
    if (!fine) conn_rollback(conn);
    give_back_turn(conn);
    return fine;
}

void conn_rollback(struct conn *conn) {
    if (conn_in_transaction(conn)) (void)!end(conn, "ROLLBACK", &(struct error){0});
    give_back_turn(conn);
}

bool conn_write_back(struct conn *conn, struct error *err) {
    struct budget *charged = budget_enter(&conn->budget);
    int code = sqlite3_wal_checkpoint_v2(conn->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    budget_leave(charged);
    return code == SQLITE_OK || translate(conn, code, MOMENT_RUN, false, err);
}

bool conn_owes_keys(const struct conn *conn) {
    int owed = 0, unused;
    return sqlite3_db_status(conn->db, SQLITE_DBSTATUS_DEFERRED_FKS, &owed, &unused, 0) != SQLITE_OK || owed != 0;
}

bool conn_in_transaction(const struct conn *conn) {
    return sqlite3_get_autocommit(conn->db) == 0;
}

int64_t conn_changes(const struct conn *conn) {
    return conn->changes;
}

void conn_reset_denied(struct conn *conn) {
    conn->denied = 0;
    conn->marked = false;
}

int64_t conn_denied(const struct conn *conn) {
    return conn->denied;
}
