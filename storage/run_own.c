/*
 * Statements of our own: text that no user wrote, run with FOOTPRINT_INTERNAL.
 */
#include "storage/conn_private.h"

#include <string.h>

static const struct footprint everything = {.kind = FOOTPRINT_INTERNAL};

bool conn_run(struct conn *conn, const char *sql, struct error *err) {
    struct guard before = conn->guard;
    struct budget *charged = budget_enter(&conn->budget);
    uint64_t writes = 0;
    conn->guard = (struct guard){.footprint = &everything, .runs = true, .writes = &writes};
    error_clear(&conn->function_error);
    int code = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
    slice_give_back(&conn->slice);
    conn->written |= writes;
    if (code != SQLITE_OK) translate(conn, code, MOMENT_RUN, false, err);
    conn_note_commit(conn);
    conn->guard = before;
    budget_leave(charged);
    return code == SQLITE_OK;
}

static struct query *start(struct conn *conn, const char *sql, const struct value *values, size_t count,
                           struct error *err) {
    struct query *query = query_prepare(conn, str_of(sql), &everything, false, 1, err);
    for (size_t i = 0; query && i < count; i++) {
        if (query_bind(query, (int)i + 1, &values[i], err)) continue;
        query_finish(query);
        query = NULL;
    }
    return query;
}

static bool copy_value(struct arena *arena, struct value value, struct value *ret_value, struct error *err) {
    if (value.kind == VALUE_TEXT || value.kind == VALUE_BLOB) {
        value.text = arena_copy(arena, value.text);
        if (!value.text.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "out of memory");
    }
    *ret_value = value;
    return true;
}

static bool copy_row(struct query *query, struct arena *arena, struct value *ret_row, size_t columns,
                     struct error *err) {
    if ((size_t)query_column_count(query) < columns) {
        return fail(err, ERROR_INTERNAL, NOWHERE, "a row has fewer columns than were asked for");
    }
    for (size_t i = 0; i < columns; i++) {
        if (!copy_value(arena, query_column(query, (int)i), &ret_row[i], err)) return false;
    }
    return true;
}

bool conn_read_row(struct conn *conn, struct arena *arena, const char *sql, const struct value *values, size_t count,
                   struct value *ret_row, size_t columns, bool *ret_found, struct error *err) {
    struct query *query = start(conn, sql, values, count, err);
    if (!query) return false;
    struct value *row = arena_array(arena, columns, sizeof *row);
    bool ok = false;
    if (!row) {
        fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "out of memory");
    } else {
        switch (query_step(query, err)) {
        case QUERY_FAILED:
            break;
        case QUERY_DONE:
            *ret_found = false;
            ok = true;
            break;
        case QUERY_ROW:
            ok = copy_row(query, arena, row, columns, err);
            if (!ok) break;
            if (columns > 0) memcpy(ret_row, row, columns * sizeof *row);
            *ret_found = true;
            break;
        }
    }
    query_finish(query);
    return ok;
}

bool conn_execute(struct conn *conn, const char *sql, const struct value *values, size_t count, struct error *err) {
    struct query *query = start(conn, sql, values, count, err);
    if (!query) return false;
    enum query_step step;
    do {
        step = query_step(query, err);
    } while (step == QUERY_ROW);
    query_finish(query);
    return step == QUERY_DONE;
}
