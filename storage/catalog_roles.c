/*
 * From the stored DEFINE ROLE statements to what each role gives on each table. What cannot be used gives no rights: a
 * table or field that is not there is left out.
 */
#include "storage/catalog_private.h"

#include "sql/ast.h"

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the catalogue does not fit into memory");
}

/* The fields of a FIELDS list: those that it does not name are denied, but for the primary key. */
static bool set_fields(struct loaded_snapshot *loaded, const struct definition *definition, const struct node *list,
                       struct role_table *given) {
    const struct table_schema *table = given->table;
    given->fields = arena_array(loaded->arena, table->column_count, sizeof *given->fields);
    if (!given->fields) return false;
    for (size_t i = 0; i < table->column_count; i++)
        for (int operation = 0; table->columns[i].primary_key > 0 && operation < OPERATION_COUNT; operation++)
            given->fields[i][operation].kind = RULE_FULL;
    for (uint32_t i = 0; i < list->count; i++) {
        const struct node *field = list->child[i], *permissions = field->child[ROLE_FIELD_PERMISSIONS];
        const struct column_schema *column = schema_find_column(table, field->child[ROLE_FIELD_NAME]->text);
        if (!column) continue;
        struct rule *rules = given->fields[column - table->columns];
        for (int operation = 0; operation < OPERATION_COUNT; operation++)
            rules[operation] = (struct rule){.kind = permissions ? RULE_NONE : RULE_FULL};
        catalog_set_rules(loaded, table, definition, rules, permissions);
    }
    return true;
}

static bool load_role(struct loaded_snapshot *loaded, const struct definition *definition,
                      struct role_schema *ret_role) {
    const struct node *list = definition->node ? definition->node->child[DEFINE_ROLE_TABLES] : NULL;
    struct role_table *tables = arena_array(loaded->arena, list ? list->count : 0, sizeof *tables);
    size_t count = 0;
    if (!tables) return false;
    for (uint32_t i = 0; list && i < list->count; i++) {
        const struct node *node = list->child[i], *fields = node->child[ROLE_TABLE_FIELDS];
        const struct table_schema *table =
            schema_find_table(&loaded->snapshot.schema, node->child[ROLE_TABLE_NAME]->text);
        if (!table) continue;
        struct role_table *given = &tables[count++];
        given->table = table;
        catalog_set_rules(loaded, table, definition, given->rules, node->child[ROLE_TABLE_PERMISSIONS]);
        if (fields && !set_fields(loaded, definition, fields, given)) return false;
    }
    *ret_role = (struct role_schema){.name = definition->name, .tables = tables, .table_count = count};
    return true;
}

bool catalog_load_roles(struct loaded_snapshot *loaded, struct error *err) {
    struct role_schema *roles = NULL;
    size_t count = 0;
    for (size_t i = 0; i < loaded->snapshot.definition_count; i++) { /* which are sorted by their names */
        const struct definition *definition = &loaded->definitions[i];
        if (definition->kind != DEFINITION_ROLE) continue;
        roles = arena_grow(loaded->arena, roles, count, sizeof *roles);
        if (!roles || !load_role(loaded, definition, &roles[count++])) return out_of_memory(err);
    }
    loaded->snapshot.schema.roles = roles;
    loaded->snapshot.schema.role_count = count;
    return true;
}
