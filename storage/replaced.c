/*
 * What OR REPLACE deletes: SQLite's preupdate hook tells of each row before it goes, and a query of the rewriter's says
 * whether that row may go.
 *
 * What triggers and foreign keys of the owner delete meanwhile is deeper, and the owner's affair. So is what the module
 * of a full-text table deletes of its own tables, by statements that are not deeper: the footprint names these tables.
 */
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "storage/conn_private.h"

#include <string.h>

static void refuse(struct conn *conn, const struct error *why) {
    conn->replaced_refused = true;
    fail(&conn->function_error, ERROR_PERMISSION_DENIED, NOWHERE, "permission denied by the table's rule");
    if (why) error_detail(&conn->function_error, "%s", why->message);
}

static bool is_of_module(const struct footprint *footprint, struct str table) {
    for (size_t i = 0; footprint && i < footprint->write_count; i++) {
        const struct footprint_write *write = &footprint->writes[i];
        if (write->by_module && str_same_name(write->table, table)) return true;
    }
    return false;
}

static void on_change(void *argument, sqlite3 *db, int operation, const char *database, const char *table,
                      sqlite3_int64 old_rowid, sqlite3_int64 new_rowid) {
    struct conn *conn = argument;
    struct error failure = {0};
    (void)new_rowid;
    if (operation != SQLITE_DELETE || sqlite3_preupdate_depth(db) > 0 || conn->replaced_refused) return;
    bool is_main = strcmp(database, "main") == 0;
    if (is_main && is_of_module(conn->guard.footprint, str_of(table))) return;
    if (!is_main || !str_same_name(str_of(table), conn->replaced_table)) {
        refuse(conn, NULL); /* a statement deletes at its own depth from its target alone */
        return;
    }
    conn->replaced_rowid = old_rowid;
    conn->replaced_at_hand = true;
    enum query_step step = query_step(conn->replaced_check, &failure);
    struct value may = step == QUERY_ROW ? query_column(conn->replaced_check, 0) : value_null();
    query_rewind(conn->replaced_check);
    conn->replaced_at_hand = false;
    if (may.kind != VALUE_INTEGER || may.integer != 1) refuse(conn, &failure);
}

void conn_watch_replaced(struct conn *conn, struct str table, struct query *check) {
    conn->replaced_table = table;
    conn->replaced_check = check;
    conn->replaced_refused = false;
    sqlite3_preupdate_hook(conn->db, on_change, conn);
}

bool conn_replaced_refused(const struct conn *conn) {
    return conn->replaced_refused;
}

void conn_unwatch_replaced(struct conn *conn) {
    sqlite3_preupdate_hook(conn->db, NULL, NULL);
    conn->replaced_table = (struct str){0};
    conn->replaced_check = NULL;
    conn->replaced_refused = false;
}

void function_replaced(sqlite3_context *context, int count, sqlite3_value **arguments) {
    const struct registration *registration = sqlite3_user_data(context);
    const struct conn *conn = registration->conn;
    (void)count;
    int column = sqlite3_value_int(arguments[0]);
    sqlite3_value *value = NULL;
    if (!conn->replaced_at_hand) {
        function_fail(context, ERROR_INTERNAL, "no row is being replaced");
    } else if (column < 0) {
        sqlite3_result_int64(context, conn->replaced_rowid);
    } else if (sqlite3_preupdate_old(conn->db, column, &value) == SQLITE_OK) {
        sqlite3_result_value(context, value);
    } else {
        function_fail(context, ERROR_INTERNAL, "the replaced row cannot be read");
    }
}
