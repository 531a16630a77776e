/*
 * Adding up roles. What gives rights is a source: the tables' own permissions, the role viewer, each own role. A source
 * S has a rule p(S) for each operation on a table, and a rule q(S) for each field, which holds where p(S) does:
 *
 *     a row is there          where  p(A) OR p(B) …
 *     a field of it is there  where  p(A) AND q(A) OR p(B) AND q(B) …
 *
 * So a field that one role shows is not shown in the rows of another. Trees are shared with the sources and never
 * changed.
 */
#include "sql/make.h"
#include "sql/policy.h"

static const struct rule none = {.kind = RULE_NONE}, full = {.kind = RULE_FULL};

struct combination {
    struct arena *arena;
    const struct schema *schema;
    const struct policy_sources *sources;
};

static size_t source_count(const struct combination *combination) {
    return combination->sources->role_count + 2;
}

static const struct role_table *find_in_role(const struct role_schema *role, const struct table_schema *table) {
    for (size_t i = 0; i < role->table_count; i++)
        if (role->tables[i].table == table) return &role->tables[i];
    return NULL;
}

/* The catalogue is nobody's. */
static bool reads_all(const struct policy_sources *sources, const struct table_schema *table) {
    return sources->reads_all && !str_starts_name(table->name, "_bailiwick");
}

/* What the source says of a table: source 0 is its permissions, 1 the role viewer, the others own roles. */
static struct rule table_rule(const struct combination *combination, size_t source, const struct table_schema *table,
                              enum operation operation) {
    const struct policy_sources *sources = combination->sources;
    if (source == 0) return sources->permissions && table->has_permissions ? table->rules[operation] : none;
    if (source == 1) return reads_all(sources, table) && operation == OPERATION_SELECT ? full : none;
    const struct role_table *given = find_in_role(&combination->schema->roles[sources->roles[source - 2]], table);
    return given ? given->rules[operation] : none;
}

static struct rule field_rule(const struct combination *combination, size_t source, const struct table_schema *table,
                              size_t column, enum operation operation) {
    const struct policy_sources *sources = combination->sources;
    if (source == 0) return table->columns[column].has_rules ? table->columns[column].rules[operation] : full;
    if (source == 1) return full;
    const struct role_table *given = find_in_role(&combination->schema->roles[sources->roles[source - 2]], table);
    return given && given->fields ? given->fields[column][operation] : full;
}

static struct rule rule_where(struct node *predicate) {
    /* where memory is short there is no predicate, and no right */
    return predicate ? (struct rule){.kind = RULE_WHERE, .predicate = predicate} : none;
}

static struct node *predicate_of(struct rule rule) {
    return rule.kind == RULE_WHERE ? (struct node *)rule.predicate : NULL;
}

static struct rule rule_and(struct arena *arena, struct rule a, struct rule b) {
    if (a.kind == RULE_NONE || b.kind == RULE_NONE) return none;
    if (a.kind == RULE_FULL) return b;
    if (b.kind == RULE_FULL) return a;
    return rule_where(make_and_of(arena, predicate_of(a), predicate_of(b)));
}

static struct rule rule_or(struct arena *arena, struct rule a, struct rule b) {
    if (a.kind == RULE_FULL || b.kind == RULE_FULL) return full;
    if (a.kind == RULE_NONE) return b;
    if (b.kind == RULE_NONE) return a;
    return rule_where(make_binary_of(arena, OPERATOR_OR, predicate_of(a), predicate_of(b)));
}

static struct rule combine_table(const struct combination *combination, const struct table_schema *table,
                                 enum operation operation) {
    struct rule rule = none;
    for (size_t source = 0; source < source_count(combination); source++)
        rule = rule_or(combination->arena, rule, table_rule(combination, source, table, operation));
    return rule;
}

/* Whether a source gives anything on a table. */
static bool gives(const struct combination *combination, size_t source, const struct table_schema *table) {
    for (enum operation operation = 0; operation < OPERATION_COUNT; operation++)
        if (table_rule(combination, source, table, operation).kind != RULE_NONE) return true;
    return false;
}

static struct rule combine_field(const struct combination *combination, const struct table_schema *table, size_t column,
                                 enum operation operation, bool table_is_none) {
    struct rule rule = none;
    bool follows = true;
    for (size_t source = 0; source < source_count(combination); source++) {
        struct rule of_table = table_rule(combination, source, table, operation);
        struct rule of_field = field_rule(combination, source, table, column, operation);
        /* nobody may do it; yet which columns `*` means to an INSERT is asked of a table that cannot be selected from
         */
        if (table_is_none && gives(combination, source, table)) of_table = full;
        if (of_table.kind == RULE_NONE) continue;
        if (of_field.kind != RULE_FULL) follows = false;
        rule = rule_or(combination->arena, rule, rule_and(combination->arena, of_table, of_field));
    }
    return follows ? full : rule;
}

const struct policy_rules *policy_combine(struct arena *arena, const struct schema *schema,
                                          const struct policy_sources *sources, struct error *err) {
    const struct combination combination = {arena, schema, sources};
    struct policy_rules *rules = arena_alloc(arena, sizeof *rules);
    struct rule(*of_tables)[OPERATION_COUNT] = arena_array(arena, schema->table_count, sizeof *of_tables);
    struct rule(*of_columns)[OPERATION_COUNT] = arena_array(arena, schema->column_count, sizeof *of_columns);
    if (!rules || !of_tables || !of_columns)
        return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the permissions need too much memory");
    for (size_t i = 0; i < schema->table_count; i++) {
        const struct table_schema *table = &schema->tables[i];
        for (enum operation operation = 0; operation < OPERATION_COUNT; operation++) {
            of_tables[i][operation] = combine_table(&combination, table, operation);
            bool is_none = of_tables[i][operation].kind == RULE_NONE;
            for (size_t j = 0; j < table->column_count; j++)
                if (operation != OPERATION_DELETE) /* which is of whole rows */
                    of_columns[table->columns[j].index][operation] =
                        combine_field(&combination, table, j, operation, is_none);
        }
    }
    if (arena_exhausted(arena))
        return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the permissions need too much memory");
    *rules = (struct policy_rules){schema->tables, of_tables, of_columns};
    return rules;
}
