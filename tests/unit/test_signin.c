/*
 * Signing in and up, and credentials on a request, against a data folder of their own.
 */
#include "auth/credential.h"
#include "auth/function.h"
#include "auth/password.h"
#include "auth/signin.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define S(text) LITERAL(text)
static const struct str none;

static char folder[256];
static struct store *store;
static struct arena *arena;

#define assert_fine(call)                                                                                              \
    do {                                                                                                               \
        struct error err = {0};                                                                                        \
        if (!(call)) fail_msg("%s: %s (%s)", #call, err.message, err.detail);                                          \
    } while (0)

/* --- a data folder --- */

static void run_in(struct str ns, struct str db, const char *sql) {
    struct error failure = {0};
    struct store_file *file = store_borrow(store, ns, db, &failure);
    struct conn *conn = file ? store_borrow_conn(file, &failure) : NULL;
    if (!conn) fail_msg("%s", failure.message);
    assert_fine(conn_run(conn, sql, &err));
    assert_fine(store_publish(file, conn, &err));
    store_give_back_conn(file, conn);
    store_give_back(file);
}

/* Puts a definition in, with a new key. */
static void define(struct str ns, struct str db, enum definition_kind kind, struct str name, struct str statement,
                   struct str secret) {
    char key[TOKEN_KEY_LENGTH];
    struct error failure = {0};
    bool changed;
    assert_fine(secret_random(key, sizeof key, &err));
    const struct definition definition = {
        .kind = kind, .name = name, .statement = statement, .secret = secret, .key = {key, sizeof key}};
    struct store_file *file = store_borrow(store, ns, db, &failure);
    struct conn *conn = file ? store_borrow_conn(file, &failure) : NULL;
    if (!conn) fail_msg("%s", failure.message);
    assert_fine(definition_put(conn, &definition, DEFINITION_OVERWRITE, &changed, &err));
    assert_fine(store_publish(file, conn, &err));
    store_give_back_conn(file, conn);
    store_give_back(file);
}

static void define_login(struct str ns, struct str db, struct str name, struct str level, struct str password) {
    struct str phc;
    struct str statement = arena_format(arena, "DEFINE LOGIN \"%.*s\" ON %.*s", STR(name), STR(level));
    assert_fine(password_hash(arena, password, &phc, &err));
    define(ns, db, DEFINITION_LOGIN, name, statement, phc);
}

static void define_scope(const char *statement) {
    define(S("acme"), S("shop"), DEFINITION_SCOPE, S("account"), str_of(statement), none);
}

#define SCOPE                                                                                                          \
    "DEFINE SCOPE account SESSION 2h "                                                                                 \
    "SIGNUP (INSERT INTO member(email, hash) VALUES ($email, password_hash($pass)) RETURNING id) "                     \
    "SIGNIN (SELECT id FROM member WHERE email = $email AND password_verify($pass, hash))"

static int set_up(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    bool fresh;
    arena = arena_new(16 << 20);
    snprintf(folder, sizeof folder, "%s/bailiwick-signin-XXXXXX", base ? base : P_tmpdir);
    if (!arena || !mkdtemp(folder)) return -1;
    const struct store_options options = {
        .folder = folder, .open_files_max = 8, .connections_per_file = 2, .functions = auth_sql_functions};
    assert_fine((store = store_open(&options, &fresh, &err)));
    assert_fine(store_make_namespace(store, S("acme"), &err));
    assert_fine(store_make_database(store, S("acme"), S("shop"), &err));
    run_in(S("acme"), S("shop"),
           "CREATE TABLE member(id INTEGER PRIMARY KEY, email TEXT UNIQUE, hash TEXT, seen INTEGER DEFAULT 0)");
    define_scope(SCOPE);
    return 0;
}

static int delete_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)kind, (void)where;
    return remove(path);
}

/* Sessions hold a file and a token; they are given back when the test is over. */
#define SESSIONS_MAX 256
static struct session held[SESSIONS_MAX];
static size_t held_count;

static void hold(const struct session *session) {
    assert_true(held_count < SESSIONS_MAX);
    held[held_count++] = *session;
}

static int tear_down(void **state) {
    (void)state;
    while (held_count) session_done(&held[--held_count]);
    store_close(store);
    arena_free(arena);
    return nftw(folder, delete_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- asking --- */

#define GIVES(key, content)                                                                                            \
    {                                                                                                                  \
        S(key), {                                                                                                      \
            .kind = VALUE_TEXT, .text = S(content)                                                                     \
        }                                                                                                              \
    }
#define VALUES(...)                                                                                                    \
    (const struct named_value[]){__VA_ARGS__}, sizeof((struct named_value[]){__VA_ARGS__}) / sizeof(struct named_value)

typedef bool entry(struct store *, struct arena *, const struct signin_request *, struct issued *, struct error *);

/* What an attempt came to: the code, how many verifications it cost, the token. */
struct attempt {
    struct error err;
    uint64_t verifications;
    struct str token;
};

static struct attempt attempt(entry *enter, const struct named_value *items, size_t count) {
    const struct signin_request request = {.values = {items, count}, .ip = S("127.0.0.1"), .root_may_enter = true};
    struct attempt attempt = {0};
    struct issued issued = {.token = {0}};
    uint64_t before = password_verify_count();
    bool entered = enter(store, arena, &request, &issued, &attempt.err);
    attempt.token = issued.token;
    attempt.verifications = password_verify_count() - before;
    assert_true(entered == (attempt.err.code == ERROR_NONE));
    return attempt;
}

static struct str enters(entry *enter, const struct named_value *items, size_t count) {
    struct attempt result = attempt(enter, items, count);
    if (result.err.code != ERROR_NONE) fail_msg("%s (%s)", result.err.message, result.err.detail);
    assert_true(result.token.length > 0);
    return result.token;
}

/* Refused in the one way that there is, with the work of one verification. */
static void is_refused(entry *enter, const struct named_value *items, size_t count) {
    struct attempt result = attempt(enter, items, count);
    assert_int_equal(result.err.code, ERROR_UNAUTHENTICATED);
    assert_string_equal(result.err.message, "the credentials are not right");
    if (enter == signin) assert_int_equal(result.verifications, 1);
}

static void is_malformed(entry *enter, const struct named_value *items, size_t count) {
    struct attempt result = attempt(enter, items, count);
    assert_int_equal(result.err.code, ERROR_MALFORMED);
    assert_int_equal(result.verifications, 0);
}

static struct str join(const char *scheme, struct str rest) {
    struct str joined = arena_format(arena, "%s %.*s", scheme, STR(rest));
    assert_non_null(joined.text);
    return joined;
}

static struct str basic(const char *credentials) {
    struct buf buf;
    buf_init(&buf, 0);
    base64_write(&buf, str_of(credentials));
    struct str header = join("Basic", buf_str(&buf));
    buf_done(&buf);
    return header;
}

static enum error_code credential(struct str authorization, struct str ns, struct str db, struct session *ret_session) {
    const struct credential_request request = {.authorization = authorization,
                                               .ns = ns,
                                               .db = db,
                                               .ip = S("127.0.0.1"),
                                               .origin = S("http://x"),
                                               .root_may_enter = true};
    struct error err = {0};
    bool fine = credential_check(store, arena, &request, ret_session, &err);
    assert_true(fine == (err.code == ERROR_NONE));
    if (fine) hold(ret_session);
    if (err.code == ERROR_UNAUTHENTICATED) assert_string_equal(err.message, "the credentials are not right");
    return err.code;
}

static struct session session_of(struct str authorization, struct str ns, struct str db) {
    struct session session;
    assert_int_equal(credential(authorization, ns, db, &session), ERROR_NONE);
    return session;
}

static enum error_code use(struct session *session, struct str ns, struct str db) {
    struct error err = {0};
    bool fine = session_use(session, store, arena, ns, db, &err);
    assert_true(fine == (err.code == ERROR_NONE));
    return err.code;
}

#define assert_str_is(text, expected) assert_true(str_is(text, expected))

#define ACCOUNT GIVES("NS", "acme"), GIVES("DB", "shop"), GIVES("SC", "account")
#define ANN GIVES("email", "ann@x.org"), GIVES("pass", "secret")

/* --- scopes --- */

static void a_scope_is_signed_up_in_and_in(void **state) {
    (void)state;
    struct str token = enters(signup, VALUES(ACCOUNT, ANN));
    struct session session = session_of(join("Bearer", token), none, none);
    assert_int_equal(session.level, LEVEL_SCOPE);
    assert_int_equal(session.auth_id.integer, 1);
    assert_str_is(session.auth_table, "member");
    assert_str_is(session.scope, "account");
    assert_str_is(session.ns, "acme");
    assert_str_is(session.db, "shop");
    assert_int_equal(session.token->expires_at - session.token->issued_at, 7200);
    is_refused(signup, VALUES(ACCOUNT, ANN)); /* the e-mail address is taken */
    struct attempt again = attempt(signin, VALUES(ACCOUNT, ANN));
    assert_int_equal(again.err.code, ERROR_NONE);
    assert_int_equal(again.verifications, 1);
    enters(signin, VALUES(GIVES("ns", "ACME"), GIVES("db", "Shop"), GIVES("sc", "ACCOUNT"), ANN));
}

static void every_wrong_sign_in_costs_the_same(void **state) {
    (void)state;
    enters(signup, VALUES(ACCOUNT, ANN));
    is_refused(signin, VALUES(ACCOUNT, GIVES("email", "ann@x.org"), GIVES("pass", "wrong")));
    is_refused(signin, VALUES(ACCOUNT, GIVES("email", "bob@x.org"), GIVES("pass", "secret")));
    is_refused(signin, VALUES(ACCOUNT));
    is_refused(signin, VALUES(GIVES("NS", "acme"), GIVES("DB", "shop"), GIVES("SC", "other"), ANN));
    is_refused(signin, VALUES(GIVES("NS", "acme"), GIVES("DB", "other"), GIVES("SC", "account"), ANN));
    is_refused(signin, VALUES(GIVES("NS", "other"), GIVES("DB", "shop"), GIVES("SC", "account"), ANN));
    is_refused(signin, VALUES(GIVES("NS", "../.."), GIVES("DB", "shop"), GIVES("SC", "account"), ANN));
    is_refused(signin, VALUES(GIVES("NS", ""), GIVES("DB", ""), GIVES("SC", ""), ANN));
    is_refused(signup, VALUES(GIVES("NS", "acme"), GIVES("DB", "shop"), GIVES("SC", "other"), ANN));
}

static void a_scope_without_a_clause_refuses(void **state) {
    (void)state;
    define_scope("DEFINE SCOPE account");
    is_refused(signin, VALUES(ACCOUNT, ANN));
    is_refused(signup, VALUES(ACCOUNT, ANN));
}

static void one_row_it_must_be(void **state) {
    (void)state;
    run_in(S("acme"), S("shop"), "INSERT INTO member(id, email) VALUES (1, 'a'), (2, 'b')");
    define_scope("DEFINE SCOPE account SIGNIN (SELECT id FROM member)");
    is_refused(signin, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNIN (SELECT id FROM member WHERE id = 3)");
    is_refused(signin, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNIN (SELECT email FROM member WHERE id = 2)");
    is_refused(signin, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNIN (SELECT NULL AS id FROM member WHERE id = 2)");
    is_refused(signin, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNIN (SELECT * FROM member WHERE id = 2)");
    enters(signin, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNIN (SELECT * FROM (SELECT * FROM member) WHERE id = 2)");
    is_refused(signin, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNIN (WITH member AS (SELECT 2 AS id) SELECT * FROM member)");
    is_refused(signin, VALUES(ACCOUNT));
}

static void an_auth_record_needs_a_key_of_one_column(void **state) {
    (void)state;
    run_in(S("acme"), S("shop"),
           "CREATE TABLE keyless(id INTEGER); CREATE TABLE two(id INTEGER, b INTEGER, PRIMARY KEY(id, b));"
           "CREATE TABLE named(\"the \"\"name\" TEXT PRIMARY KEY) WITHOUT ROWID; CREATE VIEW shown AS SELECT 1 AS id");
    define_scope("DEFINE SCOPE account SIGNUP (INSERT INTO keyless VALUES (1) RETURNING id)");
    is_refused(signup, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNUP (INSERT INTO two VALUES (1, 2) RETURNING *)");
    is_refused(signup, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNIN (SELECT id FROM shown)");
    is_refused(signin, VALUES(ACCOUNT));
    define_scope("DEFINE SCOPE account SIGNUP (INSERT INTO main.named VALUES ('ann') RETURNING *)");
    struct str token = enters(signup, VALUES(ACCOUNT));
    struct session session = session_of(join("Bearer", token), none, none);
    assert_int_equal(session.auth_id.kind, VALUE_TEXT);
    assert_str_is(session.auth_id.text, "ann");
    run_in(S("acme"), S("shop"), "DELETE FROM named");
    assert_int_equal(credential(join("Bearer", token), none, none, &session), ERROR_UNAUTHENTICATED);
}

/* Else a token made for a row of one table would be read as the same id of another. */
static void sign_up_fills_the_table_that_sign_in_reads(void **state) {
    (void)state;
    run_in(S("acme"), S("shop"), "CREATE TABLE waiting(id INTEGER PRIMARY KEY)");
    define_scope("DEFINE SCOPE account SIGNUP (INSERT INTO waiting DEFAULT VALUES RETURNING id) "
                 "SIGNIN (SELECT id FROM member)");
    is_refused(signup, VALUES(ACCOUNT));
}

static int64_t read_integer(const char *sql) {
    struct error failure = {0};
    struct store_file *file = store_borrow(store, S("acme"), S("shop"), &failure);
    struct conn *conn = file ? store_borrow_conn(file, &failure) : NULL;
    struct value value;
    bool found;
    if (!conn) fail_msg("%s", failure.message);
    assert_fine(conn_read_row(conn, arena, sql, NULL, 0, &value, 1, &found, &err));
    assert_true(found);
    store_give_back_conn(file, conn);
    store_give_back(file);
    return value.integer;
}

static void on_runs_as_the_new_record_in_one_transaction(void **state) {
    (void)state;
    define_scope(SCOPE " ON SIGNUP (UPDATE member SET seen = 1 WHERE email = $auth.email) "
                       "ON SIGNIN (UPDATE member SET seen = seen + 1 WHERE id = $auth; SELECT * FROM member)");
    enters(signup, VALUES(ACCOUNT, ANN));
    assert_int_equal(read_integer("SELECT seen FROM member"), 1);
    struct attempt again = attempt(signin, VALUES(ACCOUNT, ANN));
    assert_int_equal(again.err.code, ERROR_NONE);
    assert_int_equal(again.verifications, 1);
    assert_int_equal(read_integer("SELECT seen FROM member"), 2);
    is_refused(signin, VALUES(ACCOUNT, GIVES("email", "ann@x.org"), GIVES("pass", "wrong")));
    assert_int_equal(read_integer("SELECT seen FROM member"), 2);
    define_scope(SCOPE " ON SIGNUP (UPDATE member SET email = 'ann@x.org' WHERE id = $auth)");
    is_refused(signup, VALUES(ACCOUNT, GIVES("email", "bob@x.org"), GIVES("pass", "b")));
    assert_int_equal(read_integer("SELECT count(*) FROM member"), 1);
}

/* A sign-in that fails never waits for the database's writers, nor they for it. */
static void only_who_is_let_in_needs_the_write_lock(void **state) {
    (void)state;
    struct error failure = {0};
    define_scope(SCOPE " ON SIGNIN (UPDATE member SET seen = seen + 1 WHERE id = $auth)");
    enters(signup, VALUES(ACCOUNT, ANN));
    struct store_file *file = store_borrow(store, S("acme"), S("shop"), &failure);
    struct conn *writer = file ? store_borrow_conn(file, &failure) : NULL;
    if (!writer) fail_msg("%s", failure.message);
    assert_fine(conn_begin(writer, true, &err));
    is_refused(signin, VALUES(ACCOUNT, GIVES("email", "ann@x.org"), GIVES("pass", "wrong")));
    const struct named_value right[] = {ACCOUNT, ANN};
    const struct signin_request request = {.values = {right, 5}, .deadline = clock_steady() + 500000000};
    struct issued issued;
    assert_false(signin(store, arena, &request, &issued, &failure));
    assert_int_equal(failure.code, ERROR_BUSY);
    assert_fine(conn_commit(writer, &err));
    enters(signin, VALUES(ACCOUNT, ANN));
    store_give_back_conn(file, writer);
    store_give_back(file);
}

static void reserved_variables_are_not_the_requests(void **state) {
    (void)state;
    run_in(S("acme"), S("shop"), "INSERT INTO member(id, email) VALUES (7, 'a')");
    define_scope(
        "DEFINE SCOPE account SIGNIN (SELECT id FROM member WHERE id = 7 AND $auth IS NULL AND $auth.id IS NULL "
        "AND $Auth.id IS NULL AND $token IS NULL AND $session.ns = 'acme' AND $session.ip = '127.0.0.1' "
        "AND $scope = 'account' AND $NS IS NULL AND $x = 'y' AND $missing IS NULL)");
    enters(signin, VALUES(ACCOUNT, GIVES("auth", "7"), GIVES("auth.id", "7"), GIVES("Auth.id", "7"),
                          GIVES("token", "t"), GIVES("session.ns", "other"), GIVES("scope", "s"), GIVES("x", "y")));
}

static void a_token_dies_with_what_it_names(void **state) {
    (void)state;
    struct session session;
    struct str token = join("Bearer", enters(signup, VALUES(ACCOUNT, ANN)));
    session_of(token, S("acme"), S("SHOP"));
    define_scope(SCOPE); /* redefined: another key */
    assert_int_equal(credential(token, none, none, &session), ERROR_UNAUTHENTICATED);
    token = join("bearer", enters(signin, VALUES(ACCOUNT, ANN)));
    session_of(token, none, none);
    run_in(S("acme"), S("shop"), "DELETE FROM member");
    assert_int_equal(credential(token, none, none, &session), ERROR_UNAUTHENTICATED);
    token = join("Bearer", enters(signup, VALUES(ACCOUNT, ANN)));
    session_of(token, none, none);
    assert_fine(store_remove_database(store, S("acme"), S("shop"), &err));
    assert_int_equal(credential(token, none, none, &session), ERROR_UNAUTHENTICATED);
}

static void connect_decides_on_each_use(void **state) {
    (void)state;
    struct session session;
    define_scope(SCOPE " CONNECT (SELECT 1 FROM member WHERE id = $auth.id AND seen = 0 AND $token.SC = 'account')");
    struct str token = join("Bearer", enters(signup, VALUES(ACCOUNT, ANN)));
    session_of(token, none, none);
    run_in(S("acme"), S("shop"), "UPDATE member SET seen = 1");
    assert_int_equal(credential(token, none, none, &session), ERROR_UNAUTHENTICATED);
}

static void nobody_leaves_home(void **state) {
    (void)state;
    struct session session;
    struct str token = join("Bearer", enters(signup, VALUES(ACCOUNT, ANN)));
    assert_int_equal(credential(token, S("other"), none, &session), ERROR_FORBIDDEN);
    assert_int_equal(credential(token, none, S("other"), &session), ERROR_FORBIDDEN);
    session = session_of(token, none, none);
    assert_int_equal(use(&session, S("acme"), S("other")), ERROR_PERMISSION_DENIED);
    assert_int_equal(use(&session, S("ACME"), S("SHOP")), ERROR_NONE);
    assert_int_equal(use(&session, S("acme"), none), ERROR_NONE);
    assert_str_is(session.db, "shop");
}

/* --- logins --- */

static void logins_sign_in(void **state) {
    (void)state;
    define_login(none, none, S("ann"), S("ROOT"), S("r"));
    define_login(S("acme"), none, S("ann"), S("NAMESPACE"), S("n"));
    define_login(S("acme"), S("shop"), S("ann"), S("DATABASE DURATION FOR TOKEN 2h"), S("d"));
    struct session session = session_of(
        join("Bearer", enters(signin, VALUES(GIVES("user", "ann"), GIVES("pass", "r")))), S("ACME"), S("Shop"));
    assert_int_equal(session.level, LEVEL_ROOT);
    assert_str_is(session.login, "ann");
    assert_str_is(session.ns, "acme");
    assert_str_is(session.db, "shop");
    assert_int_equal(session.token->expires_at - session.token->issued_at, 3600);
    session = session_of(
        join("Bearer", enters(signin, VALUES(GIVES("NS", "acme"), GIVES("user", "ann"), GIVES("pass", "n")))), none,
        S("shop"));
    assert_int_equal(session.level, LEVEL_NAMESPACE);
    assert_str_is(session.ns, "acme");
    assert_str_is(session.db, "shop");
    struct str token =
        enters(signin, VALUES(GIVES("NS", "acme"), GIVES("DB", "shop"), GIVES("user", "ann"), GIVES("pass", "d")));
    session = session_of(join("Bearer", token), none, none);
    assert_int_equal(session.level, LEVEL_DATABASE);
    assert_int_equal(session.token->expires_at - session.token->issued_at, 7200);
    define_login(S("acme"), S("shop"), S("ann"), S("DATABASE"), S("d"));
    assert_int_equal(credential(join("Bearer", token), none, none, &session), ERROR_UNAUTHENTICATED);
}

static void every_wrong_login_costs_the_same(void **state) {
    (void)state;
    define_login(none, none, S("ann"), S("ROOT"), S("r"));
    is_refused(signin, VALUES(GIVES("user", "ann"), GIVES("pass", "x")));
    is_refused(signin, VALUES(GIVES("user", "Ann"), GIVES("pass", "r")));
    define_login(none, none, S("bob"), S("ROOT DISABLED"), S("r"));
    is_refused(signin, VALUES(GIVES("user", "bob"), GIVES("pass", "r")));
    is_refused(signin, VALUES(GIVES("user", ""), GIVES("pass", "")));
    is_refused(signin, VALUES(GIVES("NS", "acme"), GIVES("user", "ann"), GIVES("pass", "r")));
    is_refused(signin, VALUES(GIVES("NS", "other"), GIVES("user", "ann"), GIVES("pass", "r")));
    is_refused(signin, VALUES(GIVES("NS", ""), GIVES("user", "ann"), GIVES("pass", "r")));
    is_refused(signin, VALUES(GIVES("NS", ""), GIVES("DB", ""), GIVES("user", "ann"), GIVES("pass", "r")));
    is_refused(signin, VALUES(GIVES("NS", "acme"), GIVES("DB", "other"), GIVES("user", "ann"), GIVES("pass", "r")));
}

static void keys_that_fit_no_level_are_malformed(void **state) {
    (void)state;
    const struct named_value number = {S("NS"), {.kind = VALUE_INTEGER, .integer = 1}};
    is_malformed(signin, NULL, 0);
    is_malformed(signin, VALUES(GIVES("user", "ann")));
    is_malformed(signin, VALUES(GIVES("NS", "acme"), GIVES("user", "ann")));
    is_malformed(signin, VALUES(GIVES("DB", "shop"), GIVES("user", "ann"), GIVES("pass", "r")));
    is_malformed(signin, VALUES(GIVES("NS", "acme"), GIVES("SC", "account"), ANN));
    is_malformed(signin, VALUES(number, GIVES("user", "ann"), GIVES("pass", "r")));
    is_malformed(signup, VALUES(GIVES("NS", "acme"), GIVES("DB", "shop"), ANN));
    is_malformed(signup, VALUES(GIVES("user", "ann"), GIVES("pass", "r")));
}

/* --- Basic --- */

static void basic_goes_from_root_down(void **state) {
    (void)state;
    struct session session;
    define_login(none, none, S("ann"), S("ROOT"), S("r:"));
    define_login(S("acme"), none, S("ann"), S("NAMESPACE"), S("n"));
    define_login(S("acme"), S("shop"), S("bob"), S("DATABASE"), S("d"));
    assert_int_equal(session_of(basic("ann:r:"), none, none).level, LEVEL_ROOT);
    assert_int_equal(credential(basic("ann:n"), none, none, &session), ERROR_UNAUTHENTICATED);
    session = session_of(basic("ann:n"), S("Acme"), S("shop"));
    assert_int_equal(session.level, LEVEL_NAMESPACE);
    assert_str_is(session.home_ns, "acme");
    assert_str_is(session.db, "shop");
    assert_int_equal(credential(basic("bob:d"), S("acme"), none, &session), ERROR_UNAUTHENTICATED);
    session = session_of(basic("bob:d"), S("acme"), S("shop"));
    assert_int_equal(session.level, LEVEL_DATABASE);
    assert_str_is(session.login, "bob");
    assert_null(session.token);
}

static void basic_pays_once_a_minute(void **state) {
    (void)state;
    struct session session;
    define_login(none, none, S("ann"), S("ROOT"), S("r"));
    uint64_t before = password_verify_count();
    for (int i = 0; i < 3; i++) session_of(basic("ann:r"), none, none);
    assert_int_equal(password_verify_count() - before, 1);
    assert_int_equal(credential(basic("ann:x"), none, none, &session), ERROR_UNAUTHENTICATED);
    assert_int_equal(password_verify_count() - before, 2);
    define_login(none, none, S("ann"), S("ROOT"), S("new"));
    assert_int_equal(credential(basic("ann:r"), none, none, &session), ERROR_UNAUTHENTICATED);
}

static void basic_hides_who_exists(void **state) {
    (void)state;
    static const char *const wrong[] = {"ann:x", "bob:x", "nobody:x", ":"};
    struct session session;
    define_login(none, none, S("ann"), S("ROOT"), S("r"));
    define_login(S("acme"), none, S("bob"), S("NAMESPACE"), S("n"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint64_t before = password_verify_count();
        assert_int_equal(credential(basic(wrong[i]), S("acme"), S("other"), &session), ERROR_UNAUTHENTICATED);
        assert_int_equal(password_verify_count() - before, 3);
    }
}

static void what_is_no_credential_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "", "Basic", "Basic !", "Basic YQ==", "Bearer", "Bearer a.b.c", "Digest a", "x"};
    struct session session;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(credential(str_of(wrong[i]), none, none, &session), ERROR_UNAUTHENTICATED);
    assert_int_equal(credential(none, none, none, &session), ERROR_UNAUTHENTICATED);
}

static void guests_are_let_in_where_they_are_allowed(void **state) {
    (void)state;
    const struct credential_request request = {.ns = S("Acme"), .db = S("shop"), .allow_guests = true};
    struct session session;
    assert_fine(credential_check(store, arena, &request, &session, &err));
    hold(&session);
    assert_int_equal(session.level, LEVEL_GUEST);
    assert_int_equal(session.auth_id.kind, VALUE_NULL);
    assert_str_is(session.home_ns, "acme");
    assert_true(session_is_restricted(&session));
    assert_int_equal(use(&session, none, S("other")), ERROR_PERMISSION_DENIED);
}

static void use_moves_root_and_namespace(void **state) {
    (void)state;
    const struct roles owner = {.held = ROLE_BIT(ROLE_OWNER)};
    struct session root = {.level = LEVEL_ROOT, .roles = owner},
                   namespace = {.level = LEVEL_NAMESPACE, .roles = owner, .home_ns = S("acme"), .ns = S("acme")};
    assert_int_equal(use(&root, none, S("shop")), ERROR_INVALID_VALUE);
    assert_int_equal(use(&root, S("ACME"), S("Shop")), ERROR_NONE);
    assert_str_is(root.ns, "acme");
    assert_str_is(root.db, "shop");
    assert_int_equal(use(&root, S("other"), none), ERROR_NOT_FOUND);
    assert_str_is(root.ns, "acme");
    assert_fine(store_make_namespace(store, S("second"), &err));
    assert_int_equal(use(&root, S("second"), none), ERROR_NONE);
    assert_str_is(root.db, "");
    assert_int_equal(use(&namespace, none, S("shop")), ERROR_NONE);
    assert_int_equal(use(&namespace, S("second"), none), ERROR_PERMISSION_DENIED);
}

static int init_library(void **state) {
    (void)state;
    struct error err = {0};
    return secret_init(&err) && conn_init_library(&err) ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_scope_is_signed_up_in_and_in),
        TEST(every_wrong_sign_in_costs_the_same),
        TEST(a_scope_without_a_clause_refuses),
        TEST(one_row_it_must_be),
        TEST(an_auth_record_needs_a_key_of_one_column),
        TEST(sign_up_fills_the_table_that_sign_in_reads),
        TEST(on_runs_as_the_new_record_in_one_transaction),
        TEST(only_who_is_let_in_needs_the_write_lock),
        TEST(reserved_variables_are_not_the_requests),
        TEST(a_token_dies_with_what_it_names),
        TEST(connect_decides_on_each_use),
        TEST(nobody_leaves_home),
        TEST(logins_sign_in),
        TEST(every_wrong_login_costs_the_same),
        TEST(keys_that_fit_no_level_are_malformed),
        TEST(basic_goes_from_root_down),
        TEST(basic_pays_once_a_minute),
        TEST(basic_hides_who_exists),
        TEST(what_is_no_credential_is_refused),
        TEST(guests_are_let_in_where_they_are_allowed),
        TEST(use_moves_root_and_namespace),
    };
    return cmocka_run_group_tests_name("signin", tests, init_library, NULL);
}
