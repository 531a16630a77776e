/*
 * Running ahead: whether a sub-select runs at all may depend on whether the table around it has a row, hidden or not,
 * so one that can fail must not run on such a row's account. One that reads nothing of that table need not wait for it:
 *
 *     SELECT title FROM post WHERE id IN (SELECT post FROM tag WHERE abs(weight) > 1)
 *
 *     WITH …, "‹ahead0›"("‹column0›") AS MATERIALIZED (SELECT post FROM tag WHERE …)
 *     SELECT title FROM post WHERE id IN (SELECT "‹column0›" FROM "‹ahead0›")
 *     LIMIT -1 OFFSET CASE WHEN (SELECT 1 FROM "‹ahead0›" LIMIT 1) IS NOT 0 THEN 0 END
 *
 * SQLite computes the OFFSET before the first row of the outermost SELECT is looked for, and with it the whole of
 * "‹ahead0›": always and once, whatever rows there are. What it is then compared with uses indexes.
 */
#include "sql/leakproof.h"
#include "sql/rewrite_private.h"

/* Whether an expression reads nothing but what is named within it. */
static bool is_uncorrelated(const struct node *node, const struct scope *scope) {
    if (!node) return true;
    if (node->kind == NODE_COLUMN) {
        /* shields within are about what they stand beside; of another name it is not known what it means */
        if (!node->source) return node->at == NOWHERE;
        for (; scope; scope = scope->outer)
            if (scope_has(scope, node->source)) return false;
        return true;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (!is_uncorrelated(node->child[i], scope)) return false;
    return true;
}

static bool is_window(const struct node *node) {
    return node->kind == NODE_FUNCTION && node->child[FUNCTION_OVER];
}

/* How many columns a SELECT gives; 0 where that is not plain, or its rows may not be kept as they are: a compound's
 * columns have the affinity of its first arm. */
static size_t count_plain_columns(const struct node *select) {
    const struct node *arms = select->child[SELECT_ARMS];
    if (arms->count != 1 || arms->child[0]->kind != NODE_CORE) return 0;
    const struct node *results = arms->child[0]->child[CORE_COLUMNS];
    for (uint32_t i = 0; i < results->count; i++)
        if (results->child[i]->kind != NODE_RESULT) return 0;
    return results->count;
}

/* SELECT "‹column0›", … FROM "‹ahead0›" */
static struct node *read_ahead(struct rewrite *w, struct str name, size_t count) {
    struct node *results = NULL;
    for (size_t i = 0; i < count; i++) {
        struct str column = rewrite_numbered_name(w, "column", i);
        results = rewrite_add_result(w, results, make_column_of(w->arena, name, column), column);
    }
    struct node *table = make_table_of(w->arena, (struct str){0}, name, (struct str){0});
    return make_select_of(w->arena, results, make_from_of(w->arena, table), NULL);
}

static struct node *name_columns(struct rewrite *w, size_t count) {
    struct node *names = NULL;
    for (size_t i = 0; i < count; i++)
        names = node_append(w->arena, names, make_name_of(w->arena, rewrite_numbered_name(w, "column", i)));
    return names;
}

bool rewrite_on_sub_select(void *context, struct node *node, struct scope *scope, bool *ret_moved) {
    struct rewrite *w = context;
    const struct node *arms = w->outermost ? w->outermost->child[SELECT_ARMS] : NULL;
    bool first_only = node->kind != NODE_IN_SELECT, /* else all rows are asked for */
        is_there = arms && arms->count == 1 && scope->core == arms->child[0];
    struct node **place = node_asked_select(node);
    *ret_moved = false;
    if (!place || !is_there || w->fences_all) return true;
    struct node *select = *place;
    size_t count = count_plain_columns(select);
    if (count == 0 || node_any(scope->core, is_window) || !is_uncorrelated(select, scope)) return true;
    if (first_only && !select->child[SELECT_LIMIT]) select->child[SELECT_LIMIT] = make_integer_of(w->arena, 1);
    struct str name = rewrite_numbered_name(w, "ahead", w->ahead_count++);
    struct node *cte = make_cte_of(w->arena, name, select, MATERIALIZED);
    if (!cte) return rewrite_too_large(w);
    cte->child[CTE_COLUMNS] = name_columns(w, count);
    w->ahead = node_append(w->arena, w->ahead, cte);
    *place = read_ahead(w, name, count);
    if (!w->ahead || !*place) return rewrite_too_large(w);
    *ret_moved = true;
    return rewrite_tell_ahead(w, node, select);
}

/* (SELECT 1 FROM "‹ahead0›" LIMIT 1) IS NOT 0, which is true */
static struct node *run(struct rewrite *w, const struct node *cte) {
    struct node *table = make_table_of(w->arena, (struct str){0}, cte->child[CTE_NAME]->text, (struct str){0});
    struct node *one = make_integer_of(w->arena, 1),
                *subquery = rewrite_select_value(w, one, make_from_of(w->arena, table), NULL);
    if (!subquery) return NULL;
    subquery->child[SUBQUERY_SELECT]->child[SELECT_LIMIT] = one;
    return make_binary_of(w->arena, OPERATOR_IS_NOT, subquery, make_integer_of(w->arena, 0));
}

bool rewrite_place_ahead(struct rewrite *w, struct node *select) {
    struct node *condition = NULL;
    for (uint32_t i = 0; w->ahead && i < w->ahead->count; i++) {
        struct node *cte = w->ahead->child[i];
        select->child[SELECT_WITH] = make_with_of(w->arena, select->child[SELECT_WITH], cte);
        condition = make_and_of(w->arena, condition, run(w, cte));
    }
    if (!condition) return !arena_exhausted(w->arena) || rewrite_too_large(w);
    struct node *offset = select->child[SELECT_OFFSET] ? select->child[SELECT_OFFSET] : make_integer_of(w->arena, 0);
    if (!select->child[SELECT_LIMIT]) select->child[SELECT_LIMIT] = make_integer_of(w->arena, -1);
    select->child[SELECT_OFFSET] = make_case_of(w->arena, condition, offset, NULL);
    return select->child[SELECT_OFFSET] || rewrite_too_large(w);
}
