/*
 * Who may do what: the contract's table, cell by cell, and what nobody or no restricted principal may run.
 */
#include "auth/rights.h"
#include "sql/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* A name in a static initializer. */
#define NAME_OF(constant)                                                                                              \
    { (constant), sizeof(constant) - 1 }
#define AT_WORK .ns = NAME_OF("acme"), .db = NAME_OF("shop")
#define AT_HOME AT_WORK, .home_ns = NAME_OF("acme"), .home_db = NAME_OF("shop")

#define HOLDS(role) .roles.held = ROLE_BIT(role)

static const struct session sessions[] = {
    {.level = LEVEL_ROOT, HOLDS(ROLE_OWNER), AT_WORK},
    {.level = LEVEL_NAMESPACE, HOLDS(ROLE_OWNER), AT_WORK, .home_ns = NAME_OF("acme")},
    {.level = LEVEL_DATABASE, HOLDS(ROLE_OWNER), AT_HOME},
    {.level = LEVEL_SCOPE, HOLDS(ROLE_OWN), AT_HOME},
    {.level = LEVEL_GUEST, HOLDS(ROLE_OWN), AT_HOME},
};
#define SESSIONS (sizeof sessions / sizeof *sessions)

static bool may(const struct session *session, const char *sql) {
    struct arena *arena = arena_new(1 << 20);
    struct script script;
    struct error err = {0};
    assert_non_null(arena);
    if (!parse_script(arena, str_of(sql), &script, &err)) fail_msg("%s: %s", sql, err.message);
    assert_int_equal(script.count, 1);
    bool allowed = rights_check(session, script.statements[0].node, &err);
    assert_int_equal(err.code, allowed ? ERROR_NONE : ERROR_PERMISSION_DENIED);
    arena_free(arena);
    return allowed;
}

/* `expected` has a letter for each level, from root to guest: its own for yes, a point for no. */
static void check(const char *expected, const char *sql) {
    char found[SESSIONS + 1] = "";
    for (size_t i = 0; i < SESSIONS; i++) found[i] = may(&sessions[i], sql) ? "rndsg"[i] : '.';
    if (strcmp(found, expected) != 0) fail_msg("%s: expected %s, found %s", sql, expected, found);
}

/* The same for the roles of a login on the database: owner, editor, viewer, structure, own, and none at all. */
static void check_roles(const char *expected, const char *sql) {
    char found[ROLE_COUNT + 2] = "";
    for (size_t i = 0; i <= ROLE_COUNT; i++) {
        struct session session = sessions[2];
        session.roles = (struct roles){.held = i < ROLE_COUNT ? ROLE_BIT(i) : 0, .structure_is_everywhere = true};
        found[i] = may(&session, sql) ? "oevsw-"[i] : '.';
    }
    if (strcmp(found, expected) != 0) fail_msg("%s: expected %s, found %s", sql, expected, found);
}

static void roles_have_their_powers(void **state) {
    (void)state;
    check_roles("oev.w.", "SELECT * FROM a");
    check_roles("oe..w.", "DELETE FROM a");
    check_roles("oevsw.", "BEGIN");
    check_roles("oevsw.", "USE DB shop");
    check_roles("oevs..", "SAVEPOINT a");
    check_roles("oe.s..", "CREATE TABLE a (b)");
    check_roles("oe....", "CREATE TABLE a AS SELECT 1");
    check_roles("oe....", "CREATE VIEW a AS SELECT 1");
    check_roles("oe.s..", "CREATE INDEX a ON b (c, d COLLATE nocase)");
    check_roles("oe....", "CREATE INDEX a ON b (c + 1)");
    check_roles("oe.s..", "ALTER TABLE a ADD COLUMN b DEFAULT (1)");
    check_roles("oe....", "ALTER TABLE a ADD COLUMN b CHECK (b > 1)");
    check_roles("oe....", "DEFINE TABLE a PERMISSIONS FULL");
    check_roles("oev...", "INFO FOR SCOPE a");
    check_roles("oevs..", "INFO FOR TABLE a");
    check_roles("oevs..", "PRAGMA user_version");
    check_roles("oe.s..", "PRAGMA user_version = 1");
    check_roles("oev...", "PRAGMA integrity_check");
    check_roles("oev...", "EXPLAIN SELECT 1");
    check_roles("oe....", "EXPLAIN DELETE FROM a");
    check_roles("oe....", "EXPLAIN CREATE TABLE a (b)");
    check_roles("o.....", "DEFINE ROLE a ON DATABASE PERMISSIONS NONE");
    check_roles("o.....", "REMOVE ROLE a ON DATABASE");
    check_roles("o.....", "DEFINE SCOPE a");
    check_roles("o.....", "REMOVE LOGIN a ON DATABASE");
    check_roles("o.....", "REMOVE TOKEN a ON DATABASE");
    check_roles("......", "ATTACH 'x' AS y");
}

static void a_structure_with_places_reaches_these_alone(void **state) {
    (void)state;
    struct role_place places[] = {{.db = NAME_OF("Shop")}, {.ns = NAME_OF("other"), .db = NAME_OF("mart")}};
    struct session session = sessions[1];
    session.roles = (struct roles){.held = ROLE_BIT(ROLE_STRUCTURE), .structure = places, .structure_count = 2};
    assert_true(may(&session, "CREATE TABLE a (b)"));
    session.db = LITERAL("mart");
    assert_false(may(&session, "CREATE TABLE a (b)"));
    assert_false(may(&session, "BEGIN"));
    assert_true(may(&session, "USE DB shop"));
}

static void namespaces_are_of_root(void **state) {
    (void)state;
    check("r....", "DEFINE NAMESPACE a");
    check("r....", "DEFINE NS IF NOT EXISTS a");
    check("r....", "REMOVE NAMESPACE a");
    check("r....", "INFO FOR ROOT");
}

static void databases_are_of_namespace(void **state) {
    (void)state;
    check("rn...", "DEFINE DATABASE a");
    check("rn...", "REMOVE DB a");
    check("rn...", "INFO FOR NS");
}

static void logins_and_tokens_are_of_their_level_and_above(void **state) {
    (void)state;
    check("r....", "DEFINE LOGIN a ON ROOT PASSWORD 'x'");
    check("r....", "REMOVE LOGIN a ON ROOT");
    check("r....", "INFO FOR USER a ON ROOT");
    check("rn...", "DEFINE LOGIN a ON NAMESPACE PASSWORD 'x'");
    check("rn...", "REMOVE LOGIN a ON NAMESPACE");
    check("rn...", "INFO FOR USER a ON NAMESPACE");
    check("r....", "ALTER LOGIN a ON ROOT DISABLE");
    check("rn...", "ALTER LOGIN a ON NAMESPACE PASSWORD 'x'");
    check("rnd..", "ALTER LOGIN a ON DATABASE ENABLE");
    check("rn...", "DEFINE TOKEN a ON NAMESPACE TYPE HS256 VALUE 'k'");
    check("rn...", "REMOVE TOKEN a ON NAMESPACE");
    check("rnd..", "DEFINE USER a ON DATABASE PASSHASH 'x'");
    check("rnd..", "REMOVE LOGIN a ON DB");
    check("rnd..", "INFO FOR USER a ON DATABASE");
    check("rnd..", "DEFINE TOKEN a ON DATABASE TYPE HS256 VALUE 'k'");
    check("rnd..", "REMOVE TOKEN a ON DATABASE");
    check("rnd..", "DEFINE TOKEN a ON SCOPE s TYPE HS256 VALUE 'k'");
    check("rnd..", "REMOVE TOKEN a ON SCOPE s");
}

static void definitions_are_of_database(void **state) {
    (void)state;
    check("rnd..", "DEFINE SCOPE a SIGNIN (SELECT id FROM u)");
    check("rnd..", "REMOVE SCOPE a");
    check("rnd..", "DEFINE TABLE a PERMISSIONS FULL");
    check("rnd..", "REMOVE TABLE a");
    check("rnd..", "DEFINE FIELD a ON b PERMISSIONS NONE");
    check("rnd..", "REMOVE FIELD a ON b");
    check("rnd..", "INFO FOR DB");
    check("rnd..", "INFO FOR SCOPE a");
    check("rnd..", "INFO FOR TABLE a");
    check("rnd..", "EXPLAIN PERMISSIONS SELECT 1");
    check("rnd..", "EXPLAIN PERMISSIONS FOR GUEST SELECT 1");
    check("rnd..", "EXPLAIN PERMISSIONS FOR SCOPE a ID 1 SELECT 1");
}

static void schema_is_of_database(void **state) {
    (void)state;
    check("rnd..", "CREATE TABLE a(b)");
    check("rnd..", "CREATE TABLE a AS SELECT 1");
    check("rnd..", "CREATE UNIQUE INDEX main.a ON b(c)");
    check("rnd..", "CREATE VIEW a AS SELECT 1");
    check("rnd..", "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END");
    check("rnd..", "CREATE VIRTUAL TABLE a USING fts5(b)");
    check("rnd..", "DROP TABLE IF EXISTS a");
    check("rnd..", "DROP VIEW a");
    check("rnd..", "DROP INDEX a");
    check("rnd..", "DROP TRIGGER a");
    check("rnd..", "ALTER TABLE a ADD COLUMN b");
    check("rnd..", "REINDEX");
    check("rnd..", "ANALYZE a");
    check("rnd..", "VACUUM");
    check("rnd..", "PRAGMA table_info(a)");
    check("rnd..", "EXPLAIN SELECT 1");
    check("rnd..", "EXPLAIN QUERY PLAN DELETE FROM a");
}

static void data_is_of_everybody(void **state) {
    (void)state;
    check("rndsg", "SELECT * FROM a");
    check("rndsg", "VALUES (1)");
    check("rndsg", "WITH a AS (SELECT 1) SELECT * FROM a");
    check("rndsg", "INSERT INTO a VALUES (1)");
    check("rndsg", "REPLACE INTO a VALUES (1)");
    check("rndsg", "UPDATE a SET b = 1");
    check("rndsg", "DELETE FROM a");
    check("rndsg", "USE DB shop");
    check("rndsg", "BEGIN");
    check("rndsg", "BEGIN IMMEDIATE TRANSACTION");
    check("rndsg", "COMMIT");
    check("rndsg", "END");
    check("rndsg", "ROLLBACK");
    check("rndsg", "CANCEL TRANSACTION");
}

static void savepoints_are_not_of_restricted(void **state) {
    (void)state;
    check("rnd..", "SAVEPOINT a");
    check("rnd..", "RELEASE a");
    check("rnd..", "ROLLBACK TO a");
}

static void other_files_are_of_nobody(void **state) {
    (void)state;
    check(".....", "ATTACH 'x' AS y");
    check(".....", "DETACH y");
    check(".....", "VACUUM INTO 'x'");
    check(".....", "VACUUM main INTO 'x'");
    check(".....", "EXPLAIN ATTACH 'x' AS y");
    check(".....", "EXPLAIN QUERY PLAN VACUUM INTO 'x'");
}

static void temporary_objects_are_of_nobody(void **state) {
    (void)state;
    check(".....", "CREATE TEMP TABLE a(b)");
    check(".....", "CREATE TEMPORARY VIEW a AS SELECT 1");
    check(".....", "CREATE TEMP TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END");
    check(".....", "CREATE TABLE temp.a(b)");
    check(".....", "CREATE TABLE \"TEMP\".a(b)");
    check(".....", "CREATE INDEX temp.a ON b(c)");
    check(".....", "CREATE VIEW temp.a AS SELECT 1");
    check(".....", "CREATE TRIGGER temp.a AFTER INSERT ON b BEGIN SELECT 1; END");
    check(".....", "CREATE VIRTUAL TABLE temp.a USING fts5(b)");
    check(".....", "DROP TABLE temp.a");
    check(".....", "ALTER TABLE temp.a ADD COLUMN b");
    check(".....", "REINDEX temp.a");
    check(".....", "PRAGMA temp.table_info(a)");
    check(".....", "VACUUM temp");
    check(".....", "EXPLAIN CREATE TEMP TABLE a(b)");
}

/* session_use keeps everybody at home; if it ever did not, rights would. */
static void abroad_nothing_is_allowed(void **state) {
    (void)state;
    for (size_t i = 1; i < SESSIONS; i++) {
        struct session session = sessions[i];
        session.ns = LITERAL("other");
        assert_false(may(&session, "SELECT 1"));
        assert_false(may(&session, "DEFINE DATABASE a"));
        assert_false(may(&session, "CREATE TABLE a(b)"));
    }
    struct session namespace = sessions[1];
    namespace.db = LITERAL("other");
    assert_true(may(&namespace, "CREATE TABLE a(b)"));
    for (size_t i = 2; i < SESSIONS; i++) {
        struct session session = sessions[i];
        session.db = LITERAL("other");
        assert_false(may(&session, "SELECT 1"));
    }
}

static void zero_session_is_a_guest(void **state) {
    (void)state;
    const struct session nobody = {0};
    assert_int_equal(nobody.level, LEVEL_GUEST);
    assert_true(session_is_restricted(&nobody));
    struct arena *arena = arena_new(1 << 16);
    const struct snapshot empty = {0};
    const struct node select = {.kind = NODE_SELECT};
    struct policy policy = {.unrestricted = true};
    assert_non_null(arena);
    assert_true(session_policy(&nobody, &empty, &select, arena, &policy, NULL));
    assert_false(policy.unrestricted);
    arena_free(arena);
    assert_false(may(&nobody, "CREATE TABLE a(b)"));
}

static void no_such_level_may_nothing(void **state) {
    (void)state;
    const struct session broken = {.level = LEVEL_COUNT};
    assert_true(session_is_restricted(&broken));
    assert_false(may(&broken, "SELECT 1"));
    assert_false(may(&broken, "USE DB a"));
}

static void a_part_is_no_statement(void **state) {
    (void)state;
    for (enum node_kind kind = 0; kind < NODE_KIND_COUNT; kind++) {
        if (kind < NODE_SELECT || kind == NODE_CORE) {
            const struct node part = {.kind = kind};
            assert_false(rights_check(&sessions[0], &part, NULL));
        }
    }
}

static void levels_have_names(void **state) {
    (void)state;
    assert_string_equal(level_name(LEVEL_ROOT), "root");
    assert_string_equal(level_name(LEVEL_NAMESPACE), "namespace");
    assert_string_equal(level_name(LEVEL_DATABASE), "database");
    assert_string_equal(level_name(LEVEL_SCOPE), "scope");
    assert_string_equal(level_name(LEVEL_GUEST), "guest");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_have_their_powers),
        cmocka_unit_test(a_structure_with_places_reaches_these_alone),
        cmocka_unit_test(namespaces_are_of_root),
        cmocka_unit_test(databases_are_of_namespace),
        cmocka_unit_test(logins_and_tokens_are_of_their_level_and_above),
        cmocka_unit_test(definitions_are_of_database),
        cmocka_unit_test(schema_is_of_database),
        cmocka_unit_test(data_is_of_everybody),
        cmocka_unit_test(savepoints_are_not_of_restricted),
        cmocka_unit_test(other_files_are_of_nobody),
        cmocka_unit_test(temporary_objects_are_of_nobody),
        cmocka_unit_test(abroad_nothing_is_allowed),
        cmocka_unit_test(zero_session_is_a_guest),
        cmocka_unit_test(no_such_level_may_nothing),
        cmocka_unit_test(a_part_is_no_statement),
        cmocka_unit_test(levels_have_names),
    };
    return cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
