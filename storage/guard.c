#include "storage/guard.h"

#include "base/clock.h"
#include "storage/conn_private.h"

#include <stdio.h>
#include <string.h>

/* What one call of the authorizer is about. */
struct access {
    int action;
    struct str first;
    struct str second;
    struct str database; /* as written in the statement where it is a read of no column */
    struct str accessor; /* empty: none */
};

static bool is_reserved(struct str name) {
    return str_starts_name(name, "_bailiwick");
}

static bool is_schema_table(struct str name) {
    return str_is_name(name, "sqlite_master") || str_is_name(name, "sqlite_schema");
}

static bool is_temp_schema_table(struct str name) {
    return str_is_name(name, "sqlite_temp_master") || str_is_name(name, "sqlite_temp_schema");
}

static bool is_listed(const struct str *names, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++) {
        if (str_same_name(names[i], name)) return true;
    }
    return false;
}

static bool is_one_of(const char *const *names, struct str name) {
    for (; *names; names++) {
        if (str_is_name(name, *names)) return true;
    }
    return false;
}

/* A read of no column, of something that is no table of a database: a guard or another common table expression. */
static bool reads_expression(const struct footprint *footprint, const struct access *access) {
    return access->database.length == 0 && access->second.length == 0 &&
           is_listed(footprint->guards, footprint->guard_count, access->first);
}

/* The rows of the statement's own text: nobody has a word for that table, and it is empty but for who binds them. */
static bool reads_own_rows(const struct access *access) {
    return str_is_name(access->first, LITERAL_ROWS_TABLE);
}

/* --- unrestricted principals --- */

static bool refuse(struct guard *guard, const char *what, struct str name) {
    if (!guard->refused) {
        snprintf(guard->reason, sizeof guard->reason, "%s%s%.*s", what, name.length ? ": " : "",
                 (int)(name.length < 64 ? name.length : 64), name.length ? name.text : "");
    }
    return false;
}

static bool owner_may_name(struct guard *guard, const struct access *access) {
    if (is_reserved(access->first)) return refuse(guard, "the name is reserved", access->first);
    if (is_reserved(access->second)) return refuse(guard, "the name is reserved", access->second);
    if (str_is_name(access->database, "temp"))
        return refuse(guard, "temporary objects are not allowed", (struct str){0});
    return true;
}

static bool owner_may_read(struct guard *guard, const struct access *access) {
    struct str table = access->first;
    if (reads_expression(guard->footprint, access) || reads_own_rows(access)) return true;
    if (is_schema_table(table)) {
        /* SQLite reads it without an accessor while it alters or drops; users read it through our guard */
        if (guard->changes_schema || is_reserved(access->accessor)) return true;
        if (access->accessor.length == 0 && str_is_name(access->second, "ROWID")) return true;
        return refuse(guard, "the table cannot be read here", table);
    }
    if (is_temp_schema_table(table) && guard->changes_schema) return true;
    return owner_may_name(guard, access);
}

static bool owner_may_write(struct guard *guard, const struct access *access) {
    if (is_temp_schema_table(access->first) && guard->changes_schema && access->action == SQLITE_UPDATE) return true;
    return owner_may_name(guard, access);
}

static bool owner_may_call(struct guard *guard, struct str function) {
    static const char *const forbidden[] = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", NULL};
    if (is_reserved(function) || is_one_of(forbidden, function)) {
        return refuse(guard, "the function is not allowed", function);
    }
    return true;
}

static bool owner_may_ask(struct guard *guard, const struct access *access) {
    static const char *const allowed[] = {
        "table_info",  "table_xinfo",      "index_info",        "index_list",
        "index_xinfo", "foreign_key_list", "foreign_key_check", "integrity_check",
        "quick_check", "optimize",         "user_version",      "application_id",
        NULL,
    };
    static const char *const asked_by_modules[] = {"data_version", "page_size", NULL};
    if (is_one_of(asked_by_modules, access->first) && access->second.length == 0) return true;
    if (!is_one_of(allowed, access->first)) return refuse(guard, "the pragma is not allowed", access->first);
    if (str_starts_name(access->second, "sqlite_autoindex__bailiwick")) {
        return refuse(guard, "the name is reserved", access->second);
    }
    return owner_may_name(guard, access);
}

static bool owner_may_make_module(struct guard *guard, const struct access *access) {
    static const char *const allowed[] = {"fts5", "fts5vocab", "fts4", "fts4aux", "fts3", "rtree", "rtree_i32", NULL};
    if (!is_one_of(allowed, access->second)) return refuse(guard, "the module is not allowed", access->second);
    return owner_may_name(guard, access);
}

static bool owner_may(struct guard *guard, const struct access *access) {
    if (guard->vacuums && guard->runs) {
        /* what a VACUUM runs is SQLite's own, but it must stay within the file */
        if (access->action != SQLITE_ATTACH || access->first.length == 0) return true;
    }
    switch (access->action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_REINDEX:
    case SQLITE_ANALYZE:
        return true;
    case SQLITE_READ:
        return owner_may_read(guard, access);
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        return owner_may_write(guard, access);
    case SQLITE_FUNCTION:
        return owner_may_call(guard, access->second);
    case SQLITE_PRAGMA:
        return owner_may_ask(guard, access);
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_VIEW:
        return owner_may_name(guard, access);
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
        if (!owner_may_make_module(guard, access)) return false;
        if (access->action == SQLITE_DROP_VTABLE) guard->changes_schema = true;
        return true;
    case SQLITE_ALTER_TABLE: /* first is the database, second the table */
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_TRIGGER:
    case SQLITE_DROP_VIEW:
        if (!owner_may_name(guard, access)) return false;
        if (access->action == SQLITE_ALTER_TABLE && str_is_name(access->first, "temp")) {
            return refuse(guard, "temporary objects are not allowed", (struct str){0});
        }
        guard->changes_schema = true;
        return true;
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
    case SQLITE_DROP_TEMP_INDEX:
    case SQLITE_DROP_TEMP_TABLE:
    case SQLITE_DROP_TEMP_TRIGGER:
    case SQLITE_DROP_TEMP_VIEW:
        return refuse(guard, "temporary objects are not allowed", (struct str){0});
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
        return refuse(guard, "other files cannot be attached", (struct str){0});
    }
    return refuse(guard, "the statement is not allowed", (struct str){0});
}

/* --- restricted principals --- */

static bool is_definer(const struct footprint *footprint, struct str accessor) {
    return accessor.length > 0 && is_listed(footprint->definers, footprint->definer_count, accessor);
}

/* Whether a statement, or a module, writes to a table. */
static bool is_written(const struct footprint *footprint, struct str table) {
    for (size_t i = 0; i < footprint->write_count; i++) {
        if (str_same_name(footprint->writes[i].table, table)) return true;
    }
    return false;
}

/* Whether it is what the statement itself changes. */
static bool is_target(const struct footprint *footprint, struct str table) {
    for (size_t i = 0; i < footprint->write_count; i++) {
        const struct footprint_write *write = &footprint->writes[i];
        if (!write->by_module && str_same_name(write->table, table)) return true;
    }
    return false;
}

/* Nobody restricted gets at these by any way: our own tables and SQLite's. */
static bool is_untouchable(struct str table) {
    return is_reserved(table) || str_starts_name(table, "sqlite_");
}

/* While a virtual table's module connects, SQLite parses a CREATE TABLE whose writing to the schema it then leaves out.
 * A statement that does write there is refused by SQLite itself. */
static bool connects_module(const struct access *access) {
    if (!str_is_name(access->first, "sqlite_master") || access->accessor.length > 0) return false;
    return access->action == SQLITE_UPDATE || (access->action == SQLITE_READ && str_is_name(access->second, "ROWID"));
}

/* A read of no column at all: of an item in FROM of which nothing but the rowid is left after SQLite has merged the
 * guard into what surrounds it, so that it bears the name of the outer query. What remains is how the item was written.
 */
static bool restricted_may_count(const struct guard *guard, const struct access *access) {
    const struct footprint *footprint = guard->footprint;
    struct str table = access->first;
    if (access->database.length == 0) {
        if (reads_expression(footprint, access)) return true;
        if (is_untouchable(table)) return false;
        for (size_t i = 0; i < footprint->read_count; i++) { /* a table-valued function */
            const struct footprint_read *read = &footprint->reads[i];
            if (read->through_any_name && str_same_name(read->table, table)) return true;
        }
        /* the table of a view, whose text SQLite has resolved */
        return footprint->definer_count > 0;
    }
    if (is_untouchable(table)) return false;
    bool in_guard = str_is(access->database, GUARD_DATABASE);
    for (size_t i = 0; i < footprint->read_count; i++) {
        const struct footprint_read *read = &footprint->reads[i];
        if (!str_same_name(read->table, table)) continue;
        if (read->by_module) {
            if (guard->runs && access->accessor.length == 0 && !in_guard) return true;
            continue;
        }
        if (read->through_any_name && read->column.length == 0) return true;
        if (in_guard && !read->through_any_name) return true;
    }
    return access->accessor.length == 0 && !in_guard && is_target(footprint, table);
}

/* Whether a read of the footprint is of the column. One without a name cannot be told from no column at all, so that it
 * must be listed by itself. */
static bool covers(const struct footprint_read *read, struct str column) {
    if (column.length == 0 || read->is_unnamed) return column.length == 0 && read->is_unnamed;
    return read->column.length == 0 || str_same_name(read->column, column);
}

static bool restricted_may_read(const struct guard *guard, const struct access *access) {
    const struct footprint *footprint = guard->footprint;
    struct str table = access->first;
    if (connects_module(access) || reads_own_rows(access)) return true;
    if (access->second.length == 0 && restricted_may_count(guard, access)) return true;
    if (is_untouchable(table)) return false;
    if (is_definer(footprint, access->accessor)) return true;
    for (size_t i = 0; i < footprint->read_count; i++) {
        const struct footprint_read *read = &footprint->reads[i];
        if (!str_same_name(read->table, table) || (read->by_module && !guard->runs)) continue;
        if (!covers(read, access->second)) continue;
        if (read->through_any_name || str_same_name(read->accessor, access->accessor)) return true;
    }
    return footprint->definer_cascades && access->second.length > 0 && access->accessor.length == 0 &&
           !is_written(footprint, table);
}

static bool restricted_may_write(const struct guard *guard, const struct access *access, enum footprint_action action) {
    const struct footprint *footprint = guard->footprint;
    struct str table = access->first;
    if (connects_module(access)) return true;
    if (is_untouchable(table)) return false;
    if (is_definer(footprint, access->accessor)) return true;
    if (access->accessor.length > 0) return false;
    for (size_t i = 0; i < footprint->write_count; i++) {
        const struct footprint_write *write = &footprint->writes[i];
        if (write->action != action || !str_same_name(write->table, table)) continue;
        if (write->by_module && !guard->runs) continue;
        if (action != FOOTPRINT_UPDATE || write->by_module || str_same_name(write->column, access->second)) return true;
    }
    return footprint->definer_cascades && action != FOOTPRINT_INSERT && !is_written(footprint, table);
}

static bool restricted_may_call(const struct footprint *footprint, const struct access *access) {
    static const char *const allowed[] = {
#define FUNCTION(name, may_fail) name,
#include "sql/leakproof.def"
#undef FUNCTION
        "match",           "_bailiwick_check",  "_bailiwick_allow",
        "_bailiwick_mark", "_bailiwick_marked", "_bailiwick_replaced",
        "_bailiwick_key",  "_bailiwick_stored", NULL,
    };
    static const char *const never[] = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", NULL};
    struct str function = access->second;
    /* the condition of a change to a view arrives through the view's name; its own text cannot call these (DIRECTONLY)
     */
    static const char *const of_views[] = {"_bailiwick_key", "_bailiwick_allow", "_bailiwick_check", NULL};
    if (is_one_of(of_views, function)) return true;
    if (is_definer(footprint, access->accessor)) return !is_reserved(function) && !is_one_of(never, function);
    return is_one_of(allowed, function);
}

static bool restricted_may(const struct guard *guard, const struct access *access) {
    if (str_is_name(access->database, "temp")) return false;
    switch (access->action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return true;
    case SQLITE_READ:
        return restricted_may_read(guard, access);
    case SQLITE_INSERT:
        return restricted_may_write(guard, access, FOOTPRINT_INSERT);
    case SQLITE_UPDATE:
        return restricted_may_write(guard, access, FOOTPRINT_UPDATE);
    case SQLITE_DELETE:
        return restricted_may_write(guard, access, FOOTPRINT_DELETE);
    case SQLITE_FUNCTION:
        return restricted_may_call(guard->footprint, access);
    case SQLITE_PRAGMA: /* the full-text module asks for it when it connects */
        return str_is_name(access->first, "data_version") && access->second.length == 0;
    }
    return false;
}

/* Whether what a restricted principal's statement is refused stands in the text of a view or trigger that it uses. Its
 * own text has no name for SQLite's tables, and no PRAGMA. */
static bool is_of_definer(const struct guard *guard, const struct access *access) {
    const struct footprint *footprint = guard->footprint;
    if (!footprint || footprint->kind != FOOTPRINT_RESTRICTED || footprint->definer_count == 0) return false;
    if (is_definer(footprint, access->accessor)) return true;
    if (access->accessor.length > 0 || access->database.length > 0) return false;
    return access->action == SQLITE_PRAGMA ||
           (access->action == SQLITE_READ && access->second.length == 0 && str_starts_name(access->first, "sqlite_"));
}

/* --- */

static bool may(struct guard *guard, const struct access *access) {
    if (!guard->footprint) return false;
    switch (guard->footprint->kind) {
    case FOOTPRINT_NOTHING:
        return false;
    case FOOTPRINT_RESTRICTED:
        return restricted_may(guard, access);
    case FOOTPRINT_OWNER:
        return owner_may(guard, access);
    case FOOTPRINT_INTERNAL:
        return true;
    }
    return false;
}

int guard_authorize(void *argument, int action, const char *first, const char *second, const char *database,
                    const char *accessor) {
    struct guard *guard = argument;
    struct access access = {action, str_of(first), str_of(second), str_of(database), str_of(accessor)};

    if (guard->writes) *guard->writes |= commit_tables_written(action, access.first);
    /* SQLite looks at no clock while it prepares, but it asks here for each sub-select that it expands */
    if (action == SQLITE_SELECT && guard->deadline && clock_steady() >= guard->deadline) {
        guard->is_late = true;
        return SQLITE_DENY;
    }
    /* ANALYZE of everything passes over our tables in silence */
    if (action == SQLITE_ANALYZE && is_reserved(access.first) && guard->footprint &&
        guard->footprint->kind == FOOTPRINT_OWNER) {
        return SQLITE_IGNORE;
    }
    if (may(guard, &access)) return SQLITE_OK;
    if (is_of_definer(guard, &access))
        refuse(guard, "a view or trigger of the database does what is not allowed here", (struct str){0});
    if (!guard->refused) {
        guard->refused = true;
        snprintf(guard->refusal, sizeof guard->refusal, "action %d on %s.%s of %s through %s", action,
                 first ? first : "-", second ? second : "-", database ? database : "-", accessor ? accessor : "-");
    }
    return SQLITE_DENY;
}
