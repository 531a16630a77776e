/*
 * The table `_bailiwick_literal_rows(rows)`, with columns "0", "1" …: the rows of one INSERT's own text
 * (sql/literal_rows.h), by a pointer that is bound. Without that it is empty, so that its name alone gives nothing to
 * anybody.
 */
#include "sql/literals.h"
#include "storage/conn_private.h"

#include <string.h>

#define POINTER_TYPE "bailiwick_rows"
#define COLUMN_ROWS LITERAL_ROWS_WIDTH_MAX /* the hidden column, which is the table's argument */

struct table {
    sqlite3_vtab base;
    sqlite3 *db;
};

struct cursor {
    sqlite3_vtab_cursor base;
    const struct literal_rows *rows; /* NULL: none */
    struct lexer lexer;
    bool is_over;
    int64_t number;
    sqlite3_stmt *reader; /* of REALs; NULL: there was none yet */
    struct literal_cell cells[LITERAL_ROWS_WIDTH_MAX];
};

static int connect(sqlite3 *db, void *unused, int count, const char *const *arguments, sqlite3_vtab **ret_table,
                   char **ret_message) {
    (void)unused;
    (void)count;
    (void)arguments;
    (void)ret_message;
    sqlite3_str *sql = sqlite3_str_new(db);
    sqlite3_str_appendall(sql, "CREATE TABLE x (");
    for (int i = 0; i < LITERAL_ROWS_WIDTH_MAX; i++) sqlite3_str_appendf(sql, "\"%d\", ", i);
    sqlite3_str_appendall(sql, "rows HIDDEN)");
    char *text = sqlite3_str_finish(sql);
    int code = text ? sqlite3_declare_vtab(db, text) : SQLITE_NOMEM;
    sqlite3_free(text);
    struct table *table = code == SQLITE_OK ? sqlite3_malloc(sizeof *table) : NULL;
    if (!table) return code == SQLITE_OK ? SQLITE_NOMEM : code;
    *table = (struct table){.db = db};
    *ret_table = &table->base;
    return sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
}

static int disconnect(sqlite3_vtab *table) {
    sqlite3_free(table);
    return SQLITE_OK;
}

/* Its argument must be there before the rows are; it is the only way to get at any. */
static int choose_plan(sqlite3_vtab *table, sqlite3_index_info *info) {
    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        if (info->aConstraint[i].iColumn != COLUMN_ROWS || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!info->aConstraint[i].usable) return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        break;
    }
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor) {
    (void)table;
    struct cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (!cursor) return SQLITE_NOMEM;
    cursor->base = (sqlite3_vtab_cursor){0};
    cursor->rows = NULL;
    cursor->reader = NULL;
    cursor->is_over = true;
    *ret_cursor = &cursor->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
    struct cursor *cursor = (struct cursor *)base;
    sqlite3_finalize(cursor->reader);
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static int go_on(sqlite3_vtab_cursor *base) {
    struct cursor *cursor = (struct cursor *)base;
    cursor->number++;
    cursor->is_over = !literal_rows_next(cursor->rows, &cursor->lexer, cursor->cells);
    return SQLITE_OK;
}

static int begin(sqlite3_vtab_cursor *base, int plan, const char *name, int count, sqlite3_value **arguments) {
    (void)plan;
    (void)name;
    struct cursor *cursor = (struct cursor *)base;
    cursor->rows = count == 1 ? sqlite3_value_pointer(arguments[0], POINTER_TYPE) : NULL;
    cursor->is_over = true;
    cursor->number = 0;
    if (!cursor->rows) return SQLITE_OK;
    cursor->lexer = (struct lexer){.text = cursor->rows->text};
    return go_on(base);
}

static int is_over(sqlite3_vtab_cursor *base) {
    return ((struct cursor *)base)->is_over;
}

static void give_text(sqlite3_context *context, struct str token) {
    if (!lexer_has_doubled_quote(token)) {
        struct str inner = str_slice(token, 1, token.length - 1);
        sqlite3_result_text64(context, inner.length ? inner.text : "", inner.length, SQLITE_STATIC, SQLITE_UTF8);
        return;
    }
    struct str copy = lexer_halve_quotes(token, sqlite3_malloc64(token.length));
    if (copy.text)
        sqlite3_result_text64(context, copy.text, copy.length, sqlite3_free, SQLITE_UTF8);
    else
        sqlite3_result_error_nomem(context);
}

static void give_blob(sqlite3_context *context, struct str token) {
    struct str bytes = literals_unhex(token, sqlite3_malloc64(token.length));
    if (bytes.text)
        sqlite3_result_blob64(context, bytes.text, bytes.length, sqlite3_free);
    else
        sqlite3_result_error_nomem(context);
}

/* By the function that SQLite's parser reads it with. */
static int give_real(sqlite3_context *context, struct cursor *cursor, const struct literal_cell *cell) {
    sqlite3 *db = ((struct table *)cursor->base.pVtab)->db;
    int code = SQLITE_OK;
    if (!cursor->reader) code = sqlite3_prepare_v2(db, "SELECT ?1", -1, &cursor->reader, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text64(cursor->reader, 1, cell->text.text, cell->text.length, SQLITE_STATIC, SQLITE_UTF8);
    if (code == SQLITE_OK) code = sqlite3_step(cursor->reader);
    double real = code == SQLITE_ROW ? sqlite3_column_double(cursor->reader, 0) : 0;
    sqlite3_reset(cursor->reader);
    if (code != SQLITE_ROW) return code;
    sqlite3_result_double(context, cell->minus ? -real : real);
    return SQLITE_OK;
}

static int give_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    struct cursor *cursor = (struct cursor *)base;
    if (!cursor->rows || column < 0 || (uint32_t)column >= cursor->rows->width) return SQLITE_OK; /* NULL */
    const struct literal_cell *cell = &cursor->cells[column];
    switch (cell->kind) {
    case CELL_NULL:
    case CELL_VARIABLE: /* bound, and not read from here */
        break;
    case CELL_INTEGER:
        sqlite3_result_int64(context, cell->integer);
        break;
    case CELL_REAL:
        return give_real(context, cursor, cell);
    case CELL_TEXT:
        give_text(context, cell->text);
        break;
    case CELL_BLOB:
        give_blob(context, cell->text);
        break;
    }
    return SQLITE_OK;
}

static int give_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid) {
    *ret_rowid = ((struct cursor *)base)->number;
    return SQLITE_OK;
}

int rows_register(sqlite3 *db) {
    static const sqlite3_module module = {
        .xConnect = connect, /* and no xCreate: nobody can make another */
        .xBestIndex = choose_plan,
        .xDisconnect = disconnect,
        .xOpen = open_cursor,
        .xClose = close_cursor,
        .xFilter = begin,
        .xNext = go_on,
        .xEof = is_over,
        .xColumn = give_column,
        .xRowid = give_rowid,
    };
    return sqlite3_create_module_v2(db, LITERAL_ROWS_TABLE, &module, NULL, NULL);
}

int rows_bind(sqlite3_stmt *statement, int index, const struct literal_rows *rows) {
    return sqlite3_bind_pointer(statement, index, (void *)(uintptr_t)rows, POINTER_TYPE, NULL);
}
