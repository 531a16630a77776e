#include "auth/bearer.h"

#include "auth/record.h"
#include "auth/refuse.h"
#include "auth/scope_clause.h"
#include "base/clock.h"
#include "base/scope.h"
#include "sql/ast.h"

/* The bounds of a CONNECT clause, which runs before every request of a scope user. */
#define CONNECT_TIME 5000000000 /* nanoseconds */
#define CONNECT_MEMORY ((size_t)64 << 20)

DEFINE_CLEANUP(struct store_file *, store_give_back)
DEFINE_CLEANUP(const struct snapshot *, snapshot_unref)

static enum level level_of(const struct token_claims *claims) {
    if (claims->scope.length) return LEVEL_SCOPE;
    if (claims->db.length) return LEVEL_DATABASE;
    return claims->ns.length ? LEVEL_NAMESPACE : LEVEL_ROOT;
}

/* Who the token was made for; NULL where that is gone. */
static const struct definition *find_definition(const struct snapshot *snapshot, const struct token_claims *claims) {
    if (claims->scope.length) return snapshot_find(snapshot, DEFINITION_SCOPE, (struct str){0}, claims->scope);
    if (claims->subject.kind != VALUE_TEXT) return NULL;
    return snapshot_find(snapshot, DEFINITION_LOGIN, (struct str){0}, claims->subject.text);
}

static bool connect(const struct scope_clause *clause, const struct node *tree, struct error *err) {
    struct named_values row;
    if (!conn_begin(clause->conn, tree->kind != NODE_SELECT, err)) return false;
    if (scope_clause_row(clause, tree, &row, err)) return conn_commit(clause->conn, err);
    conn_rollback(clause->conn);
    return false;
}

/* Whether the record lives, and CONNECT lets it in. */
static bool check_record(struct conn *conn, struct arena *arena, const struct snapshot *snapshot,
                         const struct definition *scope, const struct session *session, struct error *err) {
    struct record_place place;
    bool exists;
    struct error cause = {0};
    if (!record_locate(snapshot, session->auth_table, &place, &cause)) return refuse(err, cause.message);
    if (!record_exists(conn, arena, &place, &session->auth_id, &exists, err)) return false;
    if (!exists) return refuse(err, "the auth record is gone");
    const struct node *tree = scope->node->child[DEFINE_SCOPE_CONNECT];
    if (!tree) return true;
    struct params params = {.session = session, .arena = arena, .missing_is_null = true, .definer = true};
    const struct scope_clause clause = {conn, snapshot, scope, &params};
    return connect(&clause, tree, &cause) || refuse_because(err, "CONNECT", &cause);
}

/* Fills what a scope user has beyond a login. */
static bool check_scope(struct store_file *file, struct arena *arena, const struct snapshot *snapshot,
                        const struct definition *scope, struct session *session, struct error *err) {
    struct error cause = {0};
    session->auth_id = session->token->subject;
    session->auth_table = arena_copy(arena, record_table_of_scope(scope));
    session->scope = arena_copy(arena, scope->name);
    if (arena_exhausted(arena)) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    struct conn *conn = store_borrow_conn(file, &cause);
    if (!conn) return refuse_missing(err, &cause);
    const struct conn_bounds bounds = {.deadline = clock_steady() + CONNECT_TIME, .memory_limit = CONNECT_MEMORY};
    conn_set_bounds(conn, &bounds);
    bool fine = check_record(conn, arena, snapshot, scope, session, err);
    store_give_back_conn(file, conn);
    return fine;
}

/* Whether the key of what is defined now made the token. */
static bool check_token(struct str token, const struct token_claims *claims, const struct definition *definition,
                        struct error *err) {
    struct error cause = {0};
    if (!definition || !definition->node) return refuse(err, "the token's scope or login is gone");
    if (token_verify(token, definition->key, claims, clock_unix(), &cause)) return true;
    return cause.code == ERROR_UNAUTHENTICATED ? refuse(err, cause.detail) : hand_on(err, &cause);
}

bool bearer_check(struct store *store, struct arena *arena, const struct credential_request *request, struct str token,
                  struct session *ret_session, struct error *err) {
    struct error cause = {0};
    struct token_claims *claims = arena_alloc(arena, sizeof *claims);
    if (!claims) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    if (!token_read(arena, token, claims, &cause))
        return cause.code == ERROR_UNAUTHENTICATED ? refuse(err, cause.detail) : hand_on(err, &cause);
    CLEANUP(store_give_back_at) struct store_file *file = store_borrow(store, claims->ns, claims->db, &cause);
    if (!file) return refuse_missing(err, &cause);
    CLEANUP(snapshot_unref_at) const struct snapshot *snapshot = store_snapshot(file);
    const struct definition *definition = find_definition(snapshot, claims);
    if (!check_token(token, claims, definition, err)) return false;
    struct session session = {
        .level = level_of(claims),
        .home_ns = claims->ns,
        .home_db = claims->db,
        .ns = claims->ns,
        .db = claims->db,
        .token = claims,
        .ip = request->ip,
        .origin = request->origin,
    };
    if (session.level != LEVEL_SCOPE) session.login = claims->subject.text;
    if (session.level == LEVEL_SCOPE && !check_scope(file, arena, snapshot, definition, &session, err)) return false;
    *ret_session = session;
    return true;
}
