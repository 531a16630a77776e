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

static bool sign_in_login(struct store *store, struct arena *arena, const struct signin_request *request,
                          const struct signin_keys *keys, struct str *ret_token, struct error *err) {
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
    const struct value subject = value_text(login.definition->name);
    return issue_token(arena, login.definition, ns, db, &subject, ret_token, err);
}

/* A sign-in that fails costs one verification: one that did not come so far pays for it now, with nothing locked. */
static bool sign_in_scope(struct store *store, struct arena *arena, const struct signin_request *request,
                          const struct signin_keys *keys, struct str *ret_token, struct error *err) {
    uint64_t before = password_verify_count();
    struct throttle_attempt attempt;
    struct str ns, db;
    struct error cause = {0};
    bool clause_ran, is_right;
    if (!fold_name(arena, keys->ns, &ns, err) || !fold_name(arena, keys->db, &db, err)) return false;
    throttle_begin(&attempt, request->throttle, request->ip);
    scope_names_add(&attempt, store, arena, ns, db, keys->scope, &request->values);
    if (!throttle_may_try(&attempt, clock_steady(), err)) return false;
    if (scope_enter(store, arena, request, keys, ENTRY_SIGNIN, &clause_ran, ret_token, &cause)) {
        throttle_succeeded(&attempt, clock_steady());
        return true;
    }
    if (cause.code == ERROR_UNAUTHENTICATED) throttle_failed(&attempt, clock_steady());
    if (password_verify_count() == before && !password_verify((struct str){0}, (struct str){0}, &is_right, err))
        return false;
    return hand_on(err, &cause);
}

bool signin(struct store *store, struct arena *arena, const struct signin_request *request, struct str *ret_token,
            struct error *err) {
    struct signin_keys keys;
    if (!signin_keys_read(&request->values, &keys, err)) return false;
    if (keys.level == LEVEL_SCOPE) return sign_in_scope(store, arena, request, &keys, ret_token, err);
    return sign_in_login(store, arena, request, &keys, ret_token, err);
}
