#include "auth/signin.h"

#include "auth/fold.h"
#include "auth/issue.h"
#include "auth/login.h"
#include "auth/password.h"
#include "auth/refuse.h"
#include "auth/scope_entry.h"
#include "auth/signin_keys.h"
#include "base/scope.h"

static bool sign_in_login(struct store *store, struct arena *arena, const struct signin_keys *keys,
                          struct str *ret_token, struct error *err) {
    struct str ns, db;
    CLEANUP(login_done) struct login login = {0};
    if (!fold_name(arena, keys->ns, &ns, err) || !fold_name(arena, keys->db, &db, err)) return false;
    if (!keys->names_nothing && !login_find(store, ns, db, keys->user, &login, err)) return false;
    if (!login_verify(&login, keys->pass))
        return refuse(err, login.definition ? "the password is wrong" : "there is no such login");
    const struct value subject = value_text(login.definition->name);
    return issue_token(arena, login.definition, ns, db, &subject, ret_token, err);
}

/* A sign-in that fails costs one verification: one that did not come so far pays for it now, with nothing locked. */
static bool sign_in_scope(struct store *store, struct arena *arena, const struct signin_request *request,
                          const struct signin_keys *keys, struct str *ret_token, struct error *err) {
    uint64_t before = password_verify_count();
    bool clause_ran;
    if (scope_enter(store, arena, request, keys, ENTRY_SIGNIN, &clause_ran, ret_token, err)) return true;
    if (password_verify_count() == before) (void)password_verify((struct str){0}, (struct str){0});
    return false;
}

bool signin(struct store *store, struct arena *arena, const struct signin_request *request, struct str *ret_token,
            struct error *err) {
    struct signin_keys keys;
    if (!signin_keys_read(&request->values, &keys, err)) return false;
    if (keys.level == LEVEL_SCOPE) return sign_in_scope(store, arena, request, &keys, ret_token, err);
    return sign_in_login(store, arena, &keys, ret_token, err);
}
