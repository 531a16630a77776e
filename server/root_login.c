#include "server/root_login.h"

#include "auth/login.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/secret.h"
#include "server/admin/admin.h"
#include "server/admin/define.h"
#include "sql/print.h"

#define PASSWORD_DIGITS 24 /* hexadecimal: 96 bits */

DEFINE_CLEANUP(struct arena *, arena_free)

static struct node *make_node(struct arena *arena, enum node_kind kind) {
    return node_new(arena, kind, NOWHERE, NOWHERE);
}

/* DEFINE LOGIN OVERWRITE name ON ROOT PASSWORD 'password' */
static const struct node *make_statement(struct arena *arena, struct str name, struct str password) {
    struct node *statement = make_node(arena, NODE_DEFINE_LOGIN);
    struct node *level = make_node(arena, NODE_LEVEL);
    struct node *name_node = node_new_text(arena, NODE_NAME, name, NAME_DOUBLE);
    struct node *password_node = node_new_text(arena, NODE_STRING, password, 0);
    if (!statement || !level || !name_node || !password_node) return NULL;
    statement->flags = OVERWRITE;
    level->flags = LEVEL_ON_ROOT;
    statement->child[DEFINE_LOGIN_NAME] = name_node;
    statement->child[DEFINE_LOGIN_LEVEL] = level;
    statement->child[DEFINE_LOGIN_PASSWORD] = password_node;
    return statement;
}

static bool put(struct store *store, struct store_file *file, struct conn *conn, struct str name, struct str password,
                struct error *err) {
    CLEANUP(arena_free_at) struct arena *arena = arena_new(1 << 20);
    const struct node *statement = arena ? make_statement(arena, name, password) : NULL;
    if (!statement) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    struct admin admin = {.store = store, .arena = arena, .conn = conn};
    if (!conn_begin(conn, true, err)) return false;
    if (define_login_put(&admin, statement, err)) return conn_commit(conn, err) && store_publish(file, conn, err);
    conn_rollback(conn);
    return false;
}

static bool define(struct store *store, struct str name, struct str password, struct error *err) {
    const struct str nobody = {0};
    struct store_file *file = store_borrow(store, nobody, nobody, err);
    struct conn *conn = file ? store_borrow_conn(file, err) : NULL;
    bool fine = conn && put(store, file, conn, name, password, err);
    if (file) store_give_back_conn(file, conn);
    store_give_back(file);
    return fine;
}

static bool define_given(struct store *store, struct str name, struct str password, struct error *err) {
    CLEANUP(login_done) struct login login = {0};
    const struct str nobody = {0};
    bool is_right;
    if (!login_find(store, nobody, nobody, name, &login, err) || !login_verify(&login, password, &is_right, err))
        return false;
    return is_right || define(store, name, password, err);
}

bool root_login_prepare(struct store *store, const struct settings *settings, bool is_fresh, struct error *err) {
    if (settings->user) return define_given(store, str_of(settings->user), str_of(settings->pass), err);
    if (!is_fresh) return true;
    char password[PASSWORD_DIGITS + 1];
    if (!secret_random_hex(password, PASSWORD_DIGITS, err)) return false;
    bool fine = define(store, LITERAL("root"), str_of(password), err);
    if (fine) log_line("root password: %s", password);
    secret_wipe(password, sizeof password);
    return fine;
}
