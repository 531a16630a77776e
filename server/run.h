/*
 * Running what a request to /sql says. The page to read first is run.c.
 */
#ifndef SERVER_RUN_H
#define SERVER_RUN_H

#include "auth/params.h"
#include "server/block.h"
#include "server/place.h"
#include "server/request.h"
#include "server/server.h"
#include "storage/plans.h"

/* One request on its way. Zero-initialised and given a server, an exchange and an arena. */
struct run {
    struct server *server;
    struct http_exchange *exchange;
    struct arena *arena; /* of the request */
    struct session session;
    struct sql_request request;
    struct script script;
    const struct known_script *known; /* the script, or its kind (params.literals), if it is one that is remembered */
    struct script trees;              /* what plans are made of; its text is the script's, or its kind's */
    bool *fresh_trees; /* of each statement, whether it has a tree that was not rewritten yet; NULL: none has */
    struct params params;
    bool is_strict; /* Prefer: handling=strict */
    struct respond respond;
    struct place place;
    struct block block;
    size_t at;                     /* the statement that runs */
    struct own_changes own_before; /* the block: what it takes back when it does not hold */
    bool has_pending;              /* the audit log has statements of the transaction */
    bool shares_commit;            /* what runs is in a transaction of several requests */
};

/* Runs a request. False where it is refused as a whole, and nothing has been answered; otherwise run->respond holds the
 * answer, to be finished. run_done either way. */
bool run_request(struct run *run, struct error *err) MUST_CHECK;
void run_done(struct run *run);

/* Parses the script, whether it is known or not. */
bool run_parse(struct run *run, struct error *err) MUST_CHECK;

/* Trees that plans may be made of, each once; false when memory is short. */
bool run_take_trees(struct run *run, const struct script *parsed) MUST_CHECK;

/* --- the steps, each in a file of its own --- */

/* SQLite's statements: run_plan.c. */
bool run_plan(struct run *run, const struct statement *statement, struct result *result, struct outcome *outcome,
              struct error *err) MUST_CHECK;

/* Bailiwick's: run_own.c. */
bool run_own(struct run *run, const struct node *statement, struct result *result, struct error *err) MUST_CHECK;

/* EXPLAIN PERMISSIONS: run_explain.c. */
bool run_explain(struct run *run, const struct statement *statement, struct result *result,
                 struct error *err) MUST_CHECK;

/* BEGIN, COMMIT, ROLLBACK and savepoints: run_transaction.c. */
bool run_is_transaction(enum node_kind kind);
bool run_transaction(struct run *run, const struct node *statement, struct error *err) MUST_CHECK;

/* Runs a change of rows in a transaction that it shares with those of other requests, at the place's database: see
 * store_change_rows. run_together.c. */
bool run_together(struct run *run, bool (*change)(struct run *run, void *context, struct error *err), void *context,
                  struct error *err) MUST_CHECK;

/* Whether the current statement begins a block that can be run so, and running it, to its COMMIT. */
bool run_shares_commit(const struct run *run);
void run_block_together(struct run *run);

/* Runs the current statement and reports it. */
void run_statement(struct run *run);

/* Ends a block and reports all its statements. */
void run_close_block(struct run *run, bool holds, const char *why);

/* Whether a statement ends a block: COMMIT, or ROLLBACK without a savepoint. */
bool run_ends_block(const struct node *statement);

/* INSERT, UPDATE or DELETE. */
bool run_changes_rows(enum node_kind kind);

/* Goes to the session's database, still without a connection. In a block it is there already. */
bool run_go_to_database(struct run *run, struct error *err) MUST_CHECK;

/* Borrows a connection there, and bounds what runs next on it: by the time a statement has, or that is left to its
 * block. */
bool run_connect(struct run *run, struct error *err) MUST_CHECK;

/* Commits a transaction on the place's connection, and publishes the catalogue where that has changed. *ret_held tells,
 * on failure too, whether the changes are there. */
bool run_commit(struct run *run, bool changed_catalog, bool *ret_held, struct error *err) MUST_CHECK;

#endif
