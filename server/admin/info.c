/*
 * INFO: one row, whose columns are kinds of what is defined, each a JSON object of name → statement.
 */
#include "auth/family.h"
#include "auth/rights.h"
#include "base/json.h"
#include "base/scope.h"
#include "server/admin/admin.h"
#include "server/admin/define.h"
#include "sql/print.h"
#include "storage/catalog.h"

#define KINDS_MAX 6

/* The row that is being made. */
struct row {
    struct str names[KINDS_MAX];
    struct buf objects[KINDS_MAX];
    size_t count;
};

static void row_done(struct row *row) {
    for (size_t i = 0; i < row->count; i++) buf_done(&row->objects[i]);
}

static void begin_kind(struct row *row, const char *name) {
    row->names[row->count] = str_of(name);
    buf_init(&row->objects[row->count], 0);
    buf_add_char(&row->objects[row->count++], '{');
}

static void add(struct row *row, struct str name, struct str statement) {
    struct buf *object = &row->objects[row->count - 1];
    if (object->length > 1) buf_add_char(object, ',');
    json_write_string(object, name);
    buf_add_char(object, ':');
    json_write_string(object, statement);
}

/* A kind with all definitions of an owner. */
static void add_kind(struct row *row, const struct snapshot *snapshot, const char *name, enum definition_kind kind,
                     struct str owner) {
    begin_kind(row, name);
    for (size_t i = 0; i < snapshot->definition_count; i++) {
        const struct definition *definition = &snapshot->definitions[i];
        if (definition->kind == kind && str_same_name(definition->owner, owner))
            add(row, definition->name, definition->statement);
    }
}

/* A kind with one definition alone. */
static bool add_one(struct row *row, const struct snapshot *snapshot, const char *kind_name, enum definition_kind kind,
                    const struct node *name, const char *what, struct error *err) {
    const struct definition *definition = snapshot_find(snapshot, kind, (struct str){0}, name->text);
    if (!definition) return fail(err, ERROR_NOT_FOUND, name->at, "no such %s: %.*s", what, STR(name->text));
    begin_kind(row, kind_name);
    add(row, definition->name, definition->statement);
    return true;
}

/* A table's DEFINE TABLE; one that gives nothing where it has none. */
static void add_table(struct row *row, const struct snapshot *snapshot, const struct table_schema *table) {
    const struct definition *definition = snapshot_find(snapshot, DEFINITION_TABLE, (struct str){0}, table->name);
    if (definition) {
        add(row, table->name, definition->statement);
        return;
    }
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 0);
    buf_add_text(&text, "DEFINE TABLE ");
    print_name(&text, table->name);
    buf_add_text(&text, " PERMISSIONS NONE");
    if (text.failed) row->objects[row->count - 1].failed = true;
    add(row, table->name, buf_str(&text));
}

static bool is_own(const struct table_schema *table) {
    return table->kind != TABLE_SHADOW && !str_starts_name(table->name, "sqlite_") &&
           !str_starts_name(table->name, "_bailiwick");
}

static void add_tables(struct row *row, const struct snapshot *snapshot) {
    begin_kind(row, "tables");
    for (size_t i = 0; i < snapshot->schema.table_count; i++)
        if (is_own(&snapshot->schema.tables[i])) add_table(row, snapshot, &snapshot->schema.tables[i]);
}

/* Indexes or triggers of a table: SQLite keeps their statements. */
static bool add_objects(struct admin *admin, struct row *row, const char *name, const char *type, struct str table,
                        struct error *err) {
    static const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
    const struct value values[] = {value_text(str_of(type)), value_text(table)};
    begin_kind(row, name);
    struct query *query = query_prepare(admin->conn,
                                        LITERAL("SELECT name, sql FROM main.sqlite_schema WHERE type = ?1 AND "
                                                "tbl_name = ?2 COLLATE NOCASE AND sql IS NOT NULL ORDER BY name"),
                                        &internal, false, 1, err);
    bool fine = query && query_bind(query, 1, &values[0], err) && query_bind(query, 2, &values[1], err);
    enum query_step step = QUERY_FAILED;
    while (fine && (step = query_step(query, err)) == QUERY_ROW) {
        struct value its_name = query_column(query, 0);
        struct value its_text = query_column(query, 1);
        if (its_name.kind == VALUE_TEXT && its_text.kind == VALUE_TEXT) add(row, its_name.text, its_text.text);
    }
    query_finish(query);
    return fine && step == QUERY_DONE;
}

static bool info_table(struct admin *admin, struct row *row, const struct node *name, struct error *err) {
    const struct table_schema *table = define_find_table(admin, name, err);
    if (!table) return false;
    begin_kind(row, "tables");
    add_table(row, admin->snapshot, table);
    add_kind(row, admin->snapshot, "fields", DEFINITION_FIELD, table->name);
    return add_objects(admin, row, "indexes", "index", table->name, err) &&
           add_objects(admin, row, "triggers", "trigger", table->name, err);
}

/* The families of refresh tokens of a login, by number. */
static bool add_families(struct admin *admin, struct row *row, const struct node *name, struct error *err) {
    const struct definition *login = snapshot_find(admin->snapshot, DEFINITION_LOGIN, (struct str){0}, name->text);
    begin_kind(row, "families");
    return family_list(admin->conn, login, &row->objects[row->count - 1], err);
}

static bool fill(struct admin *admin, struct row *row, const struct node *statement, struct error *err) {
    const struct snapshot *snapshot = admin->snapshot;
    const struct node *name = statement->child[INFO_NAME];
    const struct str nobody = {0};
    switch ((enum node_info)NODE_CHOICE(statement)) {
    case INFO_ROOT:
        add_kind(row, snapshot, "namespaces", DEFINITION_NAMESPACE, nobody);
        add_kind(row, snapshot, "logins", DEFINITION_LOGIN, nobody);
        add_kind(row, snapshot, "roles", DEFINITION_ROLE, nobody);
        return true;
    case INFO_NAMESPACE:
        add_kind(row, snapshot, "databases", DEFINITION_DATABASE, nobody);
        add_kind(row, snapshot, "logins", DEFINITION_LOGIN, nobody);
        add_kind(row, snapshot, "tokens", DEFINITION_TOKEN, nobody);
        add_kind(row, snapshot, "roles", DEFINITION_ROLE, nobody);
        return true;
    case INFO_DATABASE:
        add_tables(row, snapshot);
        if (!rights_see_schema(admin->session)) return true;
        add_kind(row, snapshot, "scopes", DEFINITION_SCOPE, nobody);
        add_kind(row, snapshot, "logins", DEFINITION_LOGIN, nobody);
        add_kind(row, snapshot, "tokens", DEFINITION_TOKEN, nobody);
        add_kind(row, snapshot, "roles", DEFINITION_ROLE, nobody);
        return true;
    case INFO_SCOPE:
        if (!add_one(row, snapshot, "scopes", DEFINITION_SCOPE, name, "scope", err)) return false;
        add_kind(row, snapshot, "tokens", DEFINITION_TOKEN, name->text);
        return true;
    case INFO_TABLE:
        return info_table(admin, row, name, err);
    case INFO_USER:
        return add_one(row, snapshot, "logins", DEFINITION_LOGIN, name, "login", err) &&
               add_families(admin, row, name, err);
    }
    return fail(err, ERROR_INTERNAL, NOWHERE, "no such kind of INFO");
}

static bool show(struct admin *admin, struct row *row, struct error *err) {
    struct str objects[KINDS_MAX];
    for (size_t i = 0; i < row->count; i++) {
        buf_add_char(&row->objects[i], '}');
        if (row->objects[i].failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
        objects[i] = buf_str(&row->objects[i]);
    }
    return result_begin_columns(admin->result, admin->arena, row->names, row->count, err) &&
           result_add_json(admin->result, objects, err);
}

bool info(struct admin *admin, const struct node *statement, struct error *err) {
    CLEANUP(row_done) struct row row = {0};
    return fill(admin, &row, statement, err) && show(admin, &row, err);
}
