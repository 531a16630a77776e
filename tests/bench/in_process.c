/*
 * What the parts of a request cost without HTTP, in processor time of one thread: microseconds, as JSON.
 *
 * usage: in_process hit FOLDER NS DB TOKEN COUNT BY-HAND STATEMENT    who asks, plan, SQL, JSON of a statement that was
 * met before; and SQL with the predicate written by hand in_process miss FOLDER NS DB COUNT STATEMENT parse, rewrite
 * and print; prepare of what comes out
 *
 * FOLDER is a data folder that no server has open.
 */
#include "auth/credential.h"
#include "auth/function.h"
#include "auth/params.h"
#include "base/secret.h"
#include "server/respond.h"
#include "storage/plans.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct arena *arena;
static struct store *store;
static struct str ns, db;

static void die(const char *what, const struct error *err) {
    fprintf(stderr, "in_process: %s: %s %s\n", what, err ? err->message : "", err ? err->detail : "");
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void open_store(const char *folder) {
    struct error err = {0};
    bool fresh;
    const struct store_options options = {
        .folder = folder, .open_files_max = 8, .connections_per_file = 2, .functions = auth_sql_functions};
    if (!conn_init_library(&err) || !secret_init(&err)) die("library", &err);
    store = store_open(&options, &fresh, &err);
    if (!store) die(folder, &err);
    arena = arena_new(64 << 20);
    if (!arena) die("memory", NULL);
}

/* --- hit --- */

/* One request, with the clock read between its parts. */
struct request {
    struct store_file *file;
    struct conn *conn;
    const struct snapshot *snapshot;
    const char *token;
    struct str text;
    double who, plan, sql, json;
};

static void take_rows(struct request *request, struct query *query, const struct plan *plan, struct error *err) {
    struct respond respond = {0};
    struct result result;
    double began = now();
    enum query_step step = query_step(query, err);
    result_init(&result, &respond, 0);
    request->sql += now() - began;
    began = now();
    if (!result_begin_rows(&result, arena, query, plan->hidden_columns, err)) die("rows", err);
    if (step == QUERY_ROW && !result_add_row(&result, query, err)) die("row", err);
    if (!result_close(&result, err)) die("rows", err);
    result_done(&result);
    request->json += now() - began;
    began = now();
    if (step != QUERY_ROW || query_step(query, err) != QUERY_DONE) die("there must be one row", err);
    request->sql += now() - began;
}

static void run_request(struct request *request) {
    struct error err = {0};
    struct session session = {0};
    const struct credential_request credentials = {.authorization = str_of(request->token), .root_may_enter = true};
    double began = now();
    if (!credential_check(store, arena, &credentials, &session, &err)) die("credentials", &err);
    request->who += now() - began;

    began = now();
    const struct known_script *known = known_script_find(request->text);
    struct script script;
    if (!known) {
        if (!parse_script(arena, request->text, &script, &err)) die("parse", &err);
        known = known_script_keep(&script);
    }
    const struct statement *statement = &known->script.statements[0];
    const struct plan_source source = {.text = known->script.text, .known = known};
    struct policy policy;
    struct planned planned;
    if (!session_policy(&session, request->snapshot, statement->node, arena, &policy, &err) ||
        !plans_get(arena, request->snapshot, &policy, &source, &planned, &err))
        die("plan", &err);
    request->plan += now() - began;

    began = now();
    struct params params = {.session = &session, .arena = arena};
    const struct plan *plan = planned.plan;
    struct query *query =
        query_prepare(request->conn, plan->sql, &plan->footprint, true, planned.kept ? planned.kept->id : 0, &err);
    if (!query || !params_bind(&params, request->conn, request->snapshot, plan, query, &err)) die("query", &err);
    request->sql += now() - began;
    take_rows(request, query, plan, &err);
    began = now();
    query_finish(query);
    request->sql += now() - began;

    began = now();
    planned_done(&planned);
    known_script_unref(known);
    request->plan += now() - began;
    began = now();
    session_done(&session);
    request->who += now() - began;
    arena_reset(arena);
}

/* Stepping and finishing alone, as a program would that kept its statement and knew its user. */
static double run_by_hand(struct request *request, struct str text) {
    static const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
    struct error err = {0};
    const struct value user = value_integer(3);
    double began = now();
    struct query *query = query_prepare(request->conn, text, &internal, true, QUERY_KEY_UNIQUE | 1u << 31, &err);
    if (!query || !query_bind(query, 1, &user, &err)) die("by hand", &err);
    if (query_step(query, &err) != QUERY_ROW || query_step(query, &err) != QUERY_DONE) die("by hand", &err);
    query_finish(query);
    return now() - began;
}

static int run_hit(char **arguments) {
    struct error err = {0};
    long count = strtol(arguments[1], NULL, 10);
    struct request request = {.token = arguments[0], .text = str_of(arguments[3])};
    double by_hand = 0, overhead = 0;
    request.file = store_borrow(store, ns, db, &err);
    request.conn = request.file ? store_borrow_conn(request.file, &err) : NULL;
    if (!request.conn) die("file", &err);
    request.snapshot = store_snapshot(request.file);
    for (long i = -count / 10; i < count; i++) {
        if (i == 0) request.who = request.plan = request.sql = request.json = by_hand = overhead = 0;
        run_request(&request);
        by_hand += run_by_hand(&request, str_of(arguments[2]));
        double began = now();
        overhead += now() - began;
    }
    double n = (double)count, clock = overhead / n;
    printf("{\"who\": %.3f, \"plan\": %.3f, \"sql\": %.3f, \"json\": %.3f, \"by_hand\": %.3f}\n",
           request.who / n - 2 * clock, request.plan / n - 2 * clock, request.sql / n - 4 * clock,
           request.json / n - clock, by_hand / n - clock);
    snapshot_unref(request.snapshot);
    store_give_back_conn(request.file, request.conn);
    store_give_back(request.file);
    return 0;
}

/* --- miss --- */

static sqlite3 *open_plain(const char *folder) {
    char path[4096];
    sqlite3 *plain = NULL;
    snprintf(path, sizeof path, "%s/ns/%.*s/db/%.*s.db", folder, STR(ns), STR(db));
    if (sqlite3_open_v2(path, &plain, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, "unix-excl") != SQLITE_OK)
        die(path, NULL);
    return plain;
}

static double prepare_plain(sqlite3 *plain, struct str sql) {
    sqlite3_stmt *statement = NULL;
    double began = now();
    if (sqlite3_prepare_v2(plain, sql.text, (int)sql.length + 1, &statement, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(plain), NULL);
    double took = now() - began;
    sqlite3_finalize(statement);
    return took;
}

static int run_miss(const char *folder, char **arguments) {
    struct error err = {0};
    long count = strtol(arguments[0], NULL, 10);
    struct str text = str_of(arguments[1]);
    const struct policy restricted = {0};
    struct store_file *file = store_borrow(store, ns, db, &err);
    if (!file) die("file", &err);
    const struct snapshot *snapshot = store_snapshot(file);
    sqlite3 *plain = open_plain(folder);
    double plan = 0, prepare = 0;
    for (long i = -count / 10; i < count; i++) {
        if (i == 0) plan = prepare = 0;
        const struct plan_source source = {.text = text};
        struct planned planned;
        double began = now();
        if (!plans_get(arena, snapshot, &restricted, &source, &planned, &err)) die("plan", &err);
        plan += now() - began;
        prepare += prepare_plain(plain, planned.plan->sql);
        planned_done(&planned);
        arena_reset(arena);
    }
    printf("{\"plan\": %.3f, \"prepare\": %.3f}\n", plan / (double)count, prepare / (double)count);
    sqlite3_close(plain);
    snapshot_unref(snapshot);
    store_give_back(file);
    return 0;
}

int main(int count, char **arguments) {
    bool is_hit = count == 9 && !strcmp(arguments[1], "hit");
    bool is_miss = count == 7 && !strcmp(arguments[1], "miss");
    if (!is_hit && !is_miss) {
        fprintf(stderr, "usage: in_process hit FOLDER NS DB TOKEN COUNT BY-HAND STATEMENT\n"
                        "       in_process miss FOLDER NS DB COUNT STATEMENT\n");
        return 2;
    }
    ns = str_of(arguments[3]);
    db = str_of(arguments[4]);
    open_store(arguments[2]);
    int status = is_hit ? run_hit(arguments + 5) : run_miss(arguments[2], arguments + 5);
    store_close(store);
    arena_free(arena);
    return status;
}
