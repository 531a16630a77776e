/*
 * The way of a request: who asks, what for, may they, and then one statement after the other.
 */
#include "server/run.h"

#include "auth/credential.h"
#include "auth/refuse.h"
#include "auth/rights.h"
#include "base/clock.h"
#include "base/scope.h"
#include "server/admin/admin.h"
#include "server/auditing.h"
#include "server/media.h"

#include <string.h>

static bool find_out_who(struct run *run, struct error *err);
static bool read_request(struct run *run, struct error *err);
static bool find_script(struct run *run, struct error *err);
static bool prepare_answer(struct run *run, struct error *err);
static void run_statements(struct run *run);
static bool execute(struct run *run, const struct statement *statement, struct result *result, struct outcome *outcome,
                    struct error *err);

/* The path. */
bool run_request(struct run *run, struct error *err) {
    if (!find_out_who(run, err)) return false;
    if (!read_request(run, err)) return false;
    struct admitted admitted;
    if (!admission_enter(&run->server->admission, run->session.ns, &admitted, err)) return false;
    bool fine = find_script(run, err) && prepare_answer(run, err);
    if (fine) run_statements(run);
    place_leave(&run->place);
    admission_leave(&run->server->admission, &admitted);
    return fine;
}

/* The same for one statement. */
static bool execute(struct run *run, const struct statement *statement, struct result *result, struct outcome *outcome,
                    struct error *err) {
    const struct node *node = statement->node;
    if (statement->reserved_at != NOWHERE)
        return fail(err, ERROR_PERMISSION_DENIED, statement->reserved_at,
                    "names that begin with _bailiwick are reserved");
    if (!rights_check(&run->session, node, err)) return false;
    if (run_is_transaction(node->kind)) return run_transaction(run, node, err);
    if (node->kind == NODE_EXPLAIN_PERMISSIONS) return run_explain(run, statement, result, err);
    if (node->kind == NODE_USE || admin_find(node->kind)) return run_own(run, node, result, err);
    return run_plan(run, statement, result, outcome, err);
}

static struct str header_of(const struct run *run, const char *name, const char *other_name) {
    struct str value = http_header(run->exchange, name);
    return value.text ? value : http_header(run->exchange, other_name);
}

static bool find_out_who(struct run *run, struct error *err) {
    struct client client;
    struct str certificate;
    if (!client_find(run->server, run->exchange, run->arena, &client, err) ||
        !client_certificate(run->server, run->exchange, run->arena, &certificate, err))
        return false;
    const struct credential_request request = {
        .authorization = http_header(run->exchange, "Authorization"),
        .certificate = certificate,
        .ns = header_of(run, "NS", "Surreal-NS"),
        .db = header_of(run, "DB", "Surreal-DB"),
        .ip = client.address,
        .origin = http_header(run->exchange, "Origin"),
        .root_may_enter = client.root_may_enter,
        .allow_guests = run->server->settings->allow_guests,
        .throttle = run->server->throttle,
    };
    struct session *session = &run->session;
    struct error cause = {0};
    if (!credential_check(run->server->store, run->arena, &request, session, &cause)) {
        auditing_refusal(run->server, run->exchange, run->arena, &client, &request, &cause);
        return hand_on(err, &cause);
    }
    auditing_session(run);
    place_take(&run->place, session->file, session->home_ns, session->home_db);
    session->file = NULL;
    return true;
}

static bool read_request(struct run *run, struct error *err) {
    size_t limit = (size_t)run->server->settings->body_limit;
    if (!request_read_sql(run->exchange, run->arena, limit, &run->request, err)) return false;
    const struct named_values *variables = &run->request.variables;
    for (size_t i = 0; i < variables->count; i++)
        if (!params_may_set(variables->items[i].name))
            return fail(err, ERROR_INVALID_VALUE, NOWHERE, "a request cannot set the variable $%.*s",
                        STR(variables->items[i].name));
    run->params = (struct params){.session = &run->session, .arena = run->arena, .values = *variables};
    return true;
}

static bool find_lifted(struct run *run, struct str text) {
    struct lifted_script *lifted = arena_alloc(run->arena, sizeof *lifted);
    if (!lifted || !lifted_script_find(run->arena, text, lifted)) return false;
    run->known = lifted->known;
    run->script = lifted->script;
    run->params.literals = &lifted->literals;
    return true;
}

/* A script that is known need not be parsed until a plan is missing. */
static bool find_script(struct run *run, struct error *err) {
    struct str text = run->request.text;
    run->known = known_script_find(text);
    if (run->known) {
        run->script = run->known->script;
        return true;
    }
    if (find_lifted(run, text)) return true;
    if (!run_parse(run, err)) return false;
    if (!lifted_script_keep(run->arena, &run->script)) run->known = known_script_keep(&run->script);
    return true;
}

bool run_parse(struct run *run, struct error *err) {
    known_script_unref(run->known);
    run->known = NULL;
    run->params.literals = NULL;
    if (!parse_script(run->arena, run->request.text, &run->script, err)) return false;
    return run_take_trees(run, &run->script) ||
           fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
}

bool run_take_trees(struct run *run, const struct script *parsed) {
    bool *fresh = arena_array(run->arena, parsed->count, sizeof *fresh);
    if (!fresh) return false;
    memset(fresh, true, parsed->count);
    run->fresh_trees = fresh;
    run->trees = *parsed;
    return true;
}

static bool prepare_answer(struct run *run, struct error *err) {
    struct str prefer = http_header(run->exchange, "Prefer");
    run->is_strict = media_prefers(prefer, "handling", "strict");
    if (!block_init(&run->block, run->arena, run->script.count, (size_t)run->server->settings->transaction_limit, err))
        return false;
    respond_init(&run->respond, run->exchange, run->request.text, media_prefers(prefer, "rows", "array"));
    return true;
}

void run_done(struct run *run) {
    place_leave(&run->place);
    session_done(&run->session);
    known_script_unref(run->known);
    block_done(&run->block);
    respond_done(&run->respond);
}

static bool begins_block(const struct run *run, const struct node *node) {
    return node->kind == NODE_BEGIN && !run->block.is_open;
}

/* A statement that has failed takes its block's changes along. */
static void add_to_block(struct run *run, struct result *result, struct outcome *outcome) {
    bool fits = result_close(result, &outcome->error);
    block_add(&run->block, outcome, fits ? buf_str(&result->value) : (struct str){0});
    if (!run->block.has_failed || run->shares_commit) return;
    if (run->place.conn) conn_rollback(run->place.conn);
    params_forget(&run->params);
}

void run_close_block(struct run *run, bool holds, const char *why) {
    if (!holds) run->params.own = run->own_before;
    block_close(&run->block, &run->respond, holds, why);
    auditing_transaction(run, holds);
}

/* What a statement gave goes out, or is held back by its block. */
static void report(struct run *run, const struct node *node, struct result *result, struct outcome *outcome) {
    struct block *block = &run->block;
    bool is_fine = outcome->error.code == ERROR_NONE;
    if (!block->is_open) {
        result_finish(result, outcome);
    } else if (run->shares_commit) { /* it ends where the others' changes do */
        add_to_block(run, result, outcome);
    } else if (run_ends_block(node) && node->kind == NODE_ROLLBACK && is_fine) {
        run_close_block(run, false, "the transaction was rolled back");
        result_finish(result, outcome);
    } else {
        add_to_block(run, result, outcome);
        if (run_ends_block(node)) run_close_block(run, block->holds, "the transaction has failed");
    }
}

/* A statement of a block that has failed is not run. */
static void skip(struct run *run, const struct node *node) {
    block_skip(&run->block);
    if (run_ends_block(node) && !run->shares_commit) run_close_block(run, false, "the transaction has failed");
}

/* What a result may take while it is held back; 0: it is streamed. What a change returns is held back until the write
 * lock is given up: a peer that reads slowly must not keep everybody else from writing. */
static size_t room_for(const struct run *run, const struct node *node) {
    if (run->block.is_open) return block_room(&run->block);
    return run_changes_rows(node->kind) ? (size_t)run->server->settings->transaction_limit : 0;
}

void run_statement(struct run *run) {
    const struct statement *statement = &run->script.statements[run->at];
    struct outcome outcome = {0};
    int64_t begun = clock_steady();
    if (run->block.is_open && run->block.has_failed) {
        skip(run, statement->node);
        return;
    }
    if (begins_block(run, statement->node)) {
        block_open(&run->block, settings_deadline(run->server->settings));
        run->own_before = run->params.own;
    }
    CLEANUP(result_done) struct result result;
    result_init(&result, &run->respond, room_for(run, statement->node));
    if (!execute(run, statement, &result, &outcome, &outcome.error))
        fail(&outcome.error, ERROR_INTERNAL, NOWHERE, "the statement failed without a reason");
    if (outcome.error.code == ERROR_OVERLOADED) outcome.error.code = ERROR_BUSY; /* of a password function */
    outcome.elapsed = clock_steady() - begun;
    auditing_statement(run, statement, &outcome.error);
    report(run, statement->node, &result, &outcome);
}

static void run_statements(struct run *run) {
    for (run->at = 0; run->at < run->script.count && !run->respond.is_gone; run->at++)
        if (run_shares_commit(run))
            run_block_together(run);
        else
            run_statement(run);
    if (!run->block.is_open) return;
    if (run->place.conn) conn_rollback(run->place.conn);
    run_close_block(run, false, "the transaction was not committed");
}

/* --- what the steps share --- */

bool run_changes_rows(enum node_kind kind) {
    return kind == NODE_INSERT || kind == NODE_UPDATE || kind == NODE_DELETE;
}

bool run_go_to_database(struct run *run, struct error *err) {
    struct session *session = &run->session;
    if (!session->ns.length) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "no namespace is chosen: USE NS …");
    if (!session->db.length) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "no database is chosen: USE DB …");
    if (run->block.count > 0) /* behind BEGIN */
        return (run->place.conn && conn_in_transaction(run->place.conn)) ||
               fail(err, ERROR_CANCELLED, NOWHERE, "the transaction is over");
    struct error failure = {0};
    if (place_go(&run->place, run->server->store, session->ns, session->db, &failure))
        return session_enter(session, run->place.snapshot, err);
    if (failure.code != ERROR_NOT_FOUND || session_enter(session, NULL, err)) *err = failure;
    return false;
}

bool run_connect(struct run *run, struct error *err) {
    if (!place_connect(&run->place, err)) return false;
    const struct settings *settings = run->server->settings;
    const struct conn_bounds bounds = {
        .deadline = run->block.is_open ? run->block.deadline : settings_deadline(settings),
        .memory_limit = (size_t)settings->memory_limit,
    };
    conn_set_bounds(run->place.conn, &bounds);
    return true;
}

bool run_commit(struct run *run, bool changed_catalog, bool *ret_held, struct error *err) {
    struct place *place = &run->place;
    if (!changed_catalog) return *ret_held = conn_commit(place->conn, err);
    store_announce(place->file);
    bool fine = *ret_held = conn_commit(place->conn, err);
    if (fine) {
        conn_set_bounds(place->conn, &(struct conn_bounds){0}); /* what is committed has to be known, however late */
        fine = store_publish(place->file, place->conn, err);
    }
    store_settle(place->file);
    return fine;
}
