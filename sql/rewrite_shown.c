/*
 * Conditions of rules where their value is shown, as a column of a guard's. SQLite merges the guard into the query,
 * and in one with GROUP BY or aggregates
 *
 *     CASE WHEN post.code IN (SELECT number FROM allowed) THEN …
 *
 * reads the very register that the group's code is in: SQLite 3.40 applies the comparison's affinity to it, and what
 * the query shows of the group from then on is 51 instead of '051'. A sub-select has a register of its own, and keeps
 * the affinity; the collation is said again:
 *
 *     CASE WHEN (SELECT post.code) COLLATE "NOCASE" IN (SELECT number FROM allowed) THEN …
 */
#include "sql/rewrite_private.h"

/* Whether a column's value may be changed by the affinity of what it is compared with. */
static bool may_change(const struct table_schema *table, const struct column_schema *column) {
    const char *affinity = rewrite_affinity_of(table, column->type);
    return table->kind == TABLE_VIEW || !affinity || str_is_name(str_of(affinity), "TEXT");
}

/* Puts columns of the table that an operand hands on as they are into sub-selects. */
static bool hold_operand(struct rewrite *w, const struct table_schema *table, struct node **operand) {
    struct node *node = *operand;
    if (node->kind == NODE_COLLATE || node->kind == NODE_UNARY) return hold_operand(w, table, &node->child[0]);
    if (node->kind != NODE_COLUMN || !node->source || !node->source->is_target) return true;
    const struct column_schema *column = schema_find_column(table, node->child[COLUMN_NAME]->text);
    if (!column || !may_change(table, column)) return true;
    struct node *results = rewrite_add_result(w, NULL, node, column->name);
    struct node *subquery = make_subquery_of(w->arena, make_select_of(w->arena, results, NULL, NULL));
    if (!subquery) return false;
    *operand = rewrite_with_collation(w, subquery, column);
    return *operand;
}

static bool hold_operands(struct rewrite *w, const struct table_schema *table, struct node *node) {
    if (!node) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (!hold_operands(w, table, node->child[i])) return false;
    if (node->kind == NODE_IN_SELECT) return hold_operand(w, table, &node->child[IN_SELECT_OPERAND]);
    return node->kind != NODE_IN_TABLE || hold_operand(w, table, &node->child[IN_TABLE_OPERAND]);
}

struct node *rewrite_shown_condition(struct rewrite *w, const struct table_schema *table, struct rule rule) {
    const struct node *condition = rewrite_condition(w, rule);
    struct node *copy = condition ? node_copy(w->arena, condition) : NULL;
    return copy && hold_operands(w, table, copy) ? copy : NULL;
}
