#include "auth/login.h"

#include "auth/password.h"

bool login_find(struct store *store, struct str ns, struct str db, struct str name, struct login *ret_login,
                struct error *err) {
    struct error cause = {0};
    struct login login = {.file = store_borrow(store, ns, db, &cause)};
    if (!login.file && cause.code != ERROR_NOT_FOUND) {
        if (err && err->code == ERROR_NONE) *err = cause;
        return false;
    }
    if (login.file) {
        login.snapshot = store_snapshot(login.file);
        login.definition = snapshot_find(login.snapshot, DEFINITION_LOGIN, (struct str){0}, name);
        if (login.definition && !login.definition->node) login.definition = NULL;
    }
    *ret_login = login;
    return true;
}

void login_name_add(struct throttle_attempt *attempt, struct str ns, struct str db, struct str name) {
    const struct str parts[] = {LITERAL("login"), ns, db, name};
    throttle_add_name(attempt, parts, sizeof parts / sizeof *parts);
}

void login_done(struct login *login) {
    snapshot_unref(login->snapshot);
    store_give_back(login->file);
    *login = (struct login){0};
}

bool login_verify(const struct login *login, struct str password, bool *ret_is_right, struct error *err) {
    bool is_right;
    struct str phc = login->definition ? login->definition->secret : (struct str){0};
    if (!password_verify(password, phc, &is_right, err)) return false;
    *ret_is_right = login->definition && is_right;
    return true;
}
