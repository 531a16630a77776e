#include "auth/refresh.h"

#include "auth/ended.h"
#include "auth/family.h"
#include "auth/login.h"
#include "auth/record.h"
#include "auth/refuse.h"
#include "base/clock.h"
#include "base/scope.h"

#define REFRESH_MEMORY ((size_t)16 << 20)

DEFINE_CLEANUP(struct store_file *, store_give_back)
DEFINE_CLEANUP(const struct snapshot *, snapshot_unref)

/* One attempt. */
struct attempt {
    struct arena *arena;
    const struct refresh_request *request;
    struct refresh_token token;
    struct conn *conn;
    const struct snapshot *snapshot;
    struct family family;
    const struct definition *definition;
    struct principal principal;
    const char *refused; /* why; NULL: it was not */
    bool was_spent;
};

/* What the family was made for, if that may still enter; NULL otherwise. */
static const struct definition *find_definition(const struct attempt *attempt) {
    const struct family *family = &attempt->family;
    const struct str nobody = {0};
    if (str_is(family->kind, "scope")) return snapshot_find(attempt->snapshot, DEFINITION_SCOPE, nobody, family->owner);
    if (!str_is(family->kind, "login") || family->subject.kind != VALUE_TEXT) return NULL;
    const struct definition *login = snapshot_find(attempt->snapshot, DEFINITION_LOGIN, nobody, family->subject.text);
    return login && !login_is_disabled(login) ? login : NULL;
}

/* Whether the auth record of a scope's family is there. */
static bool check_record(struct attempt *attempt, bool *ret_exists, struct error *err) {
    struct record_place place;
    struct value key;
    *ret_exists = attempt->definition->kind != DEFINITION_SCOPE;
    if (*ret_exists) return true;
    if (!record_locate(attempt->snapshot, record_table_of_scope(attempt->definition), &place, NULL)) return true;
    return record_find(attempt->conn, attempt->arena, &place, &attempt->family.subject, &key, ret_exists, err);
}

/* What is refused for good. The transaction is committed all the same. */
static bool end(struct attempt *attempt, const char *why, struct error *err) {
    attempt->refused = why;
    return family_end(attempt->conn, attempt->family.id, err);
}

static bool end_stolen(struct attempt *attempt, struct error *err) {
    int64_t until = clock_unix() + issue_lifetime(attempt->definition);
    attempt->was_spent = true;
    return end(attempt, "a spent refresh token was shown again: its family has ended", err) &&
           ended_add(attempt->conn, attempt->arena, &attempt->principal, attempt->family.tag, until, err);
}

static bool find_principal(struct attempt *attempt, struct error *err) {
    if (attempt->definition->kind == DEFINITION_SCOPE)
        return principal_of_record(attempt->arena, attempt->definition->name, &attempt->family.subject,
                                   &attempt->principal, err);
    attempt->principal = principal_of_login(attempt->definition->name);
    return true;
}

static bool give(struct attempt *attempt, struct issued *ret_issued, struct error *err) {
    const struct issue issue = {
        .definition = attempt->definition,
        .ns = attempt->token.ns,
        .db = attempt->token.db,
        .subject = attempt->family.subject,
        .ip = attempt->request->ip,
    };
    struct issued issued;
    if (!family_renew(attempt->conn, attempt->arena, &attempt->family, attempt->definition, &attempt->token,
                      attempt->request->ip, &issued.refresh, err) ||
        !issue_token(attempt->arena, &issue, attempt->family.tag, &issued.token, err))
        return false;
    *ret_issued = issued;
    return true;
}

/* What happens between BEGIN and COMMIT, with the write lock: nobody else can spend the token meanwhile. */
static bool run(struct attempt *attempt, struct issued *ret_issued, struct error *err) {
    bool found, exists;
    if (!family_find(attempt->conn, attempt->arena, attempt->token.family, &attempt->family, &found, err)) return false;
    if (!found) {
        attempt->refused = "there is no such family of refresh tokens";
        return true;
    }
    attempt->definition = find_definition(attempt);
    if (!attempt->definition || !family_is_alive(&attempt->family, attempt->definition, clock_unix()))
        return end(attempt, "the family of refresh tokens has ended", err);
    if (!find_principal(attempt, err)) return false;
    if (!family_is_newest(&attempt->family, attempt->definition, attempt->token.secret))
        return end_stolen(attempt, err);
    if (!check_record(attempt, &exists, err)) return false;
    if (!exists) return end(attempt, "the auth record is gone", err);
    return give(attempt, ret_issued, err);
}

static bool run_in_transaction(struct attempt *attempt, struct issued *ret_issued, struct error *err) {
    struct issued issued;
    if (!conn_begin(attempt->conn, true, err)) return false;
    if (!run(attempt, &issued, err)) {
        conn_rollback(attempt->conn);
        return false;
    }
    if (!conn_commit(attempt->conn, err)) return false;
    if (attempt->refused) return refuse(err, attempt->refused);
    *ret_issued = issued;
    return true;
}

/* A stranger who makes up tokens does not get as far as the write lock. */
static bool try(struct attempt *attempt, struct issued *ret_issued, struct error *err) {
    bool found;
    if (!family_find(attempt->conn, attempt->arena, attempt->token.family, &attempt->family, &found, err)) return false;
    if (!found) return refuse(err, "there is no such family of refresh tokens");
    return run_in_transaction(attempt, ret_issued, err);
}

bool refresh(struct store *store, struct arena *arena, const struct refresh_request *request, struct issued *ret_issued,
             struct family *ret_ended, struct error *err) {
    struct attempt attempt = {.arena = arena, .request = request};
    struct error cause = {0};
    *ret_ended = (struct family){.kind = {0}};
    if (!family_read(request->token, &attempt.token)) return refuse(err, "this is no refresh token");
    if (!attempt.token.ns.length && !request->root_may_enter)
        return refuse(err, "root may not sign in from this address");
    CLEANUP(store_give_back_at)
    struct store_file *file = store_borrow(store, attempt.token.ns, attempt.token.db, &cause);
    if (!file) return refuse_missing(err, &cause);
    CLEANUP(snapshot_unref_at) const struct snapshot *snapshot = store_snapshot(file);
    attempt.snapshot = snapshot;
    attempt.conn = store_borrow_conn(file, &cause);
    if (!attempt.conn) return refuse_missing(err, &cause);
    const struct conn_bounds bounds = {.deadline = request->deadline, .memory_limit = REFRESH_MEMORY};
    conn_set_bounds(attempt.conn, &bounds);
    bool fine = try(&attempt, ret_issued, err);
    store_give_back_conn(file, attempt.conn);
    if (!fine && attempt.refused && attempt.was_spent) *ret_ended = attempt.family;
    return fine;
}
