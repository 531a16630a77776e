/*
 * Group commit: changes of several writers under one COMMIT, each alone in what it does and what it hears.
 */
#include "base/clock.h"
#include "storage/store_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define S(text) LITERAL(text)
#define SECOND 1000000000

static char folder[256];
static struct store *store;
static struct store_file *file;

static void must(bool fine, const struct error *err) {
    if (!fine) fail_msg("%s (%s)", err->message, err->detail);
}

static void run_sql(const char *sql) {
    struct error err = {0};
    struct conn *conn = store_borrow_conn(file, &err);
    must(conn && conn_run(conn, sql, &err), &err);
    store_give_back_conn(file, conn);
}

static int64_t number_of(const char *sql) {
    struct error err = {0};
    struct arena *arena = arena_new(1 << 16);
    struct conn *conn = store_borrow_conn(file, &err);
    struct value value = {0};
    bool found;
    must(conn && conn_read_row(conn, arena, sql, NULL, 0, &value, 1, &found, &err), &err);
    store_give_back_conn(file, conn);
    arena_free(arena);
    return value.integer;
}

static int set_up(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    struct error err = {0};
    bool fresh;
    snprintf(folder, sizeof folder, "%s/bailiwick-commit-XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(folder)) return -1;
    const struct store_options options = {.folder = folder, .open_files_max = 8, .connections_per_file = 4};
    store = store_open(&options, &fresh, &err);
    must(store && store_make_namespace(store, S("n"), &err) && store_make_database(store, S("n"), S("d"), &err), &err);
    file = store_borrow(store, S("n"), S("d"), &err);
    must(file != NULL, &err);
    run_sql("CREATE TABLE t (a INTEGER UNIQUE);"
            "CREATE TABLE log (a);"
            "CREATE TABLE child (a REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)");
    return 0;
}

static int delete_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static int tear_down(void **state) {
    (void)state;
    store_give_back(file);
    store_close(store);
    return nftw(folder, delete_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- writers --- */

/* A writer that leads holds the group open until all the others wait for it, so that they are its members. */
struct writer {
    const char *sql;
    int64_t deadline;
    pthread_t thread;
    bool is_fine;
    struct error error;
    atomic_int runs;
};

static atomic_bool is_held; /* the leader waits for the others */

static bool change(void *context, struct conn *conn, struct error *err) {
    struct writer *writer = context;
    writer->runs++;
    return conn_run(conn, writer->sql, err);
}

/* How many wait for the leader. */
static int waiting(void) {
    pthread_mutex_lock(&file->group.lock);
    int count = (int)file->group.waiting;
    pthread_mutex_unlock(&file->group.lock);
    return count;
}

static bool lead(void *context, struct conn *conn, struct error *err) {
    int *expected = context;
    bool again = atomic_exchange(&is_held, true);
    while (!again && waiting() < *expected) usleep(100);
    return conn_run(conn, "INSERT INTO log VALUES ('leader')", err);
}

static void *lead_thread(void *context) {
    const struct store_change shared = {.run = lead, .context = context, .deadline = clock_steady() + 60ll * SECOND};
    struct error err = {0};
    must(store_change_rows(file, &shared, &err), &err);
    return NULL;
}

static void *write_thread(void *context) {
    struct writer *writer = context;
    const struct store_change shared = {.run = change, .context = writer, .deadline = writer->deadline};
    writer->is_fine = store_change_rows(file, &shared, &writer->error);
    return NULL;
}

/* Runs them all, in their order, behind a leader that waits for them. */
static void write_all(struct writer *writers, int count) {
    pthread_t leader;
    is_held = false;
    assert_int_equal(pthread_create(&leader, NULL, lead_thread, &count), 0);
    while (!is_held) usleep(100);
    for (int i = 0; i < count; i++) {
        if (!writers[i].deadline) writers[i].deadline = clock_steady() + 60ll * SECOND;
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_thread, &writers[i]), 0);
        while (i + 1 < count && waiting() <= i) usleep(100);
    }
    pthread_join(leader, NULL);
    for (int i = 0; i < count; i++) pthread_join(writers[i].thread, NULL);
}

/* --- tests --- */

static void test_all_are_written(void **state) {
    (void)state;
    struct writer writers[20];
    char sql[20][64];
    for (int i = 0; i < 20; i++) {
        snprintf(sql[i], sizeof sql[i], "INSERT INTO t VALUES (%d)", i);
        writers[i] = (struct writer){.sql = sql[i]};
    }
    write_all(writers, 20);
    for (int i = 0; i < 20; i++) {
        must(writers[i].is_fine, &writers[i].error);
        assert_int_equal(writers[i].runs, 1);
    }
    assert_int_equal(number_of("SELECT count(*) FROM t"), 20);
    assert_int_equal(number_of("SELECT count(*) FROM log"), 1);
}

static void test_a_failure_is_its_own(void **state) {
    (void)state;
    struct writer writers[] = {
        {.sql = "INSERT INTO t VALUES (1)"}, {.sql = "INSERT INTO log VALUES ('undone'); INSERT INTO t VALUES (1)"},
        {.sql = "INSERT INTO t VALUES (2)"}, {.sql = "INSERT INTO log VALUES ('undone'); SELECT nothing"},
        {.sql = "INSERT INTO t VALUES (3)"},
    };
    write_all(writers, 5);
    for (int i = 0; i < 5; i++) assert_int_equal(writers[i].is_fine, i % 2 == 0);
    assert_int_equal(writers[1].error.code, ERROR_CONSTRAINT_VIOLATION);
    assert_int_equal(number_of("SELECT count(*) FROM t"), 3);
    assert_int_equal(number_of("SELECT count(*) FROM log WHERE a = 'undone'"), 0);
}

/* OR ROLLBACK ends the transaction of everybody: it must not. */
static void test_a_rollback_takes_nobody_along(void **state) {
    (void)state;
    struct writer writers[] = {
        {.sql = "INSERT INTO t VALUES (1)"},
        {.sql = "INSERT INTO t VALUES (2)"},
        {.sql = "INSERT OR ROLLBACK INTO t VALUES (3), (1)"},
        {.sql = "INSERT INTO t VALUES (4)"},
    };
    write_all(writers, 4);
    assert_true(writers[0].is_fine && writers[1].is_fine && writers[3].is_fine);
    assert_false(writers[2].is_fine);
    assert_int_equal(writers[2].error.code, ERROR_CONSTRAINT_VIOLATION);
    assert_int_equal(number_of("SELECT group_concat(a) = '1,2,4' FROM (SELECT a FROM t ORDER BY a)"), 1);
    assert_int_equal(number_of("SELECT count(*) FROM log"), 1);
}

/* A deferred foreign key would be missed at the COMMIT of all. */
static void test_a_deferred_key_is_asked_for_at_once(void **state) {
    (void)state;
    struct writer writers[] = {
        {.sql = "INSERT INTO t VALUES (1)"},
        {.sql = "INSERT INTO child VALUES (99)"},
        {.sql = "INSERT INTO child VALUES (7); INSERT INTO t VALUES (7)"},
    };
    write_all(writers, 3);
    assert_true(writers[0].is_fine && writers[2].is_fine);
    assert_false(writers[1].is_fine);
    assert_int_equal(writers[1].error.code, ERROR_CONSTRAINT_VIOLATION);
    assert_int_equal(number_of("SELECT count(*) FROM child"), 1);
}

static void test_who_waits_too_long_is_told(void **state) {
    (void)state;
    struct writer late = {.sql = "INSERT INTO t VALUES (1)", .deadline = 1};
    struct writer patient = {.sql = "INSERT INTO t VALUES (2)", .deadline = clock_steady() + 60ll * SECOND};
    pthread_t leader;
    int expected = 1;
    is_held = false;
    assert_int_equal(pthread_create(&leader, NULL, lead_thread, &expected), 0);
    while (!is_held) usleep(100);
    write_thread(&late);
    assert_false(late.is_fine);
    assert_int_equal(late.error.code, ERROR_BUSY);
    assert_int_equal(late.runs, 0);
    write_thread(&patient);
    pthread_join(leader, NULL);
    assert_true(patient.is_fine);
    assert_int_equal(number_of("SELECT sum(a) FROM t"), 2);
}

/* The first of a group has no savepoint: what it fails at is undone as well. */
static void test_a_leader_that_fails(void **state) {
    (void)state;
    struct writer writer = {.sql = "INSERT INTO log VALUES ('undone'); SELECT nothing",
                            .deadline = clock_steady() + SECOND};
    write_thread(&writer);
    assert_false(writer.is_fine);
    writer.sql = "INSERT INTO t VALUES (1)";
    writer.error = (struct error){0};
    write_thread(&writer);
    assert_true(writer.is_fine);
    assert_int_equal(number_of("SELECT count(*) FROM log"), 0);
    assert_int_equal(number_of("SELECT count(*) FROM t"), 1);
}

/* A transaction that is not shared, as a change of the schema has it, and groups take turns. */
static void test_others_transactions_take_turns(void **state) {
    (void)state;
    struct error err = {0};
    struct conn *conn = store_borrow_conn(file, &err);
    must(conn && conn_begin(conn, true, &err) && conn_run(conn, "INSERT INTO t VALUES (1)", &err), &err);
    struct writer late = {.sql = "INSERT INTO t VALUES (2)", .deadline = clock_steady() + SECOND / 50};
    write_thread(&late);
    assert_false(late.is_fine);
    assert_int_equal(late.error.code, ERROR_BUSY);
    struct writer patient = {.sql = "INSERT INTO t VALUES (3)", .deadline = clock_steady() + 60ll * SECOND};
    assert_int_equal(pthread_create(&patient.thread, NULL, write_thread, &patient), 0);
    must(conn_commit(conn, &err), &err);
    pthread_join(patient.thread, NULL);
    must(patient.is_fine, &patient.error);
    store_give_back_conn(file, conn);
    assert_int_equal(number_of("SELECT sum(a) FROM t"), 4);
}

/* A removed file has no connections any more: everybody in the group hears so. */
static void test_a_removed_database(void **state) {
    (void)state;
    struct error err = {0};
    must(store_remove_database(store, S("n"), S("d"), &err), &err);
    struct writer writer = {.sql = "INSERT INTO t VALUES (1)", .deadline = clock_steady() + SECOND};
    write_thread(&writer);
    assert_false(writer.is_fine);
    assert_int_equal(writer.error.code, ERROR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    struct error err = {0};
    if (!conn_init_library(&err)) return 1;
    const struct CMUnitTest tests[] = {
        TEST(test_all_are_written),
        TEST(test_a_failure_is_its_own),
        TEST(test_a_rollback_takes_nobody_along),
        TEST(test_a_deferred_key_is_asked_for_at_once),
        TEST(test_who_waits_too_long_is_told),
        TEST(test_a_leader_that_fails),
        TEST(test_others_transactions_take_turns),
        TEST(test_a_removed_database),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
