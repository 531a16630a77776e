/*
 * BEGIN … COMMIT within one request. What it gave is held back by block.h until it is known whether it holds.
 */
#include "base/scope.h"
#include "server/run.h"
#include "sql/print.h"

bool run_is_transaction(enum node_kind kind) {
    return kind == NODE_BEGIN || kind == NODE_COMMIT || kind == NODE_ROLLBACK || kind == NODE_SAVEPOINT ||
           kind == NODE_RELEASE;
}

bool run_ends_block(const struct node *statement) {
    return statement->kind == NODE_COMMIT ||
           (statement->kind == NODE_ROLLBACK && !statement->child[ROLLBACK_SAVEPOINT]);
}

/* Whether a statement can be run without the write lock. */
static bool only_reads(const struct node *statement) {
    return statement->kind == NODE_SELECT || statement->kind == NODE_EXPLAIN || statement->kind == NODE_PRAGMA ||
           statement->kind == NODE_INFO || statement->kind == NODE_EXPLAIN_PERMISSIONS || statement->kind == NODE_USE ||
           run_is_transaction(statement->kind);
}

/* Whether the block that begins at the current statement writes: then it takes the write lock at once, for to take it
 * later fails where somebody else has written meanwhile. */
static bool block_writes(const struct run *run) {
    const struct script *script = &run->script;
    /* a restricted principal cannot hold up others with a lock that it has no use for */
    bool asks = NODE_CHOICE(script->statements[run->at].node) != TRANSACTION_DEFERRED;
    if (asks && !session_is_restricted(&run->session)) return true;
    for (size_t i = run->at + 1; i < script->count && !run_ends_block(script->statements[i].node); i++)
        if (!only_reads(script->statements[i].node)) return true;
    return false;
}

static bool begin(struct run *run, const struct node *statement, struct error *err) {
    bool changed;
    if (run->block.count > 0) return fail(err, ERROR_INVALID_VALUE, statement->at, "a transaction is open already");
    if (run->shares_commit) return true;
    if (!run_go_to_database(run, err) || !run_connect(run, err)) return false;
    return place_begin(&run->place, block_writes(run), &changed, err);
}

static bool savepoint(struct run *run, const struct node *statement, struct error *err) {
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, 0);
    print_node(&sql, statement, run->script.text, NULL);
    buf_add_char(&sql, 0);
    if (sql.failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    if (!run_connect(run, err) || !conn_run(run->place.conn, sql.data, err)) return false;
    if (statement->kind != NODE_ROLLBACK) return true;
    params_forget(&run->params);
    return !run->block.changed_catalog || place_load(&run->place, err);
}

bool run_transaction(struct run *run, const struct node *statement, struct error *err) {
    if (statement->kind == NODE_BEGIN) return begin(run, statement, err);
    if (!run->block.is_open) return fail(err, ERROR_INVALID_VALUE, statement->at, "no transaction is open");
    if (statement->kind == NODE_COMMIT && run->shares_commit) return true;
    if (statement->kind == NODE_COMMIT) return run_commit(run, run->block.changed_catalog, &run->block.holds, err);
    if (!run_ends_block(statement)) return savepoint(run, statement, err);
    conn_rollback(run->place.conn);
    params_forget(&run->params);
    return true;
}
