/*
 * The printer against the linked SQLite: what is printed compiles to the bytecode of what was parsed, and its columns
 * have the same names; and printing what was printed changes nothing.
 *
 *     test_print FOLDER [COUNT]     FOLDER: the corpus; COUNT: random expressions beside it
 */
#include "base/buf.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "tests/sql/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3 *db;
static int checked, failed;

static void complain(const char *what, struct str original, struct str printed, const char *more) {
    failed++;
    fprintf(stderr, "%s\n    from: %.*s\n      to: %.*s\n    %s\n", what, STR(original), STR(printed), more);
}

/* Column names, or the program of EXPLAIN, or the error, as text. */
static void describe(struct buf *out, struct str sql, bool program) {
    struct buf text;
    buf_init(&text, 0);
    if (program && !str_starts_name(sql, "explain")) buf_add_text(&text, "EXPLAIN ");
    buf_add_str(&text, sql);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, text.data, (int)text.length, &statement, NULL) != SQLITE_OK)
        buf_format(out, "error %s\n", sqlite3_errmsg(db));
    for (int i = 0; !program && i < sqlite3_column_count(statement); i++)
        buf_format(out, "%s\n", sqlite3_column_name(statement, i));
    while (program && sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            buf_format(out, "%s|", value ? value : "");
        }
        buf_add_char(out, '\n');
    }
    sqlite3_finalize(statement);
    buf_done(&text);
}

static bool is_error(const struct buf *described) {
    return str_starts(buf_str(described), "error ");
}

/* Both must do the same; where both fail, the message may quote the text. */
static void compare(struct str original, struct str printed, bool program) {
    struct buf a, b;
    buf_init(&a, 0);
    buf_init(&b, 0);
    describe(&a, original, program);
    describe(&b, printed, program);
    if (is_error(&a) != is_error(&b) || (!is_error(&a) && !str_same(buf_str(&a), buf_str(&b)))) {
        complain(program ? "another program" : "other names", original, printed, "");
        fprintf(stderr, "--- %.*s\n+++ %.*s\n", STR(buf_str(&a)), STR(buf_str(&b)));
    }
    buf_done(&a);
    buf_done(&b);
}

static void print_again(struct arena *arena, struct str original, struct str printed) {
    struct error err = {0};
    struct buf again;
    buf_init(&again, 0);
    struct node *node = parse_one(arena, printed, &err);
    if (node) print_node(&again, node, printed, NULL);
    if (!node)
        complain("cannot be parsed again", original, printed, err.message);
    else if (again.failed || !str_same(printed, buf_str(&again)))
        complain("printed twice it changes", original, printed, again.data ? again.data : "");
    buf_done(&again);
}

static void check(struct str text, bool own) {
    struct arena *arena = arena_new(64 << 20);
    struct error err = {0};
    struct script script = {0};
    if (!parse_script(arena, text, &script, &err)) complain("cannot be parsed", text, str_of(""), err.message);
    for (size_t i = 0; i < script.count; i++) {
        const struct statement *statement = &script.statements[i];
        struct str original = str_slice(text, statement->at, statement->end);
        struct buf printed;
        buf_init(&printed, 0);
        print_node(&printed, statement->node, text, NULL);
        checked++;
        if (!own) compare(original, buf_str(&printed), true);
        if (!own && statement->node->kind != NODE_EXPLAIN) compare(original, buf_str(&printed), false);
        print_again(arena, original, buf_str(&printed));
        buf_done(&printed);
    }
    arena_free(arena);
}

/* --- random expressions: the parentheses must come out where they are needed --- */

static void add_expression(struct buf *out, uint64_t *seed, int depth) {
    static const char *const leaves[] = {"a", "b", "w", "1", "-2", "'x'", "NULL", "edge.a", "x'00'", "2.5", "?"};
    static const char *const binary[] = {"OR",
                                         "AND",
                                         "IS",
                                         "IS NOT",
                                         "IS DISTINCT FROM",
                                         "IS NOT DISTINCT FROM",
                                         "=",
                                         "<>",
                                         "<",
                                         "<=",
                                         ">",
                                         ">=",
                                         "&",
                                         "|",
                                         "<<",
                                         ">>",
                                         "+",
                                         "-",
                                         "*",
                                         "/",
                                         "%",
                                         "||",
                                         "->",
                                         "->>",
                                         "LIKE",
                                         "NOT LIKE",
                                         "GLOB",
                                         "NOT GLOB",
                                         "==",
                                         "!="};
    static const char *const before[] = {"-", "+", "~", "NOT ", "- ", "NOT NOT "};
    static const char *const after[] = {" ISNULL", " NOTNULL",   " NOT NULL",          " COLLATE nocase",
                                        " IN ()",  " IN (1, 2)", " NOT IN (SELECT 1)", " COLLATE rtrim"};
    uint32_t what = depth == 0 ? 0 : corpus_random(seed, 14);
    if (what < 2) {
        buf_add_text(out, leaves[corpus_random(seed, sizeof leaves / sizeof *leaves)]);
    } else if (what < 7) {
        add_expression(out, seed, depth - 1);
        buf_format(out, " %s ", binary[corpus_random(seed, sizeof binary / sizeof *binary)]);
        add_expression(out, seed, depth - 1);
    } else if (what < 9) {
        buf_add_text(out, before[corpus_random(seed, sizeof before / sizeof *before)]);
        if (out->data[out->length - 1] == '-') buf_add_char(out, ' ');
        add_expression(out, seed, depth - 1);
    } else if (what == 9) {
        add_expression(out, seed, depth - 1);
        buf_add_text(out, after[corpus_random(seed, sizeof after / sizeof *after)]);
    } else if (what == 10) {
        add_expression(out, seed, depth - 1);
        buf_add_text(out, corpus_random(seed, 2) ? " BETWEEN " : " NOT BETWEEN ");
        add_expression(out, seed, depth - 1);
        buf_add_text(out, " AND ");
        add_expression(out, seed, depth - 1);
    } else if (what == 11) {
        add_expression(out, seed, depth - 1);
        buf_add_text(out, " LIKE ");
        add_expression(out, seed, depth - 1);
        buf_add_text(out, " ESCAPE ");
        add_expression(out, seed, depth - 1);
    } else {
        buf_add_char(out, '(');
        add_expression(out, seed, depth - 1);
        buf_add_char(out, ')');
    }
}

static void check_random(long count) {
    uint64_t seed = 1;
    for (long i = 0; i < count; i++) {
        struct buf text;
        buf_init(&text, 0);
        buf_add_text(&text, "SELECT ");
        add_expression(&text, &seed, 5);
        buf_add_text(&text, " FROM edge");
        /* `a BETWEEN b AND c` may come apart in a random text, and is no SQL then */
        struct arena *arena = arena_new(64 << 20);
        struct script script;
        if (parse_script(arena, buf_str(&text), &script, NULL)) check(buf_str(&text), false);
        arena_free(arena);
        buf_done(&text);
    }
}

/* --- one by one --- */

static int number_by_name(void *context, const struct node *variable) {
    (void)context;
    return str_is(variable->text, "auth.id") ? 1 : 2;
}

/* Prints one statement, with its variables numbered, and compares. */
static void expect(const char *sql, const char *expected, bool numbered) {
    struct arena *arena = arena_new(64 << 20);
    struct error err = {0};
    struct script script = {0};
    struct print_variables variables = {.number = number_by_name};
    struct buf printed;
    buf_init(&printed, 0);
    if (parse_script(arena, str_of(sql), &script, &err) && script.count == 1)
        print_node(&printed, script.statements[0].node, str_of(sql), numbered ? &variables : NULL);
    if (!str_is(buf_str(&printed), expected)) complain(err.message, str_of(expected), buf_str(&printed), "");
    checked++;
    buf_done(&printed);
    arena_free(arena);
}

static void check_single(void) {
    expect("select id from post where author = $auth.id and title = $t",
           "SELECT \"id\" FROM \"post\" WHERE \"author\" = ?1 AND \"title\" = ?2", true);
    expect("select - -1, a - -b", "SELECT - -1 AS \"- -1\", \"a\" - -\"b\" AS \"a - -b\"", false);
    expect("select 1 limit ?, ?", "SELECT 1 AS \"1\" LIMIT ?, ?", false);
    expect("define login ada on root password 'x' roles owner", "DEFINE LOGIN \"ada\" ON ROOT ROLES \"owner\"", false);
    expect("define user if not exists ada on db duration for token 90m passhash 'x'",
           "DEFINE LOGIN \"ada\" ON DATABASE DURATION FOR TOKEN 90m", false);
    expect("define token overwrite web on scope s type hs256 value 'x'",
           "DEFINE TOKEN \"web\" ON SCOPE \"s\" TYPE \"hs256\"", false);
    expect("define table t permissions for select where a = $auth.id for update, create full",
           "DEFINE TABLE \"t\" PERMISSIONS FOR select WHERE \"a\" = $auth.id, FOR create, update FULL", false);
    expect("define table t permissions for select, create, update, delete none", "DEFINE TABLE \"t\" PERMISSIONS NONE",
           false);
    expect(
        "define scope s signin (select id from u where e = $e) on signin (delete from x; delete from y;) session 1h30m",
        "DEFINE SCOPE \"s\" SESSION 1h30m SIGNIN (SELECT \"id\" FROM \"u\" WHERE \"e\" = $e) ON SIGNIN (DELETE FROM "
        "\"x\"; DELETE FROM \"y\")",
        false);
    expect("/* a */ create table t(a, b) -- c", "create table t(a, b)", false);
    expect("explain query plan  create table  t(a)", "EXPLAIN QUERY PLAN create table  t(a)", false);
}

/* As long as SQLite takes it, and beyond: a chain is printed without parentheses, and no stack runs out. */
static void check_long(void) {
    static const struct {
        const char *before, *part, *after;
        int count;
    } longs[] = {
        {"SELECT 1", "+1", "", 990},
        {"SELECT 1", " OR 1", "", 990},
        {"SELECT 1", " COLLATE nocase", "", 990},
        {"SELECT ", "- ", "1", 80},
        {"SELECT ", "NOT ", "1", 80},
        {"SELECT 1", " IN (1)", "", 900},
        {"SELECT 1", " UNION ALL SELECT 1", "", 400},
    };
    for (size_t i = 0; i < sizeof longs / sizeof *longs; i++) {
        struct buf text;
        buf_init(&text, 0);
        buf_add_text(&text, longs[i].before);
        for (int j = 0; j < longs[i].count; j++) buf_add_text(&text, longs[i].part);
        buf_add_text(&text, longs[i].after);
        check(buf_str(&text), false);
        buf_done(&text);
    }
}

int main(int count, char **arguments) {
    static const char *const files[] = {"expressions.sql",    "select.sql", "change.sql",
                                        "schema_changes.sql", "other.sql",  "own.sql"};
    if (count < 2) return 2;
    struct arena *arena = arena_new(16 << 20);
    db = corpus_open(arena, arguments[1]);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct corpus corpus = corpus_read(arena, arguments[1], files[i]);
        for (size_t j = 0; j < corpus.count; j++) check(corpus.statements[j], strcmp(files[i], "own.sql") == 0);
    }
    check_single();
    check_long();
    check_random(count > 2 ? strtol(arguments[2], NULL, 10) : 2000);
    sqlite3_close(db);
    arena_free(arena);
    printf("%d statements, %d failures\n", checked, failed);
    return failed > 0;
}
