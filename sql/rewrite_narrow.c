/*
 * Narrowing: a guard that must be run as a whole (fenced, or sorted) takes along what the statement asks of its rows
 * anyway, as far as that cannot fail:
 *
 *     SELECT title FROM titles WHERE author = 5 AND abs(size) > 1
 *
 *     "‹table›titles" AS MATERIALIZED (SELECT "titles"."author" AS "author", …
 *       FROM (SELECT … FROM "MAIN"."titles" WHERE select's predicate) AS "titles" WHERE "author" = 5)
 *
 * Within, SQLite uses the indexes that it can; what can fail still runs on what the guard gives, and nothing else.
 */
#include "sql/leakproof.h"
#include "sql/rewrite_private.h"

/* Whether an expression is about one source alone, says the same whenever it is asked, and cannot fail. */
static bool is_narrowing(const struct node *node, const struct source *source) {
    if (!node) return true;
    switch (node->kind) {
    case NODE_COLUMN:
        return node->source == source;
    case NODE_INTEGER:
    case NODE_REAL:
    case NODE_STRING:
    case NODE_BLOB:
    case NODE_NULL_VALUE:
    case NODE_VARIABLE:
    case NODE_NAME: /* of a collation */
    case NODE_TYPE:
        return true;
    case NODE_LIST:
    case NODE_UNARY:
    case NODE_BINARY:
    case NODE_LIKE:
    case NODE_IS_NULL:
    case NODE_BETWEEN:
    case NODE_IN_LIST:
    case NODE_ROW:
    case NODE_CASE:
    case NODE_WHEN:
    case NODE_CAST:
    case NODE_COLLATE:
        break;
    default:
        return false;
    }
    if (leakproof_may_fail(node)) return false;
    for (uint32_t i = 0; i < node->count; i++)
        if (!is_narrowing(node->child[i], source)) return false;
    return true;
}

/* The conditions that AND joins in WHERE and that a guard can take along. */
static struct node *narrowing_terms(struct rewrite *w, const struct node *condition, const struct source *source) {
    if (!condition) return NULL;
    if (condition->kind == NODE_BINARY && NODE_CHOICE(condition) == OPERATOR_AND)
        return make_and_of(w->arena, narrowing_terms(w, condition->child[BINARY_LEFT], source),
                           narrowing_terms(w, condition->child[BINARY_RIGHT], source));
    bool is_about_it = rewrite_reads_source(condition, source) && is_narrowing(condition, source);
    return is_about_it ? node_copy(w->arena, condition) : NULL;
}

static bool has_outer_join(const struct node *from) {
    for (uint32_t i = 0; i < from->count; i++)
        if (from->child[i]->flags & (JOIN_LEFT | JOIN_RIGHT)) return true;
    return false;
}

static void narrow_core(struct rewrite *w, const struct node *core) {
    const struct node *from = core->child[CORE_FROM];
    if (!from || has_outer_join(from)) return;
    for (uint32_t i = 0; i < from->count; i++) {
        const struct node *item = from->child[i]->child[JOIN_SOURCE];
        const struct source *source = item->kind == NODE_TABLE ? item->source : NULL;
        if (!source || !source->guard || source->guard->references != 1 || source->table->may_fail) continue;
        source->guard->narrowed_by = narrowing_terms(w, core->child[CORE_WHERE], source);
        source->guard->narrowed_as = source->name;
    }
}

static void narrow_all(struct rewrite *w, const struct node *node) {
    if (!node) return;
    if (node->kind == NODE_CORE) narrow_core(w, node);
    for (uint32_t i = 0; i < node->count; i++) narrow_all(w, node->child[i]);
}

void rewrite_narrow(struct rewrite *w) {
    if (!w->fences_all) narrow_all(w, w->outermost);
}

struct node *rewrite_narrowed(struct rewrite *w, const struct guard *guard, struct node *select) {
    struct node *derived = node_new(w->arena, NODE_DERIVED, NOWHERE, NOWHERE), *results = NULL;
    if (!derived || !select) return NULL;
    derived->child[DERIVED_SELECT] = select;
    derived->child[DERIVED_ALIAS] = make_name_of(w->arena, guard->narrowed_as);
    const struct node *inner = select->child[SELECT_ARMS]->child[0]->child[CORE_COLUMNS];
    for (uint32_t i = 0; i < inner->count; i++) {
        struct str name = inner->child[i]->child[RESULT_ALIAS]->text;
        results = rewrite_add_result(w, results, make_column_of(w->arena, guard->narrowed_as, name), name);
    }
    return make_select_of(w->arena, results, make_from_of(w->arena, derived), guard->narrowed_by);
}
