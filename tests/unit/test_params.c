/*
 * Variables: what a request gives, what it cannot, and how much of the auth record each text sees.
 */
#include "auth/function.h"
#include "auth/params.h"
#include "base/secret.h"
#include "sql/parse.h"

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

static char folder[256];
static struct store *store;
static struct store_file *file;
static struct conn *conn;
static struct arena *arena;

#define assert_fine(call)                                                                                              \
    do {                                                                                                               \
        struct error err = {0};                                                                                        \
        if (!(call)) fail_msg("%s: %s (%s)", #call, err.message, err.detail);                                          \
    } while (0)

static void define(enum definition_kind kind, struct str owner, struct str name, struct str statement) {
    bool changed;
    const struct definition definition = {.kind = kind, .owner = owner, .name = name, .statement = statement};
    assert_fine(definition_put(conn, &definition, DEFINITION_OVERWRITE, &changed, &err));
    assert_fine(store_publish(file, conn, &err));
}

static int set_up(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    bool fresh;
    arena = arena_new(16 << 20);
    snprintf(folder, sizeof folder, "%s/bailiwick-params-XXXXXX", base ? base : P_tmpdir);
    if (!arena || !mkdtemp(folder)) return -1;
    const struct store_options options = {
        .folder = folder, .open_files_max = 8, .connections_per_file = 2, .functions = auth_sql_functions};
    assert_fine((store = store_open(&options, &fresh, &err)));
    assert_fine(store_make_namespace(store, S("acme"), &err));
    assert_fine(store_make_database(store, S("acme"), S("shop"), &err));
    assert_fine((file = store_borrow(store, S("acme"), S("shop"), &err)));
    assert_fine((conn = store_borrow_conn(file, &err)));
    assert_fine(conn_run(conn,
                         "CREATE TABLE member(id INTEGER PRIMARY KEY, email TEXT, hash TEXT, team INTEGER);"
                         "INSERT INTO member VALUES (1, 'ann', 'h1', 7), (2, 'bob', 'h2', 8);"
                         "CREATE TABLE post(id INTEGER PRIMARY KEY, team INTEGER);"
                         "INSERT INTO post VALUES (1, 7), (2, 8), (3, 7)",
                         &err));
    define(DEFINITION_TABLE, S(""), S("member"),
           S("DEFINE TABLE member PERMISSIONS FOR select WHERE id = $auth.id AND $auth.hash = 'h1'"));
    define(DEFINITION_FIELD, S("member"), S("hash"), S("DEFINE FIELD hash ON member PERMISSIONS FOR select NONE"));
    define(DEFINITION_FIELD, S("member"), S("team"), S("DEFINE FIELD team ON member PERMISSIONS FOR select NONE"));
    define(DEFINITION_TABLE, S(""), S("post"), S("DEFINE TABLE post PERMISSIONS FOR select WHERE team = $auth.team"));
    return 0;
}

static int delete_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static int tear_down(void **state) {
    (void)state;
    store_give_back_conn(file, conn);
    store_give_back(file);
    store_close(store);
    arena_free(arena);
    return nftw(folder, delete_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct session ann(void) {
    return (struct session){
        .level = LEVEL_SCOPE,
        .home_ns = S("acme"),
        .home_db = S("shop"),
        .ns = S("acme"),
        .db = S("shop"),
        .scope = S("account"),
        .auth_id = value_integer(1),
        .auth_table = S("member"),
        .ip = S("127.0.0.1"),
    };
}

/* The first column of a statement's first row. */
static bool run(struct params *params, const char *sql, struct value *ret_value, struct error *err) {
    struct policy policy;
    struct script script;
    struct plan plan;
    const struct snapshot *snapshot = store_snapshot(file);
    bool fine = parse_script(arena, str_of(sql), &script, err) &&
                session_policy(params->session, snapshot, script.statements[0].node, arena, &policy, err) &&
                rewrite_statement(arena, &snapshot->schema, &policy, &script.statements[0], script.text, &plan, err);
    struct query *query = fine ? query_prepare(conn, plan.sql, &plan.footprint, true, snapshot->version, err) : NULL;
    fine = query && params_bind(params, conn, snapshot, &plan, query, err);
    fine = fine && query_step(query, err) == QUERY_ROW;
    if (fine) {
        *ret_value = query_column(query, 0);
        if (ret_value->kind == VALUE_TEXT) ret_value->text = arena_copy(arena, ret_value->text);
    }
    query_finish(query);
    snapshot_unref(snapshot);
    return fine;
}

static struct value value_of(struct params *params, const char *sql) {
    struct value value = value_null();
    assert_fine(run(params, sql, &value, &err));
    return value;
}

static void is_null(struct params *params, const char *sql) {
    assert_int_equal(value_of(params, sql).kind, VALUE_NULL);
}

static void is_text(struct params *params, const char *sql, const char *expected) {
    struct value value = value_of(params, sql);
    assert_int_equal(value.kind, VALUE_TEXT);
    assert_true(str_is(value.text, expected));
}

static void is_integer(struct params *params, const char *sql, int64_t expected) {
    struct value value = value_of(params, sql);
    assert_int_equal(value.kind, VALUE_INTEGER);
    assert_int_equal(value.integer, expected);
}

static void own_text_sees_what_it_may_select(void **state) {
    (void)state;
    struct session session = ann();
    struct params params = {.session = &session, .arena = arena};
    is_integer(&params, "SELECT $auth", 1);
    is_integer(&params, "SELECT $auth.id", 1);
    is_text(&params, "SELECT $auth.email", "ann");
    is_text(&params, "SELECT $auth.EMAIL", "ann");
    is_null(&params, "SELECT $auth.hash");
    is_null(&params, "SELECT $auth.team");
    is_null(&params, "SELECT $auth.missing");
}

static void definers_text_sees_all(void **state) {
    (void)state;
    struct session session = ann();
    struct params params = {.session = &session, .arena = arena};
    is_integer(&params, "SELECT count(*) FROM post", 2);
    is_integer(&params, "SELECT count(*) FROM member", 1);
    session.auth_id = value_integer(2);
    params_forget(&params);
    is_integer(&params, "SELECT count(*) FROM post", 1);
    is_integer(&params, "SELECT count(*) FROM member", 0);
    is_null(&params, "SELECT $auth.email");
    params.definer = true;
    is_text(&params, "SELECT $auth.hash", "h2");
}

static void a_record_is_read_anew_once_forgotten(void **state) {
    (void)state;
    struct session session = ann();
    struct params params = {.session = &session, .arena = arena};
    is_text(&params, "SELECT $auth.email", "ann");
    assert_fine(conn_run(conn, "UPDATE member SET email = 'new'", &err));
    is_text(&params, "SELECT $auth.email", "ann");
    params_forget(&params);
    is_text(&params, "SELECT $auth.email", "new");
    assert_fine(conn_run(conn, "DELETE FROM member", &err));
    params_forget(&params);
    is_null(&params, "SELECT $auth.email");
    is_integer(&params, "SELECT count(*) FROM post", 0);
}

static void who_may_select_nothing_sees_nothing(void **state) {
    (void)state;
    struct session session = ann();
    struct params params = {.session = &session, .arena = arena};
    define(DEFINITION_TABLE, S(""), S("member"), S("DEFINE TABLE member PERMISSIONS NONE"));
    is_null(&params, "SELECT $auth.email");
    is_integer(&params, "SELECT $auth", 1);
    is_integer(&params, "SELECT count(*) FROM post", 2);
}

static void nobody_has_no_record(void **state) {
    (void)state;
    struct session guest = {.level = LEVEL_GUEST};
    struct params params = {.session = &guest, .arena = arena};
    is_null(&params, "SELECT $auth");
    is_null(&params, "SELECT $auth.id");
    is_null(&params, "SELECT $scope");
    is_null(&params, "SELECT $token.ID");
    is_integer(&params, "SELECT count(*) FROM post", 0);
}

static void a_request_gives_values(void **state) {
    (void)state;
    const struct named_value given[] = {
        {S("title"), {.kind = VALUE_TEXT, .text = S("x")}},
        {S("1"), {.kind = VALUE_INTEGER, .integer = 5}},
        {S("auth"), {.kind = VALUE_INTEGER, .integer = 2}},
        {S("auth.email"), {.kind = VALUE_TEXT, .text = S("eve")}},
        {S("AUTH.id"), {.kind = VALUE_INTEGER, .integer = 2}},
    };
    struct session session = ann();
    struct params params = {.session = &session, .arena = arena, .values = {given, sizeof given / sizeof *given}};
    is_text(&params, "SELECT $title", "x");
    is_text(&params, "SELECT :title", "x");
    is_integer(&params, "SELECT ?1", 5);
    is_integer(&params, "SELECT ?", 5);
    is_integer(&params, "SELECT $auth", 1);
    is_text(&params, "SELECT $auth.email", "ann");
    is_integer(&params, "SELECT $AUTH.id", 1);
}

static void what_was_not_given_is_not_found(void **state) {
    (void)state;
    struct session session = ann();
    struct params params = {.session = &session, .arena = arena};
    struct value value;
    struct error err = {0};
    assert_false(run(&params, "SELECT 1, $missing", &value, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_int_equal(err.at, 10);
    assert_string_equal(err.message, "no such variable: $missing");
    params.missing_is_null = true;
    is_null(&params, "SELECT $missing");
}

static void session_and_token_show_their_members(void **state) {
    (void)state;
    struct error err = {0};
    const struct json *json = json_parse(
        arena, S("{\"iss\":\"Bailiwick\",\"exp\":9007199254740993,\"x\":{\"$base64\":\"AA==\"},\"l\":[1]}"), &err);
    assert_non_null(json);
    const struct token_claims claims = {.json = json};
    struct session session = ann();
    session.token = &claims;
    struct params params = {.session = &session, .arena = arena};
    is_text(&params, "SELECT $session.ns", "acme");
    is_text(&params, "SELECT $session.db", "shop");
    is_text(&params, "SELECT $session.ip", "127.0.0.1");
    is_null(&params, "SELECT $session.origin");
    is_null(&params, "SELECT $session.home_ns");
    is_null(&params, "SELECT $session");
    is_text(&params, "SELECT $scope", "account");
    is_text(&params, "SELECT $token.iss", "Bailiwick");
    is_integer(&params, "SELECT $token.exp", 9007199254740993);
    is_text(&params, "SELECT $token.x", "{\"$base64\":\"AA==\"}");
    is_text(&params, "SELECT $token.l", "[1]");
    is_null(&params, "SELECT $token.missing");
    is_null(&params, "SELECT $token");
}

static void four_names_are_reserved(void **state) {
    (void)state;
    assert_false(params_may_set(S("auth")));
    assert_false(params_may_set(S("auth.id")));
    assert_false(params_may_set(S("Auth.id")));
    assert_false(params_may_set(S("scope")));
    assert_false(params_may_set(S("session.ip")));
    assert_false(params_may_set(S("TOKEN")));
    assert_true(params_may_set(S("author")));
    assert_true(params_may_set(S("authx.id")));
    assert_true(params_may_set(S("title")));
    assert_true(params_may_set(S("")));
}

static int init_library(void **state) {
    (void)state;
    struct error err = {0};
    return secret_init(&err) && conn_init_library(&err) ? 0 : -1;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(own_text_sees_what_it_may_select),
        TEST(definers_text_sees_all),
        TEST(a_record_is_read_anew_once_forgotten),
        TEST(who_may_select_nothing_sees_nothing),
        TEST(nobody_has_no_record),
        TEST(a_request_gives_values),
        TEST(what_was_not_given_is_not_found),
        TEST(session_and_token_show_their_members),
        cmocka_unit_test(four_names_are_reserved),
    };
    return cmocka_run_group_tests_name("params", tests, init_library, NULL);
}
