#include "auth/bearer.h"

#include "auth/fold.h"
#include "auth/known_token.h"
#include "auth/login.h"
#include "auth/record.h"
#include "auth/refuse.h"
#include "auth/scope_clause.h"
#include "auth/token_key.h"
#include "base/clock.h"
#include "base/scope.h"
#include "sql/ast.h"

/* The bounds of a CONNECT clause, which runs before every request of a scope user. */
#define CONNECT_TIME 5000000000 /* nanoseconds */
#define CONNECT_MEMORY ((size_t)64 << 20)

DEFINE_CLEANUP(struct store_file *, store_give_back)
DEFINE_CLEANUP(const struct snapshot *, snapshot_unref)

/* What vouches for a token: the scope or login that it was made for, or another issuer's DEFINE TOKEN. NULL where that
 * is gone. */
static const struct definition *find_definition(const struct snapshot *snapshot, const struct token_claims *claims) {
    if (claims->is_foreign) return snapshot_find(snapshot, DEFINITION_TOKEN, claims->scope, claims->kind);
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

static bool run_connect(struct conn *conn, struct arena *arena, const struct snapshot *snapshot,
                        const struct definition *scope, const struct session *session, struct error *err) {
    const struct node *tree = scope->node->child[DEFINE_SCOPE_CONNECT];
    struct error cause = {0};
    if (!tree) return true;
    struct params params = {.session = session, .arena = arena, .missing_is_null = true, .definer = true};
    const struct scope_clause clause = {conn, snapshot, scope, &params};
    return connect(&clause, tree, &cause) || refuse_because(err, "CONNECT", &cause);
}

/* Whether the record lives. The session knows it by its key as it is stored. */
static bool check_record(struct conn *conn, struct arena *arena, const struct snapshot *snapshot,
                         struct session *session, struct error *err) {
    struct record_place place;
    struct value key;
    bool exists;
    struct error cause = {0};
    if (!record_locate(snapshot, session->auth_table, &place, &cause)) return refuse(err, cause.message);
    if (!record_find(conn, arena, &place, &session->auth_id, &key, &exists, err)) return false;
    if (!exists) return refuse(err, "the auth record is gone");
    if (key.kind == VALUE_INTEGER || key.kind == VALUE_TEXT) session->auth_id = key;
    return true;
}

static bool check_not_ended(struct conn *conn, struct arena *arena, const struct session *session, struct error *err) {
    struct principal principal;
    bool ended;
    if (!principal_of_session(arena, session, &principal, err) ||
        !ended_check(conn, arena, &principal, &session->known->mark, &ended, err))
        return false;
    return !ended || refuse(err, "the token has been ended");
}

/* Asks the file whether the token is still good, and CONNECT. `scope` is NULL for a login. */
static bool ask_file(struct store_file *file, struct arena *arena, const struct snapshot *snapshot,
                     const struct definition *scope, struct session *session, struct error *err) {
    struct error cause = {0};
    struct conn *conn = store_borrow_conn(file, &cause);
    if (!conn) return refuse_missing(err, &cause);
    const struct conn_bounds bounds = {.deadline = clock_steady() + CONNECT_TIME, .memory_limit = CONNECT_MEMORY};
    conn_set_bounds(conn, &bounds);
    bool fine = (!scope || check_record(conn, arena, snapshot, session, err)) &&
                check_not_ended(conn, arena, session, err) &&
                (!scope || run_connect(conn, arena, snapshot, scope, session, err));
    store_give_back_conn(file, conn);
    return fine;
}

/* Fills what a scope user has beyond a login. */
static bool fill_scope(struct arena *arena, const struct definition *scope, struct session *session,
                       struct error *err) {
    if (!scope || !scope->node) return refuse(err, "the token's scope is gone");
    session->auth_id = session->token->subject;
    session->auth_table = arena_copy(arena, record_table_of_scope(scope));
    session->scope = arena_copy(arena, scope->name);
    return !arena_exhausted(arena) || fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
}

static bool is_same(const struct value *a, const struct value *b) {
    if (a->kind == VALUE_INTEGER) return b->kind == VALUE_INTEGER && a->integer == b->integer;
    return a->kind == VALUE_TEXT && b->kind == VALUE_TEXT && str_same(a->text, b->text);
}

/* The tables that can make the answer of ask_file another one: what has ended is in one of our own. */
static uint64_t depends_on(const struct session *session) {
    return session->level == LEVEL_SCOPE ? record_depends_on(session->auth_table) : COMMIT_OWN_TABLES;
}

/* Whether the file still holds the token for good: see the rule in ended.h. What was asked when the file's content was
 * the same need not be asked again, unless CONNECT wants to know of each request, or the record's key is spelt
 * otherwise than in the token. */
static bool check_file(struct store_file *file, struct arena *arena, const struct snapshot *snapshot,
                       struct session *session, struct error *err) {
    const struct definition *scope = NULL;
    if (session->level == LEVEL_SCOPE) {
        scope = snapshot_find(snapshot, DEFINITION_SCOPE, (struct str){0}, session->token->scope);
        if (!fill_scope(arena, scope, session, err) || !roles_of_scope(arena, snapshot, scope, &session->roles, err))
            return false;
    }
    uint64_t commits = store_commits(file, depends_on(session));
    bool has_connect = scope && scope->node->child[DEFINE_SCOPE_CONNECT];
    if (!has_connect && known_token_was_good(session->known, commits)) return true;
    if (!ask_file(file, arena, snapshot, scope, session, err)) return false;
    if (!scope || is_same(&session->auth_id, &session->token->subject)) known_token_is_good(session->known, commits);
    return true;
}

/* Reads what a token says that is not remembered. */
static const struct known_token *read_token(struct str token, struct error *err) {
    struct error cause = {0};
    struct known_token *known = known_token_new();
    if (!known) return fail_null(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    struct token_claims *claims = &known->claims;
    if (token_read(known->arena, token, claims, &cause) && fold_name(known->arena, claims->ns, &claims->ns, &cause) &&
        fold_name(known->arena, claims->db, &claims->db, &cause) &&
        ended_mark(known->arena, claims, token, &known->mark, &cause))
        return known;
    known_token_unref(known);
    (void)(cause.code == ERROR_UNAUTHENTICATED ? refuse(err, cause.detail) : hand_on(err, &cause));
    return NULL;
}

/* What verifies the tokens of a definition. */
static struct token_key key_of(const struct definition *definition) {
    struct token_key key = {.algorithm = TOKEN_HS512, .key = definition->key};
    if (definition->kind != DEFINITION_TOKEN) return key;
    key.key = definition->secret;
    if (!token_algorithm_read(definition->node->child[DEFINE_TOKEN_TYPE]->text, &key.algorithm, NULL))
        key.algorithm = TOKEN_ALGORITHM_NONE;
    return key;
}

static struct str text_of(const struct node *text) {
    return text ? text->text : (struct str){0};
}

/* Whether the definition's key made the token, by its algorithm, the time is right, and it is from whom and for whom
 * the definition says. */
static bool verify(const struct known_token *known, bool is_new, struct str token, const struct definition *definition,
                   struct error *err) {
    const struct token_claims *claims = &known->claims;
    const struct token_key key = key_of(definition);
    if (is_new || claims->algorithm != key.algorithm || !known_token_is_by(known, key.key)) {
        if (!token_verify(token, key, claims, clock_unix(), err)) return false;
    } else if (!token_is_in_time(claims, clock_unix(), err)) {
        return false;
    }
    return !claims->is_foreign ||
           (token_check_issuer(claims, text_of(definition->node->child[DEFINE_TOKEN_ISSUER]), err) &&
            token_check_audience(claims, text_of(definition->node->child[DEFINE_TOKEN_AUDIENCE]), err));
}

static bool check_token(const struct known_token *known, bool is_new, struct str token,
                        const struct definition *definition, struct error *err) {
    struct error cause = {0};
    if (!definition || !definition->node) return refuse(err, "what the token was made for is gone");
    if (definition->kind == DEFINITION_LOGIN && login_is_disabled(definition))
        return refuse(err, "the login is disabled");
    if (verify(known, is_new, token, definition, &cause)) return true;
    return cause.code == ERROR_UNAUTHENTICATED ? refuse(err, cause.detail) : hand_on(err, &cause);
}

/* Fills the session of a token whose claims are known. */
static bool check_known(struct store *store, struct arena *arena, const struct credential_request *request,
                        const struct known_token *known, bool is_new, struct str token, struct session *ret_session,
                        struct error *err) {
    struct error cause = {0};
    const struct token_claims *claims = &known->claims;
    CLEANUP(store_give_back_at) struct store_file *file = store_borrow(store, claims->ns, claims->db, &cause);
    if (!file) return refuse_missing(err, &cause);
    CLEANUP(snapshot_unref_at) const struct snapshot *snapshot = store_snapshot(file);
    const struct definition *definition = find_definition(snapshot, claims);
    if (!check_token(known, is_new, token, definition, err)) return false;
    if (token_level(claims) == LEVEL_ROOT && !request->root_may_enter)
        return refuse(err, "root may not enter from this address");
    struct session session = {
        .level = token_level(claims),
        .home_ns = claims->ns,
        .home_db = claims->db,
        .ns = claims->ns,
        .db = claims->db,
        .token = claims,
        .ip = request->ip,
        .origin = request->origin,
        .known = known,
    };
    if (claims->is_foreign) session.issuer = claims->kind;
    if (session.level != LEVEL_SCOPE && !claims->is_foreign) session.login = claims->subject.text;
    if (is_new) known_token_remember(known, token, key_of(definition).key);
    if (!check_file(file, arena, snapshot, &session, err)) return false;
    if (session.level != LEVEL_SCOPE && !roles_of_login(arena, snapshot, definition, &session.roles, err)) return false;
    session.file = file;
    file = NULL;
    *ret_session = session;
    return true;
}

bool bearer_check(struct store *store, struct arena *arena, const struct credential_request *request, struct str token,
                  struct session *ret_session, struct error *err) {
    const struct known_token *known = known_token_find(token);
    bool is_new = !known;
    if (is_new) known = read_token(token, err);
    if (!known) return false;
    struct session session;
    if (!check_known(store, arena, request, known, is_new, token, &session, err)) {
        known_token_forget(known);
        known_token_unref(known);
        return false;
    }
    *ret_session = session;
    return true;
}
