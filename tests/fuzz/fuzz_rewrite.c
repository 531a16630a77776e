/*
 * A statement of a restricted user on the tables of schema.golden. The rewriter refuses it, or makes SQL that SQLite
 * prepares within its footprint; an error of our own and a refusal by the authorizer are bugs. Then it runs, for a
 * moment, and is rolled back: no row and no message holds what the user may not see.
 *
 * The user is person 1. What is hidden from it has CANARY in it; inputs that could make one up are left out.
 */
#include "auth/function.h"
#include "base/clock.h"
#include "sql/lift.h"
#include "tests/fuzz/fuzz.h"
#include "tests/sql/golden.h"

#include <string.h>

#define CANARY "q7Zk#v"
#define TIME_NS 50000000
#define MEMORY ((size_t)32 << 20)
#define ROWS_MAX 200

static struct golden golden;

static void set_up(void) {
    static bool done;
    if (done) return;
    done = true;
    golden_init();
    golden_open(&golden, FUZZ_SCHEMA, auth_sql_functions);
}

/* Three bytes of it in a row: then the input may put the rest together. */
static bool knows_canary(struct str text) {
    static const char canary[] = CANARY;
    for (size_t i = 0; i + 3 < sizeof canary; i++)
        if (text.length && memmem(text.text, text.length, &canary[i], 3)) return true;
    return false;
}

static void check_hidden(struct str value, struct str sql) {
    FUZZ_PROMISE(!value.length || !memmem(value.text, value.length, CANARY, sizeof CANARY - 1), "a canary", sql);
}

static void check_error(const struct error *err, struct str sql) {
    check_hidden(str_of(err->message), sql);
    if (err->code == ERROR_INTERNAL) fuzz_stop(err->message, sql);
    if (strstr(err->detail, "authorizer")) fuzz_stop(err->detail, sql);
}

/* $auth is person 1; variables of the request are 1 too, but patterns, which have to be texts. */
static bool bind(struct query *query, const struct plan *plan, struct error *err) {
    for (size_t i = 0; i < plan->parameter_count; i++) {
        const struct plan_parameter *parameter = &plan->parameters[i];
        struct value value = parameter->is_pattern ? value_text(LITERAL("%a%")) : value_integer(1);
        if (!query_bind(query, (int)i + 1, &value, err)) return false;
    }
    return true;
}

/* What restricted users may run at all (auth/rights.def). */
static bool is_data(const struct node *node) {
    return node->kind == NODE_SELECT || node->kind == NODE_INSERT || node->kind == NODE_UPDATE ||
           node->kind == NODE_DELETE;
}

static void run(const struct plan *plan, struct query *query, struct error *err) {
    enum query_step step = QUERY_DONE;
    if (!bind(query, plan, err)) return;
    for (int rows = 0; rows < ROWS_MAX && (step = query_step(query, err)) == QUERY_ROW; rows++) {
        int shown = query_column_count(query) - (int)plan->hidden_columns;
        FUZZ_PROMISE(shown >= 0, "fewer columns than are hidden", plan->sql);
        for (int i = 0; i < shown; i++) {
            struct value value = query_column(query, i);
            if (value.kind == VALUE_TEXT || value.kind == VALUE_BLOB) check_hidden(value.text, plan->sql);
        }
    }
}

static void prepare_and_run(const struct plan *plan) {
    struct error err = {0};
    if (plan->kind == PLAN_WRITE && !conn_begin(golden.conn, true, &err)) fuzz_stop(err.message, plan->sql);
    conn_set_bounds(golden.conn, &(struct conn_bounds){clock_steady() + TIME_NS, MEMORY});
    struct query *query = query_prepare(golden.conn, plan->sql, &plan->footprint, true, 0, &err);
    if (query) run(plan, query, &err);
    query_finish(query);
    if (err.code != ERROR_NONE) check_error(&err, plan->sql);
    FUZZ_PROMISE(conn_clean(golden.conn), "the connection cannot be cleaned", plan->sql);
}

/* With its literals bound the rewriter makes of a statement what it made of it before, and binds all of them. */
static void check_bound(struct arena *arena, struct str text, const struct script *script) {
    struct literals all, chosen, there;
    struct script first, blanked;
    if (!literals_scan(text, &all)) return;
    struct lifts lifts = lift_find(script, &all);
    literals_choose(&all, lift_which(&lifts, &all), &chosen);
    struct str blank = literals_blank(arena, text, &chosen, &there);
    if (!parse_script(arena, text, &first, NULL) || !parse_script(arena, blank, &blanked, NULL)) return;
    (void)lift_mark(&blanked, &there);
    for (size_t i = 0; i < first.count; i++) {
        struct policy policy = {0};
        struct plan plan, bound;
        struct error err = {0}, bound_err = {0};
        if (first.statements[i].reserved_at != NOWHERE || !is_data(first.statements[i].node)) continue;
        bool fine =
            rewrite_statement(arena, &golden.snapshot->schema, &policy, &first.statements[i], text, &plan, &err);
        bool is_fine = rewrite_statement(arena, &golden.snapshot->schema, &policy, &blanked.statements[i], blank,
                                         &bound, &bound_err);
        if (arena_exhausted(arena)) return;
        FUZZ_PROMISE(is_fine == fine && err.code == bound_err.code, "it ends otherwise when its literals are bound",
                     text);
        if (!fine) continue;
        size_t wanted = 0, given = 0;
        for (size_t j = 0; j < there.count; j++)
            wanted += there.items[j].at >= blanked.statements[i].at && there.items[j].at < blanked.statements[i].end;
        for (size_t j = 0; j < bound.parameter_count; j++) given += bound.parameters[j].literal != 0;
        FUZZ_PROMISE(given == wanted && bound.parameter_count == plan.parameter_count + given,
                     "it has other variables when its literals are bound", text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = {(const char *)data, size};
    set_up();
    if (knows_canary(text)) return 0;
    struct arena *arena = fuzz_arena();
    struct error err = {0};
    struct script script;
    if (!parse_script(arena, text, &script, NULL)) return 0;
    check_bound(arena, text, &script);
    for (size_t i = 0; i < script.count; i++) {
        const struct statement *statement = &script.statements[i];
        struct policy policy = {0};
        struct plan plan;
        if (statement->reserved_at != NOWHERE || !is_data(statement->node)) continue;
        error_clear(&err);
        if (!rewrite_statement(arena, &golden.snapshot->schema, &policy, statement, text, &plan, &err)) {
            check_error(&err, text);
            continue;
        }
        prepare_and_run(&plan);
    }
    return 0;
}
