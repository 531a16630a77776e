/*
 * Shields: a guard is no fence. After SQLite has merged it into the query, a term of the user's may run on a row that
 * the guard's predicate hides, and an error of it would be a message about that row. AND promises no order, but CASE
 * does: an expression that can fail becomes
 *
 *     CASE WHEN "post"."‹passed›" IS NOT 0 THEN json(title) END
 *
 * where the guard of each table that it reads shows whether the row passes. (IS NOT 0, because of a row that an outer
 * join made up it is NULL.) What cannot be shielded so, because the rows come through a sub-select of the user's, or a
 * view, is fenced: the guards there are materialised.
 */
#include "sql/rewrite_private.h"

bool rewrite_reads_source(const struct node *node, const struct source *source) {
    if (!node) return false;
    if (node->kind == NODE_COLUMN && node->source == source) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (rewrite_reads_source(node->child[i], source)) return true;
    return false;
}

static bool hides_rows(const struct rewrite *w, const struct source *source) {
    return source->guard && policy_table_rule(w->policy, source->table, OPERATION_SELECT).kind != RULE_FULL;
}

#define CTE_DEPTH 8 /* of common table expressions that read one another; beyond it everything is fenced */

static bool fence_all(struct rewrite *w) {
    for (struct guard *guard = w->guards; guard; guard = guard->next) guard->is_fenced = true;
    return w->guards != NULL;
}

/* Fences every guard in a sub-select, and in the common table expressions that it reads. Whether there are any. */
static bool fence_within(struct rewrite *w, const struct node *node, int depth) {
    if (!node) return false;
    if (depth == 0) return fence_all(w);
    bool any = false;
    if (node->kind == NODE_TABLE && node->source) {
        const struct source *source = node->source;
        if (source->guard) any = source->guard->is_fenced = true;
        if (source->kind == SOURCE_CTE) any = fence_within(w, source->definition->child[CTE_SELECT], depth - 1) || any;
    }
    for (uint32_t i = 0; i < node->count; i++) any = fence_within(w, node->child[i], depth) || any;
    return any;
}

/* Fences a source that cannot show whether its rows pass. Whether there was anything to fence. */
bool rewrite_fence_source(struct rewrite *w, const struct source *source) {
    if (source->guard) return source->guard->is_fenced = true;
    if (source->kind == SOURCE_CTE) return fence_within(w, source->definition->child[CTE_SELECT], CTE_DEPTH);
    return source->kind == SOURCE_DERIVED && source->node && fence_within(w, source->node, CTE_DEPTH);
}

/* "post"."‹passed›" IS NOT 0 */
static struct node *passes(struct rewrite *w, struct source *source) {
    struct guard *guard = rewrite_own_guard(w, source);
    if (!guard) return NULL;
    guard->passed = rewrite_reserved_name(w, "passed_of", guard->name);
    return make_binary_of(w->arena, OPERATOR_IS_NOT, make_column_of(w->arena, source->name, guard->passed),
                          make_integer_of(w->arena, 0));
}

/* A sub-select with several columns is no value that CASE could give. */
static bool is_row_valued(const struct node *node) {
    return node->kind == NODE_SUBQUERY && node->child[SUBQUERY_SELECT]->source &&
           node->child[SUBQUERY_SELECT]->source->column_count > 1;
}

static bool tell(struct rewrite *w, struct plan_term term) {
    if (!term.shielded && !term.fenced) return true;
    struct plan_term *terms = arena_grow(w->arena, w->plan->terms, w->plan->term_count, sizeof *terms);
    if (!terms) return rewrite_too_large(w);
    w->plan->terms = terms;
    terms[w->plan->term_count++] = term;
    return true;
}

/* Puts a copy of the node into CASE WHEN condition THEN … END, and that into the node. */
static bool shield(struct rewrite *w, struct node *node, struct node *condition) {
    struct node *inner = node_new(w->arena, node->kind, node->at, node->end);
    if (!inner) return rewrite_too_large(w);
    *inner = *node;
    struct node *shielded = make_case_of(w->arena, condition, inner, NULL);
    if (!shielded) return rewrite_too_large(w);
    *node = *shielded;
    node->at = inner->at;
    node->end = inner->end;
    return true;
}

bool rewrite_on_failing(void *context, struct node *node, struct scope *scope) {
    struct rewrite *w = context;
    struct plan_term term = {.node = node, .at = node->at, .end = node->end};
    bool reads_any = false;
    size_t from = scope->reach_from, to = scope->reach_to > 0 ? scope->reach_to : scope->source_count;
    for (size_t i = from; i < to; i++) reads_any = reads_any || rewrite_reads_source(node, scope->sources[i]);
    bool can_shield = !is_row_valued(node) && (!scope->core || rewrite_can_expand_stars(scope->core));
    struct node *condition = NULL;
    for (size_t i = from; i < to; i++) {
        struct source *source = scope->sources[i];
        /* what reads no column at all runs, or not, because of any of them */
        if (reads_any && !rewrite_reads_source(node, source)) continue;
        bool is_table = source->guard && source->table->kind != TABLE_VIEW;
        if (is_table && !hides_rows(w, source)) continue;
        if (!is_table || !can_shield) {
            term.fenced = rewrite_fence_source(w, source) || term.fenced;
            continue;
        }
        condition = make_and_of(w->arena, condition, passes(w, source));
        if (!condition) return rewrite_too_large(w);
    }
    term.shielded = condition != NULL;
    return (!condition || shield(w, node, condition)) && tell(w, term);
}
