/*
 * Golden tests of the rewriter: files of cases.
 *
 *     CREATE TABLE …; DEFINE TABLE …;      the schema, up to a line "----"
 *     ? SELECT …                           a statement of a restricted principal (others: golden.h)
 *     = WITH … SELECT …                    the SQL that runs, or
 *     ! not_found no such table: x         the error
 *
 * Behind the SQL of REPLACE stands the query that is asked of each row which it replaces.
 *
 * What is rewritten is also prepared under its footprint: the authorizer must agree that nothing is read past a guard.
 * With UPDATE_GOLDEN=1 in the environment the expectations are written anew.
 */
#include "base/buf.h"
#include "base/secret.h"
#include "tests/sql/golden.h"

#include <stdio.h>
#include <stdlib.h>

static int passed, failed;

/* What the rewriter and the authorizer make of a statement, as a line of a golden file. */
static struct str outcome(const struct golden *golden, struct str sql, const struct policy *policy) {
    struct error err = {0};
    struct plan plan;
    if (!golden_rewrite(golden, golden->arena, sql, policy, &plan, &err))
        return arena_format(golden->arena, "! %s %s", error_code_name(err.code), err.message);
    struct query *query = query_prepare(golden->conn, plan.sql, &plan.footprint, true, 0, &err);
    if (!query)
        return arena_format(golden->arena, "! prepare %s %s: %.*s", error_code_name(err.code), err.message,
                            STR(plan.sql));
    query_finish(query);
    if (!plan.replaced) return arena_format(golden->arena, "= %.*s", STR(plan.sql));
    query = query_prepare(golden->conn, plan.replaced->sql, &plan.replaced->footprint, true, 0, &err);
    if (!query)
        return arena_format(golden->arena, "! prepare %s %s: %.*s", error_code_name(err.code), err.message,
                            STR(plan.replaced->sql));
    query_finish(query);
    return arena_format(golden->arena, "= %.*s; and of each row that is replaced %.*s", STR(plan.sql),
                        STR(plan.replaced->sql));
}

static void check(const struct golden *golden, int number, struct str sql, struct str expected, struct str got) {
    if (str_same(got, expected)) {
        passed++;
        return;
    }
    failed++;
    printf("%s:%d: %.*s\n  expected %.*s\n  got      %.*s\n", golden->path, number, STR(sql), STR(expected), STR(got));
}

static void write_file(const struct golden *golden, const struct buf *out) {
    FILE *file = fopen(golden->path, "w");
    if (file && fwrite(out->data, 1, out->length, file) == out->length && fclose(file) == 0) return;
    fprintf(stderr, "%s: cannot be written\n", golden->path);
    exit(2);
}

static void run_file(const char *path, bool update) {
    struct golden golden;
    golden_open(&golden, path, NULL);
    struct buf out;
    buf_init(&out, 0);
    buf_add_str(&out, str_slice(golden.text, 0, golden.cases_at));
    struct str line;
    int number = golden.cases_line;
    for (size_t at = golden.cases_at; golden_line(&golden, &at, &line); number++) {
        buf_format(&out, "%.*s\n", STR(line));
        struct str sql, expected = {0};
        struct policy policy;
        if (!golden_case(&golden, line, &sql, &policy)) continue;
        struct str got = outcome(&golden, sql, &policy);
        buf_format(&out, "%.*s\n", STR(got));
        size_t next = at;
        if (golden_line(&golden, &next, &line) && (str_starts(line, "=") || str_starts(line, "!"))) {
            expected = line;
            at = next;
            number++;
        }
        if (!update)
            check(&golden, number, sql, expected, got);
        else
            passed++;
    }
    if (update) write_file(&golden, &out);
    buf_done(&out);
    golden_close(&golden);
}

int main(int count, char **paths) {
    golden_init();
    for (int i = 1; i < count; i++) run_file(paths[i], getenv("UPDATE_GOLDEN") != NULL);
    secret_done();
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
