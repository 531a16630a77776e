/*
 * Bailiwick's own statements: each in the transaction of the file that it is about.
 */
#include "server/admin/admin.h"
#include "server/run.h"

static bool use(struct run *run, const struct node *statement, struct error *err) {
    const struct node *ns = statement->child[USE_NS];
    const struct node *db = statement->child[USE_DB];
    struct session next = run->session;
    if (!session_use(&next, run->server->store, run->arena, ns ? ns->text : (struct str){0},
                     db ? db->text : (struct str){0}, err))
        return false;
    bool stays = str_same_name(next.ns, run->session.ns) && str_same_name(next.db, run->session.db);
    if (run->block.is_open && !stays)
        return fail(err, ERROR_INVALID_VALUE, statement->at, "a transaction stays in its database");
    run->session = next;
    if (!stays) run->params.own = (struct own_changes){0};
    return true;
}

static bool go(struct run *run, enum admin_place where, const struct node *statement, struct error *err) {
    struct store *store = run->server->store;
    const struct str nobody = {0};
    if (where == ADMIN_DATABASE) return run_go_to_database(run, err);
    if (run->block.is_open)
        return fail(err, ERROR_INVALID_VALUE, statement->at,
                    "what is not in the database cannot be defined or shown in its transaction");
    if (where == ADMIN_ROOT) return place_go(&run->place, store, nobody, nobody, err);
    if (!run->session.ns.length) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "no namespace is chosen: USE NS …");
    return place_go(&run->place, store, run->session.ns, nobody, err);
}

/* In a transaction of its own, which sees the catalogue as it is. */
static bool run_alone(struct run *run, const struct admin_statement *own, struct admin *admin,
                      const struct node *statement, struct error *err) {
    bool held;
    if (!conn_begin(run->place.conn, true, err)) return false;
    bool fine = place_load(&run->place, err);
    admin->snapshot = run->place.snapshot;
    if (fine && own->run(admin, statement, err)) return run_commit(run, admin->changed, &held, err);
    conn_rollback(run->place.conn);
    return false;
}

static bool run_in_block(struct run *run, const struct admin_statement *own, struct admin *admin,
                         const struct node *statement, struct error *err) {
    if (!own->run(admin, statement, err)) return false;
    if (!admin->changed) return true;
    run->block.changed_catalog = true;
    return place_load(&run->place, err);
}

bool run_own(struct run *run, const struct node *statement, struct result *result, struct error *err) {
    if (statement->kind == NODE_USE) return use(run, statement, err);
    const struct admin_statement *own = admin_find(statement->kind);
    enum admin_place where = admin_place_of(own, statement);
    struct admin admin = {
        .store = run->server->store,
        .session = &run->session,
        .arena = run->arena,
        .text = run->script.text,
        .result = result,
    };
    if (where == ADMIN_STORE) {
        if (run->block.is_open)
            return fail(err, ERROR_INVALID_VALUE, statement->at, "this statement cannot stand in a transaction");
        place_leave(&run->place); /* it may be what is removed */
        return own->run(&admin, statement, err);
    }
    if (!go(run, where, statement, err) || !run_connect(run, err)) return false;
    params_forget(&run->params);
    admin.conn = run->place.conn;
    admin.snapshot = run->place.snapshot;
    if (run->block.is_open) return run_in_block(run, own, &admin, statement, err);
    return own->writes ? run_alone(run, own, &admin, statement, err) : own->run(&admin, statement, err);
}
