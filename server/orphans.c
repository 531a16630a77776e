#include "server/orphans.h"

#include "base/buf.h"
#include "base/scope.h"
#include "sql/parse.h"
#include "sql/print.h"

#define ROLES_MEMORY ((size_t)64 << 20)

DEFINE_CLEANUP(struct arena *, arena_free)

static bool is_rename(const struct node *statement) {
    enum node_alter choice = NODE_CHOICE(statement);
    return statement->kind == NODE_ALTER && (choice == ALTER_RENAME_TABLE || choice == ALTER_RENAME_COLUMN);
}

/* Whether a definition is of this table, and what it is about is not there. */
static bool is_orphan(const struct snapshot *snapshot, const struct definition *definition, struct str table) {
    bool is_field = definition->kind == DEFINITION_FIELD;
    if (!is_field && definition->kind != DEFINITION_TABLE) return false;
    if (!str_same_name(is_field ? definition->owner : definition->name, table)) return false;
    const struct table_schema *found = schema_find_table(&snapshot->schema, table);
    return !found || (is_field && !schema_find_column(found, definition->name));
}

/* --- roles --- */

/* The children of a list that are still there; NULL where none is. */
static struct node *keep(struct arena *arena, const struct node *list, bool (*is_there)(const void *, struct node *),
                         const void *context, bool *ret_changed) {
    struct node *kept = NULL;
    for (uint32_t i = 0; list && i < list->count; i++) {
        if (is_there(context, list->child[i]))
            kept = node_append(arena, kept, list->child[i]);
        else
            *ret_changed = true;
    }
    return kept;
}

static bool field_is_there(const void *context, struct node *field) {
    return schema_find_column(context, field->child[ROLE_FIELD_NAME]->text);
}

/* What is left of one table. */
struct remains {
    struct arena *arena;
    struct str name;
    const struct table_schema *table; /* NULL: nothing */
};

/* A FIELDS list of which nothing is left takes its table along: without one, all fields would be allowed. */
static bool table_is_there(const void *context, struct node *given) {
    const struct remains *remains = context;
    struct node *fields = given->child[ROLE_TABLE_FIELDS];
    bool changed = false;
    if (!str_same_name(given->child[ROLE_TABLE_NAME]->text, remains->name)) return true;
    if (!remains->table) return false;
    given->child[ROLE_TABLE_FIELDS] = keep(remains->arena, fields, field_is_there, remains->table, &changed);
    if (changed) given->flags |= RESOLVED; /* to be seen by who asks whether anything has changed */
    return !fields || given->child[ROLE_TABLE_FIELDS];
}

static bool any_changed(const struct node *list) {
    for (uint32_t i = 0; list && i < list->count; i++)
        if (list->child[i]->flags & RESOLVED) return true;
    return false;
}

/* Takes what is gone out of a role's definition. */
static bool settle_role(struct conn *conn, const struct remains *remains, const struct definition *role,
                        const struct node *rename, struct error *err) {
    struct arena *arena = remains->arena;
    struct node *node = parse_one(arena, role->statement, NULL);
    bool changed = false;
    if (!node || node->kind != NODE_DEFINE_ROLE) return true; /* it gives nothing */
    struct node *tables = keep(arena, node->child[DEFINE_ROLE_TABLES], table_is_there, remains, &changed);
    if (!changed && !any_changed(tables)) return true;
    if (rename)
        return fail(err, ERROR_INVALID_VALUE, rename->at, "the role %.*s names it: redefine that first",
                    STR(role->name));
    node->child[DEFINE_ROLE_TABLES] = tables;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 0);
    print_node(&text, node, role->statement, NULL);
    struct definition next = *role;
    next.statement = buf_str(&text);
    if (text.failed || arena_exhausted(arena)) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    return definition_put(conn, &next, DEFINITION_OVERWRITE, &changed, err);
}

static bool settle_roles(struct conn *conn, const struct snapshot *snapshot, struct str name,
                         const struct table_schema *table, const struct node *rename, struct error *err) {
    CLEANUP(arena_free_at) struct arena *arena = arena_new(ROLES_MEMORY);
    if (!arena) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    const struct remains remains = {arena, name, table};
    for (size_t i = 0; i < snapshot->definition_count; i++)
        if (snapshot->definitions[i].kind == DEFINITION_ROLE &&
            !settle_role(conn, &remains, &snapshot->definitions[i], rename, err))
            return false;
    return true;
}

bool orphans_remove_table(struct conn *conn, const struct snapshot *snapshot, struct str name, struct error *err) {
    bool found;
    return definition_delete(conn, DEFINITION_TABLE, (struct str){0}, name, &found, err) &&
           settle_roles(conn, snapshot, name, NULL, NULL, err);
}

bool orphans_settle(struct place *place, const struct node *statement, struct error *err) {
    struct str table = node_changed_table(statement);
    if (!table.length) return true;
    if (!place_load(place, err)) return false;
    const struct snapshot *snapshot = place->snapshot;
    for (size_t i = 0; i < snapshot->definition_count; i++) {
        const struct definition *definition = &snapshot->definitions[i];
        bool found;
        if (!is_orphan(snapshot, definition, table)) continue;
        if (is_rename(statement))
            return fail(err, ERROR_INVALID_VALUE, statement->at,
                        "permissions are defined on %.*s: remove them before it is renamed", STR(definition->name));
        if (!definition_delete(place->conn, definition->kind, definition->owner, definition->name, &found, err))
            return false;
    }
    return settle_roles(place->conn, snapshot, table, schema_find_table(&snapshot->schema, table),
                        is_rename(statement) ? statement : NULL, err);
}
