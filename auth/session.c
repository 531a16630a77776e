#include "auth/session.h"

#include "auth/fold.h"
#include "auth/known_token.h"

void session_done(struct session *session) {
    store_give_back(session->file);
    session->file = NULL;
    known_token_unref(session->known);
    session->known = NULL;
    session->token = NULL;
}

bool session_is_restricted(const struct session *session) {
    switch (session->level) {
    case LEVEL_ROOT:
    case LEVEL_NAMESPACE:
    case LEVEL_DATABASE:
        return false;
    case LEVEL_SCOPE:
    case LEVEL_GUEST:
    case LEVEL_COUNT:
        break;
    }
    return true;
}

struct policy session_policy(const struct session *session) {
    return (struct policy){.unrestricted = !session_is_restricted(session)};
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
    struct store_file *file = store_borrow(store, next_ns, db.length ? next_db : (struct str){0}, err);
    if (!file) return false;
    store_give_back(file);
    session->ns = next_ns;
    session->db = next_db;
    return true;
}
