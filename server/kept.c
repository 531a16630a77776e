#include "server/kept.h"

/* Whether a tree reads a table; where there is a schema, also whether it reads a view, which may. */
static bool reads_table(const struct schema *schema, const struct node *node, struct str table) {
    if (!node) return false;
    if (node->kind == NODE_TABLE) {
        struct str name = node->child[TABLE_NAME]->text;
        const struct table_schema *found = schema ? schema_find_table(schema, name) : NULL;
        if (str_same_name(name, table) || (found && found->kind == TABLE_VIEW)) return true;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (reads_table(schema, node->child[i], table)) return true;
    return false;
}

static bool is_about_rows(enum definition_kind kind) {
    return kind == DEFINITION_TABLE || kind == DEFINITION_FIELD || kind == DEFINITION_ROLE;
}

/* Whether a tree names a column without saying of which table: nothing stands there, or what the resolver has put. */
static bool names_bare(const struct node *node, struct str column) {
    if (!node) return false;
    if (node->kind == NODE_COLUMN && str_same_name(node->child[COLUMN_NAME]->text, column) &&
        (!node->child[COLUMN_TABLE] || node->child[COLUMN_TABLE]->at == NOWHERE))
        return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (names_bare(node->child[i], column)) return true;
    return false;
}

/* Whether a sub-select reads the table, or a view, which may, and would find the column there instead of where it finds
 * it now. */
static bool would_find(const struct schema *schema, const struct node *node, struct str table, struct str column) {
    if (!node) return false;
    if (node->kind == NODE_SELECT && reads_table(schema, node, table) && names_bare(node, column)) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (would_find(schema, node->child[i], table, column)) return true;
    return false;
}

static bool added_name_is_free(const struct snapshot *snapshot, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[ALTER_DEFINITION]->child[COLUMN_DEFINITION_NAME];
    struct str table = node_changed_table(statement);
    for (size_t i = 0; i < snapshot->definition_count; i++) {
        const struct definition *definition = &snapshot->definitions[i];
        if (is_about_rows(definition->kind) && would_find(&snapshot->schema, definition->node, table, name->text))
            return fail(err, ERROR_INVALID_VALUE, name->at,
                        "the permissions of %.*s name %.*s in a sub-select that would find this column: redefine them "
                        "first, with the table's name before it",
                        STR(definition->name), STR(name->text));
    }
    return true;
}

bool kept_names_stay(const struct snapshot *snapshot, const struct node *statement, struct error *err) {
    if (statement->kind != NODE_ALTER) return true;
    if (NODE_CHOICE(statement) == ALTER_ADD_COLUMN) return added_name_is_free(snapshot, statement, err);
    struct str table = node_changed_table(statement);
    for (size_t i = 0; i < snapshot->definition_count; i++) {
        const struct definition *definition = &snapshot->definitions[i];
        if (is_about_rows(definition->kind) && reads_table(NULL, definition->node, table))
            return fail(err, ERROR_INVALID_VALUE, statement->at,
                        "the permissions of %.*s read the table %.*s: redefine them first", STR(definition->name),
                        STR(table));
    }
    return true;
}

bool kept_may_change(const struct snapshot *snapshot, const struct node *statement, struct error *err) {
    struct str table = node_changed_table(statement);
    bool only_adds = statement->kind == NODE_ALTER && NODE_CHOICE(statement) == ALTER_ADD_COLUMN;
    for (size_t i = 0; table.length && i < snapshot->definition_count; i++) {
        const struct definition *definition = &snapshot->definitions[i];
        bool counts = is_about_rows(definition->kind) || (definition->kind == DEFINITION_SCOPE && !only_adds);
        if (counts && reads_table(&snapshot->schema, definition->node, table))
            return fail(err, ERROR_PERMISSION_DENIED, statement->at,
                        "%.*s reads the table %.*s to decide who may do what", STR(definition->name), STR(table));
    }
    return true;
}

bool kept_is_same(const struct snapshot *before, const struct snapshot *after, const struct node *statement,
                  struct error *err) {
    for (size_t i = 0; i < after->definition_count; i++) {
        const struct definition *definition = &after->definitions[i];
        const struct definition *old = snapshot_find(before, definition->kind, definition->owner, definition->name);
        if (!old || old->is_unusable != definition->is_unusable)
            return fail(err, ERROR_PERMISSION_DENIED, statement->at,
                        "this would change what a permission of %.*s means", STR(definition->name));
    }
    return true;
}
