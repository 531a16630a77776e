#include "base/clock.h"
#include "storage/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#undef fail
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
static const struct footprint owner = {.kind = FOOTPRINT_OWNER};
static struct conn *conn;

static bool shout(struct arena *arena, const struct value *arguments, size_t count, struct value *ret_value,
                  struct error *err) {
    (void)count;
    if (arguments[0].kind != VALUE_TEXT) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "shout wants a text");
    struct str text = arena_format(arena, "%.*s!", STR(arguments[0].text));
    if (!text.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "out of memory");
    *ret_value = value_text(text);
    return true;
}

static const struct sql_function functions[] = {{"shout", 1, true, shout}, {0}};

static int set_up(void **state) {
    (void)state;
    struct error err = {0};
    struct conn_options options = {.path = ":memory:", .functions = functions};
    conn = conn_open(&options, &err);
    if (!conn) fprintf(stderr, "%s (%s)\n", err.message, err.detail);
    return conn && conn_run(conn,
                            "CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT UNIQUE, body NOT NULL DEFAULT '',"
                            " size INT CHECK (size < 10));"
                            "CREATE TABLE comment (id INTEGER PRIMARY KEY, post REFERENCES post(id));"
                            "CREATE TABLE strict_one (a INTEGER) STRICT;"
                            "INSERT INTO post (title) VALUES ('hidden'), ('b');"
                            "CREATE TRIGGER no_c BEFORE INSERT ON post WHEN new.title = 'c'"
                            " BEGIN SELECT RAISE(ABORT, 'c is not wanted'); END",
                            &err)
               ? 0
               : -1;
}

static int tear_down(void **state) {
    (void)state;
    conn_close(conn);
    return 0;
}

/* Runs a statement to its end and gives the code that it failed with. */
static enum error_code run_as(const struct footprint *footprint, const char *sql, bool conceal, struct error *err) {
    *err = (struct error){0};
    struct query *query = query_prepare(conn, str_of(sql), footprint, conceal, 0, err);
    if (query) {
        while (query_step(query, err) == QUERY_ROW) continue;
        query_finish(query);
    }
    return err->code;
}

static enum error_code run(const char *sql, struct error *err) {
    return run_as(&internal, sql, false, err);
}

static int64_t integer_of(const char *sql) {
    struct error err = {0};
    struct arena *arena = arena_new(4096);
    struct value value = {0};
    bool found = false;
    assert_true(conn_read_row(conn, arena, sql, NULL, 0, &value, 1, &found, &err));
    assert_true(found);
    arena_free(arena);
    return value.kind == VALUE_INTEGER ? value.integer : INT64_MIN;
}

static void test_values_round_trip(void **state) {
    (void)state;
    struct value values[] = {
        value_null(),
        value_integer(INT64_MIN),
        value_integer(INT64_MAX),
        value_real(0.1),
        value_text(LITERAL("h\xc3\xa9")),
        value_text((struct str){NULL, 0}),
        value_text(LITERAL("a\0b")),
        value_blob(LITERAL("\x00\xff")),
        value_blob((struct str){NULL, 0}),
    };
    struct error err = {0};
    struct query *query = query_prepare(conn, LITERAL("SELECT ?1 AS v, typeof(?1)"), &internal, false, 7, &err);
    assert_non_null(query);
    assert_int_equal(query_column_count(query), 2);
    assert_true(str_is(query_column_name(query, 0), "v"));
    query_finish(query);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        query = query_prepare(conn, LITERAL("SELECT ?1 AS v, typeof(?1)"), &internal, false, 7, &err);
        assert_non_null(query);
        assert_true(query_bind(query, 1, &values[i], &err));
        assert_int_equal(query_step(query, &err), QUERY_ROW);
        struct value got = query_column(query, 0);
        assert_int_equal(got.kind, values[i].kind);
        if (got.kind == VALUE_INTEGER) assert_true(got.integer == values[i].integer);
        if (got.kind == VALUE_REAL) assert_true(got.real == values[i].real);
        if (got.kind >= VALUE_TEXT) assert_true(str_same(got.text, values[i].text));
        assert_int_equal(query_step(query, &err), QUERY_DONE);
        assert_true(query_is_read_only(query));
        query_finish(query);
    }
    query = query_prepare(conn, LITERAL("SELECT ?1 AS v, typeof(?1)"), &internal, false, 7, &err);
    assert_false(query_bind(query, 2, &values[0], &err));
    assert_int_equal(err.code, ERROR_INTERNAL);
    query_finish(query);
}

static void test_exactly_one_statement(void **state) {
    (void)state;
    struct error err;
    assert_int_equal(run("SELECT 1; -- that is all\n ; ", &err), ERROR_NONE);
    assert_int_equal(run("SELECT 1; SELECT 2", &err), ERROR_INTERNAL);
    assert_int_equal(run("-- nothing", &err), ERROR_INTERNAL);
    err = (struct error){0};
    assert_null(query_prepare(conn, LITERAL("SELECT 1 \0 2"), &internal, false, 0, &err));
    assert_int_equal(err.code, ERROR_INTERNAL);
}

static void test_deadline(void **state) {
    (void)state;
    struct error err;
    conn_set_bounds(conn, &(struct conn_bounds){.deadline = clock_steady() + 50000000});
    assert_int_equal(
        run("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c", &err),
        ERROR_TIMEOUT);
    conn_set_bounds(conn, &(struct conn_bounds){0});
    assert_int_equal(run("SELECT 1", &err), ERROR_NONE);
}

static void test_memory_limit(void **state) {
    (void)state;
    struct error err;
    conn_set_bounds(conn, &(struct conn_bounds){.memory_limit = 4 << 20});
    assert_int_equal(run("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 10000000)"
                         "SELECT n FROM c ORDER BY n DESC",
                         &err),
                     ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run("SELECT length(zeroblob(10000000) || 'x')", &err), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run("SELECT count(*) FROM post", &err), ERROR_NONE);
    assert_int_equal(run("INSERT INTO post (title) VALUES ('after')", &err), ERROR_NONE);
    conn_set_bounds(conn, &(struct conn_bounds){0});
    assert_int_equal(run("SELECT length(zeroblob(10000000) || 'x')", &err), ERROR_NONE);
    assert_int_equal(run("SELECT zeroblob(17000000)", &err), ERROR_LIMIT_EXCEEDED);
}

static void *run_elsewhere(void *argument) {
    struct error *err = argument;
    run("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 1000) SELECT n, hex(n) FROM c ORDER BY 2",
        err);
    return NULL;
}

static void test_memory_limit_on_other_threads(void **state) {
    (void)state;
    struct error err;
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        conn_set_bounds(conn, &(struct conn_bounds){.memory_limit = 4 << 20});
        assert_int_equal(pthread_create(&thread, NULL, run_elsewhere, &err), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(err.code, ERROR_NONE);
        run_elsewhere(&err);
        assert_int_equal(err.code, ERROR_NONE);
    }
}

static void test_runaway_functions(void **state) {
    (void)state;
    struct error err;
    assert_int_equal(run("SELECT printf('%.*c', 900000000, 'x')", &err), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run("SELECT format('%900000000d', 1)", &err), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run("SELECT format('%*d', -900000000, 1)", &err), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run("SELECT format('%*d', -2147483648, 1)", &err), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run("SELECT format('%99999999999999999999d', 1)", &err), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run("SELECT format(replace(hex(zeroblob(4000)), '00', '%9999d'))", &err), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run("SELECT instr(hex(zeroblob(4000000)), hex(zeroblob(2000000)) || 'b')", &err), ERROR_NONE);
    assert_int_equal(run("SELECT length(replace(hex(zeroblob(4000000)), hex(zeroblob(2000000)) || 'b', ''))", &err),
                     ERROR_NONE);
    assert_int_equal(run("SELECT trim(hex(zeroblob(4000000)), hex(randomblob(2000000)))", &err), ERROR_NONE);
    assert_int_equal(
        run("SELECT trim(replace(hex(zeroblob(400000)), '0', 'é'), replace(hex(zeroblob(400000)), '0', 'è') || 'é')",
            &err),
        ERROR_LIMIT_EXCEEDED);
}

static void test_errors_by_code(void **state) {
    (void)state;
    static const struct {
        const char *sql;
        enum error_code code;
        const char *message;
        const char *concealed;
    } cases[] = {
        {"INSERT INTO post (title) VALUES ('b')", ERROR_CONSTRAINT_VIOLATION, "UNIQUE constraint failed: post.title",
         "a UNIQUE constraint was violated"},
        {"INSERT INTO post (id) VALUES (1)", ERROR_CONSTRAINT_VIOLATION, "UNIQUE constraint failed: post.id",
         "a PRIMARY KEY constraint was violated"},
        {"INSERT INTO post (body) VALUES (NULL)", ERROR_CONSTRAINT_VIOLATION, "NOT NULL constraint failed: post.body",
         "a NOT NULL constraint was violated"},
        {"INSERT INTO post (size) VALUES (11)", ERROR_CONSTRAINT_VIOLATION, "CHECK constraint failed: size < 10",
         "a CHECK constraint was violated"},
        {"INSERT INTO comment (post) VALUES (99)", ERROR_CONSTRAINT_VIOLATION, "FOREIGN KEY constraint failed",
         "a FOREIGN KEY constraint was violated"},
        {"INSERT INTO post (title) VALUES ('c')", ERROR_CONSTRAINT_VIOLATION, "c is not wanted", "c is not wanted"},
        {"INSERT INTO strict_one VALUES ('x')", ERROR_CONSTRAINT_VIOLATION,
         "cannot store TEXT value in INTEGER column strict_one.a", "a value does not have the type of its column"},
        {"INSERT INTO post (id) VALUES ('x')", ERROR_INVALID_VALUE, "a value does not have the type of its column",
         "a value does not have the type of its column"},
        {"SELECT json(title) FROM post", ERROR_SQLITE, "malformed JSON", "the statement failed on a value"},
        {"SELECT json_extract('{}', title) FROM post WHERE id = 1", ERROR_SQLITE, "JSON path error near 'hidden'",
         "the statement failed on a value"},
        {"SELECT abs(-9223372036854775808)", ERROR_SQLITE, "integer overflow", "the statement failed on a value"},
        {"SELECT * FROM nowhere", ERROR_NOT_FOUND, "no such table: nowhere", "no such table: nowhere"},
        {"SELECT nowhere FROM post", ERROR_NOT_FOUND, "no such column: nowhere", "no such column: nowhere"},
        {"SELECT nowhere(1)", ERROR_NOT_FOUND, "no such function: nowhere", "no such function: nowhere"},
        {"INSERT INTO post (nowhere) VALUES (1)", ERROR_NOT_FOUND, "table post has no column named nowhere",
         "table post has no column named nowhere"},
        {"CREATE TABLE post (a)", ERROR_ALREADY_EXISTS, "table post already exists", "table post already exists"},
        {"CREATE TABLE x (a, a)", ERROR_ALREADY_EXISTS, "duplicate column name: a", "duplicate column name: a"},
        {"SELECT shout('a')", ERROR_NONE, "", ""},
        {"SELECT shout(1)", ERROR_INVALID_VALUE, "shout wants a text", "shout wants a text"},
        {"SELECT _bailiwick_check(1), _bailiwick_check('2x'), _bailiwick_check(0.5)", ERROR_NONE, "", ""},
        {"SELECT _bailiwick_check(NULL)", ERROR_PERMISSION_DENIED, "permission denied by the table's rule",
         "permission denied by the table's rule"},
        {"SELECT _bailiwick_check('x', 'not yours')", ERROR_PERMISSION_DENIED, "not yours", "not yours"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        run(cases[i].sql, &err);
        if (err.code != cases[i].code) fprintf(stderr, "%s: %s\n", cases[i].sql, err.message);
        assert_int_equal(err.code, cases[i].code);
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(run_as(&internal, cases[i].sql, true, &err), cases[i].code);
        assert_string_equal(err.message, cases[i].concealed);
    }
}

/* A statement `prefix` + n × `unit` + `suffix`. */
static enum error_code run_repeated(const char *prefix, const char *unit, int n, const char *suffix) {
    size_t size = strlen(prefix) + strlen(unit) * (size_t)n + strlen(suffix) + 1;
    char *sql = malloc(size);
    assert_non_null(sql);
    char *end = stpcpy(sql, prefix);
    for (int i = 0; i < n; i++) end = stpcpy(end, unit);
    stpcpy(end, suffix);
    struct error err;
    enum error_code code = run(sql, &err);
    free(sql);
    return code;
}

static void test_sizes(void **state) {
    (void)state;
    assert_int_equal(run_repeated("SELECT 1", "+1", 900, ""), ERROR_NONE);
    assert_int_equal(run_repeated("SELECT 1", "+1", 1100, ""), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run_repeated("SELECT 1", " UNION ALL SELECT 1", 400, ""), ERROR_NONE);
    assert_int_equal(run_repeated("SELECT 1", " UNION ALL SELECT 1", 600, ""), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run_repeated("SELECT ", "(", 200, "1"), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run_repeated("SELECT 'a' LIKE '", "%a", 600, "'"), ERROR_LIMIT_EXCEEDED);
    assert_int_equal(run_repeated("SELECT 1", ",1", 2100, ""), ERROR_LIMIT_EXCEEDED);
}

static void test_changes_and_denied(void **state) {
    (void)state;
    struct error err;
    assert_int_equal(run("UPDATE post SET size = 1", &err), ERROR_NONE);
    assert_int_equal(conn_changes(conn), 2);
    assert_int_equal(run("CREATE TABLE other (a)", &err), ERROR_NONE);
    assert_int_equal(conn_changes(conn), 0);
    assert_int_equal(run("DELETE FROM post WHERE id = 2 RETURNING id", &err), ERROR_NONE);
    assert_int_equal(conn_changes(conn), 1);
    assert_int_equal(run("DELETE FROM post WHERE _bailiwick_allow(title = 'x')", &err), ERROR_NONE);
    assert_int_equal(conn_changes(conn), 0);
    assert_int_equal(conn_denied(conn), 1);
    conn_reset_denied(conn);
    assert_int_equal(conn_denied(conn), 0);
}

static void test_transactions(void **state) {
    (void)state;
    struct error err = {0};
    assert_true(conn_begin(conn, true, &err));
    assert_true(conn_in_transaction(conn));
    assert_int_equal(run("DELETE FROM post", &err), ERROR_NONE);
    conn_rollback(conn);
    conn_rollback(conn);
    assert_false(conn_in_transaction(conn));
    assert_int_equal(integer_of("SELECT count(*) FROM post"), 2);
    assert_true(conn_begin(conn, false, &err));
    assert_int_equal(run("DELETE FROM post", &err), ERROR_NONE);
    assert_true(conn_commit(conn, &err));
    assert_int_equal(integer_of("SELECT count(*) FROM post"), 0);
    assert_int_equal(run("INSERT INTO post (id) VALUES (77)", &err), ERROR_NONE);
    assert_int_equal(integer_of("SELECT last_insert_rowid()"), 77);
    assert_true(conn_begin(conn, true, &err));
    assert_true(conn_clean(conn));
    assert_int_equal(integer_of("SELECT last_insert_rowid()"), 0);
}

static void test_cached_statement_outlives_schema_change(void **state) {
    (void)state;
    static const struct footprint_read reads[] = {{.table = {"post", 4}, .through_any_name = true}};
    struct error err = {0};
    for (int i = 0; i < 200; i++) {
        char name[] = "post";
        struct footprint_read read = reads[0];
        read.table.text = name;
        struct footprint footprint = {.kind = FOOTPRINT_RESTRICTED, .reads = &read, .read_count = 1};
        struct query *query = query_prepare(conn, LITERAL("SELECT title FROM main.post"), &footprint, true, 9, &err);
        assert_non_null(query);
        memset(name, 'x', 4); /* the query has its own copy */
        assert_int_equal(query_step(query, &err), QUERY_ROW);
        struct query *second = query_prepare(conn, LITERAL("SELECT title FROM main.post"), &internal, true, 9, &err);
        assert_non_null(second);
        assert_int_equal(query_step(second, &err), QUERY_ROW);
        query_finish(second);
        query_finish(query);
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT %d", i);
        query_finish(query_prepare(conn, str_of(sql), &internal, false, 1, &err));
        if (i % 50 == 0) {
            snprintf(sql, sizeof sql, "ALTER TABLE post ADD COLUMN c%d", i);
            assert_int_equal(run(sql, &err), ERROR_NONE);
        }
    }
}

/* Our versions of SQLite's functions against constants that SQLite 3.40's own gave. */
static void test_functions_as_sqlites(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"printf('%d|%5d|%-5d|%05d|%+d|% d', 1, 2, 3, 4, 5, 6)", "1|    2|3    |00004|+5| 6"},
        {"printf('%lld %ld %i %u', -1, -2, '3', -4)", "-1 -2 3 18446744073709551612"},
        {"printf('%x %X %#x %o %p', 255, 255, 255, 8, 255)", "ff FF 0xff 10 FF"},
        {"printf('%,d', 1234567)", "1,234,567"},
        {"printf('%.2f %e %g %G %!.15g', 1.005, 12345.678, 0.0001, 1e20, 0.1)", "1.01 1.234568e+04 0.0001 1E+20 0.1"},
        {"printf('%s|%5s|%-5s|%.2s|%*s|%.*s', 'a', 'b', 'c', 'defg', 4, 'h', 1, 'ij')", "a|    b|c    |de|   h|i"},
        {"printf('%c%c|%3c|%.3c', 'abc', 'é', 'x', 'y')", "aé|  x|yyy"},
        {"printf('%q|%Q|%Q|%w|%z', 'it''s', 'it''s', NULL, 'a\"b', 'z')", "it''s|'it''s'|NULL|a\"\"b|z"},
        {"printf('100%%|%n|%d')", "100%||0"},
        {"printf('a%')", "a%"},
        {"printf('a%yb')", "a"},
        {"printf('%s')", ""},
        {"printf('%5.1f|%-8.3s|', 3.14159, 'abcdef')", "  3.1|abc     |"},
        {"quote(printf(NULL))", "NULL"},
        {"quote(printf())", "NULL"},
        {"quote(printf(''))", "NULL"},
        {"quote(printf('%n'))", "''"},
        {"quote(replace('b', 'b', ''))", "''"},
        {"quote(instr('héllo', 'l'))", "3"},
        {"quote(instr(x'010203', x'03'))", "3"},
        {"quote(instr('abc', ''))", "1"},
        {"quote(instr('', 'a'))", "0"},
        {"quote(instr('abc', 'x'))", "0"},
        {"quote(instr(NULL, 'x'))", "NULL"},
        {"quote(instr(123, 3))", "3"},
        {"quote(replace('abcabc', 'b', 'xx'))", "'axxcaxxc'"},
        {"quote(replace('aaa', 'aa', 'b'))", "'ba'"},
        {"quote(replace('abc', '', 'x'))", "'abc'"},
        {"quote(replace('abc', '', NULL))", "'abc'"},
        {"quote(replace('abc', 'b', NULL))", "NULL"},
        {"quote(replace('', 'b', 'x'))", "''"},
        {"quote(replace(5, 'b', 'x'))", "'5'"},
        {"quote(trim('  a b '))", "'a b'"},
        {"quote(ltrim('xxaxx', 'x'))", "'axx'"},
        {"quote(rtrim('xxaxx', 'x'))", "'xxa'"},
        {"quote(trim('ééaé', 'é'))", "'a'"},
        {"quote(trim('éèabèé', 'èéb'))", "'a'"},
        {"quote(trim('abc', ''))", "'abc'"},
        {"quote(trim('', 'a'))", "''"},
        {"quote(trim('aaa', 'a'))", "''"},
        {"quote(trim(NULL))", "NULL"},
        {"quote(trim('a', NULL))", "NULL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[512];
        struct error err = {0};
        struct arena *arena = arena_new(4096);
        struct value value;
        bool found;
        snprintf(sql, sizeof sql, "SELECT %s", cases[i][0]);
        assert_true(conn_read_row(conn, arena, sql, NULL, 0, &value, 1, &found, &err));
        assert_int_equal(value.kind, VALUE_TEXT);
        char *text = strndup(value.text.text, value.text.length);
        assert_string_equal(text, cases[i][1]);
        free(text);
        arena_free(arena);
    }
}

static void test_files(void **state) {
    (void)state;
    char folder[] = "query-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64], log[80];
    snprintf(path, sizeof path, "%s/a.db", folder);
    snprintf(log, sizeof log, "%s-wal", path);
    struct error err = {0};
    struct conn_options options = {.path = path};
    assert_null(conn_open(&options, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    err = (struct error){0};
    options.create = true;
    struct conn *first = conn_open(&options, &err);
    struct conn *second = conn_open(&options, &err);
    assert_non_null(first);
    assert_non_null(second);
    assert_true(conn_run(first, "CREATE TABLE t (a); INSERT INTO t VALUES (1)", &err));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(log, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);

    assert_true(conn_begin(first, true, &err));
    conn_set_bounds(second, &(struct conn_bounds){.deadline = clock_steady() + 20000000});
    assert_false(conn_begin(second, true, &err));
    assert_int_equal(err.code, ERROR_BUSY);
    err = (struct error){0};
    assert_true(conn_commit(first, &err));
    conn_set_bounds(second, &(struct conn_bounds){0});
    assert_true(conn_begin(second, true, &err));

    /* VACUUM passes the guard and the limits, for owners too; VACUUM INTO and ATTACH do not */
    conn_rollback(second);
    struct conn *before = conn;
    conn = second;
    assert_int_equal(run_as(&owner, "VACUUM", false, &err), ERROR_NONE);
    assert_int_equal(run_as(&owner, "VACUUM INTO 'other.db'", false, &err), ERROR_PERMISSION_DENIED);
    assert_int_not_equal(access("other.db", F_OK), 0);
    assert_int_equal(run_as(&owner, "ATTACH '' AS a", false, &err), ERROR_PERMISSION_DENIED);
    assert_int_equal(run_as(&internal, "ATTACH '' AS a", false, &err), ERROR_LIMIT_EXCEEDED);
    conn = before;

    conn_close(first);
    conn_close(second);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_write_that_is_read_only_on_disk(void **state) {
    (void)state;
    struct error err;
    assert_int_equal(run("PRAGMA query_only = 1", &err), ERROR_NONE);
    assert_int_equal(run("DELETE FROM post", &err), ERROR_READ_ONLY);
}

int main(void) {
    struct error err = {0};
    if (!conn_init_library(&err)) {
        fprintf(stderr, "%s (%s)\n", err.message, err.detail);
        return 1;
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_values_round_trip),
        TEST(test_exactly_one_statement),
        TEST(test_deadline),
        TEST(test_memory_limit),
        TEST(test_memory_limit_on_other_threads),
        TEST(test_runaway_functions),
        TEST(test_errors_by_code),
        TEST(test_sizes),
        TEST(test_changes_and_denied),
        TEST(test_transactions),
        TEST(test_cached_statement_outlives_schema_change),
        TEST(test_functions_as_sqlites),
        TEST(test_files),
        TEST(test_write_that_is_read_only_on_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
