#include "auth/signout.h"

#include "auth/ended.h"
#include "auth/family.h"
#include "auth/issue.h"
#include "auth/known_token.h"
#include "auth/refuse.h"
#include "base/clock.h"
#include "base/scope.h"

#define SIGNOUT_MEMORY ((size_t)16 << 20)

DEFINE_CLEANUP(struct store_file *, store_give_back)
DEFINE_CLEANUP(const struct snapshot *, snapshot_unref)

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* Whether another issuer can make tokens for the principal. When those expire, nobody here knows. */
static bool has_issuer(const struct snapshot *snapshot, const struct session *session) {
    if (session->issuer.length) return true;
    for (size_t i = 0; session->level == LEVEL_SCOPE && i < snapshot->definition_count; i++) {
        const struct definition *definition = &snapshot->definitions[i];
        if (definition->kind == DEFINITION_TOKEN && str_same_name(definition->owner, session->scope)) return true;
    }
    return false;
}

/* When the last of the tokens that have been made until now expires. */
static int64_t last_expiry(const struct snapshot *snapshot, const struct session *session) {
    const struct str nobody = {0};
    const struct definition *definition = session->level == LEVEL_SCOPE
                                              ? snapshot_find(snapshot, DEFINITION_SCOPE, nobody, session->scope)
                                              : snapshot_find(snapshot, DEFINITION_LOGIN, nobody, session->login);
    int64_t until = definition ? clock_unix() + issue_lifetime(definition) : 0;
    return session->token ? later(until, session->token->expires_at) : until;
}

static bool run(struct conn *conn, struct arena *arena, const struct snapshot *snapshot, const struct session *session,
                bool all, struct error *err) {
    struct principal principal;
    int64_t until = last_expiry(snapshot, session);
    if (!principal_of_session(arena, session, &principal, err)) return false;
    if (all)
        return family_end_all(conn, &principal, err) &&
               ended_add_all(conn, &principal, has_issuer(snapshot, session) ? INT64_MAX : until, err);
    struct str tag = session->known->mark.tag;
    return family_end_tag(conn, &principal, tag, err) && ended_add(conn, arena, &principal, tag, until, err);
}

bool signout(struct store *store, struct arena *arena, const struct session *session, bool all, int64_t deadline,
             struct error *err) {
    if (session->level == LEVEL_GUEST) return refuse(err, "nobody has signed in");
    if (!all && !session->known)
        return fail(err, ERROR_MALFORMED, NOWHERE,
                    "there is no token that could be signed out: ask for {\"all\":true}");
    CLEANUP(store_give_back_at) struct store_file *file = store_borrow(store, session->home_ns, session->home_db, err);
    if (!file) return false;
    CLEANUP(snapshot_unref_at) const struct snapshot *snapshot = store_snapshot(file);
    struct conn *conn = store_borrow_conn(file, err);
    if (!conn) return false;
    const struct conn_bounds bounds = {.deadline = deadline, .memory_limit = SIGNOUT_MEMORY};
    conn_set_bounds(conn, &bounds);
    bool fine = conn_begin(conn, true, err);
    if (fine && run(conn, arena, snapshot, session, all, err)) {
        fine = conn_commit(conn, err);
    } else {
        conn_rollback(conn);
        fine = false;
    }
    store_give_back_conn(file, conn);
    return fine;
}
