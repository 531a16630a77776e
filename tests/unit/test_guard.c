/*
 * The authorizer, asked through statements: what each kind of footprint lets pass. "MAIN" is how the rewriter writes
 * the database in guards.
 */
#include "storage/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct conn *conn;

static int set_up(void **state) {
    (void)state;
    struct error err = {0};
    conn = conn_open(&(struct conn_options){.path = ":memory:"}, &err);
    return conn && conn_run(conn,
                            "CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT UNIQUE, author, draft, secret);"
                            "CREATE TABLE member (id INTEGER PRIMARY KEY, team);"
                            "CREATE TABLE comment (id INTEGER PRIMARY KEY, post REFERENCES post(id) ON DELETE CASCADE);"
                            "CREATE TABLE open (id INTEGER PRIMARY KEY, a);"
                            "CREATE TABLE log (what);"
                            "CREATE TABLE watched (a);"
                            "CREATE TRIGGER watch AFTER INSERT ON watched BEGIN"
                            " INSERT INTO log SELECT new.a || max(secret) FROM post; END;"
                            "CREATE VIEW recent AS SELECT id, title FROM post WHERE draft = 0;"
                            "CREATE VIEW all_ids AS SELECT id FROM post;"
                            "CREATE VIEW sneaky AS SELECT * FROM _bailiwick_definition;"
                            "CREATE TABLE _bailiwick_definition (a);"
                            "CREATE TABLE marked (a INTEGER PRIMARY KEY AUTOINCREMENT);"
                            "CREATE VIRTUAL TABLE words USING fts5(a);"
                            "INSERT INTO words VALUES ('hello')",
                            &err)
               ? 0
               : -1;
}

static int tear_down(void **state) {
    (void)state;
    conn_close(conn);
    return 0;
}

/* Whether a statement runs to its end; a failure must be a refusal. */
static bool passes(const struct footprint *footprint, const char *sql) {
    struct error err = {0};
    struct query *query = query_prepare(conn, str_of(sql), footprint, false, 0, &err);
    if (query) {
        while (query_step(query, &err) == QUERY_ROW) continue;
        query_finish(query);
    }
    if (err.code != ERROR_NONE && err.code != ERROR_PERMISSION_DENIED) {
        fprintf(stderr, "%s: %s\n", sql, err.message);
        assert_int_equal(err.code, ERROR_PERMISSION_DENIED);
    }
    return err.code == ERROR_NONE;
}

static void check_all(const struct footprint *footprint, bool expected, const char *const *statements, size_t count) {
    for (size_t i = 0; i < count; i++) {
        bool passed = passes(footprint, statements[i]);
        if (passed != expected) fprintf(stderr, "%s: %s\n", expected ? "refused" : "passed", statements[i]);
        assert_true(passed == expected);
    }
}
#define PASS(footprint, ...) CHECK(footprint, true, __VA_ARGS__)
#define REFUSE(footprint, ...) CHECK(footprint, false, __VA_ARGS__)
#define CHECK(footprint, expected, ...)                                                                                \
    do {                                                                                                               \
        static const char *const statements[] = {__VA_ARGS__};                                                         \
        check_all(footprint, expected, statements, sizeof statements / sizeof *statements);                            \
    } while (0)

static void test_nothing(void **state) {
    (void)state;
    const struct footprint nothing = {0};
    REFUSE(&nothing, "SELECT 1", "BEGIN", "PRAGMA user_version", "INSERT INTO open VALUES (1, 2)");
}

static void test_internal(void **state) {
    (void)state;
    const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
    PASS(&internal, "SELECT * FROM _bailiwick_definition", "SELECT * FROM sqlite_schema", "PRAGMA cache_size");
}

/* --- restricted --- */

static const struct footprint_read guarded[] = {
    {.accessor = {"g", 1}, .table = {"post", 4}},
    {.accessor = {"g", 1}, .table = {"member", 6}, .column = {"team", 4}},
    {.table = {"open", 4}, .through_any_name = true},
    {.table = {"json_each", 9}, .through_any_name = true},
};
static const struct str guards[] = {{"g", 1}, {"u", 1}};
#define RESTRICTED                                                                                                     \
    .kind = FOOTPRINT_RESTRICTED, .reads = guarded, .read_count = sizeof guarded / sizeof *guarded, .guards = guards,  \
    .guard_count = 2
#define GUARD "WITH g AS NOT MATERIALIZED (SELECT id, title, author FROM \"MAIN\".post WHERE draft = 0) "
#define GUARD_BY_ID "WITH g AS NOT MATERIALIZED (SELECT id, title FROM \"MAIN\".post WHERE id = 1) "

static void test_restricted_reads(void **state) {
    (void)state;
    const struct footprint footprint = {RESTRICTED};
    PASS(&footprint, "SELECT 1", "VALUES (1), (2)", GUARD "SELECT * FROM g AS post", GUARD "SELECT count(*) FROM g",
         GUARD_BY_ID "SELECT count(*) FROM g AS post", GUARD_BY_ID "SELECT id FROM (SELECT * FROM g) AS u",
         GUARD ", u AS (SELECT id FROM g) SELECT count(*), (SELECT 1 FROM u) FROM u",
         GUARD "SELECT a.id FROM g AS a LEFT JOIN g AS b USING (id) NATURAL JOIN open",
         "WITH G AS NOT MATERIALIZED (SELECT ID FROM \"MAIN\".\"POST\" WHERE Draft = 0) SELECT * FROM g",
         "WITH g AS MATERIALIZED (SELECT title FROM \"MAIN\".post) SELECT title FROM g",
         "WITH g AS (SELECT title FROM \"MAIN\".post LIMIT -1) SELECT count(*) FROM g",
         "WITH g AS (SELECT id FROM \"MAIN\".post WHERE EXISTS (SELECT 1 FROM \"MAIN\".member WHERE team = author)) "
         "SELECT * FROM g",
         "WITH g AS (SELECT id FROM \"MAIN\".post WHERE EXISTS (SELECT 1 FROM \"MAIN\".member)) SELECT * FROM g",
         "SELECT count(*) FROM main.open", "SELECT id, rowid FROM main.open AS post",
         "WITH u AS (SELECT 1 AS a) SELECT count(*) FROM u", "SELECT count(*) FROM (SELECT 1 AS a) AS x",
         "WITH RECURSIVE u(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM u WHERE n < 3) SELECT n FROM u",
         "SELECT value FROM json_each('[1]')", "SELECT count(*) FROM json_each('[1]')",
         GUARD "SELECT j.value FROM g, json_each('[1]') AS j");
    REFUSE(&footprint, "SELECT title FROM main.post", "SELECT title FROM post", "SELECT id FROM main.post",
           "SELECT rowid FROM main.post", "SELECT count(*) FROM main.post", "SELECT count(*) FROM post",
           "SELECT 1 FROM main.post", "SELECT EXISTS (SELECT 1 FROM main.post)", "SELECT 1 FROM main.open, main.post",
           "SELECT open.a FROM main.open NATURAL JOIN main.post",
           "WITH u AS (SELECT title FROM main.post) SELECT title FROM u",
           "WITH u AS (SELECT id FROM main.post) SELECT count(*) FROM u",
           "WITH post AS (SELECT title FROM main.post) SELECT title FROM post",
           "SELECT 1 IN (SELECT id FROM main.post)", GUARD "SELECT g.id FROM g, main.post AS p WHERE p.id = g.id",
           GUARD_BY_ID "SELECT count(*) FROM g, main.post AS p",
           "WITH g AS (SELECT id FROM \"MAIN\".member) SELECT * FROM g", /* another column than the predicate's */
           "SELECT count(*) FROM \"MAIN\".comment", "SELECT * FROM main.comment", "SELECT * FROM main.recent",
           "SELECT count(*) FROM main.all_ids", "SELECT * FROM main._bailiwick_definition",
           "SELECT count(*) FROM _bailiwick_definition", "SELECT * FROM sqlite_schema",
           "SELECT rowid FROM sqlite_master", "SELECT count(*) FROM main.sqlite_schema",
           "SELECT name FROM sqlite_temp_schema", "SELECT * FROM sqlite_sequence",
           "SELECT * FROM pragma_table_info('post')", "SELECT * FROM json_tree('[1]')",
           "WITH g AS (SELECT name FROM sqlite_schema) SELECT * FROM g");
}

static void test_restricted_calls(void **state) {
    (void)state;
    const struct footprint footprint = {RESTRICTED};
    PASS(&footprint, "SELECT upper('a'), 'a' LIKE 'b', 'a' GLOB 'b', '{}' -> 'a', iif(1, 2, 3), sum(1) OVER ()",
         "SELECT printf('%d', 1), CURRENT_TIMESTAMP, _bailiwick_check(1), _bailiwick_allow(1)");
    REFUSE(&footprint, "SELECT sqlite_version()", "SELECT load_extension('x')", "SELECT fts3_tokenizer('simple')",
           "SELECT changes()", "SELECT sqlite_compileoption_get(1)", "SELECT total_changes()");
}

static void test_restricted_statements(void **state) {
    (void)state;
    const struct footprint footprint = {RESTRICTED};
    REFUSE(&footprint, "BEGIN", "SAVEPOINT a", "PRAGMA user_version", "PRAGMA data_version = 1", "CREATE TABLE x (a)",
           "CREATE TEMP TABLE x (a)", "CREATE TEMP VIEW x AS SELECT 1", "DROP TABLE open", "CREATE INDEX i ON open (a)",
           "ALTER TABLE open ADD COLUMN b", "ALTER TABLE open RENAME TO b", "ANALYZE", "REINDEX post", "ATTACH '' AS x",
           "CREATE VIEW x AS SELECT 1", "CREATE VIRTUAL TABLE x USING fts5(a)", "VACUUM", "DROP VIEW recent",
           "DROP TRIGGER watch", "CREATE TRIGGER t AFTER INSERT ON open BEGIN SELECT 1; END",
           "PRAGMA journal_mode = DELETE", "PRAGMA query_only");
}

#define ROWS ", s AS MATERIALIZED (SELECT post.id AS k, post.title || 'x' AS v FROM g AS post) "

static void test_restricted_writes(void **state) {
    (void)state;
    static const struct footprint_read reads[] = {
        {.accessor = {"g", 1}, .table = {"post", 4}},
        {.table = {"post", 4}, .column = {"id", 2}},
        {.table = {"post", 4}, .column = {"author", 6}},
        {.table = {"post", 4}, .column = {"title", 5}}, /* the conflict's target */
        {.table = {"comment", 7}, .column = {"post", 4}},
    };
    static const struct footprint_write writes[] = {
        {FOOTPRINT_INSERT, {"post", 4}, {NULL, 0}},
        {FOOTPRINT_UPDATE, {"post", 4}, {"title", 5}},
        {FOOTPRINT_DELETE, {"post", 4}, {NULL, 0}},
        {FOOTPRINT_DELETE, {"comment", 7}, {NULL, 0}},
    };
    const struct footprint footprint = {.kind = FOOTPRINT_RESTRICTED,
                                        .reads = reads,
                                        .read_count = sizeof reads / sizeof *reads,
                                        .writes = writes,
                                        .write_count = sizeof writes / sizeof *writes,
                                        .guards = guards,
                                        .guard_count = 2};
    PASS(&footprint,
         GUARD ROWS "UPDATE main.post SET title = s.v FROM s WHERE main.post.rowid = s.k "
                    "RETURNING id, _bailiwick_check(author IS NULL)",
         GUARD_BY_ID ROWS "UPDATE main.post SET title = s.v FROM s WHERE main.post.rowid = s.k",
         GUARD ROWS "DELETE FROM main.post WHERE rowid IN (SELECT k FROM s) RETURNING id",
         GUARD
         "INSERT INTO main.post (title, author) SELECT title || 'y', 1 FROM g RETURNING id, _bailiwick_check(author)",
         "INSERT INTO main.post (title, author) VALUES ('q', 1) ON CONFLICT (title) DO UPDATE SET title = 'z'");
    REFUSE(&footprint, "UPDATE main.post SET secret = 1", "UPDATE main.post SET title = 1, secret = 2",
           "UPDATE main.post SET title = secret", "UPDATE main.post SET title = (SELECT max(team) FROM main.member)",
           "DELETE FROM main.post WHERE secret = 1", "DELETE FROM main.post RETURNING secret", "DELETE FROM main.open",
           "INSERT INTO main.open VALUES (1, 2)", "INSERT INTO main.post (title) SELECT secret FROM main.post",
           "INSERT INTO main.post (title) VALUES ('b') ON CONFLICT (title) DO UPDATE SET secret = 1",
           "INSERT INTO main.post (title) SELECT what FROM main.log", "INSERT INTO main.comment VALUES (1, 1)",
           "INSERT INTO main.post (title) SELECT count(*) FROM main.member", "DELETE FROM main._bailiwick_definition",
           "INSERT INTO main._bailiwick_definition VALUES (1)");

    const struct footprint reader = {RESTRICTED};
    REFUSE(&reader, "DELETE FROM main.open", "INSERT INTO main.open VALUES (1, 2)", "UPDATE main.open SET a = 1",
           "DELETE FROM main.sqlite_sequence");
}

static void test_restricted_definers(void **state) {
    (void)state;
    static const struct footprint_read reads[] = {
        {.table = {"recent", 6}, .through_any_name = true},
        {.table = {"all_ids", 7}, .through_any_name = true},
        {.table = {"sneaky", 6}, .through_any_name = true},
        {.table = {"watched", 7}, .through_any_name = true},
    };
    static const struct footprint_write writes[] = {{FOOTPRINT_INSERT, {"watched", 7}, {NULL, 0}}};
    static const struct str definers[] = {{"recent", 6}, {"all_ids", 7}, {"watch", 5}, {"sneaky", 6}};
    struct footprint footprint = {.kind = FOOTPRINT_RESTRICTED,
                                  .reads = reads,
                                  .read_count = sizeof reads / sizeof *reads,
                                  .writes = writes,
                                  .write_count = 1,
                                  .definers = definers,
                                  .definer_count = 4};
    PASS(&footprint, "SELECT title FROM main.recent", "SELECT count(*) FROM main.recent",
         "SELECT count(*) FROM main.all_ids", "SELECT id FROM main.all_ids", "INSERT INTO main.watched VALUES (1)");
    REFUSE(&footprint, "SELECT a FROM main.sneaky", "SELECT secret FROM main.post", "SELECT count(*) FROM main.post",
           "INSERT INTO main.log VALUES (1)", "SELECT what FROM main.log");
    footprint.definer_count = 0;
    REFUSE(&footprint, "SELECT title FROM main.recent", "SELECT count(*) FROM main.all_ids",
           "INSERT INTO main.watched VALUES (1)");
}

static void test_restricted_cascades(void **state) {
    (void)state;
    static const struct footprint_read reads[] = {{.table = {"post", 4}, .column = {"id", 2}}};
    static const struct footprint_write writes[] = {{FOOTPRINT_DELETE, {"post", 4}, {NULL, 0}}};
    struct footprint footprint = {.kind = FOOTPRINT_RESTRICTED,
                                  .reads = reads,
                                  .read_count = 1,
                                  .writes = writes,
                                  .write_count = 1,
                                  .definer_cascades = true};
    PASS(&footprint, "DELETE FROM main.post WHERE id = 1");
    REFUSE(&footprint, "DELETE FROM main.post WHERE secret = 1", "INSERT INTO main.comment VALUES (1, 1)",
           "DELETE FROM main._bailiwick_definition", "SELECT name FROM main.sqlite_schema",
           "SELECT * FROM main._bailiwick_definition");
    footprint.definer_cascades = false;
    REFUSE(&footprint, "DELETE FROM main.post WHERE id = 1");
}

/* A module connects, and asks its own tables, while the statement runs. */
static void test_restricted_virtual_table(void **state) {
    (void)state;
    static const struct footprint_read reads[] = {
        {.table = {"words", 5}, .through_any_name = true},
        {.table = {"words_data", 10}, .through_any_name = true},
        {.table = {"words_idx", 9}, .through_any_name = true},
        {.table = {"words_content", 13}, .through_any_name = true},
        {.table = {"words_config", 12}, .through_any_name = true},
    };
    const struct footprint footprint = {.kind = FOOTPRINT_RESTRICTED, .reads = reads, .read_count = 5};
    PASS(&footprint, "SELECT a FROM main.words", "SELECT a FROM main.words('hello')");
    struct error err = {0};
    assert_true(conn_run(conn, "CREATE TABLE forces_schema_to_be_read (a)", &err));
    PASS(&footprint, "SELECT a FROM main.words('hello')");
    assert_true(conn_run(conn, "CREATE TABLE forces_it_again (a)", &err));
    const struct footprint fewer = {.kind = FOOTPRINT_RESTRICTED, .reads = reads, .read_count = 1};
    REFUSE(&fewer, "SELECT a FROM main.words('hello')");
}

/* What a module asks for by itself passes while a statement runs, and never in the statement's own text. */
static void test_restricted_module(void **state) {
    (void)state;
    static const struct footprint_read reads[] = {
        {.table = {"words", 5}, .through_any_name = true},   {.table = {"words_data", 10}, .by_module = true},
        {.table = {"words_idx", 9}, .by_module = true},      {.table = {"words_content", 13}, .by_module = true},
        {.table = {"words_docsize", 13}, .by_module = true}, {.table = {"words_config", 12}, .by_module = true},
        {.table = {"words_config", 12}, .column = {"k", 1}}, {.table = {"words_config", 12}, .column = {"v", 1}},
    };
    static const struct footprint_write writes[] = {
        {FOOTPRINT_INSERT, {"words", 5}, {NULL, 0}, false},
        {FOOTPRINT_INSERT, {"words_data", 10}, {NULL, 0}, true},
        {FOOTPRINT_INSERT, {"words_idx", 9}, {NULL, 0}, true},
        {FOOTPRINT_INSERT, {"words_content", 13}, {NULL, 0}, true},
        {FOOTPRINT_INSERT, {"words_docsize", 13}, {NULL, 0}, true},
        {FOOTPRINT_DELETE, {"words_idx", 9}, {NULL, 0}, true},
        {FOOTPRINT_DELETE, {"words_data", 10}, {NULL, 0}, true},
    };
    const struct footprint footprint = {.kind = FOOTPRINT_RESTRICTED,
                                        .reads = reads,
                                        .read_count = sizeof reads / sizeof *reads,
                                        .writes = writes,
                                        .write_count = sizeof writes / sizeof *writes};
    PASS(&footprint, "SELECT a FROM main.words", "SELECT a FROM main.words('hello')",
         "INSERT INTO main.words (a) VALUES ('hello')", "SELECT a FROM main.words WHERE a MATCH 'hello'");
    REFUSE(&footprint, "SELECT id FROM main.words_data", "SELECT count(*) FROM main.words_content",
           "SELECT c0 FROM main.words_content", "SELECT a FROM main.words, main.words_docsize",
           "SELECT count(*) FROM MAIN.words_data", "SELECT 1 IN main.words_idx");
}

/* --- unrestricted --- */

static void test_owner(void **state) {
    (void)state;
    const struct footprint owner = {.kind = FOOTPRINT_OWNER};
    PASS(&owner, "SELECT * FROM post, recent, json_each('[1]')", "SELECT count(*) FROM post", "BEGIN", "SAVEPOINT a",
         "RELEASE a", "COMMIT", "INSERT INTO post (title) VALUES ('x') RETURNING *", "UPDATE post SET secret = 1",
         "DELETE FROM post", "INSERT INTO watched VALUES (1)",
         "CREATE TABLE n (a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE)", "CREATE TABLE n2 AS SELECT * FROM post",
         "CREATE INDEX ni ON n (b)", "CREATE VIEW nv AS SELECT * FROM n",
         "CREATE TRIGGER nt AFTER INSERT ON n BEGIN SELECT 1; END", "INSERT INTO n (b) VALUES (1)",
         "ALTER TABLE n ADD COLUMN c DEFAULT 1", "ALTER TABLE n ADD COLUMN d CHECK (d > 1)",
         "ALTER TABLE n RENAME COLUMN c TO c2", "ALTER TABLE n DROP COLUMN d", "ALTER TABLE n2 RENAME TO n3", "ANALYZE",
         "SELECT * FROM sqlite_sequence", "SELECT * FROM sqlite_stat1", "ANALYZE n", "REINDEX", "REINDEX n",
         "DROP TRIGGER nt", "DROP VIEW nv", "DROP INDEX ni", "DROP TABLE n", "DROP TABLE n3", "VACUUM",
         "EXPLAIN SELECT * FROM post", "EXPLAIN QUERY PLAN SELECT * FROM post", "SELECT sqlite_version(), changes()",
         "PRAGMA table_info(post)", "PRAGMA table_xinfo(post)", "PRAGMA index_list(post)",
         "PRAGMA foreign_key_list(comment)", "PRAGMA foreign_key_check", "PRAGMA integrity_check", "PRAGMA quick_check",
         "PRAGMA optimize", "PRAGMA user_version = 3", "PRAGMA application_id",
         "SELECT * FROM pragma_table_info('post')", "CREATE VIRTUAL TABLE f USING fts5(a)",
         "INSERT INTO f VALUES ('hello')", "SELECT highlight(f, 0, 'a', 'b') FROM f('hello')", "UPDATE f SET a = 'x'",
         "ALTER TABLE f RENAME TO f2", "DELETE FROM f2", "DROP TABLE f2",
         "CREATE VIRTUAL TABLE r USING rtree(id, a, b)", "INSERT INTO r VALUES (1, 2, 3)",
         "SELECT * FROM r WHERE a > 1", "DROP TABLE r", "CREATE VIRTUAL TABLE f4 USING fts4(a)",
         "INSERT INTO f4 VALUES ('hello')", "SELECT * FROM f4 WHERE f4 MATCH 'hello'", "DROP TABLE f4",
         "WITH _bailiwick_1_schema AS (SELECT * FROM main.sqlite_schema WHERE name NOT LIKE 'x%')"
         "SELECT count(*) FROM _bailiwick_1_schema");
    REFUSE(&owner, "ATTACH ':memory:' AS x", "ATTACH '' AS x", "DETACH main", "CREATE TEMP TABLE x (a)",
           "CREATE TABLE temp.x (a)", "CREATE TEMP VIEW x AS SELECT 1", "CREATE VIEW temp.x AS SELECT 1",
           "CREATE TEMP TRIGGER x AFTER INSERT ON post BEGIN SELECT 1; END", "SELECT load_extension('x')",
           "SELECT fts3_tokenizer('simple')", "SELECT _bailiwick_check(1)", "SELECT * FROM _bailiwick_definition",
           "SELECT count(*) FROM _bailiwick_definition", "SELECT a FROM sneaky", "DELETE FROM _bailiwick_definition",
           "INSERT INTO _bailiwick_definition VALUES (1)", "UPDATE _bailiwick_definition SET a = 1",
           "DROP TABLE _bailiwick_definition", "ALTER TABLE _bailiwick_definition ADD COLUMN b",
           "ALTER TABLE _bailiwick_definition RENAME TO x", "CREATE TABLE _bailiwick_x (a)",
           "CREATE TABLE _BAILIWICK_x (a)", "CREATE VIEW _bailiwick_x AS SELECT 1",
           "CREATE INDEX x ON _bailiwick_definition (a)", "CREATE INDEX _bailiwick_x ON post (author)",
           "CREATE TRIGGER x AFTER INSERT ON _bailiwick_definition BEGIN SELECT 1; END",
           "CREATE TRIGGER _bailiwick_x AFTER INSERT ON post BEGIN SELECT 1; END",
           "CREATE TABLE x AS SELECT * FROM _bailiwick_definition", "PRAGMA table_info(_bailiwick_definition)",
           "SELECT * FROM pragma_table_info('_bailiwick_definition')", "PRAGMA journal_mode = DELETE",
           "PRAGMA writable_schema = 1", "PRAGMA table_list", "SELECT * FROM pragma_table_list",
           "PRAGMA query_only = 1", "PRAGMA foreign_keys = 0", "PRAGMA trusted_schema", "PRAGMA hard_heap_limit = 1",
           "PRAGMA page_size = 512", "SELECT name FROM sqlite_schema", "SELECT count(*) FROM sqlite_master",
           "SELECT * FROM main.sqlite_schema", "WITH s AS (SELECT name FROM sqlite_schema) SELECT * FROM s",
           "CREATE TABLE x AS SELECT * FROM sqlite_master", "SELECT * FROM sqlite_temp_schema",
           "CREATE VIRTUAL TABLE x USING dbstat(main)", "VACUUM INTO 'must-not-be-there.db'");
    struct error err = {0};
    assert_null(query_prepare(conn, LITERAL("SELECT * FROM dbstat"), &owner, false, 0, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void test_owner_is_told_why(void **state) {
    (void)state;
    const struct footprint owner = {.kind = FOOTPRINT_OWNER};
    struct error err = {0};
    assert_null(query_prepare(conn, LITERAL("PRAGMA cache_size"), &owner, false, 0, &err));
    assert_string_equal(err.message, "the pragma is not allowed: cache_size");
    err = (struct error){0};
    assert_null(
        query_prepare(conn, LITERAL("SELECT secret FROM main.post"), &(struct footprint){RESTRICTED}, true, 0, &err));
    assert_string_equal(err.message, "permission denied");
    assert_non_null(strstr(err.detail, "post.secret"));
}

int main(void) {
    struct error err = {0};
    if (!conn_init_library(&err)) {
        fprintf(stderr, "%s (%s)\n", err.message, err.detail);
        return 1;
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing),
        TEST(test_internal),
        TEST(test_restricted_reads),
        TEST(test_restricted_calls),
        TEST(test_restricted_statements),
        TEST(test_restricted_writes),
        TEST(test_restricted_definers),
        TEST(test_restricted_cascades),
        TEST(test_restricted_virtual_table),
        TEST(test_restricted_module),
        TEST(test_owner),
        TEST(test_owner_is_told_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
