/*
 * Collations of columns. No pragma tells them, and only SQLite knows what a declaration comes to.
 */
#include "storage/table.h"

#include "base/buf.h"
#include "storage/conn_private.h"

/* The collation of a base table's column; BINARY where there is no such column. */
static bool read_collation(struct conn *conn, struct arena *arena, const char *table, const char *column,
                           struct str *ret_collation, struct error *err) {
    const char *collation = NULL;
    int code = sqlite3_table_column_metadata(conn->db, "main", table, column, NULL, &collation, NULL, NULL, NULL);
    bool is_unknown = code == SQLITE_ERROR; /* json_each is a table that has no declaration */
    if (code != SQLITE_OK && !is_unknown) return translate(conn, code, MOMENT_PREPARE, false, err);
    *ret_collation = arena_copy(arena, str_of(collation ? collation : "BINARY"));
    return ret_collation->text || fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the schema does not fit into memory");
}

bool table_collations(struct conn *conn, struct arena *arena, struct table_schema *table, struct error *err) {
    /* Both names are copies in an arena, so they end in a NUL byte. */
    for (size_t i = 0; i < table->column_count; i++) {
        struct column_schema *column = &table->columns[i];
        if (!read_collation(conn, arena, table->name.text, column->name.text, &column->collation, err)) return false;
    }
    return true;
}

static sqlite3_stmt *prepare_view(struct conn *conn, struct str view, struct error *err) {
    static const struct footprint everything = {.kind = FOOTPRINT_INTERNAL};
    struct buf sql;
    buf_init(&sql, 0);
    buf_add_text(&sql, "SELECT * FROM main.\"");
    for (size_t i = 0; i < view.length; i++) {
        if (view.text[i] == '"') buf_add_char(&sql, '"');
        buf_add_char(&sql, view.text[i]);
    }
    buf_add_char(&sql, '"');
    sqlite3_stmt *statement = NULL;
    if (sql.failed) {
        fail(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    } else {
        struct guard before = conn->guard;
        conn->guard = (struct guard){.footprint = &everything};
        int code = sqlite3_prepare_v2(conn->db, sql.data, (int)sql.length, &statement, NULL);
        if (code != SQLITE_OK) translate(conn, code, MOMENT_PREPARE, false, err);
        conn->guard = before;
    }
    buf_done(&sql);
    return statement;
}

bool table_view_collations(struct conn *conn, struct arena *arena, struct table_schema *view, struct error *err) {
    struct budget *before = budget_enter(&conn->budget);
    sqlite3_stmt *statement = prepare_view(conn, view->name, err);
    bool fine = statement != NULL;
    for (size_t i = 0; fine && i < view->column_count && (int)i < sqlite3_column_count(statement); i++) {
        const char *table = sqlite3_column_table_name(statement, (int)i);
        const char *column = sqlite3_column_origin_name(statement, (int)i);
        if (!table || !column) continue;
        fine = read_collation(conn, arena, table, column, &view->columns[i].collation, err);
    }
    sqlite3_finalize(statement);
    budget_leave(before);
    return fine;
}
