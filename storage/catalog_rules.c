/*
 * From the stored DEFINE statements to trees, and from those of tables and fields to the rules in the schema.
 *
 * What cannot be used gives no rights: a statement that no longer parses leaves its table, or its field, at NONE.
 */
#include "storage/catalog_private.h"

#include "base/log.h"
#include "sql/parse.h"
#include "sql/rewrite.h"

#include <string.h>

static void note_unusable(const struct loaded_snapshot *loaded, const struct definition *definition,
                          const struct error *failure) {
    loaded->definitions[definition - loaded->definitions].is_unusable = true;
    log_line("the definition of %s %.*s cannot be used and gives no rights: %s", definition_kind_name(definition->kind),
             STR(definition->name), failure->message);
}

/* The kind of statement that defines this. */
static enum node_kind node_kind_of(enum definition_kind kind) {
    switch (kind) {
    case DEFINITION_NAMESPACE:
        return NODE_DEFINE_NAMESPACE;
    case DEFINITION_DATABASE:
        return NODE_DEFINE_DATABASE;
    case DEFINITION_LOGIN:
        return NODE_DEFINE_LOGIN;
    case DEFINITION_TOKEN:
        return NODE_DEFINE_TOKEN;
    case DEFINITION_SCOPE:
        return NODE_DEFINE_SCOPE;
    case DEFINITION_TABLE:
        return NODE_DEFINE_TABLE;
    case DEFINITION_FIELD:
        return NODE_DEFINE_FIELD;
    case DEFINITION_ROLE:
        return NODE_DEFINE_ROLE;
    }
    return NODE_NULL_VALUE;
}

/* The tree of a definition's statement; NULL when it has none. */
static const struct node *parse_definition(struct loaded_snapshot *loaded, const struct definition *definition) {
    struct error failure = {0};
    const struct node *node = parse_one(loaded->arena, definition->statement, &failure);
    if (node && node->kind == node_kind_of(definition->kind)) return node;
    if (node) fail(&failure, ERROR_INTERNAL, NOWHERE, "its statement defines something else");
    note_unusable(loaded, definition, &failure);
    return NULL;
}

void catalog_set_rules(struct loaded_snapshot *loaded, const struct table_schema *table,
                       const struct definition *definition, struct rule rules[OPERATION_COUNT],
                       const struct node *permissions) {
    static const enum rule_kind kinds[] = {
        [PERMISSION_NONE] = RULE_NONE, [PERMISSION_FULL] = RULE_FULL, [PERMISSION_WHERE] = RULE_WHERE};
    for (uint32_t i = 0; permissions && i < permissions->count; i++) {
        const struct node *permission = permissions->child[i];
        if (PERMISSION_KIND(permission) >= sizeof kinds / sizeof *kinds) continue;
        const struct rule rule = {
            .kind = kinds[PERMISSION_KIND(permission)],
            .predicate = permission->child[PERMISSION_PREDICATE],
        };
        if (rule.kind == RULE_WHERE) {
            struct error failure = {0};
            if (!rule.predicate) continue;
            if (!rewrite_check_predicate(loaded->arena, &loaded->snapshot.schema, table,
                                         permission->child[PERMISSION_PREDICATE], &failure)) {
                note_unusable(loaded, definition, &failure);
                continue;
            }
        }
        /* a table may have become a view's since it was defined */
        bool vouches = rule.kind == RULE_WHERE && rewrite_reads_own_table(rule.predicate, table);
        for (enum operation operation = OPERATION_SELECT; operation < OPERATION_COUNT; operation++) {
            bool is_of_new_rows = operation == OPERATION_CREATE || operation == OPERATION_UPDATE;
            if (permission->flags & PERMISSION_BIT(operation) && !(vouches && is_of_new_rows)) rules[operation] = rule;
        }
    }
}

static struct table_schema *find_table(struct loaded_snapshot *loaded, struct str name) {
    const struct table_schema *table = schema_find_table(&loaded->snapshot.schema, name);
    return table ? &loaded->tables[table - loaded->snapshot.schema.tables] : NULL;
}

static void set_table_rules(struct loaded_snapshot *loaded, const struct definition *definition) {
    struct table_schema *table = find_table(loaded, definition->name);
    if (!table) return;
    table->has_permissions = true;
    if (!definition->node) return;
    catalog_set_rules(loaded, table, definition, table->rules, definition->node->child[DEFINE_TABLE_PERMISSIONS]);
}

static void set_field_rules(struct loaded_snapshot *loaded, const struct definition *definition) {
    struct table_schema *table = find_table(loaded, definition->owner);
    const struct column_schema *found = table ? schema_find_column(table, definition->name) : NULL;
    if (!found) return;
    struct column_schema *column = &table->columns[found - table->columns];
    column->has_rules = true;
    if (definition->node)
        catalog_set_rules(loaded, table, definition, column->rules, definition->node->child[DEFINE_FIELD_PERMISSIONS]);
}

static void set_definition_rules(struct loaded_snapshot *loaded, const struct definition *definition) {
    switch (definition->kind) {
    case DEFINITION_NAMESPACE:
    case DEFINITION_DATABASE:
    case DEFINITION_LOGIN:
    case DEFINITION_TOKEN:
    case DEFINITION_SCOPE:
    case DEFINITION_ROLE:
        return;
    case DEFINITION_TABLE:
        set_table_rules(loaded, definition);
        return;
    case DEFINITION_FIELD:
        set_field_rules(loaded, definition);
        return;
    }
}

bool catalog_load_rules(struct loaded_snapshot *loaded, struct error *err) {
    for (size_t i = 0; i < loaded->snapshot.definition_count; i++) {
        struct definition *definition = &loaded->definitions[i];
        definition->node = parse_definition(loaded, definition);
        if (arena_exhausted(loaded->arena))
            return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the catalogue does not fit into memory");
        set_definition_rules(loaded, definition);
    }
    return catalog_load_roles(loaded, err);
}
