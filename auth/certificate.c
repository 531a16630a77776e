#include "auth/certificate.h"

#include "auth/fold.h"
#include "auth/login.h"
#include "auth/refuse.h"
#include "base/certificate_identity.h"
#include "base/scope.h"

/* Copies what the session says of a login, which may be gone when the request ends. */
static bool enter(struct arena *arena, const struct login *login, enum level level, struct str ns, struct str db,
                  struct session *ret_session, struct error *err) {
    if (login_is_disabled(login->definition)) return refuse(err, "the login is disabled");
    struct str name = arena_copy(arena, login->definition->name);
    if (!name.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    struct roles roles;
    if (!roles_of_login(arena, login->snapshot, login->definition, &roles, err)) return false;
    *ret_session = (struct session){.level = level, .roles = roles, .login = name, .home_ns = ns, .home_db = db};
    return true;
}

/* One level; *ret_found says whether it has such a login. */
static bool try_level(struct store *store, struct arena *arena, const struct certificate_identity *identity,
                      enum level level, struct str ns, struct str db, struct session *ret_session, bool *ret_found,
                      struct error *err) {
    CLEANUP(login_done) struct login login = {0};
    bool is_claimed_twice;
    if (!login_find_by_certificate(store, ns, db, identity, &login, &is_claimed_twice, err)) return false;
    if (is_claimed_twice) return refuse(err, "two logins of one level claim the client's certificate");
    *ret_found = login.definition != NULL;
    return !*ret_found || enter(arena, &login, level, ns, db, ret_session, err);
}

bool certificate_check(struct store *store, struct arena *arena, const struct credential_request *request,
                       struct session *ret_session, bool *ret_found, struct error *err) {
    struct certificate_identity identity;
    struct str ns, db, none = {0};
    bool found = false;
    if (!certificate_identify(request->certificate, &identity, err)) return false;
    if (!fold_name(arena, request->ns, &ns, err) || !fold_name(arena, request->db, &db, err)) return false;
    if (request->root_may_enter &&
        !try_level(store, arena, &identity, LEVEL_ROOT, none, none, ret_session, &found, err))
        return false;
    if (!found && ns.length && !try_level(store, arena, &identity, LEVEL_NAMESPACE, ns, none, ret_session, &found, err))
        return false;
    if (!found && ns.length && db.length &&
        !try_level(store, arena, &identity, LEVEL_DATABASE, ns, db, ret_session, &found, err))
        return false;
    if (found) ret_session->certificate = request->certificate;
    *ret_found = found;
    return true;
}
