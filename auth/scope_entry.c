#include "auth/scope_entry.h"

#include "auth/family.h"
#include "auth/fold.h"
#include "auth/issue.h"
#include "auth/record.h"
#include "auth/refuse.h"
#include "auth/scope_clause.h"
#include "base/scope.h"
#include "sql/ast.h"

/* Bytes that SQLite may hold for the statements of one sign-in: nobody has shown yet who they are. */
#define ENTRY_MEMORY ((size_t)64 << 20)

DEFINE_CLEANUP(struct store_file *, store_give_back)
DEFINE_CLEANUP(const struct snapshot *, snapshot_unref)

/* One attempt to enter. */
struct attempt {
    struct arena *arena;
    const struct signin_request *request;
    struct str ns; /* folded */
    struct str db;
    struct str scope;
    enum scope_entry entry;
    struct store_file *file;
    struct conn *conn;
    const struct snapshot *snapshot;
    const struct definition *definition;
    const struct node *clause;
    const struct node *on;
    struct value id; /* the auth record's */
    bool clause_ran;
};

static bool find_clause(struct attempt *attempt, struct error *err) {
    const struct definition *scope =
        snapshot_find(attempt->snapshot, DEFINITION_SCOPE, (struct str){0}, attempt->scope);
    if (!scope || !scope->node) return refuse(err, "there is no such scope");
    bool is_signin = attempt->entry == ENTRY_SIGNIN;
    attempt->definition = scope;
    attempt->clause = scope->node->child[is_signin ? DEFINE_SCOPE_SIGNIN : DEFINE_SCOPE_SIGNUP];
    attempt->on = scope->node->child[is_signin ? DEFINE_SCOPE_ON_SIGNIN : DEFINE_SCOPE_ON_SIGNUP];
    return attempt->clause || refuse(err, "the scope has no such clause");
}

/* Where the auth record lives. SIGNUP must fill the table that a token is read back from. */
static bool locate(const struct attempt *attempt, struct record_place *ret_place, struct error *err) {
    struct str table = record_table_of_clause(attempt->clause);
    if (!str_same_name(table, record_table_of_scope(attempt->definition)))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "SIGNUP and SIGNIN are about different tables");
    return record_locate(attempt->snapshot, table, ret_place, err);
}

/* The record's id, in the row that the clause gave. */
static bool find_id(const struct record_place *place, const struct named_values *row, struct value *ret_id,
                    struct error *err) {
    const struct value *id = record_column(row, place->key->name);
    if (!id)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the clause's row lacks the primary key %.*s",
                    STR(place->key->name));
    if (id->kind != VALUE_INTEGER && id->kind != VALUE_TEXT)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the auth record's id is neither an integer nor a text");
    *ret_id = *id;
    return true;
}

/* The id as the table has it, for tokens and what is kept of them; as the clause gave it where the row is gone. */
static bool find_stored_id(const struct attempt *attempt, const struct record_place *place, const struct value *id,
                           struct value *ret_id, struct error *err) {
    struct value key = *id;
    bool found;
    if (!record_find(attempt->conn, attempt->arena, place, id, &key, &found, err)) return false;
    *ret_id = key.kind == VALUE_INTEGER || key.kind == VALUE_TEXT ? key : *id;
    return true;
}

/* A record that SIGNUP has made may have the key of one that was deleted: SQLite gives the largest again. Refresh
 * tokens of that one, by whatever scope, must not be this one's. What ON CONFLICT updates may have been there before.
 */
static bool end_what_another_had(const struct attempt *attempt, const struct record_place *place, struct error *err) {
    const struct snapshot *snapshot = attempt->snapshot;
    if (attempt->clause->kind != NODE_INSERT || attempt->clause->child[INSERT_UPSERTS]) return true;
    for (size_t i = 0; i < snapshot->definition_count; i++) {
        const struct definition *scope = &snapshot->definitions[i];
        struct principal principal;
        if (scope->kind != DEFINITION_SCOPE || !str_same_name(record_table_of_scope(scope), place->table->name))
            continue;
        if (!principal_of_record(attempt->arena, scope->name, &attempt->id, &principal, err) ||
            !family_end_all(attempt->conn, &principal, err))
            return false;
    }
    return true;
}

/* What the scope's definer wrote. */
static bool run(struct attempt *attempt, struct error *err) {
    struct record_place place;
    struct named_values row;
    struct session session = {
        .level = LEVEL_SCOPE,
        .home_ns = attempt->ns,
        .home_db = attempt->db,
        .ns = attempt->ns,
        .db = attempt->db,
        .scope = attempt->definition->name,
        .ip = attempt->request->ip,
        .origin = attempt->request->origin,
    };
    struct params params = {
        .session = &session,
        .arena = attempt->arena,
        .missing_is_null = true,
        .definer = true,
    };
    const struct scope_clause clause = {attempt->conn, attempt->snapshot, attempt->definition, &params};
    if (!locate(attempt, &place, err)) return false;
    if (!signin_keys_rest(attempt->arena, &attempt->request->values, &params.values, err)) return false;
    attempt->clause_ran = true;
    if (!scope_clause_row(&clause, attempt->clause, &row, err)) return false;
    if (!find_id(&place, &row, &session.auth_id, err)) return false;
    session.auth_table = place.table->name;
    if (!scope_clause_all(&clause, attempt->on, err)) return false;
    return find_stored_id(attempt, &place, &session.auth_id, &attempt->id, err) &&
           end_what_another_had(attempt, &place, err);
}

/* In the transaction that is open; or, where that could not write, in one of its own. */
static bool issue(const struct attempt *attempt, bool in_transaction, struct issued *ret_issued, struct error *err) {
    const struct issue issue = {
        .definition = attempt->definition,
        .ns = attempt->ns,
        .db = attempt->db,
        .subject = attempt->id,
        .ip = attempt->request->ip,
        .wants_refresh = attempt->request->wants_refresh,
    };
    return (in_transaction ? issue_tokens : issue_alone)(attempt->arena, attempt->conn, &issue, ret_issued, err);
}

enum outcome {
    OUTCOME_ENTERED,
    OUTCOME_REFUSED,
    OUTCOME_BUSY, /* another writer came between what was read and what was to be written */
    OUTCOME_FAILED,
};

static enum outcome run_in_transaction(struct attempt *attempt, bool write, struct issued *ret_issued,
                                       struct error *err) {
    struct error cause = {0};
    struct issued issued;
    if (!conn_begin(attempt->conn, write, err)) return OUTCOME_FAILED;
    if (run(attempt, &cause) && (!write || issue(attempt, true, &issued, &cause)) &&
        conn_commit(attempt->conn, &cause)) {
        if (!write && !issue(attempt, false, &issued, err)) return OUTCOME_FAILED;
        *ret_issued = issued;
        return OUTCOME_ENTERED;
    }
    conn_rollback(attempt->conn);
    if (cause.code == ERROR_BUSY && !write) return OUTCOME_BUSY;
    if (cause.code == ERROR_OVERLOADED) {
        hand_on(err, &cause);
        return OUTCOME_FAILED;
    }
    refuse_because(err, attempt->entry == ENTRY_SIGNIN ? "SIGNIN" : "SIGNUP", &cause);
    return OUTCOME_REFUSED;
}

/* A clause that only reads takes no write lock: else whoever guesses passwords would stop the database's writers for as
 * long as Argon2 takes. Only where the ON statements then meet another writer does it run again with the lock. */
static bool try_to_enter(struct attempt *attempt, struct issued *ret_issued, struct error *err) {
    bool reads = attempt->clause->kind == NODE_SELECT;
    enum outcome outcome = run_in_transaction(attempt, !reads, ret_issued, err);
    if (outcome == OUTCOME_BUSY) outcome = run_in_transaction(attempt, true, ret_issued, err);
    return outcome == OUTCOME_ENTERED;
}

static bool enter_database(struct attempt *attempt, struct issued *ret_issued, struct error *err) {
    CLEANUP(snapshot_unref_at) const struct snapshot *snapshot = store_snapshot(attempt->file);
    struct error cause = {0};
    attempt->snapshot = snapshot;
    if (!find_clause(attempt, err)) return false;
    attempt->conn = store_borrow_conn(attempt->file, &cause);
    if (!attempt->conn) return refuse_missing(err, &cause);
    const struct conn_bounds bounds = {.deadline = attempt->request->deadline, .memory_limit = ENTRY_MEMORY};
    conn_set_bounds(attempt->conn, &bounds);
    bool entered = try_to_enter(attempt, ret_issued, err);
    store_give_back_conn(attempt->file, attempt->conn);
    return entered;
}

bool scope_enter(struct store *store, struct arena *arena, const struct signin_request *request,
                 const struct signin_keys *keys, enum scope_entry entry, bool *ret_clause_ran,
                 struct issued *ret_issued, struct error *err) {
    struct attempt attempt = {.arena = arena, .request = request, .scope = keys->scope, .entry = entry};
    struct error cause = {0};
    *ret_clause_ran = false;
    if (keys->names_nothing) return refuse(err, "a name is empty");
    if (!fold_name(arena, keys->ns, &attempt.ns, err) || !fold_name(arena, keys->db, &attempt.db, err)) return false;
    CLEANUP(store_give_back_at) struct store_file *file = store_borrow(store, attempt.ns, attempt.db, &cause);
    if (!file) return refuse_missing(err, &cause);
    attempt.file = file;
    bool entered = enter_database(&attempt, ret_issued, err);
    *ret_clause_ran = attempt.clause_ran;
    return entered;
}
