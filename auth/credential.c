#include "auth/credential.h"

#include "auth/basic.h"
#include "auth/bearer.h"
#include "auth/certificate.h"
#include "auth/fold.h"
#include "auth/refuse.h"

/* Whether a header begins with the name of a scheme; *ret_rest is what follows it. */
static bool has_scheme(struct str header, const char *scheme, struct str *ret_rest) {
    size_t length = str_of(scheme).length;
    if (!str_starts_name(header, scheme) || header.length <= length || header.text[length] != ' ') return false;
    *ret_rest = str_trim(str_slice(header, length, header.length));
    return true;
}

static bool find_principal(struct store *store, struct arena *arena, const struct credential_request *request,
                           struct session *ret_session, struct error *err) {
    struct str rest;
    if (request->authorization.text) {
        struct str header = str_trim(request->authorization);
        if (has_scheme(header, "Bearer", &rest)) return bearer_check(store, arena, request, rest, ret_session, err);
        if (has_scheme(header, "Basic", &rest)) return basic_check(store, arena, request, rest, ret_session, err);
        return refuse(err, "the Authorization header has no scheme that we know");
    }
    bool found = false;
    if (request->certificate.length && !certificate_check(store, arena, request, ret_session, &found, err))
        return false;
    if (found) return true;
    if (!request->allow_guests && request->certificate.length)
        return refuse(err, "no login has the client's certificate");
    if (!request->allow_guests) return refuse(err, "there are no credentials");
    *ret_session = (struct session){.level = LEVEL_GUEST, .roles.held = ROLE_BIT(ROLE_OWN)};
    return true;
}

/* Goes where the headers say, if that is within the principal's own. A guest is at home where it says. */
static bool go(struct session *session, struct str ns, struct str db, struct error *err) {
    bool fixes_ns =
        session->level == LEVEL_NAMESPACE || session->level == LEVEL_DATABASE || session->level == LEVEL_SCOPE;
    bool fixes_db = session->level == LEVEL_DATABASE || session->level == LEVEL_SCOPE;
    if (fixes_ns && ns.length && !str_same_name(ns, session->home_ns))
        return fail(err, ERROR_FORBIDDEN, NOWHERE, "the header NS names a namespace that is not your own");
    if (fixes_db && db.length && !str_same_name(db, session->home_db))
        return fail(err, ERROR_FORBIDDEN, NOWHERE, "the header DB names a database that is not your own");
    session->ns = fixes_ns ? session->home_ns : ns;
    session->db = fixes_db ? session->home_db : db;
    if (session->db.length && !session->ns.length)
        return fail(err, ERROR_MALFORMED, NOWHERE, "the header DB needs the header NS");
    if (session->level != LEVEL_GUEST) return true;
    session->home_ns = session->ns;
    session->home_db = session->db;
    return true;
}

bool credential_check(struct store *store, struct arena *arena, const struct credential_request *request,
                      struct session *ret_session, struct error *err) {
    struct session session = {0};
    struct str ns, db;
    if (!find_principal(store, arena, request, &session, err)) return false;
    if (!fold_name(arena, request->ns, &ns, err) || !fold_name(arena, request->db, &db, err) ||
        !go(&session, ns, db, err)) {
        session_done(&session);
        return false;
    }
    session.ip = request->ip;
    session.origin = request->origin;
    *ret_session = session;
    return true;
}
