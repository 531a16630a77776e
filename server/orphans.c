#include "server/orphans.h"

/* The table that a DROP or ALTER is about; empty for every other statement. */
static struct str table_of(const struct node *statement) {
    const struct node *table = NULL;
    if (statement->kind == NODE_ALTER) table = statement->child[ALTER_TABLE];
    if (statement->kind == NODE_DROP) table = statement->child[DROP_OBJECT];
    return table ? table->child[TABLE_NAME]->text : (struct str){0};
}

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

bool orphans_settle(struct place *place, const struct node *statement, struct error *err) {
    struct str table = table_of(statement);
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
    return true;
}
