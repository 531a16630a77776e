/*
 * The store: namespaces and databases on disk, their files and connections in memory, the catalogue.
 */
#include "base/buf.h"
#include "base/secret.h"
#include "sql/policy.h"
#include "storage/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define S(text) LITERAL(text)
static const struct str none;

/* --- a data folder for each test --- */

static char folder[256];
static struct store *store;

static struct store *open_with(int open_files_max, bool *ret_fresh, struct error *err) {
    const struct store_options options = {
        .folder = folder,
        .open_files_max = open_files_max,
        .connections_per_file = 4,
    };
    return store_open(&options, ret_fresh, err);
}

static void open_store(int open_files_max) {
    struct error err = {0};
    bool fresh;
    store = open_with(open_files_max, &fresh, &err);
    if (!store) fail_msg("%s (%s)", err.message, err.detail);
}

static void reopen_store(void) {
    store_close(store);
    open_store(64);
}

static int set_up(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/bailiwick-store-XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(folder)) return -1;
    open_store(64);
    return 0;
}

static int delete_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static int tear_down(void **state) {
    (void)state;
    store_close(store);
    store = NULL;
    return nftw(folder, delete_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *rest) {
    static char path[2][512];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, rest);
    return path[turn];
}

static bool is_there(const char *rest) {
    struct stat info;
    return lstat(path_of(rest), &info) == 0;
}

static unsigned mode_of(const char *rest) {
    struct stat info;
    assert_int_equal(lstat(path_of(rest), &info), 0);
    return info.st_mode & 07777;
}

static int count_entries(const char *rest) {
    DIR *entries = opendir(path_of(rest));
    assert_non_null(entries);
    int count = -2;
    while (readdir(entries)) count++;
    closedir(entries);
    return count;
}

#define assert_fine(call)                                                                                              \
    do {                                                                                                               \
        struct error err = {0};                                                                                        \
        if (!(call)) fail_msg("%s: %s (%s)", #call, err.message, err.detail);                                          \
    } while (0)

#define assert_fails(expected, call)                                                                                   \
    do {                                                                                                               \
        struct error err = {0};                                                                                        \
        if (call) fail_msg("%s did not fail", #call);                                                                  \
        if (err.code != (expected)) fail_msg("%s: %s: %s", #call, error_code_name(err.code), err.message);             \
        assert_true(err.message[0] != 0);                                                                              \
    } while (0)

static void make_both(void) {
    assert_fine(store_make_namespace(store, S("acme"), &err));
    assert_fine(store_make_database(store, S("acme"), S("shop"), &err));
}

static struct store_file *borrow(struct str ns, struct str db) {
    struct error err = {0};
    struct store_file *file = store_borrow(store, ns, db, &err);
    if (!file) fail_msg("%s (%s)", err.message, err.detail);
    return file;
}

static struct conn *borrow_conn(struct store_file *file) {
    struct error err = {0};
    struct conn *conn = store_borrow_conn(file, &err);
    if (!conn) fail_msg("%s (%s)", err.message, err.detail);
    return conn;
}

/* Runs SQL in a database and publishes it. */
static void run_in(struct str ns, struct str db, const char *sql) {
    struct store_file *file = borrow(ns, db);
    struct conn *conn = borrow_conn(file);
    assert_fine(conn_run(conn, sql, &err));
    assert_fine(store_publish(file, conn, &err));
    store_give_back_conn(file, conn);
    store_give_back(file);
}

static int64_t read_integer(struct conn *conn, const char *sql) {
    struct arena *arena = arena_new(4096);
    struct value value;
    bool found;
    assert_fine(conn_read_row(conn, arena, sql, NULL, 0, &value, 1, &found, &err));
    arena_free(arena);
    return found ? value.integer : -1;
}

static int64_t read_in(struct str ns, struct str db, const char *sql) {
    struct store_file *file = borrow(ns, db);
    struct conn *conn = borrow_conn(file);
    int64_t value = read_integer(conn, sql);
    store_give_back_conn(file, conn);
    store_give_back(file);
    return value;
}

static bool has_table(const char *table) {
    struct store_file *file = borrow(S("acme"), S("shop"));
    const struct snapshot *snapshot = store_snapshot(file);
    bool has = schema_find_table(&snapshot->schema, str_of(table)) != NULL;
    snapshot_unref(snapshot);
    store_give_back(file);
    return has;
}

/* --- making and removing --- */

static void made_on_disk(void **state) {
    (void)state;
    assert_false(store_borrow(store, S("acme"), none, &(struct error){0}));
    make_both();
    assert_int_equal(mode_of(""), 0700);
    assert_int_equal(mode_of("root.db"), 0600);
    assert_int_equal(mode_of("ns/acme"), 0700);
    assert_int_equal(mode_of("ns/acme/namespace.db"), 0600);
    assert_int_equal(mode_of("ns/acme/db"), 0700);
    assert_int_equal(mode_of("ns/acme/db/shop.db"), 0600);
    assert_fails(ERROR_ALREADY_EXISTS, store_make_namespace(store, S("acme"), &err));
    assert_fails(ERROR_ALREADY_EXISTS, store_make_database(store, S("acme"), S("SHOP"), &err));
    assert_fails(ERROR_NOT_FOUND, store_make_database(store, S("nobody"), S("shop"), &err));
    assert_true(store_is_healthy(store));
}

static void names_compare_without_case(void **state) {
    (void)state;
    assert_fine(store_make_namespace(store, S("Acme"), &err));
    assert_fails(ERROR_ALREADY_EXISTS, store_make_namespace(store, S("aCME"), &err));
    assert_fine(store_make_database(store, S("ACME"), S("Shop-1_x"), &err));
    struct store_file *file = borrow(S("acme"), S("sHOP-1_X")), *same = borrow(S("ACME"), S("shop-1_x"));
    assert_ptr_equal(file, same);
    store_give_back(file);
    store_give_back(same);
    assert_true(is_there("ns/acme/db/shop-1_x.db"));

    struct store_file *root = borrow(none, none);
    const struct snapshot *snapshot = store_snapshot(root);
    const struct definition *definition = snapshot_find(snapshot, DEFINITION_NAMESPACE, none, S("ACME"));
    assert_non_null(definition);
    assert_true(str_is(definition->statement, "DEFINE NAMESPACE \"Acme\""));
    snapshot_unref(snapshot);
    store_give_back(root);
}

static void bad_names_are_refused(void **state) {
    (void)state;
    static const char long_name[] = "a2345678901234567890123456789012345678901234567890123456789012345";
    static const char *const bad[] = {"",     ".",   "..",  "a/b",      "/",  "-a", "_a",      "a b", "a.b",
                                      "a\"b", "a'b", "a%b", "\xc3\xa9", "a;", "~",  long_name, NULL};
    assert_fine(store_make_namespace(store, S("acme"), &err));
    assert_int_equal(strlen(long_name), 65);
    for (size_t i = 0; bad[i]; i++) {
        struct str name = str_of(bad[i]);
        assert_false(store_name_is_valid(name));
        assert_fails(ERROR_INVALID_VALUE, store_make_namespace(store, name, &err));
        assert_fails(ERROR_INVALID_VALUE, store_make_database(store, S("acme"), name, &err));
        assert_fails(ERROR_NOT_FOUND, store_remove_namespace(store, name, &err));
        assert_fails(ERROR_NOT_FOUND, store_remove_database(store, S("acme"), name, &err));
        if (!name.length) continue;
        assert_fails(ERROR_NOT_FOUND, store_borrow(store, name, none, &err));
        assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("acme"), name, &err));
    }
    assert_false(store_name_is_valid((struct str){"a\0b", 3}));
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, none, S("shop"), &err));
    struct str longest = str_slice(str_of(long_name), 0, 64);
    assert_true(store_name_is_valid(longest));
    assert_fine(store_make_namespace(store, longest, &err));
    assert_fine(store_make_database(store, longest, longest, &err));
}

static void outlives_a_restart(void **state) {
    (void)state;
    make_both();
    run_in(S("acme"), S("shop"), "CREATE TABLE item(id INTEGER PRIMARY KEY); INSERT INTO item VALUES (7)");
    reopen_store();
    assert_int_equal(read_in(S("acme"), S("shop"), "SELECT id FROM item"), 7);
    assert_fails(ERROR_ALREADY_EXISTS, store_make_database(store, S("acme"), S("shop"), &err));
}

static bool reopen_fresh(void) {
    struct error err = {0};
    bool fresh = false;
    store_close(store);
    store = open_with(64, &fresh, &err);
    assert_non_null(store);
    return fresh;
}

static void fresh_until_something_is_defined(void **state) {
    (void)state;
    assert_true(reopen_fresh());
    assert_fine(store_make_namespace(store, S("acme"), &err));
    assert_false(reopen_fresh());
}

static void a_second_server_is_refused(void **state) {
    (void)state;
    bool fresh;
    assert_fails(ERROR_BUSY, open_with(64, &fresh, &err));
}

static void removed_and_made_anew(void **state) {
    (void)state;
    make_both();
    run_in(S("acme"), S("shop"), "CREATE TABLE item(id); INSERT INTO item VALUES (1)");
    assert_true(has_table("item"));
    assert_fine(store_remove_database(store, S("Acme"), S("Shop"), &err));
    assert_false(is_there("ns/acme/db/shop.db"));
    assert_false(is_there("ns/acme/db/shop.db-wal"));
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("acme"), S("shop"), &err));
    assert_fails(ERROR_NOT_FOUND, store_remove_database(store, S("acme"), S("shop"), &err));
    assert_fine(store_make_database(store, S("acme"), S("shop"), &err));
    assert_false(has_table("item"));
    assert_fine(store_remove_namespace(store, S("ACME"), &err));
    assert_int_equal(count_entries("ns"), 0);
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("acme"), none, &err));
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("acme"), S("shop"), &err));
    assert_fine(store_make_namespace(store, S("acme"), &err));
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("acme"), S("shop"), &err));
}

/* The old connections of a removed database end after its name has been made anew and has a log of its own. */
static void old_connections_do_not_touch_the_new_file(void **state) {
    (void)state;
    make_both();
    struct store_file *old = borrow(S("acme"), S("shop"));
    struct conn *first = borrow_conn(old), *second = borrow_conn(old);
    assert_fine(conn_run(first, "CREATE TABLE old(id); INSERT INTO old VALUES (1)", &err));
    assert_fine(conn_begin(second, true, &err));
    assert_fine(conn_run(second, "INSERT INTO old VALUES (2)", &err));
    assert_true(store_file_is_current(old));
    assert_fine(store_remove_namespace(store, S("acme"), &err));
    assert_false(store_file_is_current(old));
    make_both();
    struct store_file *new = borrow(S("acme"), S("shop"));
    assert_ptr_not_equal(old, new);
    struct conn *conn = borrow_conn(new);
    assert_fine(conn_run(conn, "CREATE TABLE item(id); INSERT INTO item VALUES (3)", &err));
    assert_true(is_there("ns/acme/db/shop.db-wal"));
    assert_fine(conn_commit(second, &err));
    assert_fails(ERROR_NOT_FOUND, store_borrow_conn(old, &err));
    store_give_back_conn(old, first);
    store_give_back_conn(old, second);
    store_give_back(old);
    assert_true(is_there("ns/acme/db/shop.db-wal"));
    assert_int_equal(read_integer(conn, "SELECT count(*) FROM sqlite_schema WHERE name = 'old'"), 0);
    store_give_back_conn(new, conn);
    store_give_back(new);
    reopen_store();
    assert_int_equal(read_in(S("acme"), S("shop"), "SELECT id FROM item"), 3);
}

/* --- what a crash leaves --- */

static void run_in_root(const char *sql) {
    run_in(none, none, sql);
}

static void interrupted_removals_are_finished(void **state) {
    (void)state;
    make_both();
    assert_fine(store_make_namespace(store, S("other"), &err));
    assert_fine(store_make_database(store, S("other"), S("shop"), &err));
    /* The marker is written, and then the power goes. */
    run_in_root("UPDATE _bailiwick_definition SET kind = 'removing' WHERE name = 'acme';"
                "INSERT INTO _bailiwick_definition(kind, owner, name, statement) VALUES ('removing', '', '../..', ''),"
                "('removing', '', 'never-there', ''), ('removing', '', 'other', '')");
    run_in(S("other"), none, "UPDATE _bailiwick_definition SET kind = 'removing' WHERE name = 'shop'");
    assert_int_equal(mkdir(path_of("ns/.removed-x-0123456789abcdef"), 0700), 0);
    assert_int_equal(mkdir(path_of("ns/.removed-x-0123456789abcdef/db"), 0700), 0);
    reopen_store();
    assert_int_equal(count_entries("ns"), 1);
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("acme"), S("shop"), &err));
    /* A name that is defined was not on its way out, whatever a marker says. */
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("other"), S("shop"), &err));
    assert_false(is_there("ns/other/db/shop.db"));
    assert_int_equal(read_in(none, none, "SELECT count(*) FROM _bailiwick_definition WHERE kind = 'removing'"), 0);
    assert_int_equal(read_in(S("other"), none, "SELECT count(*) FROM _bailiwick_definition"), 0);
    make_both();
    assert_fine(store_make_database(store, S("other"), S("shop"), &err));
}

static void a_removal_is_finished_before_its_name_is_made(void **state) {
    (void)state;
    make_both();
    run_in(S("acme"), S("shop"), "CREATE TABLE item(id)");
    assert_fine(store_make_database(store, S("acme"), S("second"), &err));
    run_in(S("acme"), none, "UPDATE _bailiwick_definition SET kind = 'removing' WHERE name = 'second'");
    assert_true(is_there("ns/acme/db/second.db"));
    assert_fine(store_make_database(store, S("acme"), S("second"), &err));
    assert_int_equal(read_in(S("acme"), none, "SELECT count(*) FROM _bailiwick_definition WHERE kind = 'removing'"), 0);
    assert_int_equal(read_in(S("acme"), S("second"), "SELECT count(*) FROM _bailiwick_definition"), 0);
}

/* Makes and removes for ever, and says so after each step. */
static _Noreturn void make_and_remove(int report) {
    open_store(64);
    for (char step = 0;; step++) {
        make_both();
        if (write(report, &step, 1) != 1) _exit(1);
        assert_fine(store_remove_database(store, S("acme"), S("shop"), &err));
        if (write(report, &step, 1) != 1) _exit(1);
        assert_fine(store_remove_namespace(store, S("acme"), &err));
        if (write(report, &step, 1) != 1) _exit(1);
    }
}

/* Kills a server some way after it has reported `steps` steps. */
static void kill_after(int steps) {
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) make_and_remove(pipes[1]);
    close(pipes[1]);
    char step;
    for (int i = 0; i < steps; i++) assert_int_equal(read(pipes[0], &step, 1), 1);
    for (volatile int spin = 0; spin < steps * 50000; spin++) {
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(pipes[0]);
}

/* After a crash all is there or not there, and can be made and removed. */
static void survives_kill(void **state) {
    (void)state;
    store_close(store);
    for (int round = 1; round <= 16; round++) {
        kill_after(round);
        open_store(64);
        struct error failure = {0};
        struct store_file *ns = store_borrow(store, S("acme"), none, &failure);
        if (!ns) assert_int_equal(failure.code, ERROR_NOT_FOUND);
        error_clear(&failure);
        struct store_file *db = ns ? store_borrow(store, S("acme"), S("shop"), &failure) : NULL;
        if (ns && !db) assert_string_equal(failure.message, "no such database: shop");
        store_give_back(db);
        store_give_back(ns);
        if (!ns) assert_fine(store_make_namespace(store, S("acme"), &err));
        if (!db) assert_fine(store_make_database(store, S("acme"), S("shop"), &err));
        assert_int_equal(read_in(S("acme"), S("shop"), "SELECT count(*) FROM _bailiwick_definition"), 0);
        assert_fine(store_remove_namespace(store, S("acme"), &err));
        assert_int_equal(count_entries("ns"), 0);
        store_close(store);
    }
    open_store(64);
}

/* --- what an operator puts in place --- */

static void write_file(const char *rest, const char *text) {
    FILE *file = fopen(path_of(rest), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void adopts_files(void **state) {
    (void)state;
    make_both();
    run_in(S("acme"), S("shop"), "CREATE TABLE item(id INTEGER PRIMARY KEY); INSERT INTO item VALUES (5)");
    store_close(store);
    assert_int_equal(mkdir(path_of("ns/copy"), 0755), 0);
    assert_int_equal(mkdir(path_of("ns/copy/db"), 0755), 0);
    assert_int_equal(rename(path_of("ns/acme/db/shop.db"), path_of("ns/copy/db/kept.db")), 0);
    assert_int_equal(chmod(path_of("ns/copy/db/kept.db"), 0644), 0);
    open_store(64);
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("copy"), S("kept"), &err));
    assert_fine(store_make_namespace(store, S("copy"), &err));
    assert_fine(store_make_database(store, S("copy"), S("kept"), &err));
    assert_int_equal(read_in(S("copy"), S("kept"), "SELECT id FROM item"), 5);
    assert_int_equal(mode_of("ns/copy"), 0700);
    assert_int_equal(mode_of("ns/copy/db/kept.db"), 0600);
    /* The one that was taken away is defined and missing. */
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("acme"), S("shop"), &err));
}

static void refuses_what_is_no_database(void **state) {
    (void)state;
    make_both();
    write_file("ns/acme/db/notes.db", "these are notes and not a database, however long the text may be made to be "
                                      "for SQLite to find out that it is none: the header has 100 bytes\n");
    assert_fails(ERROR_ALREADY_EXISTS, store_make_database(store, S("acme"), S("notes"), &err));
    assert_true(is_there("ns/acme/db/notes.db"));
    assert_fails(ERROR_NOT_FOUND, store_borrow(store, S("acme"), S("notes"), &err));
    assert_int_equal(mkdir(path_of("ns/acme/db/folder.db"), 0700), 0);
    assert_fails(ERROR_ALREADY_EXISTS, store_make_database(store, S("acme"), S("folder"), &err));
    write_file("ns/file", "");
    assert_fails(ERROR_ALREADY_EXISTS, store_make_namespace(store, S("file"), &err));
}

static void refuses_symbolic_links(void **state) {
    (void)state;
    make_both();
    assert_fine(store_make_namespace(store, S("other"), &err));
    assert_int_equal(symlink("shop.db", path_of("ns/acme/db/link.db")), 0);
    assert_fails(ERROR_ALREADY_EXISTS, store_make_database(store, S("acme"), S("link"), &err));
    assert_int_equal(symlink("/etc/passwd", path_of("ns/acme/db/log.db-wal")), 0);
    assert_fails(ERROR_ALREADY_EXISTS, store_make_database(store, S("acme"), S("log"), &err));
    assert_int_equal(symlink("acme", path_of("ns/linked")), 0);
    assert_fails(ERROR_ALREADY_EXISTS, store_make_namespace(store, S("linked"), &err));
    /* A link that comes later, in place of what was made. */
    store_close(store);
    assert_int_equal(rename(path_of("ns/acme/db/shop.db"), path_of("ns/acme/db/real.db")), 0);
    assert_int_equal(symlink("real.db", path_of("ns/acme/db/shop.db")), 0);
    open_store(64);
    assert_false(store_borrow(store, S("acme"), S("shop"), &(struct error){0}));
}

/* --- files and connections in memory --- */

static int count_open_descriptors(void) {
    int count = 0;
    DIR *entries = opendir("/proc/self/fd");
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        char target[512];
        ssize_t length = readlinkat(dirfd(entries), entry->d_name, target, sizeof target - 1);
        if (length > 3 && strncmp(target + length - 3, ".db", 3) == 0) count++;
    }
    closedir(entries);
    return count;
}

/* Closing is nobody's who waits for an answer: it happens soon. */
static void await_descriptors(int most) {
    for (int i = 0; i < 10000 && count_open_descriptors() > most; i++) usleep(1000);
    assert_true(count_open_descriptors() <= most);
}

static void closes_the_least_recently_used(void **state) {
    (void)state;
    store_close(store);
    open_store(3);
    assert_fine(store_make_namespace(store, S("acme"), &err));
    char name[16];
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "db%d", i);
        assert_fine(store_make_database(store, S("acme"), str_of(name), &err));
    }
    struct store_file *files[6];
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "db%d", i);
        files[i] = borrow(S("acme"), str_of(name));
    }
    /* All are in use, so all are open; given back, three stay. */
    assert_true(count_open_descriptors() >= 7);
    for (int i = 0; i < 6; i++) store_give_back(files[i]);
    await_descriptors(4);
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "db%d", i);
        run_in(S("acme"), str_of(name), "CREATE TABLE item(id)");
    }
    for (int i = 5; i >= 0; i--) {
        snprintf(name, sizeof name, "db%d", i);
        assert_int_equal(read_in(S("acme"), str_of(name), "SELECT count(*) FROM item"), 0);
    }
    await_descriptors(4);
}

static void connections_come_back_clean(void **state) {
    (void)state;
    make_both();
    run_in(S("acme"), S("shop"), "CREATE TABLE item(id INTEGER PRIMARY KEY)");
    struct store_file *file = borrow(S("acme"), S("shop"));
    struct conn *conn = borrow_conn(file);
    assert_fine(conn_begin(conn, true, &err));
    assert_fine(conn_run(conn, "INSERT INTO item VALUES (9)", &err));
    store_give_back_conn(file, conn);
    struct conn *again = borrow_conn(file);
    assert_ptr_equal(conn, again);
    assert_false(conn_in_transaction(again));
    assert_int_equal(read_integer(again, "SELECT last_insert_rowid()"), 0);
    assert_int_equal(read_integer(again, "SELECT count(*) FROM item"), 0);
    struct conn *more[6];
    for (int i = 0; i < 6; i++) more[i] = borrow_conn(file);
    for (int i = 0; i < 6; i++) store_give_back_conn(file, more[i]);
    store_give_back_conn(file, again);
    store_give_back(file);
}

static atomic_bool stop;
static atomic_int found_old;

static void *use_database(void *argument) {
    (void)argument;
    while (!atomic_load(&stop)) {
        struct error err = {0};
        struct store_file *file = store_borrow(store, S("acme"), S("shop"), &err);
        struct conn *conn = file ? store_borrow_conn(file, &err) : NULL;
        if (conn && conn_run(conn, "CREATE TABLE IF NOT EXISTS t(x); INSERT INTO t VALUES (1)", &err))
            (void)!store_publish(file, conn, &err);
        if (err.code != ERROR_NONE && err.code != ERROR_NOT_FOUND && store_file_is_current(file)) {
            fprintf(stderr, "%s (%s)\n", err.message, err.detail);
            atomic_fetch_add(&found_old, 1);
        }
        if (file) store_give_back_conn(file, conn);
        store_give_back(file);
    }
    return NULL;
}

static void threads_borrow_while_it_is_removed(void **state) {
    (void)state;
    make_both();
    pthread_t threads[6];
    atomic_store(&stop, false);
    for (int i = 0; i < 6; i++) assert_int_equal(pthread_create(&threads[i], NULL, use_database, NULL), 0);
    for (int i = 0; i < 15; i++) {
        assert_fine(store_remove_database(store, S("acme"), S("shop"), &err));
        assert_fine(store_make_database(store, S("acme"), S("shop"), &err));
        assert_true(read_in(S("acme"), S("shop"), "SELECT count(*) FROM sqlite_schema") >= 1);
        assert_fine(store_remove_namespace(store, S("acme"), &err));
        make_both();
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&found_old), 0);
    assert_int_equal(count_entries("ns"), 1);
    struct store_file *file = borrow(S("acme"), S("shop"));
    struct conn *conn = borrow_conn(file);
    assert_int_equal(read_integer(conn, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
                     0);
    store_give_back_conn(file, conn);
    store_give_back(file);
}

/* Everybody wants the same cold files, and more of them than may be open. */
static void *borrow_many(void *argument) {
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < 150; i++) {
        char name[16];
        snprintf(name, sizeof name, "db%d", rand_r(&seed) % 6);
        struct error err = {0};
        struct store_file *file = store_borrow(store, S("acme"), str_of(name), &err);
        struct conn *conn = file ? store_borrow_conn(file, &err) : NULL;
        if (!conn || !conn_run(conn, "INSERT INTO t VALUES (1)", &err)) {
            fprintf(stderr, "%s (%s)\n", err.message, err.detail);
            atomic_fetch_add(&found_old, 1);
        }
        if (file) store_give_back_conn(file, conn);
        store_give_back(file);
    }
    return NULL;
}

static void threads_share_few_files(void **state) {
    (void)state;
    store_close(store);
    open_store(3);
    assert_fine(store_make_namespace(store, S("acme"), &err));
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "db%d", i);
        assert_fine(store_make_database(store, S("acme"), str_of(name), &err));
        run_in(S("acme"), str_of(name), "CREATE TABLE t(x)");
    }
    pthread_t threads[6];
    atomic_store(&found_old, 0);
    for (int i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, borrow_many, (void *)(uintptr_t)(i + 1)), 0);
    for (int i = 0; i < 6; i++) pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&found_old), 0);
    int64_t rows = 0;
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "db%d", i);
        rows += read_in(S("acme"), str_of(name), "SELECT count(*) FROM t");
    }
    assert_int_equal(rows, 6 * 150);
}

/* --- the catalogue --- */

static bool put(struct conn *conn, enum definition_kind kind, struct str owner, struct str name, const char *statement,
                enum definition_mode mode, struct error *err) {
    const struct definition definition = {
        .kind = kind,
        .owner = owner,
        .name = name,
        .statement = str_of(statement),
        .secret = kind == DEFINITION_LOGIN ? S("$argon2id$") : none,
        .key = kind == DEFINITION_LOGIN || kind == DEFINITION_SCOPE ? (struct str){"k\0y", 3} : none,
    };
    bool changed;
    return definition_put(conn, &definition, mode, &changed, err);
}

static void definitions(void **state) {
    (void)state;
    make_both();
    struct store_file *file = borrow(S("acme"), S("shop"));
    struct conn *conn = borrow_conn(file);
    assert_fine(
        put(conn, DEFINITION_LOGIN, none, S("Eve"), "DEFINE LOGIN \"Eve\" ON DATABASE", DEFINITION_CREATE, &err));
    assert_fine(
        put(conn, DEFINITION_LOGIN, none, S("eve"), "DEFINE LOGIN \"eve\" ON DATABASE", DEFINITION_CREATE, &err));
    assert_fails(ERROR_ALREADY_EXISTS, put(conn, DEFINITION_LOGIN, none, S("eve"), "again", DEFINITION_CREATE, &err));
    assert_fine(put(conn, DEFINITION_SCOPE, none, S("Member"), "DEFINE SCOPE Member", DEFINITION_CREATE, &err));
    assert_fails(ERROR_ALREADY_EXISTS, put(conn, DEFINITION_SCOPE, none, S("member"), "x", DEFINITION_CREATE, &err));
    assert_fine(put(conn, DEFINITION_SCOPE, none, S("member"), "x", DEFINITION_IF_NOT_EXISTS, &err));
    assert_fine(put(conn, DEFINITION_SCOPE, none, S("mEMBER"), "DEFINE SCOPE mEMBER", DEFINITION_OVERWRITE, &err));
    assert_fine(put(conn, DEFINITION_TOKEN, S("MEMBER"), S("t"), "DEFINE TOKEN t ON SCOPE member TYPE HS512 VALUE ''",
                    DEFINITION_CREATE, &err));
    assert_fine(put(conn, DEFINITION_TOKEN, none, S("t"), "DEFINE TOKEN t ON DATABASE TYPE HS512 VALUE ''",
                    DEFINITION_CREATE, &err));
    assert_fine(store_publish(file, conn, &err));

    const struct snapshot *snapshot = store_snapshot(file);
    assert_int_equal(snapshot->definition_count, 5);
    const struct definition *login = snapshot_find(snapshot, DEFINITION_LOGIN, none, S("Eve"));
    assert_non_null(login);
    assert_true(str_is(login->name, "Eve"));
    assert_true(str_is(login->secret, "$argon2id$"));
    assert_int_equal(login->key.length, 3);
    assert_non_null(snapshot_find(snapshot, DEFINITION_LOGIN, none, S("eve")));
    assert_null(snapshot_find(snapshot, DEFINITION_LOGIN, none, S("EVE")));
    const struct definition *scope = snapshot_find(snapshot, DEFINITION_SCOPE, none, S("member"));
    assert_non_null(scope);
    assert_true(str_is(scope->statement, "DEFINE SCOPE mEMBER"));
    assert_non_null(scope->node);
    assert_non_null(snapshot_find(snapshot, DEFINITION_TOKEN, S("Member"), S("T")));

    bool found;
    assert_fine(definition_delete(conn, DEFINITION_SCOPE, none, S("MEMBER"), &found, &err));
    assert_true(found);
    assert_fine(definition_delete(conn, DEFINITION_SCOPE, none, S("member"), &found, &err));
    assert_false(found);
    assert_fine(definition_delete(conn, DEFINITION_LOGIN, none, S("EVE"), &found, &err));
    assert_false(found);
    assert_fine(store_publish(file, conn, &err));
    const struct snapshot *next = store_snapshot(file);
    assert_true(next->version > snapshot->version);
    assert_int_equal(next->definition_count, 3); /* the scope took its token along */
    assert_int_equal(snapshot->definition_count, 5);
    snapshot_unref(snapshot);
    snapshot_unref(next);
    store_give_back_conn(file, conn);
    store_give_back(file);
}

static void a_snapshot_sees_its_transaction(void **state) {
    (void)state;
    make_both();
    struct store_file *file = borrow(S("acme"), S("shop"));
    struct conn *conn = borrow_conn(file);
    assert_fine(conn_begin(conn, true, &err));
    assert_fine(conn_run(conn, "CREATE TABLE item(id)", &err));
    struct error err = {0};
    const struct snapshot *snapshot = snapshot_load(conn, true, &err);
    assert_non_null(snapshot);
    assert_non_null(schema_find_table(&snapshot->schema, S("ITEM")));
    assert_true(conn_in_transaction(conn));
    snapshot_unref(snapshot);
    store_give_back_conn(file, conn);
    store_give_back(file);
    assert_false(has_table("item"));
}

static const struct column_schema *column_of(const struct table_schema *table, const char *name) {
    const struct column_schema *column = schema_find_column(table, str_of(name));
    if (!column) fail_msg("no such column: %s", name);
    return column;
}

static const struct table_schema *table_of(const struct snapshot *snapshot, const char *name) {
    const struct table_schema *table = schema_find_table(&snapshot->schema, str_of(name));
    if (!table) fail_msg("no such table: %s", name);
    return table;
}

static void schema(void **state) {
    (void)state;
    make_both();
    run_in(S("acme"), S("shop"),
           "CREATE TABLE Post(id INTEGER PRIMARY KEY, title VARCHAR(80) NOT NULL DEFAULT '' COLLATE NOCASE, any, "
           "double GENERATED ALWAYS AS (id * 2) VIRTUAL, triple INT AS (id * 3) STORED,"
           "parent REFERENCES post(id) ON DELETE CASCADE, author REFERENCES member(name));"
           "CREATE TABLE member(name TEXT, realm TEXT COLLATE RTRIM, PRIMARY KEY(realm, name)) WITHOUT ROWID;"
           "CREATE TABLE descending(id INTEGER PRIMARY KEY DESC) ;"
           "CREATE TABLE strict_one(id INTEGER, n INT, PRIMARY KEY(id)) STRICT;"
           "CREATE TABLE \"quo\"\"ted\"(\"a \"\"b\" COLLATE nocase);"
           "CREATE VIRTUAL TABLE words USING fts5(body);"
           "CREATE VIEW titles(heading, n) AS SELECT title, id + 1 FROM Post;"
           "CREATE VIEW \"quoted view\" AS SELECT * FROM \"quo\"\"ted\";"
           "CREATE TABLE gone(id); CREATE VIEW broken AS SELECT id FROM gone; DROP TABLE gone;"
           "CREATE TRIGGER /* insert on */ \"before delete\" -- update\n AFTER UPDATE OF title ON Post BEGIN SELECT 1; "
           "END;"
           "CREATE TRIGGER IF NOT EXISTS main.after DELETE ON Post BEGIN SELECT 1; END;"
           "CREATE TRIGGER [instead] instead of insert ON titles BEGIN SELECT 1; END");
    struct store_file *file = borrow(S("acme"), S("shop"));
    const struct snapshot *snapshot = store_snapshot(file);

    const struct table_schema *post = table_of(snapshot, "pOST");
    assert_true(str_is(post->name, "Post"));
    assert_int_equal(post->kind, TABLE_ORDINARY);
    assert_int_equal(post->column_count, 7);
    assert_int_equal(post->rowid_alias, 0);
    assert_true(post->is_foreign_parent);
    assert_false(post->has_permissions);
    assert_true(post->has_triggers[OPERATION_UPDATE]);
    assert_true(post->has_triggers[OPERATION_DELETE]);
    assert_false(post->has_triggers[OPERATION_CREATE]);
    assert_true(post->has_update_of);
    const struct column_schema *title = column_of(post, "TITLE");
    assert_true(str_is(title->type, "VARCHAR(80)"));
    assert_true(str_is_name(title->collation, "NOCASE"));
    assert_true(title->not_null && title->has_default && !title->generated && !title->hidden && !title->primary_key);
    assert_true(str_is(column_of(post, "any")->type, ""));
    assert_true(str_is(column_of(post, "any")->collation, "BINARY"));
    assert_true(column_of(post, "double")->generated);
    assert_true(column_of(post, "triple")->generated);
    assert_int_equal(column_of(post, "id")->primary_key, 1);

    const struct table_schema *member = table_of(snapshot, "member");
    assert_true(member->without_rowid);
    assert_false(member->is_foreign_parent);
    assert_int_equal(member->rowid_alias, -1);
    assert_int_equal(column_of(member, "name")->primary_key, 2);
    assert_int_equal(column_of(member, "realm")->primary_key, 1);
    assert_true(str_is_name(column_of(member, "realm")->collation, "RTRIM"));
    assert_int_equal(table_of(snapshot, "descending")->rowid_alias, -1);
    assert_true(table_of(snapshot, "strict_one")->strict);
    assert_int_equal(table_of(snapshot, "strict_one")->rowid_alias, 0);
    assert_true(str_is_name(column_of(table_of(snapshot, "quo\"ted"), "a \"b")->collation, "NOCASE"));

    const struct table_schema *words = table_of(snapshot, "words");
    assert_int_equal(words->kind, TABLE_VIRTUAL);
    assert_false(column_of(words, "body")->hidden);
    assert_true(column_of(words, "words")->hidden);
    assert_int_equal(table_of(snapshot, "words_content")->kind, TABLE_SHADOW);

    const struct table_schema *titles = table_of(snapshot, "titles");
    assert_int_equal(titles->kind, TABLE_VIEW);
    assert_int_equal(titles->column_count, 2);
    assert_true(titles->has_triggers[OPERATION_CREATE]);
    assert_false(titles->has_triggers[OPERATION_DELETE]);
    assert_false(titles->has_update_of);
    assert_true(str_is_name(column_of(titles, "heading")->collation, "NOCASE"));
    assert_true(str_is(column_of(titles, "n")->collation, "BINARY"));
    assert_true(str_is_name(table_of(snapshot, "quoted view")->columns[0].collation, "NOCASE"));
    assert_int_equal(table_of(snapshot, "broken")->column_count, 0);
    assert_int_equal(snapshot->schema.definer_count, 6);
    assert_null(schema_find_table(&snapshot->schema, S("_bailiwick_definition")));
    assert_null(schema_find_table(&snapshot->schema, S("sqlite_schema")));
    snapshot_unref(snapshot);
    store_give_back(file);
}

static void rules(void **state) {
    (void)state;
    make_both();
    struct store_file *file = borrow(S("acme"), S("shop"));
    struct conn *conn = borrow_conn(file);
    assert_fine(conn_run(conn,
                         "CREATE TABLE post(id, title, secret); CREATE TABLE open(id); CREATE TABLE bad(id);"
                         "CREATE VIEW titles AS SELECT title FROM post",
                         &err));
    assert_fine(put(conn, DEFINITION_TABLE, none, S("POST"),
                    "DEFINE TABLE post PERMISSIONS FOR select WHERE id = 1, FOR create, update FULL", DEFINITION_CREATE,
                    &err));
    assert_fine(put(conn, DEFINITION_FIELD, S("post"), S("Secret"),
                    "DEFINE FIELD secret ON post PERMISSIONS FOR update FULL", DEFINITION_CREATE, &err));
    assert_fine(put(conn, DEFINITION_TABLE, none, S("titles"), "DEFINE TABLE titles PERMISSIONS FULL",
                    DEFINITION_CREATE, &err));
    assert_fine(
        put(conn, DEFINITION_TABLE, none, S("bad"), "DEFINE TABLE bad PERMISSIONS FOR ever", DEFINITION_CREATE, &err));
    assert_fine(store_publish(file, conn, &err));
    store_give_back_conn(file, conn);
    const struct snapshot *snapshot = store_snapshot(file);

    const struct table_schema *post = table_of(snapshot, "post");
    assert_true(post->has_permissions);
    assert_int_equal(post->rules[OPERATION_SELECT].kind, RULE_WHERE);
    assert_non_null(post->rules[OPERATION_SELECT].predicate);
    assert_int_equal(post->rules[OPERATION_CREATE].kind, RULE_FULL);
    assert_int_equal(post->rules[OPERATION_UPDATE].kind, RULE_FULL);
    assert_int_equal(post->rules[OPERATION_DELETE].kind, RULE_NONE);
    const struct column_schema *secret = column_of(post, "secret");
    assert_true(secret->has_rules);
    assert_int_equal(policy_field_rule(&(struct policy){0}, secret, OPERATION_SELECT).kind, RULE_NONE);
    assert_int_equal(policy_field_rule(&(struct policy){0}, secret, OPERATION_UPDATE).kind, RULE_FULL);
    assert_int_equal(policy_field_rule(&(struct policy){0}, column_of(post, "title"), OPERATION_SELECT).kind,
                     RULE_FULL);
    const struct table_schema *titles = table_of(snapshot, "titles");
    assert_int_equal(titles->rules[OPERATION_SELECT].kind, RULE_FULL);
    assert_int_equal(titles->rules[OPERATION_DELETE].kind, RULE_FULL);
    assert_true(table_of(snapshot, "bad")->has_permissions);
    assert_int_equal(table_of(snapshot, "bad")->rules[OPERATION_SELECT].kind, RULE_NONE);
    assert_false(table_of(snapshot, "open")->has_permissions);
    assert_int_equal(table_of(snapshot, "open")->rules[OPERATION_SELECT].kind, RULE_NONE);
    snapshot_unref(snapshot);
    store_give_back(file);
}

static int set_up_library(void **state) {
    (void)state;
    struct error err = {0};
    if (secret_init(&err) && conn_init_library(&err)) return 0;
    fprintf(stderr, "%s (%s)\n", err.message, err.detail);
    return -1;
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        STORE_TEST(made_on_disk),
        STORE_TEST(names_compare_without_case),
        STORE_TEST(bad_names_are_refused),
        STORE_TEST(outlives_a_restart),
        STORE_TEST(fresh_until_something_is_defined),
        STORE_TEST(a_second_server_is_refused),
        STORE_TEST(removed_and_made_anew),
        STORE_TEST(old_connections_do_not_touch_the_new_file),
        STORE_TEST(interrupted_removals_are_finished),
        STORE_TEST(a_removal_is_finished_before_its_name_is_made),
        STORE_TEST(survives_kill),
        STORE_TEST(adopts_files),
        STORE_TEST(refuses_what_is_no_database),
        STORE_TEST(refuses_symbolic_links),
        STORE_TEST(closes_the_least_recently_used),
        STORE_TEST(connections_come_back_clean),
        STORE_TEST(threads_borrow_while_it_is_removed),
        STORE_TEST(threads_share_few_files),
        STORE_TEST(definitions),
        STORE_TEST(a_snapshot_sees_its_transaction),
        STORE_TEST(schema),
        STORE_TEST(rules),
    };
    return cmocka_run_group_tests_name("store", tests, set_up_library, NULL);
}
