/*
 * EXPLAIN PERMISSIONS: the plan that a principal would get, shown and not run.
 */
#include "auth/record.h"
#include "auth/rights.h"
#include "base/json.h"
#include "base/scope.h"
#include "server/run.h"
#include "sql/explain.h"

DEFINE_CLEANUP(struct query *, query_finish)

enum column {
    COLUMN_SQL,
    COLUMN_PARAMETERS,
    COLUMN_GUARDS,
    COLUMN_TERMS,
    COLUMN_PLAN,
    COLUMN_REPLACED,
    COLUMN_COUNT,
};

struct explanation {
    struct run *run;
    const struct node *node;
    struct session session; /* of the principal */
    struct params params;
    struct policy policy;
    struct plan plan;
    struct buf columns[COLUMN_COUNT];
};

static void explanation_done(struct explanation *explanation) {
    for (int i = 0; i < COLUMN_COUNT; i++) buf_done(&explanation->columns[i]);
}

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the explanation needs too much memory");
}

/* --- who --- */

static bool read_id(const struct run *run, const struct node *node, struct value *ret_id, struct error *err) {
    int64_t integer;
    if (node->kind == NODE_STRING) {
        *ret_id = value_text(node->text);
        return true;
    }
    if (node->kind == NODE_INTEGER && str_to_int64(node->text, &integer)) {
        *ret_id = value_integer(integer);
        return true;
    }
    if (node->kind == NODE_VARIABLE && node->text.length) {
        const struct value *given = named_values_find(&run->params.values, node->text);
        if (!given) return fail(err, ERROR_NOT_FOUND, node->at, "no such variable: $%.*s", STR(node->text));
        *ret_id = *given;
        if (given->kind == VALUE_INTEGER || given->kind == VALUE_TEXT) return true;
    }
    return fail(err, ERROR_INVALID_VALUE, node->at, "the id of an auth record is an integer or a text");
}

/* $auth: the key of the record as the database has it. */
static bool find_record(struct explanation *explanation, const struct definition *scope, const struct node *node,
                        struct error *err) {
    struct run *run = explanation->run;
    struct session *session = &explanation->session;
    struct record_place place;
    struct named_values record;
    struct value id;
    if (!read_id(run, node, &id, err)) return false;
    if (!record_locate(run->place.snapshot, record_table_of_scope(scope), &place, err)) return false;
    if (!record_read(run->place.conn, run->arena, &place, &id, &record, err)) return false;
    const struct value *key = record_column(&record, place.key->name);
    if (!key) return fail(err, ERROR_NOT_FOUND, node->at, "no record of %.*s has this id", STR(place.table->name));
    session->auth_id = *key;
    session->auth_table = place.table->name;
    return true;
}

static bool find_scope_user(struct explanation *explanation, struct error *err) {
    const struct node *name = explanation->node->child[EXPLAIN_PERMISSIONS_NAME];
    const struct node *id = explanation->node->child[EXPLAIN_PERMISSIONS_ID];
    const struct definition *scope =
        snapshot_find(explanation->run->place.snapshot, DEFINITION_SCOPE, (struct str){0}, name->text);
    if (!scope) return fail(err, ERROR_NOT_FOUND, name->at, "no such scope: %.*s", STR(name->text));
    explanation->session.level = LEVEL_SCOPE;
    explanation->session.scope = scope->name;
    if (!roles_of_scope(explanation->run->arena, explanation->run->place.snapshot, scope, &explanation->session.roles,
                        err))
        return false;
    return !id || find_record(explanation, scope, id, err);
}

/* A login of the database's, whether it is disabled or not. */
static bool find_login(struct explanation *explanation, struct error *err) {
    const struct node *name = explanation->node->child[EXPLAIN_PERMISSIONS_NAME];
    const struct snapshot *snapshot = explanation->run->place.snapshot;
    const struct definition *login = snapshot_find(snapshot, DEFINITION_LOGIN, (struct str){0}, name->text);
    if (!login) return fail(err, ERROR_NOT_FOUND, name->at, "no such login: %.*s", STR(name->text));
    explanation->session.level = LEVEL_DATABASE;
    explanation->session.login = login->name;
    return roles_of_login(explanation->run->arena, snapshot, login, &explanation->session.roles, err);
}

/* The principal, at home where the statement is explained, and asking from where its explainer asks. */
static bool find_principal(struct explanation *explanation, struct error *err) {
    const struct session *self = &explanation->run->session;
    explanation->session = (struct session){
        .level = LEVEL_GUEST,
        .roles.held = ROLE_BIT(ROLE_OWN),
        .home_ns = self->ns,
        .home_db = self->db,
        .ns = self->ns,
        .db = self->db,
        .ip = self->ip,
        .origin = self->origin,
    };
    switch ((enum node_principal)NODE_CHOICE(explanation->node)) {
    case PRINCIPAL_SELF:
        explanation->session = *self;
        return true;
    case PRINCIPAL_SCOPE:
        return find_scope_user(explanation, err);
    case PRINCIPAL_GUEST:
        return true;
    case PRINCIPAL_LOGIN:
        return find_login(explanation, err);
    }
    return fail(err, ERROR_INTERNAL, NOWHERE, "no such kind of principal");
}

/* --- what --- */

static bool make_plan(struct explanation *explanation, const struct statement *explained, struct error *err) {
    struct run *run = explanation->run;
    struct node *node = explanation->node->child[EXPLAIN_PERMISSIONS_STATEMENT];
    const struct statement statement = {
        .node = node, .at = node->at, .end = explained->end, .depth = explained->depth, .reserved_at = NOWHERE};
    if (!rights_check(&explanation->session, node, err)) return false;
    if (node->kind != NODE_SELECT && node->kind != NODE_INSERT && node->kind != NODE_UPDATE &&
        node->kind != NODE_DELETE)
        return fail(err, ERROR_INVALID_VALUE, node->at,
                    "permissions are explained of SELECT, INSERT, UPDATE and DELETE alone");
    if (!session_policy(&explanation->session, run->place.snapshot, node, run->arena, &explanation->policy, err) ||
        !rewrite_statement(run->arena, &run->place.snapshot->schema, &explanation->policy, &statement, run->script.text,
                           &explanation->plan, err))
        return false;
    explain_sql(&explanation->columns[COLUMN_SQL], explanation->plan.sql);
    explain_guards(&explanation->columns[COLUMN_GUARDS], &explanation->plan, &explanation->policy);
    explain_terms(&explanation->columns[COLUMN_TERMS], &explanation->plan, run->script.text);
    return true;
}

/* {"?1":{"name":"auth.id","value":7}} */
static bool bind_parameters(struct explanation *explanation, const struct plan *plan, struct query *query,
                            struct buf *out, struct error *err) {
    struct run *run = explanation->run;
    buf_add_char(out, '{');
    for (size_t i = 0; i < plan->parameter_count; i++) {
        const struct plan_parameter *parameter = &plan->parameters[i];
        struct value value;
        if (!params_value(&explanation->params, run->place.conn, run->place.snapshot, parameter, &value, err) ||
            !query_bind(query, (int)i + 1, &value, err))
            return false;
        buf_format(out, "%s\"?%zu\":{\"name\":", i ? "," : "", i + 1);
        json_write_string(out, parameter->name);
        buf_add_text(out, ",\"value\":");
        json_write_value(out, &value);
        buf_add_char(out, '}');
    }
    buf_add_char(out, '}');
    return true;
}

/* A line of SQLite's plan, by its number, so that those below it find their depth. */
struct line {
    int64_t id;
    int depth;
};

static int depth_below(const struct line *lines, size_t count, int64_t parent) {
    for (size_t i = count; i > 0; i--)
        if (lines[i - 1].id == parent) return lines[i - 1].depth + 1;
    return 0;
}

/* The rows are id, parent, a number that is not used, and the line's text. */
static bool read_plan(struct explanation *explanation, struct query *query, struct buf *out, struct error *err) {
    struct line *lines = NULL;
    size_t count = 0;
    CLEANUP(buf_done) struct buf text;
    enum query_step step;
    buf_init(&text, 0);
    buf_add_char(out, '[');
    while ((step = query_step(query, err)) == QUERY_ROW) {
        const struct value id = query_column(query, 0), parent = query_column(query, 1),
                           detail = query_column(query, 3);
        lines = arena_grow(explanation->run->arena, lines, count, sizeof *lines);
        if (!lines || id.kind != VALUE_INTEGER || parent.kind != VALUE_INTEGER || detail.kind != VALUE_TEXT)
            return out_of_memory(err);
        int depth = depth_below(lines, count, parent.integer);
        lines[count] = (struct line){id.integer, depth};
        buf_clear(&text);
        for (int i = 0; i < depth; i++) buf_add_text(&text, "  ");
        buf_add_str(&text, detail.text);
        if (text.failed) return out_of_memory(err);
        if (count++) buf_add_char(out, ',');
        explain_sql(out, buf_str(&text));
    }
    buf_add_char(out, ']');
    return step == QUERY_DONE;
}

/* What is bound, and SQLite's plan. */
static bool ask_sqlite(struct explanation *explanation, const struct plan *plan, struct buf *parameters,
                       struct buf *lines, struct error *err) {
    struct run *run = explanation->run;
    struct str sql = arena_format(run->arena, "EXPLAIN QUERY PLAN %.*s", STR(plan->sql));
    if (!sql.text) return out_of_memory(err);
    CLEANUP(query_finish_at)
    struct query *query =
        query_prepare(run->place.conn, sql, &plan->footprint, !explanation->policy.unrestricted, 0, err);
    return query && bind_parameters(explanation, plan, query, parameters, err) &&
           read_plan(explanation, query, lines, err);
}

/* {"sql":"SELECT …","parameters":{…},"plan":[…]}: what is asked of each row that OR REPLACE deletes; null where nothing
 * is. */
static bool explain_replaced(struct explanation *explanation, struct error *err) {
    const struct plan *asked = explanation->plan.replaced;
    struct buf *out = &explanation->columns[COLUMN_REPLACED];
    CLEANUP(buf_done) struct buf lines;
    buf_init(&lines, 0);
    if (!asked) {
        buf_add_text(out, "null");
        return true;
    }
    buf_add_text(out, "{\"sql\":");
    explain_sql(out, asked->sql);
    buf_add_text(out, ",\"parameters\":");
    if (!ask_sqlite(explanation, asked, out, &lines, err)) return false;
    if (lines.failed) return out_of_memory(err);
    buf_add_text(out, ",\"plan\":");
    buf_add_str(out, buf_str(&lines));
    buf_add_char(out, '}');
    return true;
}

static bool show(struct explanation *explanation, struct result *result, struct error *err) {
    static const struct str names[COLUMN_COUNT] = {
        [COLUMN_SQL] = {"sql", 3},       [COLUMN_PARAMETERS] = {"parameters", 10},
        [COLUMN_GUARDS] = {"guards", 6}, [COLUMN_TERMS] = {"terms", 5},
        [COLUMN_PLAN] = {"plan", 4},     [COLUMN_REPLACED] = {"replaced", 8},
    };
    struct str values[COLUMN_COUNT];
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (explanation->columns[i].failed) return out_of_memory(err);
        values[i] = buf_str(&explanation->columns[i]);
    }
    return result_begin_columns(result, explanation->run->arena, names, COLUMN_COUNT, err) &&
           result_add_json(result, values, err);
}

bool run_explain(struct run *run, const struct statement *statement, struct result *result, struct error *err) {
    CLEANUP(explanation_done) struct explanation explanation = {.run = run, .node = statement->node};
    if (!run_go_to_database(run, err) || !run_connect(run, err)) return false;
    if (!find_principal(&explanation, err)) return false;
    explanation.params =
        (struct params){.session = &explanation.session, .arena = run->arena, .values = run->params.values};
    return make_plan(&explanation, statement, err) &&
           ask_sqlite(&explanation, &explanation.plan, &explanation.columns[COLUMN_PARAMETERS],
                      &explanation.columns[COLUMN_PLAN], err) &&
           explain_replaced(&explanation, err) && show(&explanation, result, err);
}
