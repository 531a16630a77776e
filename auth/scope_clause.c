#include "auth/scope_clause.h"

#include "auth/record.h"
#include "base/scope.h"
#include "sql/parse.h"

DEFINE_CLEANUP(struct query *, query_finish)

/* A statement of the scope made ready to be stepped; NULL on failure. The tree is a copy: that of the snapshot is
 * everybody's, and the rewriter may change it. */
static struct query *prepare(const struct scope_clause *clause, const struct node *tree, struct plan *ret_plan,
                             struct error *err) {
    const struct policy policy = {.unrestricted = true};
    struct arena *arena = clause->params->arena;
    struct statement statement = {.node = node_copy(arena, tree), .at = tree->at, .end = tree->end};
    statement.reserved_at = NOWHERE;
    if (!statement.node) return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement needs too much memory");
    if (!rewrite_statement(arena, &clause->snapshot->schema, &policy, &statement, clause->scope->statement, ret_plan,
                           err))
        return NULL;
    struct query *query =
        query_prepare(clause->conn, ret_plan->sql, &ret_plan->footprint, true, clause->snapshot->version, err);
    if (query) own_changes_watch(clause->conn, ret_plan);
    if (!query || params_bind(clause->params, clause->conn, clause->snapshot, ret_plan, query, err)) return query;
    query_finish(query);
    return NULL;
}

static bool note(const struct scope_clause *clause, const struct plan *plan, struct error *err) {
    params_forget(clause->params);
    return plan->kind != PLAN_WRITE ||
           own_changes_note(&clause->params->own, clause->params->arena, clause->conn, plan, err);
}

bool scope_clause_row(const struct scope_clause *clause, const struct node *tree, struct named_values *ret_row,
                      struct error *err) {
    struct plan plan;
    CLEANUP(query_finish_at) struct query *query = prepare(clause, tree, &plan, err);
    if (!query) return false;
    struct named_values row = {0};
    size_t count = 0;
    enum query_step step;
    while ((step = query_step(query, err)) == QUERY_ROW && ++count == 1)
        if (!record_copy_row(clause->params->arena, query, plan.hidden_columns, &row, err)) return false;
    if (step == QUERY_FAILED) return false;
    if (count != 1)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE,
                    count ? "the clause gave more than one row" : "the clause gave no row");
    if (!note(clause, &plan, err)) return false;
    *ret_row = row;
    return true;
}

static bool run(const struct scope_clause *clause, const struct node *tree, struct error *err) {
    struct plan plan;
    CLEANUP(query_finish_at) struct query *query = prepare(clause, tree, &plan, err);
    if (!query) return false;
    enum query_step step;
    do step = query_step(query, err);
    while (step == QUERY_ROW);
    return step == QUERY_DONE && note(clause, &plan, err);
}

bool scope_clause_all(const struct scope_clause *clause, const struct node *statements, struct error *err) {
    for (uint32_t i = 0; statements && i < statements->count; i++)
        if (!run(clause, statements->child[i], err)) return false;
    return true;
}
