#include "auth/signin.h"

#include "auth/fold.h"
#include "auth/issue.h"
#include "auth/login.h"
#include "auth/password.h"
#include "auth/refuse.h"
#include "auth/scope_entry.h"
#include "auth/scope_name.h"
#include "auth/signin_keys.h"
#include "base/clock.h"
#include "base/scope.h"

#define ISSUE_MEMORY ((size_t)16 << 20)

/* A connection is taken only where a family of refresh tokens is to be written. */
static bool issue_to_login(struct arena *arena, const struct signin_request *request, const struct login *login,
                           const struct issue *issue, struct issued *ret_issued, struct error *err) {
    if (!issue_writes(issue)) return issue_tokens(arena, NULL, issue, ret_issued, err);
    struct conn *conn = store_borrow_conn(login->file, err);
    if (!conn) return false;
    const struct conn_bounds bounds = {.deadline = request->deadline, .memory_limit = ISSUE_MEMORY};
    conn_set_bounds(conn, &bounds);
    bool fine = issue_alone(arena, conn, issue, ret_issued, err);
    store_give_back_conn(login->file, conn);
    return fine;
}

static bool sign_in_login(struct store *store, struct arena *arena, const struct signin_request *request,
                          const struct signin_keys *keys, struct issued *ret_issued, struct error *err) {
    struct str ns, db;
    struct throttle_attempt attempt;
    bool is_right, may_enter = keys->level != LEVEL_ROOT || request->root_may_enter;
    CLEANUP(login_done) struct login login = {0};
    if (!fold_name(arena, keys->ns, &ns, err) || !fold_name(arena, keys->db, &db, err)) return false;
    throttle_begin(&attempt, request->throttle, request->ip);
    if (may_enter) login_name_add(&attempt, ns, db, keys->user);
    if (!throttle_may_try(&attempt, clock_steady(), err)) return false;
    if (!keys->names_nothing && !login_find(store, ns, db, keys->user, &login, err)) return false;
    if (!login_verify(&login, keys->pass, &is_right, err)) return false;
    if (!is_right || !may_enter) {
        throttle_failed(&attempt, clock_steady());
        if (!may_enter) return refuse(err, "root may not sign in from this address");
        return refuse(err, login.definition ? "the password is wrong" : "there is no such login");
    }
    throttle_succeeded(&attempt, clock_steady());
    const struct issue issue = {
        .definition = login.definition,
        .ns = ns,
        .db = db,
        .subject = value_text(login.definition->name),
        .ip = request->ip,
        .wants_refresh = request->wants_refresh,
    };
    return issue_to_login(arena, request, &login, &issue, ret_issued, err);
}

/* A sign-in that fails costs one verification: one that did not come so far pays for it now, with nothing locked. */
static bool sign_in_scope(struct store *store, struct arena *arena, const struct signin_request *request,
                          const struct signin_keys *keys, struct issued *ret_issued, struct error *err) {
    uint64_t before = password_verify_count();
    struct throttle_attempt attempt;
    struct str ns, db;
    struct error cause = {0};
    bool clause_ran, is_right;
    if (!fold_name(arena, keys->ns, &ns, err) || !fold_name(arena, keys->db, &db, err)) return false;
    throttle_begin(&attempt, request->throttle, request->ip);
    scope_names_add(&attempt, store, arena, ns, db, keys->scope, &request->values);
    if (!throttle_may_try(&attempt, clock_steady(), err)) return false;
    if (scope_enter(store, arena, request, keys, ENTRY_SIGNIN, &clause_ran, ret_issued, &cause)) {
        throttle_succeeded(&attempt, clock_steady());
        return true;
    }
    if (cause.code == ERROR_UNAUTHENTICATED) throttle_failed(&attempt, clock_steady());
    if (password_verify_count() == before && !password_verify((struct str){0}, (struct str){0}, &is_right, err))
        return false;
    return hand_on(err, &cause);
}

bool signin(struct store *store, struct arena *arena, const struct signin_request *request, struct issued *ret_issued,
            struct error *err) {
    struct signin_keys keys;
    if (!signin_keys_read(&request->values, &keys, err)) return false;
    if (keys.level == LEVEL_SCOPE) return sign_in_scope(store, arena, request, &keys, ret_issued, err);
    return sign_in_login(store, arena, request, &keys, ret_issued, err);
}
