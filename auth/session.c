#include "auth/session.h"

#include "auth/fold.h"
#include "auth/known_token.h"
#include "sql/ast.h"

void session_done(struct session *session) {
    store_give_back(session->file);
    session->file = NULL;
    known_token_unref(session->known);
    session->known = NULL;
    session->token = NULL;
}

/* Logins alone: what is held on a lower level is not asked. */
static bool holds(const struct session *session, unsigned roles) {
    switch (session->level) {
    case LEVEL_ROOT:
    case LEVEL_NAMESPACE:
    case LEVEL_DATABASE:
        return session->roles.held & roles;
    case LEVEL_SCOPE:
    case LEVEL_GUEST:
    case LEVEL_COUNT:
        break;
    }
    return false;
}

bool session_is_restricted(const struct session *session) {
    return !holds(session, ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_EDITOR) | ROLE_BIT(ROLE_STRUCTURE));
}

/* Whether a statement that may be run runs as it is written. */
static bool is_unrestricted(const struct session *session, const struct node *statement) {
    unsigned writers = ROLE_BIT(ROLE_OWNER) | ROLE_BIT(ROLE_EDITOR), readers = writers | ROLE_BIT(ROLE_VIEWER);
    if (statement->kind == NODE_EXPLAIN) statement = statement->child[EXPLAIN_STATEMENT];
    switch (statement->kind) {
    case NODE_SELECT:
        return holds(session, readers);
    case NODE_INSERT:
    case NODE_UPDATE:
    case NODE_DELETE:
        return holds(session, writers);
    default: /* which no permission covers: rights_check has asked for a role */
        return holds(session, readers | ROLE_BIT(ROLE_STRUCTURE));
    }
}

/* The own roles that are held and defined in a database, ascending; each once. */
static bool find_roles(const struct session *session, const struct schema *schema, struct arena *arena,
                       size_t **ret_roles, size_t *ret_count, struct error *err) {
    size_t *roles = arena_array(arena, schema->role_count, sizeof *roles), count = 0;
    if (!roles) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    for (size_t i = 0; i < schema->role_count; i++) {
        bool is_held = false;
        for (size_t j = 0; j < session->roles.own_count; j++)
            is_held = is_held || str_same_name(session->roles.own[j], schema->roles[i].name);
        if (is_held) roles[count++] = i;
    }
    *ret_roles = roles;
    *ret_count = count;
    return true;
}

bool session_policy(const struct session *session, const struct snapshot *snapshot, const struct node *statement,
                    struct arena *arena, struct policy *ret_policy, struct error *err) {
    if (is_unrestricted(session, statement)) {
        *ret_policy = (struct policy){.unrestricted = true};
        return true;
    }
    size_t *roles = NULL, count = 0;
    if (!find_roles(session, &snapshot->schema, arena, &roles, &count, err)) return false;
    const struct policy_sources sources = {
        .permissions = session->level == LEVEL_SCOPE || session->level == LEVEL_GUEST,
        .reads_all = holds(session, ROLE_BIT(ROLE_VIEWER)),
        .roles = roles,
        .role_count = count,
    };
    return snapshot_policy(snapshot, arena, &sources, ret_policy, err);
}

static bool is_confined(const struct session *session, struct str ns, struct str db) {
    bool is_above = session->level == LEVEL_ROOT || session->level == LEVEL_NAMESPACE;
    return is_above && roles_are_own_alone(&session->roles, ns, db);
}

static bool fail_elsewhere(struct error *err) {
    return fail(err, ERROR_PERMISSION_DENIED, NOWHERE, "your roles give nothing in this database");
}

bool session_enter(const struct session *session, const struct snapshot *snapshot, struct error *err) {
    if (!is_confined(session, session->ns, session->db)) return true;
    return (snapshot && roles_are_defined_in(&session->roles, snapshot)) || fail_elsewhere(err);
}

/* Whether the principal is at home everywhere it would go. */
static bool may_be_at(const struct session *session, struct str ns, struct str db) {
    switch (session->level) {
    case LEVEL_ROOT:
        return true;
    case LEVEL_NAMESPACE:
        return str_same_name(ns, session->home_ns);
    case LEVEL_DATABASE:
    case LEVEL_SCOPE:
    case LEVEL_GUEST:
        return str_same_name(ns, session->home_ns) && str_same_name(db, session->home_db);
    case LEVEL_COUNT:
        break;
    }
    return false;
}

/* Who may do nothing in a place does not learn whether it is there. */
static bool is_there(const struct session *session, struct store *store, struct str ns, struct str db, bool names_db,
                     struct error *err) {
    struct session there = *session;
    struct error failure = {0};
    there.ns = ns;
    there.db = db;
    if (is_confined(&there, ns, db) && !names_db) return true;
    struct store_file *file = store_borrow(store, ns, names_db ? db : (struct str){0}, &failure);
    const struct snapshot *snapshot = file ? store_snapshot(file) : NULL;
    bool is_missing = !file && failure.code == ERROR_NOT_FOUND;
    bool fine = (file || is_missing) && session_enter(&there, snapshot, err);
    if (!file && err && err->code == ERROR_NONE) *err = failure;
    snapshot_unref(snapshot);
    store_give_back(file);
    return fine && !is_missing;
}

bool session_use(struct session *session, struct store *store, struct arena *arena, struct str ns, struct str db,
                 struct error *err) {
    bool stays = !ns.length || str_same_name(ns, session->ns);
    struct str next_ns = ns.length ? ns : session->ns;
    struct str next_db = db.length ? db : stays ? session->db : session->home_db;
    if (!may_be_at(session, next_ns, next_db))
        return fail(err, ERROR_PERMISSION_DENIED, NOWHERE, "this namespace and database are not your own");
    if (!next_ns.length) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "no namespace is chosen: USE NS …");
    if (!fold_name(arena, next_ns, &next_ns, err) || !fold_name(arena, next_db, &next_db, err)) return false;
    /* what is named must be there; a database that is not named may be missing until it is used */
    if (!is_there(session, store, next_ns, next_db, db.length > 0, err)) return false;
    session->ns = next_ns;
    session->db = next_db;
    return true;
}
