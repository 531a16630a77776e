#include "sql/make.h"

static struct node *make(struct arena *arena, enum node_kind kind, uint32_t flags) {
    struct node *node = node_new(arena, kind, NOWHERE, NOWHERE);
    if (node) node->flags = flags;
    return node;
}

struct node *make_name_of(struct arena *arena, struct str name) {
    return node_new_text(arena, NODE_NAME, name, NAME_DOUBLE);
}

struct node *make_integer_of(struct arena *arena, int64_t value) {
    struct str text = arena_format(arena, "%lld", (long long)value);
    return text.text ? node_new_text(arena, NODE_INTEGER, text, 0) : NULL;
}

struct node *make_column_of(struct arena *arena, struct str table, struct str name) {
    struct node *node = make(arena, NODE_COLUMN, 0);
    if (!node) return NULL;
    if (table.length > 0) node->child[COLUMN_TABLE] = make_name_of(arena, table);
    node->child[COLUMN_NAME] = make_name_of(arena, name);
    return node;
}

struct node *make_binary_of(struct arena *arena, enum node_operator operator, struct node * left, struct node *right) {
    struct node *node = make(arena, NODE_BINARY, operator);
    if (!node) return NULL;
    node->child[BINARY_LEFT] = left;
    node->child[BINARY_RIGHT] = right;
    return node;
}

struct node *make_and_of(struct arena *arena, struct node *left, struct node *right) {
    if (!left || !right) return left ? left : right;
    return make_binary_of(arena, OPERATOR_AND, left, right);
}

struct node *make_call_of(struct arena *arena, struct str name, struct node *argument) {
    struct node *node = make(arena, NODE_FUNCTION, 0);
    if (!node) return NULL;
    node->child[FUNCTION_NAME] = make_name_of(arena, name);
    node->child[FUNCTION_ARGUMENTS] = argument ? node_append(arena, NULL, argument) : NULL;
    return node;
}

struct node *make_collate_of(struct arena *arena, struct node *value, struct str collation) {
    struct node *node = make(arena, NODE_COLLATE, 0);
    if (!node) return NULL;
    node->child[COLLATE_OPERAND] = value;
    node->child[COLLATE_NAME] = make_name_of(arena, collation);
    return node;
}

struct node *make_case_of(struct arena *arena, struct node *condition, struct node *result, struct node *otherwise) {
    struct node *when = make(arena, NODE_WHEN, 0), *node = make(arena, NODE_CASE, 0);
    if (!when || !node) return NULL;
    when->child[WHEN_CONDITION] = condition;
    when->child[WHEN_RESULT] = result;
    node->child[CASE_WHENS] = node_append(arena, NULL, when);
    node->child[CASE_ELSE] = otherwise;
    return node;
}

struct node *make_result_of(struct arena *arena, struct node *expression, struct str alias) {
    struct node *node = make(arena, NODE_RESULT, HAS_AS);
    if (!node) return NULL;
    node->child[RESULT_EXPRESSION] = expression;
    node->child[RESULT_ALIAS] = make_name_of(arena, alias);
    return node;
}

struct node *make_table_of(struct arena *arena, struct str schema, struct str name, struct str alias) {
    struct node *node = make(arena, NODE_TABLE, 0);
    if (!node) return NULL;
    if (schema.length > 0) node->child[TABLE_SCHEMA] = make_name_of(arena, schema);
    node->child[TABLE_NAME] = make_name_of(arena, name);
    if (alias.length > 0) node->child[TABLE_ALIAS] = make_name_of(arena, alias);
    return node;
}

struct node *make_from_of(struct arena *arena, struct node *source) {
    struct node *from = make(arena, NODE_FROM, 0), *join = make(arena, NODE_JOIN, JOIN_FIRST);
    if (!from || !join) return NULL;
    join->child[JOIN_SOURCE] = source;
    return node_append(arena, from, join);
}

struct node *make_select_of(struct arena *arena, struct node *results, struct node *from, struct node *condition) {
    struct node *core = make(arena, NODE_CORE, 0), *select = make(arena, NODE_SELECT, 0);
    if (!core || !select) return NULL;
    core->child[CORE_COLUMNS] = results;
    core->child[CORE_FROM] = from;
    core->child[CORE_WHERE] = condition;
    select->child[SELECT_ARMS] = node_append(arena, NULL, core);
    return select;
}

struct node *make_subquery_of(struct arena *arena, struct node *select) {
    struct node *node = select ? make(arena, NODE_SUBQUERY, 0) : NULL;
    if (node) node->child[SUBQUERY_SELECT] = select;
    return node;
}

struct node *make_cte_of(struct arena *arena, struct str name, struct node *select, uint32_t flags) {
    struct node *node = make(arena, NODE_CTE, flags);
    if (!node) return NULL;
    node->child[CTE_NAME] = make_name_of(arena, name);
    node->child[CTE_SELECT] = select;
    return node;
}

struct node *make_with_of(struct arena *arena, struct node *with, struct node *cte) {
    if (!with) with = make(arena, NODE_WITH, 0);
    if (!with || !cte) return NULL;
    with->child[WITH_CTES] = node_append(arena, with->child[WITH_CTES], cte);
    return with;
}
