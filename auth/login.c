#include "auth/login.h"

#include "auth/password.h"
#include "sql/ast.h"

/* The file that has a level's logins, and what is defined in it. */
static bool open_level(struct store *store, struct str ns, struct str db, struct login *ret_login, struct error *err) {
    struct error cause = {0};
    struct login login = {.file = store_borrow(store, ns, db, &cause)};
    if (!login.file && cause.code != ERROR_NOT_FOUND) {
        if (err && err->code == ERROR_NONE) *err = cause;
        return false;
    }
    if (login.file) login.snapshot = store_snapshot(login.file);
    *ret_login = login;
    return true;
}

bool login_find(struct store *store, struct str ns, struct str db, struct str name, struct login *ret_login,
                struct error *err) {
    struct login login;
    if (!open_level(store, ns, db, &login, err)) return false;
    if (login.file) {
        login.definition = snapshot_find(login.snapshot, DEFINITION_LOGIN, (struct str){0}, name);
        if (login.definition && !login.definition->node) login.definition = NULL;
    }
    *ret_login = login;
    return true;
}

static bool is_claimed_by(const struct definition *definition, const struct certificate_identity *identity) {
    if (definition->kind != DEFINITION_LOGIN || !definition->node) return false;
    const struct node *rule = definition->node->child[DEFINE_LOGIN_CERTIFICATE];
    return rule && certificate_fits(identity, rule->text);
}

bool login_find_by_certificate(struct store *store, struct str ns, struct str db,
                               const struct certificate_identity *identity, struct login *ret_login,
                               bool *ret_is_claimed_twice, struct error *err) {
    struct login login;
    size_t claims = 0;
    if (!open_level(store, ns, db, &login, err)) return false;
    for (size_t i = 0; login.file && i < login.snapshot->definition_count; i++) {
        const struct definition *definition = &login.snapshot->definitions[i];
        if (!is_claimed_by(definition, identity)) continue;
        login.definition = definition;
        claims++;
    }
    if (claims > 1) login.definition = NULL;
    *ret_is_claimed_twice = claims > 1;
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

bool login_is_disabled(const struct definition *login) {
    return !login->node || login->node->flags & LOGIN_DISABLED;
}

bool login_verify(const struct login *login, struct str password, bool *ret_is_right, struct error *err) {
    bool is_right;
    struct str phc = login->definition ? login->definition->secret : (struct str){0};
    if (!password_verify(password, phc, &is_right, err)) return false;
    *ret_is_right = login->definition && is_right && !login_is_disabled(login->definition);
    return true;
}
