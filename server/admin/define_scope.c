#include "auth/record.h"
#include "base/scope.h"
#include "server/admin/admin.h"
#include "server/admin/define.h"
#include "sql/rewrite.h"

DEFINE_CLEANUP(struct query *, query_finish)

/* Whether SQLite takes a clause as the database is now. */
static bool check_statement(struct admin *admin, const struct node *clause, struct error *err) {
    const struct policy policy = {.unrestricted = true};
    struct statement statement = {
        .node = node_copy(admin->arena, clause), .at = clause->at, .end = clause->end, .reserved_at = NOWHERE};
    struct plan plan;
    if (!statement.node) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement needs too much memory");
    if (!rewrite_statement(admin->arena, &admin->snapshot->schema, &policy, &statement, admin->text, &plan, err))
        return false;
    struct error failure = {0};
    CLEANUP(query_finish_at)
    struct query *query = query_prepare(admin->conn, plan.sql, &plan.footprint, false, 0, &failure);
    if (query) return true;
    if (failure.at == NOWHERE) failure.at = clause->at;
    *err = failure;
    return false;
}

static bool gives_row(const struct node *clause) {
    if (clause->kind == NODE_SELECT) return true;
    return clause->kind == NODE_INSERT && clause->child[INSERT_RETURNING];
}

/* A clause whose row is an auth record. */
static bool check_record_clause(struct admin *admin, const struct node *clause, struct error *err) {
    struct record_place place;
    struct error failure = {0};
    if (!check_statement(admin, clause, err)) return false;
    if (record_locate(admin->snapshot, record_table_of_clause(clause), &place, &failure)) return true;
    return fail(err, ERROR_INVALID_VALUE, clause->at, "%s", failure.message);
}

static bool check_signup(struct admin *admin, const struct node *clause, struct error *err) {
    if (!clause) return true;
    if (!gives_row(clause))
        return fail(err, ERROR_INVALID_VALUE, clause->at, "SIGNUP must be an INSERT … RETURNING or a SELECT");
    return check_record_clause(admin, clause, err);
}

static bool check_signin(struct admin *admin, const struct node *clause, struct error *err) {
    if (!clause) return true;
    if (clause->kind != NODE_SELECT) return fail(err, ERROR_INVALID_VALUE, clause->at, "SIGNIN must be a SELECT");
    return check_record_clause(admin, clause, err);
}

static bool check_connect(struct admin *admin, const struct node *clause, struct error *err) {
    if (!clause) return true;
    if (clause->kind != NODE_SELECT) return fail(err, ERROR_INVALID_VALUE, clause->at, "CONNECT must be a SELECT");
    return check_statement(admin, clause, err);
}

static bool check_list(struct admin *admin, const struct node *list, struct error *err) {
    for (uint32_t i = 0; list && i < list->count; i++)
        if (!check_statement(admin, list->child[i], err)) return false;
    return true;
}

bool define_scope(struct admin *admin, const struct node *statement, struct error *err) {
    struct definition scope = {.kind = DEFINITION_SCOPE, .name = statement->child[DEFINE_SCOPE_NAME]->text};
    const struct node *session = statement->child[DEFINE_SCOPE_SESSION];
    int64_t seconds;
    if (!scope.name.length)
        return fail(err, ERROR_INVALID_VALUE, statement->child[DEFINE_SCOPE_NAME]->at, "a scope needs a name");
    if (session && !str_to_duration(session->text, &seconds))
        return fail(err, ERROR_INVALID_VALUE, session->at, "this is no duration such as 30s, 15m or 1h30m");
    return define_check_roles(admin, statement->child[DEFINE_SCOPE_ROLES], NULL, err) &&
           define_check_duration(statement->child[DEFINE_SCOPE_REFRESH], err) &&
           check_signup(admin, statement->child[DEFINE_SCOPE_SIGNUP], err) &&
           check_signin(admin, statement->child[DEFINE_SCOPE_SIGNIN], err) &&
           check_connect(admin, statement->child[DEFINE_SCOPE_CONNECT], err) &&
           check_list(admin, statement->child[DEFINE_SCOPE_ON_SIGNUP], err) &&
           check_list(admin, statement->child[DEFINE_SCOPE_ON_SIGNIN], err) &&
           define_key(admin->arena, &scope.key, err) && define_put(admin, statement, scope, err);
}
