/*
 * Shields: a guard is no fence. After SQLite has merged it into the query, a term of the user's may run on a row that
 * the guard's predicate hides, and an error of it would be a message about that row. AND promises no order, but CASE
 * does: an expression that can fail becomes
 *
 *     CASE WHEN "post"."‹passed›" IS NOT 0 THEN json(title) END
 *
 * where the guard of each table that it reads shows whether the row passes. (IS NOT 0, because of a row that an outer
 * join made up it is NULL.) CASE has no affinity and no collation, so a sub-select becomes
 *
 *     (SELECT (SELECT …) WHERE "post"."‹passed›" IS NOT 0)
 *
 * and of a column that has either the whole term is shielded. What cannot be shielded so is fenced. Where the rows come
 * through a sub-select or common table expression of the user's, that gets a LIMIT, by which nothing is left out:
 *
 *     (SELECT size FROM post WHERE author = 5 LIMIT -1)
 *
 * SQLite neither merges such a sub-select into a query that has a condition, nor moves a condition into it; what is
 * within uses its indexes. A view, and a sub-select that can have no LIMIT, is materialised by its guards.
 */
#include "sql/leakproof.h"
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

/* Whether a sub-select, or a common table expression that it reads, has a guard. */
static bool has_guard(const struct node *node, int depth) {
    if (!node) return false;
    if (depth == 0) return true;
    if (node->kind == NODE_TABLE && node->source) {
        const struct source *source = node->source;
        if (source->guard) return true;
        if (source->kind == SOURCE_CTE && has_guard(source->definition->child[CTE_SELECT], depth - 1)) return true;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (has_guard(node->child[i], depth)) return true;
    return false;
}

/* Gives a SELECT a LIMIT, unless it has one. Whether it could. */
static bool hold(struct rewrite *w, struct node *select) {
    const struct node *arms = select->child[SELECT_ARMS];
    if (select->child[SELECT_LIMIT]) return true;
    if (arms->child[arms->count - 1]->kind != NODE_CORE) return false;
    select->child[SELECT_LIMIT] = make_integer_of(w->arena, -1);
    return select->child[SELECT_LIMIT] != NULL;
}

/* The sub-select that a source of the user's stands for; NULL where it is none. */
static struct node *select_of(const struct source *source) {
    if (source->kind == SOURCE_CTE) return source->definition->child[CTE_SELECT];
    bool is_derived = source->kind == SOURCE_DERIVED && source->node && source->node->kind == NODE_DERIVED;
    return is_derived ? source->node->child[DERIVED_SELECT] : NULL;
}

/* Fences a source that cannot show whether its rows pass. Whether there was anything to fence. */
bool rewrite_fence_source(struct rewrite *w, const struct source *source) {
    if (source->guard) return source->guard->is_fenced = true;
    struct node *select = select_of(source);
    if (select) return has_guard(select, CTE_DEPTH) && (hold(w, select) || fence_within(w, select, CTE_DEPTH));
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
    if (!term.shielded && !term.fenced && !term.is_ahead) return true;
    struct plan_term *terms = arena_grow(w->arena, w->plan->terms, w->plan->term_count, sizeof *terms);
    if (!terms) return rewrite_too_large(w);
    w->plan->terms = terms;
    terms[w->plan->term_count++] = term;
    return true;
}

bool rewrite_tell_ahead(struct rewrite *w, const struct node *node, const struct node *select) {
    return tell(w, (struct plan_term){.node = select, .at = node->at, .end = node->end, .is_ahead = true});
}

/* (SELECT value WHERE condition), which has the value's affinity */
static struct node *make_value_where(struct rewrite *w, struct node *value, struct node *condition) {
    return rewrite_select_value(w, value, NULL, condition);
}

#define SHIELDED (1u << 28) /* on what a shield holds */

/* Puts a copy of the node into what gives it only where the condition is true, and that into the node. */
static bool shield(struct rewrite *w, struct node *node, struct node *condition) {
    struct node *inner = node_new(w->arena, node->kind, node->at, node->end);
    if (!inner) return rewrite_too_large(w);
    *inner = *node;
    inner->flags |= SHIELDED;
    struct node *shielded = node->kind == NODE_SUBQUERY ? make_value_where(w, inner, condition)
                                                        : make_case_of(w->arena, condition, inner, NULL);
    if (!shielded) return rewrite_too_large(w);
    *node = *shielded;
    node->at = inner->at;
    node->end = inner->end;
    return true;
}

/* What the columns of an expression read beside what they are bound to. */
static uint32_t unbound_reads(const struct node *node) {
    if (!node) return 0;
    uint32_t flags = node->kind == NODE_COLUMN ? node->flags & (READS_ALIAS | READS_UNSEEN) : 0;
    for (uint32_t i = 0; i < node->count; i++) flags |= unbound_reads(node->child[i]);
    return flags;
}

/* NULL when memory is short. Shields that are put into the term meanwhile read no column that is bound. */
static const struct term_reads *term_reads(struct rewrite *w, const struct node *term, const struct scope *scope,
                                           size_t from, size_t to) {
    struct term_reads *known = &w->term_reads;
    if (known->term == term && known->scope == scope && known->from == from && known->to == to) return known;
    bool *reads = arena_array(w->arena, to + 1, sizeof *reads), any = false;
    if (!reads) return NULL;
    for (size_t i = from; i < to; i++) any = (reads[i] = rewrite_reads_source(term, scope->sources[i])) || any;
    *known = (struct term_reads){term, scope, from, to, reads, any, unbound_reads(term) != 0};
    return known;
}

bool rewrite_on_failing(void *context, struct node *node, struct scope *scope, const struct node *term_of) {
    struct rewrite *w = context;
    struct plan_term term = {.node = node, .at = node->at, .end = node->end};
    /* the whole term runs where its last table is read, so that it fails, or not, because of any of them */
    const struct node *whole = term_of ? term_of : node;
    size_t from = scope->reach_from, to = scope->reach_to > 0 ? scope->reach_to : scope->source_count;
    const struct term_reads *known = term_reads(w, whole, scope, from, to);
    if (!known) return rewrite_too_large(w);
    bool reads_any = known->reads_any && !known->reads_unbound;
    bool can_shield =
        !w->fences_all && !is_row_valued(node) && (!scope->core || rewrite_can_expand_stars(w, scope->core));
    struct node *condition = NULL;
    for (size_t i = from; i < to; i++) {
        struct source *source = scope->sources[i];
        /* what reads no column that is known runs, or not, because of any of them */
        if (reads_any && !known->reads[i]) continue;
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

/* --- columns of sub-selects --- */

static bool column_may_fail(const struct source *source, struct str name, int depth);

static bool result_may_fail(const struct node *node, int depth) {
    if (!node) return false;
    if (leakproof_may_fail(node)) return true;
    if (node->kind == NODE_COLUMN && node->source)
        return column_may_fail(node->source, node->child[COLUMN_NAME]->text, depth);
    if (node->kind == NODE_STAR) return true; /* whatever is behind it */
    if (node->kind == NODE_TABLE && resolve_reads_failing(node)) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (result_may_fail(node->child[i], depth)) return true;
    return false;
}

static bool has_star(const struct node *results) {
    for (uint32_t i = 0; i < results->count; i++)
        if (results->child[i]->kind == NODE_STAR) return true;
    return false;
}

static bool is_failing_view(const struct source *source) {
    return source->table && source->table->may_fail;
}

/* Whether a star shows anything but the columns of tables. */
static bool any_may_fail(const struct node *core, int depth) {
    const struct node *results = core->child[CORE_COLUMNS], *from = core->child[CORE_FROM];
    for (uint32_t i = 0; i < results->count; i++)
        if (results->child[i]->kind != NODE_STAR && result_may_fail(results->child[i], depth)) return true;
    for (uint32_t i = 0; from && i < from->count; i++)
        if (from->child[i]->child[JOIN_SOURCE]->kind != NODE_TABLE ||
            from->child[i]->child[JOIN_SOURCE]->source->kind != SOURCE_TABLE ||
            is_failing_view(from->child[i]->child[JOIN_SOURCE]->source))
            return true;
    return false;
}

static bool refers_to(const struct node *node, const struct node *cte) {
    if (!node) return false;
    if (node->kind == NODE_TABLE && node->source && node->source->definition == cte) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (refers_to(node->child[i], cte)) return true;
    return false;
}

/* Whether what a column stands for, once SQLite has merged the sub-select that it comes from, can fail. */
static bool column_may_fail(const struct source *source, struct str name, int depth) {
    const struct node *select = source->kind == SOURCE_CTE ? source->definition->child[CTE_SELECT]
                                : source->kind == SOURCE_DERIVED && source->node && source->node->kind == NODE_DERIVED
                                    ? source->node->child[DERIVED_SELECT]
                                    : NULL;
    if (!select) return is_failing_view(source) || (source->kind == SOURCE_DERIVED && source->node);
    if (depth == 0) return true;
    if (source->kind == SOURCE_CTE && refers_to(select, source->definition)) return false; /* is never merged */
    size_t place = 0;
    while (place < source->column_count && !str_same_name(source->columns[place], name)) place++;
    const struct node *arms = select->child[SELECT_ARMS];
    for (uint32_t i = 0; i < arms->count; i++) {
        const struct node *arm = arms->child[i];
        if (arm->kind != NODE_CORE) continue; /* VALUES reads no table */
        const struct node *results = arm->child[CORE_COLUMNS];
        bool is_known = !has_star(results) && place < results->count;
        if (is_known ? result_may_fail(results->child[place], depth - 1) : any_may_fail(arm, depth - 1)) return true;
    }
    return false;
}

/* A sub-select that reads one table alone: what can fail there is shielded there. */
static bool is_simple(const struct source *source) {
    if (source->kind == SOURCE_TABLE) return false;
    const struct node *select = source->kind == SOURCE_CTE           ? source->definition->child[CTE_SELECT]
                                : source->node->kind == NODE_DERIVED ? source->node->child[DERIVED_SELECT]
                                                                     : NULL;
    const struct node *arms = select ? select->child[SELECT_ARMS] : NULL;
    for (uint32_t i = 0; arms && i < arms->count; i++) {
        const struct node *from = arms->child[i]->kind == NODE_CORE ? arms->child[i]->child[CORE_FROM] : NULL;
        if (!from) continue;
        const struct node *item = from->child[0]->child[JOIN_SOURCE];
        if (from->count > 1 || item->kind != NODE_TABLE || item->source->kind != SOURCE_TABLE) return false;
    }
    return arms;
}

/* Whether an expression may have an affinity or a collation. */
static bool may_be_typed(const struct node *node) {
    return node->kind == NODE_COLUMN || node->kind == NODE_CAST || node->kind == NODE_SUBQUERY ||
           node_has_kind(node, NODE_COLLATE);
}

/* The same of a column of a sub-select. */
static bool is_typed(const struct source *source, struct str name) {
    const struct node *select = select_of(source);
    if (!select) return true;
    size_t place = 0;
    while (place < source->column_count && !str_same_name(source->columns[place], name)) place++;
    const struct node *arms = select->child[SELECT_ARMS];
    for (uint32_t i = 0; i < arms->count; i++) {
        const struct node *arm = arms->child[i], *results = arm->kind == NODE_CORE ? arm->child[CORE_COLUMNS] : NULL;
        if (!results || has_star(results) || place >= results->count) return true;
        if (may_be_typed(results->child[place]->child[RESULT_EXPRESSION])) return true;
    }
    return false;
}

/* A term at work: what can fail in it for the columns that it reads. */
struct term {
    struct rewrite *w;
    struct scope *scope;
    struct node *node;
    size_t read_count; /* sources of the scope that it reads */
};

static bool is_failing_column(const struct term *term, const struct node *node) {
    const struct source *source = node->kind == NODE_COLUMN ? node->source : NULL;
    if (!source || !column_may_fail(source, node->child[COLUMN_NAME]->text, CTE_DEPTH)) return false;
    return term->read_count >= 2 || !is_simple(source) || !scope_has(term->scope, source);
}

static bool any_failing_column(const struct term *term, const struct node *node) {
    if (!node) return false;
    if (is_failing_column(term, node)) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (any_failing_column(term, node->child[i])) return true;
    return false;
}

/* What an expression asks rows of, if it does: a sub-select, or a table. */
static const struct node *select_in(const struct node *node) {
    if (node->kind == NODE_IN_TABLE) return node->child[IN_TABLE_TABLE];
    struct node *const *select = node_asked_select(node);
    return select ? *select : NULL;
}

/* Whether one stands in the term itself whose affinity or collation CASE would lose. */
static bool any_typed_column(const struct term *term, const struct node *node) {
    if (!node || node->flags & SHIELDED) return false;
    if (is_failing_column(term, node)) return is_typed(node->source, node->child[COLUMN_NAME]->text);
    const struct node *within = select_in(node);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] != within && any_typed_column(term, node->child[i])) return true;
    return false;
}

static bool shield_columns(const struct term *term, struct node *node) {
    if (!node || node->flags & SHIELDED) return true;
    const struct node *within = select_in(node);
    if (is_failing_column(term, node) || (within && any_failing_column(term, within)))
        return rewrite_on_failing(term->w, node, term->scope, term->node);
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] != within && !shield_columns(term, node->child[i])) return false;
    return true;
}

/* Columns that a JOIN compares without saying so. */
static bool fence_join(struct rewrite *w, const struct node *join, struct scope *scope) {
    const struct node *names = join->child[JOIN_USING];
    if (!names && !(join->flags & JOIN_NATURAL)) return true;
    bool may_fail = false;
    for (size_t i = 0; i < scope->source_count; i++) {
        const struct source *source = scope->sources[i];
        may_fail = may_fail || is_failing_view(source);
        for (size_t j = 0; !source->table && j < source->column_count; j++) {
            bool is_compared = !names;
            for (uint32_t k = 0; names && k < names->count; k++)
                is_compared = is_compared || str_same_name(names->child[k]->text, source->columns[j]);
            may_fail = may_fail || (is_compared && column_may_fail(source, source->columns[j], CTE_DEPTH));
        }
    }
    for (size_t i = 0; may_fail && i < scope->source_count; i++) (void)rewrite_fence_source(w, scope->sources[i]);
    return true;
}

bool rewrite_on_term(void *context, struct node *node, const struct node *join, struct scope *scope) {
    struct rewrite *w = context;
    if (!node) return fence_join(w, join, scope);
    struct term term = {.w = w, .scope = scope, .node = node};
    for (size_t i = 0; i < scope->source_count; i++) term.read_count += rewrite_reads_source(node, scope->sources[i]);
    if (unbound_reads(node) & READS_UNSEEN || any_typed_column(&term, node))
        return rewrite_on_failing(w, node, scope, node);
    return shield_columns(&term, node);
}
