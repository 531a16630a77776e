/*
 * ALTER LOGIN: what changes of a login without being defined anew. Disabling it and another password end its tokens.
 */
#include "base/scope.h"
#include "server/admin/admin.h"
#include "server/admin/define.h"
#include "sql/print.h"

static enum level level_of(const struct node *level) {
    switch ((enum node_level)NODE_CHOICE(level)) {
    case LEVEL_ON_ROOT:
        return LEVEL_ROOT;
    case LEVEL_ON_NAMESPACE:
        return LEVEL_NAMESPACE;
    case LEVEL_ON_DATABASE:
    case LEVEL_ON_SCOPE:
        break;
    }
    return LEVEL_DATABASE;
}

/* Who has the right to alter logins of its own level alters them where it is at home. */
static bool is_oneself(const struct session *session, const struct node *statement) {
    return session->level == level_of(statement->child[ALTER_LOGIN_LEVEL]) && session->login.length &&
           str_same(session->login, statement->child[ALTER_LOGIN_NAME]->text);
}

/* The DEFINE LOGIN that makes it as it is now. */
static bool print(struct admin *admin, const struct node *node, struct str *ret_text, struct error *err) {
    CLEANUP(buf_done) struct buf out;
    buf_init(&out, 0);
    print_node(&out, node, (struct str){0}, NULL);
    struct str text = out.failed ? (struct str){0} : arena_copy(admin->arena, buf_str(&out));
    if (!text.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement needs too much memory");
    *ret_text = text;
    return true;
}

static bool change(struct admin *admin, const struct node *statement, struct definition *login, struct node *node,
                   struct error *err) {
    switch ((enum node_alter_login)NODE_CHOICE(statement)) {
    case ALTER_LOGIN_DISABLE:
        if (is_oneself(admin->session, statement))
            return fail(err, ERROR_INVALID_VALUE, statement->at, "a login cannot disable itself");
        node->flags |= LOGIN_DISABLED;
        return define_key(admin->arena, &login->key, err);
    case ALTER_LOGIN_ENABLE:
        node->flags &= ~(uint32_t)LOGIN_DISABLED;
        return true;
    case ALTER_LOGIN_PASSWORD_TO:
        return define_password(admin, statement->child[ALTER_LOGIN_PASSWORD], &login->secret, err) &&
               define_key(admin->arena, &login->key, err);
    }
    return fail(err, ERROR_INTERNAL, statement->at, "no such change of a login");
}

bool alter_login(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[ALTER_LOGIN_NAME];
    const struct definition *found = snapshot_find(admin->snapshot, DEFINITION_LOGIN, (struct str){0}, name->text);
    bool changed;
    if (!found) return fail(err, ERROR_NOT_FOUND, name->at, "no such login: %.*s", STR(name->text));
    if (!found->node)
        return fail(err, ERROR_INVALID_VALUE, name->at, "the login's definition cannot be read: define it anew");
    struct definition login = *found;
    struct node node = *found->node;
    if (!change(admin, statement, &login, &node, err) || !print(admin, &node, &login.statement, err) ||
        !definition_put(admin->conn, &login, DEFINITION_OVERWRITE, &changed, err))
        return false;
    admin->changed = true;
    return true;
}
