/*
 * Aggregates of a change. SQLite takes none where there is but one row at a time: in SET, WHERE and RETURNING. The
 * rewriter moves these into a SELECT, where one would turn all rows into one. An aggregate belongs to the query whose
 * columns it reads, so that one in a sub-select may be the change's own:
 *
 *     DELETE FROM post RETURNING (SELECT count(post.id) FROM tag)
 */
#include "sql/leakproof.h"
#include "sql/rewrite_private.h"

/* In SQLite's words. */
static bool refuse(struct rewrite *w, const struct node *call) {
    return fail(w->err, ERROR_SQLITE, call->at, "misuse of %s function %.*s()",
                call->child[FUNCTION_OVER] ? "window" : "aggregate", STR(call->child[FUNCTION_NAME]->text));
}

bool rewrite_refuse_aggregates(struct rewrite *w, const struct node *node) {
    if (!node || node->kind == NODE_SELECT) return true;
    if (node->kind == NODE_FUNCTION && leakproof_is_aggregate(node)) return refuse(w, node);
    for (uint32_t i = 0; i < node->count; i++)
        if (!rewrite_refuse_aggregates(w, node->child[i])) return false;
    return true;
}

/* What the columns in an aggregate belong to. */
struct aggregated {
    struct rewrite *w;
    const struct scope *row;
    const struct source **within; /* of sub-selects in the aggregate itself */
    size_t within_count;
    bool reads_row, reads_other;
};

static void gather_within(const struct node *node, struct aggregated *of) {
    if (!node) return;
    bool is_source = node->kind == NODE_TABLE || node->kind == NODE_TABLE_FUNCTION || node->kind == NODE_DERIVED ||
                     node->kind == NODE_NESTED;
    if (is_source && node->source) {
        const struct source **within = arena_grow(of->w->arena, of->within, of->within_count, sizeof *within);
        if (!within) return; /* arena_exhausted is checked after */
        of->within = within;
        within[of->within_count++] = node->source;
    }
    for (uint32_t i = 0; i < node->count; i++) gather_within(node->child[i], of);
}

static bool is_within(const struct aggregated *of, const struct source *source) {
    for (size_t i = 0; i < of->within_count; i++)
        if (of->within[i] == source) return true;
    return false;
}

static void note_reads(const struct node *node, struct aggregated *of) {
    if (!node) return;
    if (node->kind == NODE_COLUMN) {
        if (scope_has(of->row, node->source))
            of->reads_row = true;
        else if (!node->source || !is_within(of, node->source))
            of->reads_other = true;
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) note_reads(node->child[i], of);
}

/* Whether an aggregate in a sub-select reads columns of the row, and of no query between. */
static bool is_of_row_alone(struct rewrite *w, const struct node *call, const struct scope *row) {
    struct aggregated of = {.w = w, .row = row};
    gather_within(call->child[FUNCTION_ARGUMENTS], &of);
    gather_within(call->child[FUNCTION_FILTER], &of);
    note_reads(call->child[FUNCTION_ARGUMENTS], &of);
    note_reads(call->child[FUNCTION_FILTER], &of);
    return of.reads_row && !of.reads_other;
}

bool rewrite_refuse_outer_aggregates(struct rewrite *w, const struct node *node, const struct scope *row) {
    if (!node) return true;
    if (node->kind == NODE_FUNCTION && !node->child[FUNCTION_OVER] && leakproof_is_aggregate(node) &&
        is_of_row_alone(w, node, row))
        return refuse(w, node);
    for (uint32_t i = 0; i < node->count; i++)
        if (!rewrite_refuse_outer_aggregates(w, node->child[i], row)) return false;
    return !arena_exhausted(w->arena) || rewrite_too_large(w);
}
