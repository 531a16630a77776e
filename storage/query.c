#include "storage/conn_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct query {
    struct conn *conn;
    sqlite3_stmt *statement;
    struct footprint *footprint; /* ours: SQLite prepares again when the schema has changed */
    struct query *next;          /* in the connection's cache */
    uint64_t plan_key;           /* 0: not cached */
    uint64_t hash;
    uint64_t writes; /* tables that it may write to */
    bool conceal;
    bool vacuums;
    bool started; /* and not yet done */
    bool short_of_memory;
    int64_t changed_before;
    void *note;
    int note_prepared; /* how often the statement had been prepared anew when the note was made */
    size_t length;
    char sql[];
};

/* What a call that works on the connection puts in place, and takes away again: the budget and what the guard allows.
 */
struct work {
    struct budget *budget;
    struct guard guard;
};

static void begin_work(struct query *query, bool runs, struct work *ret_before) {
    struct conn *conn = query->conn;
    ret_before->budget = budget_enter(&conn->budget);
    ret_before->guard = conn->guard;
    conn->guard = (struct guard){
        .footprint = query->footprint,
        .runs = runs,
        .vacuums = query->vacuums,
        .writes = &query->writes,
        .deadline = conn->deadline,
    };
    error_clear(&conn->function_error);
}

static void end_work(struct query *query, const struct work *before) {
    slice_give_back(&query->conn->slice); /* who waits for a slow reader computes nothing */
    query->conn->guard = before->guard;
    budget_leave(before->budget);
    conn_note_commit(query->conn);
}

/* FNV-1a, from http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash_of(struct str sql, enum footprint_kind kind, uint64_t plan_key) {
    if (plan_key & QUERY_KEY_UNIQUE) return plan_key;
    uint64_t hash = 14695981039346656037u ^ plan_key ^ ((uint64_t)kind << 56);
    for (size_t i = 0; i < sql.length; i++) hash = (hash ^ (unsigned char)sql.text[i]) * 1099511628211u;
    return hash;
}

static void query_free(struct query *query) {
    if (!query) return;
    if (query->statement) {
        struct budget *before = budget_enter(&query->conn->budget);
        sqlite3_finalize(query->statement);
        budget_leave(before);
    }
    free(query->footprint);
    free(query->note);
    free(query);
}

void query_drop_cached(struct conn *conn) {
    while (conn->cached) {
        struct query *next = conn->cached->next;
        query_free(conn->cached);
        conn->cached = next;
    }
    conn->cached_count = 0;
}

static struct query *take_cached(struct conn *conn, struct str sql, enum footprint_kind kind, uint64_t plan_key,
                                 uint64_t hash) {
    for (struct query **place = &conn->cached; *place; place = &(*place)->next) {
        struct query *query = *place;
        if (query->hash != hash || query->plan_key != plan_key || query->footprint->kind != kind) continue;
        if (query->length != sql.length || memcmp(query->sql, sql.text, sql.length) != 0) continue;
        *place = query->next;
        query->next = NULL;
        conn->cached_count--;
        return query;
    }
    return NULL;
}

static void put_in_cache(struct conn *conn, struct query *query) {
    query->next = conn->cached;
    conn->cached = query;
    if (++conn->cached_count <= STATEMENTS_CACHED) return;
    struct query **last = &conn->cached;
    while ((*last)->next) last = &(*last)->next;
    query_free(*last);
    *last = NULL;
    conn->cached_count--;
}

/* Whether nothing follows a statement but white space, semicolons and comments. */
static bool is_over(struct query *query, const char *tail) {
    const char *end = query->sql + query->length;
    while (tail < end) {
        sqlite3_stmt *more = NULL;
        const char *next = NULL;
        int code = sqlite3_prepare_v3(query->conn->db, tail, (int)(end - tail) + 1, 0, &more, &next);
        if (code != SQLITE_OK || more) {
            sqlite3_finalize(more);
            return false;
        }
        if (next == tail) break;
        tail = next;
    }
    return true;
}

static bool prepare(struct query *query, struct error *err) {
    struct conn *conn = query->conn;
    const char *tail = NULL;
    if (memchr(query->sql, '\0', query->length)) {
        return fail(err, ERROR_INTERNAL, NOWHERE, "a NUL byte in a prepared statement");
    }
    unsigned flags = query->plan_key ? SQLITE_PREPARE_PERSISTENT : 0;
    int code = sqlite3_prepare_v3(conn->db, query->sql, (int)query->length + 1, flags, &query->statement, &tail);
    if (code != SQLITE_OK) return translate(conn, code, MOMENT_PREPARE, query->conceal, err);
    if (!query->statement) return fail(err, ERROR_INTERNAL, NOWHERE, "an empty statement was prepared");
    if (!is_over(query, tail)) return fail(err, ERROR_INTERNAL, NOWHERE, "more than one statement was prepared");
    return true;
}

struct query *query_prepare(struct conn *conn, struct str sql, const struct footprint *footprint, bool conceal,
                            uint64_t plan_key, struct error *err) {
    uint64_t hash = plan_key ? hash_of(sql, footprint->kind, plan_key) : 0;
    struct query *query = plan_key ? take_cached(conn, sql, footprint->kind, plan_key, hash) : NULL;
    if (query) {
        query->conceal = conceal;
        return query;
    }
    if (sql.length >= INT32_MAX) return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement is too long");
    query = calloc(1, sizeof *query + sql.length + 1);
    if (query) query->footprint = footprint_copy(footprint);
    if (!query || !query->footprint) {
        free(query);
        return fail_null(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    }
    query->conn = conn;
    query->plan_key = plan_key;
    query->hash = hash;
    query->conceal = conceal;
    query->length = sql.length;
    if (sql.length > 0) memcpy(query->sql, sql.text, sql.length);
    query->vacuums = strncasecmp(query->sql, "VACUUM", 6) == 0 && !isalnum((unsigned char)query->sql[6]);

    struct work before;
    begin_work(query, false, &before);
    bool ok = prepare(query, err);
    end_work(query, &before);
    if (ok) return query;
    query_free(query);
    return NULL;
}

static int bind(sqlite3_stmt *statement, int index, const struct value *value) {
    const char *text = NULL;
    switch (value->kind) {
    case VALUE_NULL:
        return sqlite3_bind_null(statement, index);
    case VALUE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case VALUE_REAL:
        return sqlite3_bind_double(statement, index, value->real);
    case VALUE_TEXT:
        text = value->text.length ? value->text.text : "";
        return sqlite3_bind_text64(statement, index, text, value->text.length, SQLITE_STATIC, SQLITE_UTF8);
    case VALUE_BLOB:
        text = value->text.length ? value->text.text : "";
        return sqlite3_bind_blob64(statement, index, text, value->text.length, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static bool bind_either(struct query *query, int index, const struct value *value, const struct literal_rows *rows,
                        struct error *err) {
    struct work before;
    begin_work(query, true, &before);
    int code = rows ? rows_bind(query->statement, index, rows) : bind(query->statement, index, value);
    if (code == SQLITE_RANGE || code == SQLITE_MISUSE) {
        fail(err, ERROR_INTERNAL, NOWHERE, "a value was bound where it cannot be");
    } else if (code != SQLITE_OK) {
        translate(query->conn, code, MOMENT_RUN, query->conceal, err);
    }
    end_work(query, &before);
    return code == SQLITE_OK;
}

bool query_bind(struct query *query, int index, const struct value *value, struct error *err) {
    return bind_either(query, index, value, NULL, err);
}

bool query_bind_rows(struct query *query, int index, const struct literal_rows *rows, struct error *err) {
    return bind_either(query, index, NULL, rows, err);
}

/* SQLite counts a statement's changes at its end, and leaves the count alone where there is nothing to count. */
static void count_changes(struct query *query) {
    struct conn *conn = query->conn;
    if (!query->started) return;
    query->started = false;
    if (sqlite3_stmt_readonly(query->statement)) return;
    bool changed = sqlite3_total_changes64(conn->db) != query->changed_before;
    conn->changes = changed ? sqlite3_changes64(conn->db) : 0;
}

/* VACUUM builds the new file beside the old one: in a file, not in memory. */
static void allow_vacuum(struct conn *conn, bool allowed) {
    const struct footprint *footprint = conn->guard.footprint;
    conn->guard.footprint = &(struct footprint){.kind = FOOTPRINT_INTERNAL};
    sqlite3_limit(conn->db, SQLITE_LIMIT_ATTACHED, allowed ? 1 : 0);
    sqlite3_exec(conn->db, allowed ? "PRAGMA temp_store = FILE" : "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
    conn->guard.footprint = footprint;
}

enum query_step query_step(struct query *query, struct error *err) {
    struct conn *conn = query->conn;
    enum query_step result = QUERY_FAILED;
    struct work before;
    if (query->short_of_memory) {
        fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement needs more memory than it may have");
        return QUERY_FAILED;
    }
    begin_work(query, true, &before);
    if (!query->started) {
        query->started = true;
        conn->looks = 0;
        query->changed_before = sqlite3_total_changes64(conn->db);
    }
    if (query->vacuums) allow_vacuum(conn, true);
    int code = sqlite3_step(query->statement);
    conn->written |= query->writes; /* also what was found out when SQLite prepared it anew */
    if (code == SQLITE_ROW) {
        result = QUERY_ROW;
    } else if (code == SQLITE_DONE) {
        result = QUERY_DONE;
        count_changes(query);
    } else {
        translate(conn, code, MOMENT_RUN, query->conceal, err);
        query->started = false;
    }
    if (query->vacuums) allow_vacuum(conn, false);
    end_work(query, &before);
    return result;
}

int query_column_count(const struct query *query) {
    return sqlite3_column_count(query->statement);
}

struct str query_column_name(const struct query *query, int column) {
    return str_of(sqlite3_column_name(query->statement, column));
}

struct value query_column(const struct query *query, int column) {
    sqlite3_stmt *statement = query->statement;
    struct str bytes = {NULL, 0};
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return value_integer(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return value_real(sqlite3_column_double(statement, column));
    case SQLITE_TEXT:
        bytes.text = (const char *)sqlite3_column_text(statement, column);
        bytes.length = bytes.text ? (size_t)sqlite3_column_bytes(statement, column) : 0;
        if (!bytes.text) ((struct query *)query)->short_of_memory = true;
        return value_text(bytes);
    case SQLITE_BLOB:
        bytes.text = sqlite3_column_blob(statement, column);
        bytes.length = (size_t)sqlite3_column_bytes(statement, column);
        return value_blob(bytes);
    }
    return value_null();
}

static int times_prepared(const struct query *query) {
    return sqlite3_stmt_status(query->statement, SQLITE_STMTSTATUS_REPREPARE, 0);
}

void *query_note(const struct query *query) {
    return query->note && query->note_prepared == times_prepared(query) ? query->note : NULL;
}

void query_set_note(struct query *query, void *note) {
    free(query->note);
    query->note = note;
    query->note_prepared = times_prepared(query);
}

bool query_depends_on_values(const struct query *query) {
    return times_prepared(query) > 1; /* once, where a table has changed */
}

bool query_is_read_only(const struct query *query) {
    return sqlite3_stmt_readonly(query->statement) != 0;
}

void query_rewind(struct query *query) {
    sqlite3_reset(query->statement);
    query->started = false;
}

void query_finish(struct query *query) {
    if (!query) return;
    struct conn *conn = query->conn;
    struct work before;
    begin_work(query, true, &before);
    sqlite3_reset(query->statement);
    count_changes(query);
    sqlite3_clear_bindings(query->statement);
    end_work(query, &before);
    query->short_of_memory = false;
    if (query->plan_key) {
        put_in_cache(conn, query);
    } else {
        query_free(query);
    }
}
