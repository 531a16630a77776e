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
 *
 * In a sub-select of the rule's an index may be asked by such a register too, and changes it alike:
 *
 *     CASE WHEN EXISTS (SELECT 1 FROM allowed WHERE allowed.number = post.code) THEN …
 */
#include "sql/rewrite_private.h"

/* Whether a column's value may be changed by the affinity of what it is compared with. */
static bool may_change(const struct table_schema *table, const struct column_schema *column) {
    const char *affinity = rewrite_affinity_of(table, column->type);
    return table->kind == TABLE_VIEW || !affinity || str_is_name(str_of(affinity), "TEXT");
}

/* Whether what is compared with a column leaves texts, and values of any kind, as they are: a column of that kind. */
static bool leaves_texts(const struct node *node) {
    if (!node || node->kind != NODE_COLUMN || !node->source) return false;
    const struct table_schema *table = node->source->table;
    if (!table || table->kind == TABLE_VIEW) return false;
    const struct column_schema *column = schema_find_column(table, node->child[COLUMN_NAME]->text);
    return column && may_change(table, column);
}

/* Puts a column of the table that an operand hands on as it is into a sub-select, which has no collation by itself. */
static bool hold_operand(struct rewrite *w, const struct table_schema *table, struct node **operand, bool collates) {
    struct node *node = *operand;
    if (node->kind == NODE_COLLATE || node->kind == NODE_UNARY)
        return hold_operand(w, table, &node->child[0], collates);
    if (node->kind != NODE_COLUMN || !node->source || !node->source->is_target) return true;
    const struct column_schema *column = schema_find_column(table, node->child[COLUMN_NAME]->text);
    if (!column || !may_change(table, column)) return true;
    struct node *results = rewrite_add_result(w, NULL, node, column->name);
    struct node *subquery = make_subquery_of(w->arena, make_select_of(w->arena, results, NULL, NULL));
    if (!subquery) return false;
    *operand = collates ? make_collate_of(w->arena, subquery, column->collation) : subquery;
    return *operand;
}

/* Whether an operand has a collation, by a column or by the word. */
static bool has_collation(const struct node *node) {
    while (node->kind == NODE_UNARY || node->kind == NODE_CAST) node = node->child[0];
    return node->kind == NODE_COLUMN || node->kind == NODE_COLLATE;
}

/* Whether COLLATE stands anywhere in an operand, and so is its collation. */
static bool says_collation(const struct node *node) {
    if (!node || node->kind == NODE_SELECT) return false;
    if (node->kind == NODE_COLLATE) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (says_collation(node->child[i])) return true;
    return false;
}

/* Two sides of an equality that an index may be asked for. The collation of the right one counts where the left has
 * none, or by the word. */
static bool hold_sides(struct rewrite *w, const struct table_schema *table, struct node **left, struct node **right) {
    if ((*left)->kind == NODE_ROW && (*right)->kind == NODE_ROW && (*left)->count == (*right)->count) {
        for (uint32_t i = 0; i < (*left)->count; i++)
            if (!hold_sides(w, table, &(*left)->child[i], &(*right)->child[i])) return false;
        return true;
    }
    if (table->kind != TABLE_VIEW && leaves_texts(*left) && leaves_texts(*right)) return true;
    bool right_counts = !has_collation(*left);
    return hold_operand(w, table, left, !says_collation(*right)) && hold_operand(w, table, right, right_counts);
}

static bool is_equality(const struct node *node) {
    if (node->kind != NODE_BINARY) return false;
    unsigned word = NODE_CHOICE(node);
    return word == OPERATOR_EQUAL || word == OPERATOR_IS || word == OPERATOR_IS_NOT_DISTINCT;
}

static bool hold_operands(struct rewrite *w, const struct table_schema *table, struct node *node, bool is_inner) {
    if (!node) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (!hold_operands(w, table, node->child[i], is_inner || node->kind == NODE_SELECT)) return false;
    if (node->kind == NODE_IN_SELECT) return hold_operand(w, table, &node->child[IN_SELECT_OPERAND], true);
    if (node->kind == NODE_IN_TABLE) return hold_operand(w, table, &node->child[IN_TABLE_OPERAND], true);
    if (!is_inner) return true;
    if (is_equality(node)) return hold_sides(w, table, &node->child[BINARY_LEFT], &node->child[BINARY_RIGHT]);
    struct node *items = node->kind == NODE_IN_LIST ? node->child[IN_LIST_ITEMS] : NULL;
    for (uint32_t i = 0; items && i < items->count; i++)
        if (!hold_operand(w, table, &items->child[i], false)) return false;
    return true;
}

struct node *rewrite_shown_condition(struct rewrite *w, const struct table_schema *table, struct rule rule) {
    const struct node *condition = rewrite_condition(w, rule);
    struct node *copy = condition ? node_copy(w->arena, condition) : NULL;
    return copy && hold_operands(w, table, copy, false) ? copy : NULL;
}
