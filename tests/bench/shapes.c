/*
 * Runs the queries of a file of shapes under callgrind, as a restricted user's and with the same predicate written by
 * hand, and has the instructions of stepping counted (nothing of parsing, rewriting, preparing and binding):
 *
 *     valgrind --tool=callgrind --collect-atstart=no shapes FILE
 *
 * The file is a golden file (tests/sql/golden.h) whose cases are
 *
 *     @ name
 *     ? the user's statement, with the variables $n and $a
 *     - the statement by hand, with ?1 for the user, ?2 for $n and ?3 for $a
 *
 * Prints an object for each case, a line of JSON; callgrind's dumps bear "NUMBER guarded" and "NUMBER by hand". Both
 * sides must give the same rows: if not, the program says so and fails. By hand the permission's predicate stands
 * before the user's terms, as it does when SQLite has merged a guard: terms that cost alike are asked in the order of
 * the text.
 */
#include "base/json.h"
#include "base/secret.h"
#include "sql/explain.h"
#include "tests/sql/golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#define RUNS 20
#define USER 1

static struct arena *arena;

/* One of the two ways to ask. */
struct side {
    const char *name;
    struct str sql;
    const struct footprint *footprint;
    const struct plan *plan; /* NULL: by hand */
    uint64_t sum;            /* of the rows, in whatever order */
    int64_t rows;
};

static _Noreturn void die(const char *what, struct str about, const struct error *err) {
    fprintf(stderr, "%s: %.*s: %s %s\n", what, STR(about), err ? err->message : "", err ? err->detail : "");
    exit(1);
}

/* The value of a variable in one of the runs. */
static int64_t value_of(struct str name, int run) {
    if (str_is(name, "n")) return run * 1237 % 3800 + 1;
    if (str_is(name, "a")) return run * 3 % 50 + 1;
    return USER;
}

static bool bind(const struct side *side, struct query *query, int run, struct error *err) {
    static const struct str by_hand[] = {{"auth.id", 7}, {"n", 1}, {"a", 1}};
    size_t count = side->plan ? side->plan->parameter_count : 3;
    for (size_t i = 0; i < count; i++) {
        struct str name = side->plan ? side->plan->parameters[i].name : by_hand[i];
        char number[] = {'?', (char)('1' + i), 0};
        if (!side->plan && !memmem(side->sql.text, side->sql.length, number, 2)) continue;
        struct value value = value_integer(value_of(name, run));
        if (!query_bind(query, (int)i + 1, &value, err)) return false;
    }
    return true;
}

/* FNV-1a, from http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash_row(const struct query *query, int columns) {
    struct buf row;
    buf_init(&row, 0);
    for (int i = 0; i < columns; i++) {
        struct value value = query_column(query, i);
        json_write_value(&row, &value);
        buf_add_char(&row, ',');
    }
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < row.length; i++) hash = (hash ^ (unsigned char)row.data[i]) * 1099511628211u;
    buf_done(&row);
    return hash;
}

static enum query_step step(struct query *query, bool counts, struct error *err) {
    if (counts) CALLGRIND_TOGGLE_COLLECT;
    enum query_step step = query_step(query, err);
    if (counts) CALLGRIND_TOGGLE_COLLECT;
    return step;
}

/* Each run prepares under the same key, so that it is one prepared statement. Not counted: the first round of all. */
static void run(const struct golden *golden, struct side *side, bool counts) {
    struct error err = {0};
    for (int i = 0; i < RUNS; i++) {
        struct query *query = query_prepare(golden->conn, side->sql, side->footprint, false, side->plan ? 1 : 2, &err);
        if (!query || !bind(side, query, i, &err)) die("prepare", side->sql, &err);
        int columns = query_column_count(query) - (side->plan ? (int)side->plan->hidden_columns : 0);
        enum query_step state;
        while ((state = step(query, counts, &err)) == QUERY_ROW) {
            if (counts) continue;
            side->sum += hash_row(query, columns);
            side->rows++;
        }
        if (state == QUERY_FAILED) die("step", side->sql, &err);
        query_finish(query);
    }
}

static void write_plan(const struct golden *golden, struct buf *out, const struct side *side) {
    static const struct footprint everything = {.kind = FOOTPRINT_INTERNAL};
    struct error err = {0};
    struct str sql = arena_format(arena, "EXPLAIN QUERY PLAN %.*s", STR(side->sql));
    struct query *query = query_prepare(golden->conn, sql, &everything, false, 0, &err);
    if (!query) die("explain", sql, &err);
    buf_add_char(out, '[');
    for (int i = 0; query_step(query, &err) == QUERY_ROW; i++) {
        if (i) buf_add_char(out, ',');
        explain_sql(out, query_column(query, 3).text);
    }
    buf_add_char(out, ']');
    query_finish(query);
}

static void print_case(const struct golden *golden, int number, struct str name, struct str sql,
                       const struct side *guarded, const struct side *by_hand) {
    struct policy policy = {0};
    struct buf out;
    buf_init(&out, 0);
    buf_format(&out, "{\"number\":%d,\"name\":", number);
    json_write_string(&out, name);
    buf_format(&out, ",\"rows\":%lld,\"sql\":", (long long)(guarded->rows / RUNS));
    json_write_string(&out, sql);
    buf_add_text(&out, ",\"guards\":");
    explain_guards(&out, guarded->plan, &policy);
    buf_add_text(&out, ",\"terms\":");
    explain_terms(&out, guarded->plan, sql);
    buf_add_text(&out, ",\"runs\":");
    explain_sql(&out, guarded->sql);
    buf_add_text(&out, ",\"plan\":");
    write_plan(golden, &out, guarded);
    buf_add_text(&out, ",\"plan_by_hand\":");
    write_plan(golden, &out, by_hand);
    printf("%.*s}\n", STR(buf_str(&out)));
    buf_done(&out);
}

static void measure(const struct golden *golden, int number, struct str name, struct str sql, struct str hand) {
    static const struct footprint everything = {.kind = FOOTPRINT_INTERNAL};
    struct error err = {0};
    struct plan plan;
    if (!golden_rewrite(golden, arena, sql, &(struct policy){0}, &plan, &err)) die("rewrite", sql, &err);
    struct side sides[] = {{.name = "guarded", .sql = plan.sql, .footprint = &plan.footprint, .plan = &plan},
                           {.name = "by hand", .sql = hand, .footprint = &everything}};
    for (int i = 0; i < 2; i++) {
        run(golden, &sides[i], false);
        CALLGRIND_ZERO_STATS;
        run(golden, &sides[i], true);
        struct str label = arena_format(arena, "%d %s", number, sides[i].name);
        CALLGRIND_DUMP_STATS_AT(label.text);
    }
    if (sides[0].sum != sides[1].sum || sides[0].rows != sides[1].rows || sides[0].rows == 0) {
        fprintf(stderr, "%lld and %lld rows: ", (long long)sides[0].rows, (long long)sides[1].rows);
        die("not the same rows", name, NULL);
    }
    print_case(golden, number, name, sql, &sides[0], &sides[1]);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 2) return 2;
    golden_init();
    arena = arena_new(256 << 20);
    struct golden golden;
    golden_open(&golden, arguments[1], NULL);
    struct str line, name = {0}, sql = {0};
    int number = 0;
    for (size_t at = golden.cases_at; golden_line(&golden, &at, &line);) {
        struct str rest = arena_copy(golden.arena, str_trim(str_slice(line, 1, line.length)));
        if (str_starts(line, "@")) name = rest;
        if (str_starts(line, "?")) sql = rest;
        if (!str_starts(line, "-")) continue;
        measure(&golden, ++number, name, sql, rest);
        arena_reset(arena);
    }
    golden_close(&golden);
    arena_free(arena);
    secret_done();
    return 0;
}
