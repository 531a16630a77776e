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

void login_done(struct login *login) {
    snapshot_unref(login->snapshot);
    store_give_back(login->file);
    *login = (struct login){0};
}

bool login_verify(const struct login *login, struct str password) {
    bool is_right = password_verify(password, login->definition ? login->definition->secret : (struct str){0});
    return login->definition && is_right;
}
