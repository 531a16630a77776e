/*
 * SQLite's statements: a plan by the rewriter, and then its rows.
 */
#include "auth/rights.h"
#include "base/scope.h"
#include "server/kept.h"
#include "server/orphans.h"
#include "server/run.h"
#include "sql/limits.h"

DEFINE_CLEANUP(struct query *, query_finish)
DEFINE_CLEANUP(const struct snapshot *, snapshot_unref)

/* A statement of SQLite's on its way. */
struct work {
    struct run *run;
    struct policy policy;
    struct planned planned;
    bool changes_rows; /* INSERT, UPDATE or DELETE */
    bool reads_alone;  /* a restricted principal's read in no transaction: it must not run on older permissions than its
                          rows */
    bool is_stale;     /* it would have: to be tried again */
    struct result *result;
    struct outcome *outcome;
};

static bool get_plan(struct work *work, struct error *err) {
    struct run *run = work->run;
    bool has_tree = run->fresh_trees && run->fresh_trees[run->at];
    struct script parsed = {0};
    const struct plan_source source = {
        .text = run->known ? run->known->script.text : run->script.text,
        .known = run->known,
        .number = run->at,
        .tree = has_tree ? &run->trees.statements[run->at] : NULL,
        .ret_parsed = &parsed,
    };
    if (has_tree) run->fresh_trees[run->at] = false;
    bool fine = plans_get(run->arena, run->place.snapshot, &work->policy, &source, &work->planned, err);
    /* a script that is known was parsed all the same: once is enough for all of its statements */
    if (parsed.count == run->script.count && run_take_trees(run, &parsed)) run->fresh_trees[run->at] = false;
    return fine;
}

/* The plan of the script's kind, or where there is none, of the text as it was sent: what fails must tell of that. */
static bool get_shared_plan(struct work *work, struct error *err) {
    struct run *run = work->run;
    struct error failure = {0};
    bool fine = get_plan(work, &failure);
    if (fine &&
        !(work->planned.kept && atomic_load_explicit(work->planned.kept->wants_literals, memory_order_relaxed))) {
        atomic_fetch_add_explicit(&run->server->shared_plans, 1, memory_order_relaxed);
        return true;
    }
    planned_done(&work->planned);
    if (!run_parse(run, err)) return false;
    if (fine) run->known = known_script_keep(&run->script);
    if (!get_plan(work, err)) return false;
    if (!fine) atomic_fetch_add_explicit(&run->server->unshared_plans, 1, memory_order_relaxed);
    return true;
}

static bool make_plan(struct work *work, const struct statement *statement, struct error *err) {
    struct run *run = work->run;
    planned_done(&work->planned);
    if (!session_policy(&run->session, run->place.snapshot, statement->node, run->arena, &work->policy, err))
        return false;
    return run->params.literals ? get_shared_plan(work, err) : get_plan(work, err);
}

/* With Prefer: handling=strict a row that was passed over fails the statement. */
static bool check_denied(const struct work *work, struct error *err) {
    int64_t denied = conn_denied(work->run->place.conn);
    if (!work->run->is_strict || !work->changes_rows || !denied) return true;
    return fail(err, ERROR_PERMISSION_DENIED, NOWHERE, "%lld %s may not be changed", (long long)denied,
                denied == 1 ? "row" : "rows");
}

static bool check_replaced(const struct work *work, struct error *err) {
    if (!conn_replaced_refused(work->run->place.conn)) return true;
    return fail(err, ERROR_PERMISSION_DENIED, NOWHERE, "permission denied by the table's rule");
}

/* All rows of a query. Everything that a statement changes is changed before its first row is there. */
static bool send_rows(struct work *work, struct query *query, struct error *err) {
    enum query_step step = query_step(query, err);
    if (step == QUERY_FAILED || !check_replaced(work, err) || !check_denied(work, err)) return false;
    if (work->reads_alone && !place_is_settled(&work->run->place)) {
        work->is_stale = true;
        return place_fail_unsettled(err);
    }
    bool shows_rows = work->planned.plan->returns_rows;
    if (shows_rows &&
        !result_begin_rows(work->result, work->run->arena, query, work->planned.plan->hidden_columns, err))
        return false;
    if (shows_rows && work->planned.plan->sorts_rows) result_sort_rows(work->result, work->run->arena);
    if (!shows_rows && work->changes_rows && !result_begin_columns(work->result, work->run->arena, NULL, 0, err))
        return false;
    for (; step == QUERY_ROW; step = query_step(query, err))
        if (shows_rows && !result_add_row(work->result, query, err)) return false;
    return step == QUERY_DONE;
}

/* Steps through the query; no row may be replaced that the principal may not delete. */
static bool run_watched(struct work *work, struct query *query, struct error *err) {
    const struct plan *replaced = work->planned.plan->replaced;
    struct run *run = work->run;
    struct conn *conn = run->place.conn;
    if (!replaced) return send_rows(work, query, err);
    CLEANUP(query_finish_at)
    struct query *check = query_prepare(conn, replaced->sql, &replaced->footprint, true,
                                        policy_plan_key(&work->policy, run->place.snapshot->version), err);
    if (!check || !params_bind(&run->params, conn, run->place.snapshot, replaced, check, err)) return false;
    conn_watch_replaced(conn, work->planned.plan->replaced_table, check);
    bool fine = send_rows(work, query, err);
    conn_unwatch_replaced(conn);
    return fine;
}

/* By what its prepared statement is found again; 0: it is not kept. */
static uint64_t planned_key(const struct work *work) {
    enum plan_kind kind = work->planned.plan->kind;
    if (work->planned.kept) return work->planned.kept->id;
    if (kind != PLAN_READ && kind != PLAN_WRITE) return 0;
    return policy_plan_key(&work->policy, work->run->place.snapshot->version);
}

static bool run_query(struct work *work, struct error *err) {
    struct run *run = work->run;
    struct conn *conn = run->place.conn;
    const struct plan *plan = work->planned.plan;
    conn_reset_denied(conn);
    {
        CLEANUP(query_finish_at)
        struct query *query =
            query_prepare(conn, plan->sql, &plan->footprint, !work->policy.unrestricted, planned_key(work), err);
        if (!query || !params_bind(&run->params, conn, run->place.snapshot, plan, query, err)) return false;
        own_changes_watch(conn, plan);
        if (!run_watched(work, query, err)) return false;
        if (run->params.literals && work->planned.kept && query_depends_on_values(query))
            atomic_store_explicit(work->planned.kept->wants_literals, true, memory_order_relaxed);
    }
    if (plan->kind != PLAN_READ) params_forget(&run->params);
    if (work->changes_rows && !own_changes_note(&run->params.own, run->arena, conn, plan, err)) return false;
    work->outcome->has_changes = work->changes_rows;
    work->outcome->changes = conn_changes(conn);
    work->outcome->denied = conn_denied(conn);
    return true;
}

static uint32_t count_tables(const struct schema *schema, const struct node *node) {
    if (!node) return 0;
    const struct table_schema *read =
        node->kind == NODE_TABLE ? schema_find_table(schema, node->child[TABLE_NAME]->text) : NULL;
    uint32_t total = node->kind == NODE_TABLE ? 1 : 0;
    if (read && read->kind == TABLE_VIEW) total = read->comes_to;
    for (uint32_t i = 0; i < node->count && total <= LIMIT_VIEW_TABLES; i++)
        total += count_tables(schema, node->child[i]);
    return total;
}

/* A view that could never be read is not made. */
static bool views_are_bounded(const struct snapshot *before, const struct node *statement, struct error *err) {
    if (statement->kind != NODE_CREATE_VIEW) return true;
    uint32_t total = count_tables(&before->schema, statement->child[CREATE_VIEW_SELECT]);
    return total < LIMIT_VIEW_TABLES ||
           fail(err, ERROR_LIMIT_EXCEEDED, statement->child[CREATE_VIEW_TABLE]->at,
                "the view comes to more than %d tables, with those of the views in it", LIMIT_VIEW_TABLES);
}

/* What a change of tables leaves of permissions. */
static bool settle(struct work *work, const struct statement *statement, struct error *err) {
    struct place *place = &work->run->place;
    CLEANUP(snapshot_unref_at) const struct snapshot *before = snapshot_ref(place->snapshot);
    bool may_give_permissions = work->planned.plan->kind != PLAN_SCHEMA || rights_give_permissions(&work->run->session);
    if (!views_are_bounded(before, statement->node, err)) return false;
    if (!may_give_permissions && !kept_may_change(before, statement->node, err)) return false;
    if (!kept_names_stay(before, statement->node, err) || !orphans_settle(place, statement->node, err)) return false;
    return may_give_permissions ||
           (place_load(place, err) && kept_is_same(before, place->snapshot, statement->node, err));
}

/* Takes the write lock. Who had it before may have changed what is allowed. */
static bool begin(struct work *work, const struct statement *statement, struct error *err) {
    bool changed;
    return place_begin(&work->run->place, true, &changed, err) && (!changed || make_plan(work, statement, err));
}

#define ATTEMPTS 10

static bool run_read(struct work *work, const struct statement *statement, struct error *err) {
    work->reads_alone = !work->policy.unrestricted;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        work->is_stale = false;
        if (run_query(work, err)) return true;
        if (!work->is_stale) return false;
        error_clear(err);
        if (place_renew(&work->run->place) && !make_plan(work, statement, err)) return false;
    }
    return place_fail_unsettled(err);
}

/* By the permissions that hold in the transaction that others have begun. */
static bool change_rows(struct run *run, void *context, struct error *err) {
    struct work *work = context;
    const struct statement *statement = &run->script.statements[run->at];
    bool changed;
    if (!place_settle(&run->place, &changed, err) || (changed && !make_plan(work, statement, err))) return false;
    result_restart(work->result);
    return run_connect(run, err) && run_query(work, err);
}

/* In a transaction of its own. */
static bool run_alone(struct work *work, const struct statement *statement, struct error *err) {
    struct run *run = work->run;
    bool held;
    if (begin(work, statement, err) && run_query(work, err) && settle(work, statement, err))
        return run_commit(run, work->planned.plan->kind == PLAN_SCHEMA, &held, err);
    conn_rollback(run->place.conn);
    params_forget(&run->params);
    return false;
}

static bool run_in_block(struct work *work, const struct statement *statement, struct error *err) {
    struct run *run = work->run;
    if (work->planned.plan->kind == PLAN_VACUUM)
        return fail(err, ERROR_INVALID_VALUE, statement->at, "VACUUM cannot stand in a transaction");
    if (!run_query(work, err)) return false;
    if (!conn_in_transaction(run->place.conn))
        return fail(err, ERROR_CANCELLED, statement->at, "the statement has ended the transaction");
    if (work->planned.plan->kind != PLAN_SCHEMA) return true;
    run->block.changed_catalog = true;
    return settle(work, statement, err) && place_load(&run->place, err);
}

static bool run_work(struct work *work, const struct statement *statement, struct error *err) {
    struct run *run = work->run;
    if (!run_go_to_database(run, err) || !make_plan(work, statement, err)) return false;
    enum plan_kind kind = work->planned.plan->kind;
    if (!run->block.is_open && kind == PLAN_WRITE) return run_together(run, change_rows, work, err);
    if (!run_connect(run, err)) return false;
    if (run->block.is_open) return run_in_block(work, statement, err);
    switch (kind) {
    case PLAN_READ:
        return run_read(work, statement, err);
    case PLAN_VACUUM:
        return run_query(work, err);
    case PLAN_SCHEMA:
        return run_alone(work, statement, err);
    case PLAN_WRITE:
        break;
    }
    return fail(err, ERROR_INTERNAL, NOWHERE, "no such kind of plan");
}

bool run_plan(struct run *run, const struct statement *statement, struct result *result, struct outcome *outcome,
              struct error *err) {
    struct work work = {
        .run = run,
        .changes_rows = run_changes_rows(statement->node->kind),
        .result = result,
        .outcome = outcome,
    };
    bool fine = run_work(&work, statement, err);
    planned_done(&work.planned);
    return fine;
}
