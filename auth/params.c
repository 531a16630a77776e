#include "auth/params.h"

#include "auth/known_token.h"
#include "auth/record.h"
#include "auth/refuse.h"
#include "base/buf.h"
#include "base/scope.h"
#include "sql/limits.h"
#include "sql/parse.h"
#include "sql/print.h"

DEFINE_CLEANUP(struct query *, query_finish)

/* A variable's name, in parts: `auth.id` has the head `auth` and the member `id`. */
struct variable {
    struct str head;
    struct str member; /* empty: there is none */
};

static struct variable split(struct str name) {
    size_t dot = 0;
    while (dot < name.length && name.text[dot] != '.') dot++;
    return (struct variable){str_slice(name, 0, dot), str_slice(name, dot + 1, name.length)};
}

/* In any spelling, so that nobody can set what a definer meant for one of ours. */
static bool is_ours(struct str head) {
    return str_is_name(head, "auth") || str_is_name(head, "scope") || str_is_name(head, "session") ||
           str_is_name(head, "token");
}

bool params_may_set(struct str name) {
    return !is_ours(split(name).head);
}

/* What the parameters of one plan are bound from. */
struct binding {
    struct params *params;
    struct conn *conn;
    const struct snapshot *snapshot;
};

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the variables need too much memory");
}

static bool has_record(const struct session *session) {
    return session->auth_id.kind != VALUE_NULL && session->auth_table.length > 0;
}

/* The table may have been dropped since the request began; the principal need not learn its name. */
static bool locate(const struct binding *binding, struct record_place *ret_place, struct error *err) {
    struct error cause = {0};
    if (record_locate(binding->snapshot, binding->params->session->auth_table, ret_place, &cause)) return true;
    error_detail(err, "%s", cause.message);
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the auth record cannot be read");
}

static bool read_full(const struct binding *binding, struct named_values *ret_record, struct error *err) {
    const struct params *params = binding->params;
    struct record_place place;
    return locate(binding, &place, err) &&
           record_read(binding->conn, params->arena, &place, &params->session->auth_id, ret_record, err);
}

/* SELECT * FROM the table, as a user would write it of itself. */
static struct str select_self(struct arena *arena, const struct record_place *place) {
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, 0);
    buf_add_text(&sql, "SELECT * FROM ");
    print_name(&sql, place->table->name);
    buf_add_text(&sql, " WHERE ");
    print_name(&sql, place->key->name);
    buf_add_text(&sql, " = $auth");
    return sql.failed ? (struct str){0} : arena_copy(arena, buf_str(&sql));
}

static bool run_plan(const struct binding *binding, const struct plan *plan, uint64_t plan_key,
                     struct named_values *ret_record, struct error *err) {
    CLEANUP(query_finish_at)
    struct query *query = query_prepare(binding->conn, plan->sql, &plan->footprint, true, plan_key, err);
    if (!query || !params_bind(binding->params, binding->conn, binding->snapshot, plan, query, err)) return false;
    switch (query_step(query, err)) {
    case QUERY_FAILED:
        return false;
    case QUERY_DONE:
        *ret_record = (struct named_values){0};
        return true;
    case QUERY_ROW:
        break;
    }
    return record_copy_row(binding->params->arena, query, plan->hidden_columns, ret_record, err);
}

/* The row that a SELECT of the principal's own would give; no items where there is none. */
static bool read_as_principal(const struct binding *binding, struct str text, struct named_values *ret_record,
                              struct error *err) {
    struct params *params = binding->params;
    struct policy policy;
    struct script script;
    struct plan plan;
    if (!text.text) return out_of_memory(err);
    if (!parse_script(params->arena, text, &script, err)) return false;
    const struct statement *statement = &script.statements[0];
    return session_policy(params->session, binding->snapshot, statement->node, params->arena, &policy, err) &&
           rewrite_statement(params->arena, &binding->snapshot->schema, &policy, statement, text, &plan, err) &&
           run_plan(binding, &plan, policy_plan_key(&policy, binding->snapshot->version), ret_record, err);
}

/* The record as its owner may select it. */
static bool read_visible(const struct binding *binding, struct named_values *ret_record, struct error *err) {
    struct record_place place;
    return locate(binding, &place, err) &&
           read_as_principal(binding, select_self(binding->params->arena, &place), ret_record, err);
}

/* A user who may see nothing of the table, or not its key, sees nothing of itself. */
static bool may_see_nothing(const struct error *failure) {
    return failure->code == ERROR_NOT_FOUND || failure->code == ERROR_PERMISSION_DENIED;
}

/* The whole record, as it was read when the file's content was the same. In a transaction it may be otherwise. */
static bool recall_full(const struct binding *binding, struct named_values *ret_record, struct error *err) {
    const struct params *params = binding->params;
    const struct known_token *known = params->session->known;
    uint64_t commits = conn_commits(binding->conn, record_depends_on(params->session->auth_table));
    if (!known || !commits) return read_full(binding, ret_record, err);
    if (known_token_record(known, commits, params->arena, ret_record)) return true;
    if (!read_full(binding, ret_record, err)) return false;
    known_token_keep_record(known, commits, ret_record);
    return true;
}

static bool load_full(const struct binding *binding, const struct named_values **ret_record, struct error *err) {
    struct params *params = binding->params;
    if (!params->full) {
        struct named_values *record = arena_alloc(params->arena, sizeof *record);
        if (!record) return out_of_memory(err);
        if (!recall_full(binding, record, err)) return false;
        params->full = record;
    }
    *ret_record = params->full;
    return true;
}

static bool load_visible(const struct binding *binding, const struct named_values **ret_record, struct error *err) {
    struct params *params = binding->params;
    if (!params->visible) {
        struct named_values *record = arena_alloc(params->arena, sizeof *record);
        struct error failure = {0};
        if (!record) return out_of_memory(err);
        params->visible = record; /* while it is read, it is empty: no text can ask for itself */
        if (!read_visible(binding, record, &failure) && !may_see_nothing(&failure)) {
            params->visible = NULL;
            failure.at = NOWHERE;
            return hand_on(err, &failure);
        }
    }
    *ret_record = params->visible;
    return true;
}

static bool value_of_auth(const struct binding *binding, bool definer, struct str member, struct value *ret_value,
                          struct error *err) {
    const struct session *session = binding->params->session;
    const struct named_values *record = NULL;
    *ret_value = value_null();
    if (!member.length) *ret_value = session->auth_id;
    if (!member.length || !has_record(session)) return true;
    if (!(definer ? load_full : load_visible)(binding, &record, err)) return false;
    const struct value *column = record_column(record, member);
    if (column) *ret_value = *column;
    return true;
}

static struct value text_or_null(struct str text) {
    return text.length ? value_text(text) : value_null();
}

static struct value value_of_session(const struct session *session, struct str member) {
    if (str_is(member, "ns")) return text_or_null(session->ns);
    if (str_is(member, "db")) return text_or_null(session->db);
    if (str_is(member, "user")) return text_or_null(session->login);
    if (str_is(member, "ip")) return text_or_null(session->ip);
    if (str_is(member, "origin")) return text_or_null(session->origin);
    return value_null();
}

static bool value_of_token(struct arena *arena, const struct token_claims *token, struct str member,
                           struct value *ret_value, struct error *err) {
    const struct json *claim = token && token->json ? token->json->first : NULL;
    while (claim && !str_same(claim->name, member)) claim = claim->next;
    *ret_value = value_null();
    if (!claim || !member.length) return true;
    if (claim->kind != JSON_ARRAY && claim->kind != JSON_OBJECT) return json_to_value(arena, claim, ret_value, err);
    *ret_value = value_text(claim->text);
    return true;
}

static bool value_of_ours(const struct binding *binding, struct variable variable, bool definer,
                          struct value *ret_value, struct error *err) {
    struct params *params = binding->params;
    const struct session *session = params->session;
    if (str_is_name(variable.head, "auth"))
        return value_of_auth(binding, definer || params->definer, variable.member, ret_value, err);
    if (str_is_name(variable.head, "token"))
        return value_of_token(params->arena, session->token, variable.member, ret_value, err);
    if (str_is_name(variable.head, "session"))
        *ret_value = value_of_session(session, variable.member);
    else
        *ret_value = variable.member.length ? value_null() : text_or_null(session->scope);
    return true;
}

static bool value_of_literal(const struct params *params, unsigned literal, struct value *ret_value,
                             struct error *err) {
    const struct lifted_literals *literals = params->literals;
    if (!literals || literal > literals->sent.count)
        return fail(err, ERROR_INTERNAL, NOWHERE, "a literal has no value");
    *ret_value = literals->values[literal - 1];
    return true;
}

/* Where a parameter stands in the text that was sent. */
static uint32_t place_of(const struct params *params, const struct plan_parameter *parameter) {
    if (parameter->definer) return NOWHERE;
    return params->literals ? lifted_script_at(params->literals, parameter->at) : parameter->at;
}

/* SELECT the rowid FROM the table WHERE it is that one; empty where the table has none that can be named. */
static struct str select_inserted(const struct binding *binding) {
    const struct own_changes *own = &binding->params->own;
    const struct table_schema *table = schema_find_table(&binding->snapshot->schema, own->inserted);
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, 0);
    if (!table || table->without_rowid || table->kind == TABLE_VIEW) return (struct str){"", 0};
    struct str key = schema_rowid_name(table);
    if (!key.length) return (struct str){"", 0};
    buf_add_text(&sql, "SELECT ");
    print_name(&sql, key);
    buf_add_text(&sql, " FROM main.");
    print_name(&sql, table->name);
    buf_add_text(&sql, " WHERE ");
    print_name(&sql, key);
    buf_format(&sql, " = %lld", (long long)own->rowid);
    return sql.failed ? (struct str){0} : arena_copy(binding->params->arena, buf_str(&sql));
}

/* last_insert_rowid(): the rowid, where a statement of the principal's own could read it; 0 where it could not. */
static bool value_of_inserted(const struct binding *binding, struct value *ret_value, struct error *err) {
    struct params *params = binding->params;
    struct named_values row = {0};
    struct error failure = {0};
    *ret_value = value_integer(0);
    if (!params->own.inserted.length) return true;
    if (params->definer) {
        *ret_value = value_integer(params->own.rowid);
        return true;
    }
    struct str text = select_inserted(binding);
    if (text.text && !text.length) return true;
    if (!read_as_principal(binding, text, &row, &failure) && !may_see_nothing(&failure)) {
        failure.at = NOWHERE;
        return hand_on(err, &failure);
    }
    if (row.count == 1 && row.items[0].value.kind == VALUE_INTEGER) *ret_value = row.items[0].value;
    return true;
}

static bool value_of_own_change(const struct binding *binding, struct str name, struct value *ret_value,
                                struct error *err) {
    const struct own_changes *own = &binding->params->own;
    if (str_is(name, "last_insert_rowid")) return value_of_inserted(binding, ret_value, err);
    *ret_value = value_integer(str_is(name, "changes") ? own->last : own->total);
    return true;
}

static bool value_of(const struct binding *binding, const struct plan_parameter *parameter, struct value *ret_value,
                     struct error *err) {
    const struct params *params = binding->params;
    if (parameter->literal) return value_of_literal(params, parameter->literal, ret_value, err);
    struct variable variable = split(parameter->name);
    if (parameter->is_own_change) return value_of_own_change(binding, parameter->name, ret_value, err);
    if (is_ours(variable.head)) return value_of_ours(binding, variable, parameter->definer, ret_value, err);
    /* What a request gives must never decide a permission. */
    const struct value *given = parameter->definer ? NULL : named_values_find(&params->values, parameter->name);
    if (!given && !params->missing_is_null)
        return fail(err, ERROR_NOT_FOUND, place_of(params, parameter), "no such variable: $%.*s", STR(parameter->name));
    *ret_value = given ? *given : value_null();
    return true;
}

static bool check_pattern(const struct params *params, const struct plan_parameter *parameter,
                          const struct value *value, struct error *err) {
    bool has_length = value->kind == VALUE_TEXT || value->kind == VALUE_BLOB;
    if (!parameter->is_pattern || !has_length || value->text.length <= LIMIT_PATTERN) return true;
    return fail(err, ERROR_LIMIT_EXCEEDED, place_of(params, parameter), "a pattern may be %d bytes long",
                LIMIT_PATTERN);
}

bool params_value(struct params *params, struct conn *conn, const struct snapshot *snapshot,
                  const struct plan_parameter *parameter, struct value *ret_value, struct error *err) {
    const struct binding binding = {params, conn, snapshot};
    struct value value;
    if (!value_of(&binding, parameter, &value, err) || !check_pattern(params, parameter, &value, err)) return false;
    *ret_value = value;
    return true;
}

bool params_bind(struct params *params, struct conn *conn, const struct snapshot *snapshot, const struct plan *plan,
                 struct query *query, struct error *err) {
    for (size_t i = 0; i < plan->parameter_count; i++) {
        struct value value;
        const struct plan_parameter *parameter = &plan->parameters[i];
        if (parameter->rows) {
            if (!query_bind_rows(query, (int)i + 1, parameter->rows, err)) return false;
            continue;
        }
        if (!params_value(params, conn, snapshot, parameter, &value, err)) return false;
        if (!query_bind(query, (int)i + 1, &value, err)) return false;
    }
    return true;
}

void params_forget(struct params *params) {
    params->full = NULL;
    params->visible = NULL;
}
