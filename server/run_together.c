/*
 * Changes of rows that share their COMMIT with those of other requests: a statement alone, or a whole block.
 *
 * What runs here may run on another request's thread, and more than once: each time it begins anew.
 */
#include "server/run.h"

/* What a block may hold that shares its COMMIT: it neither touches the catalogue nor goes elsewhere. */
static bool is_about_rows(const struct node *node) {
    return node->kind == NODE_SELECT || run_changes_rows(node->kind) || node->kind == NODE_SAVEPOINT ||
           node->kind == NODE_RELEASE || node->kind == NODE_ROLLBACK;
}

bool run_shares_commit(const struct run *run) {
    const struct script *script = &run->script;
    bool changes_rows = false;
    if (run->block.is_open || script->statements[run->at].node->kind != NODE_BEGIN) return false;
    for (size_t i = run->at + 1; i < script->count; i++) {
        const struct node *node = script->statements[i].node;
        if (run_ends_block(node)) return changes_rows && node->kind == NODE_COMMIT;
        if (!is_about_rows(node)) return false;
        changes_rows = changes_rows || run_changes_rows(node->kind);
    }
    return false;
}

struct sharer {
    struct run *run;
    bool (*change)(struct run *run, void *context, struct error *err);
    void *context;
    struct own_changes own; /* as they were before; it may be run again, or come to nothing */
};

static bool run_change(void *context, struct conn *conn, struct error *err) {
    struct sharer *sharer = context;
    struct run *run = sharer->run;
    run->place.conn = conn;
    run->params.own = sharer->own;
    params_forget(&run->params);
    bool fine = sharer->change(run, sharer->context, err);
    params_forget(&run->params);
    run->place.conn = NULL;
    return fine;
}

bool run_together(struct run *run, bool (*change)(struct run *run, void *context, struct error *err), void *context,
                  struct error *err) {
    struct sharer sharer = {run, change, context, run->params.own};
    const struct store_change shared = {
        .run = run_change, .context = &sharer, .deadline = settings_deadline(run->server->settings)};
    place_disconnect(&run->place); /* while it waits others can use it */
    run->shares_commit = true;
    bool fine = store_change_rows(run->place.file, &shared, err);
    run->shares_commit = false;
    if (!fine) run->params.own = sharer.own;
    return fine;
}

/* --- a block --- */

/* The statements from BEGIN to COMMIT; `context` says where BEGIN is. */
static bool change_block(struct run *run, void *context, struct error *err) {
    const size_t *begins_at = context;
    bool changed;
    run->at = *begins_at;
    run->block.is_open = false; /* it may have been run before */
    if (!place_settle(&run->place, &changed, err)) return false;
    do {
        run_statement(run);
    } while (!run_ends_block(run->script.statements[run->at++].node));
    run->at--;
    return !run->block.has_failed || fail(err, ERROR_CANCELLED, NOWHERE, "the transaction has failed");
}

/* The block was not run at all, or could not be committed. */
static void report_failure(struct run *run, size_t begins_at, const struct error *err) {
    struct block *block = &run->block;
    if (block->is_open && block->count) {
        block->items[block->count - 1].outcome.error = *err;
        return;
    }
    const struct outcome outcome = {.error = *err};
    block_open(block, 0);
    block_add(block, &outcome, (struct str){0});
    for (run->at = begins_at + 1; !run_ends_block(run->script.statements[run->at].node); run->at++) block_skip(block);
    block_skip(block);
}

void run_block_together(struct run *run) {
    struct error err = {0};
    size_t begins_at = run->at;
    run->own_before = run->params.own;
    bool holds = run_go_to_database(run, &err) && run_together(run, change_block, &begins_at, &err);
    if (!holds && !(run->block.is_open && run->block.has_failed)) report_failure(run, begins_at, &err);
    run_close_block(run, holds, "the transaction has failed");
}
