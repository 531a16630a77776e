/*
 * Literals that are bound. The first argument is a golden file, a statement and below it what is left of it when they
 * are blanked, or "!" where none are:
 *
 *     SELECT a FROM t WHERE id = 17
 *     = SELECT a FROM t WHERE id = 2
 *
 * The others are golden files of the rewriter: each of their statements must be rewritten to the same SQL when its
 * literals are bound as when they are not, but for these.
 *
 * Their values are held against SQLite's. With UPDATE_GOLDEN=1 the first file is written anew.
 */
#include "base/buf.h"
#include "base/secret.h"
#include "sql/lexer.h"
#include "sql/lift.h"
#include "tests/sql/golden.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1 << 20)
#define VALUES_TRIED 20000

static int passed, failed;

static void report(bool fine, const char *what, struct str of) {
    fine ? passed++ : failed++;
    if (!fine) printf("%s: %.*s\n", what, STR(of));
}

/* The text with the literals that may be bound blanked, these, and where the blanks are. False: there are none. */
static bool blank(struct arena *arena, struct str text, struct str *ret_blanked, struct literals *ret_there,
                  struct literals *ret_chosen) {
    struct script script;
    struct literals all;
    struct error err = {0};
    if (!parse_script(arena, text, &script, &err)) {
        report(false, err.message, text);
        return false;
    }
    if (!literals_scan(text, &all)) return false;
    struct lifts lifts = lift_find(&script, &all);
    literals_choose(&all, lift_which(&lifts, &all), ret_chosen);
    *ret_blanked = literals_blank(arena, text, ret_chosen, ret_there);
    return ret_chosen->count > 0;
}

/* --- what is lifted --- */

static struct str read_file(struct arena *arena, const char *path) {
    FILE *file = fopen(path, "r");
    char *text = arena_alloc(arena, FILE_MAX + 1);
    if (!file || !text) exit(2);
    size_t length = fread(text, 1, FILE_MAX, file);
    fclose(file);
    return (struct str){text, length};
}

static void check_lifted(const char *path, bool update) {
    struct arena *arena = arena_new(64 << 20);
    struct buf out;
    buf_init(&out, 0);
    struct str text = arena ? read_file(arena, path) : (struct str){0};
    for (struct str rest = text; rest.length > 0;) {
        struct str line = str_take(&rest, '\n'), blanked, expected = {0};
        struct literals there, chosen;
        bool lifts = blank(arena, line, &blanked, &there, &chosen);
        struct str got = lifts ? arena_format(arena, "= %.*s", STR(blanked)) : LITERAL("!");
        if (str_starts(rest, "=") || str_starts(rest, "!")) expected = str_take(&rest, '\n');
        buf_format(&out, "%.*s\n%.*s\n", STR(line), STR(got));
        if (!update) report(str_same(expected, got), str_same(expected, got) ? "" : got.text, line);
    }
    FILE *file = update ? fopen(path, "w") : NULL;
    if (file) {
        fwrite(out.data, 1, out.length, file);
        fclose(file);
        passed++;
    }
    buf_done(&out);
    arena_free(arena);
}

/* --- what the rewriter makes of it --- */

/* Which parameter a token ?N names; NULL: it is none. */
static const struct plan_parameter *parameter_of(const struct plan *plan, const struct token *token) {
    int64_t number;
    if (token->text.length < 2 || token->text.text[0] != '?' ||
        !str_to_int64(str_slice(token->text, 1, token->text.length), &number) || number < 1 ||
        (size_t)number > plan->parameter_count)
        return NULL;
    return &plan->parameters[number - 1];
}

/* Whether the two plans say the same, but that one binds these literals of the text. */
static bool say_the_same(const struct plan *plain, const struct plan *bound, struct str text,
                         const struct literals *literals) {
    struct lexer plain_lexer = {.text = plain->sql}, bound_lexer = {.text = bound->sql};
    for (;;) {
        struct token a = lexer_next(&plain_lexer), b = lexer_next(&bound_lexer);
        const struct plan_parameter *in_plain = parameter_of(plain, &a), *in_bound = parameter_of(bound, &b);
        if (in_bound && in_bound->literal) {
            const struct literal *literal = &literals->items[in_bound->literal - 1];
            if (in_plain || !str_same(a.text, str_slice(text, literal->at, literal->end))) return false;
        } else if (in_bound && in_plain) {
            if (!str_same(in_plain->name, in_bound->name) || in_plain->definer != in_bound->definer ||
                in_plain->is_pattern != in_bound->is_pattern)
                return false;
        } else if (!str_same(a.text, b.text)) {
            return false;
        }
        if (a.kind == TOKEN_END || b.kind == TOKEN_END) return a.kind == b.kind;
    }
}

static bool rewrite_bound(const struct golden *golden, struct str blanked, const struct literals *there,
                          const struct policy *policy, struct plan *ret_plan, struct error *err) {
    struct script script;
    if (!parse_script(golden->arena, blanked, &script, err)) return false;
    uint64_t marked = lift_mark(&script, there);
    if (marked != ((uint64_t)1 << there->count) - 1) return fail(err, ERROR_INTERNAL, NOWHERE, "marked others");
    return rewrite_statement(golden->arena, &golden->snapshot->schema, policy, &script.statements[0], blanked, ret_plan,
                             err);
}

static void check_case(const struct golden *golden, struct str sql, const struct policy *policy) {
    struct str blanked;
    struct literals there, chosen;
    struct plan plain, bound;
    struct error plain_error = {0}, bound_error = {0};
    bool fine = golden_rewrite(golden, golden->arena, sql, policy, &plain, &plain_error);
    if (plain_error.code == ERROR_PARSE || !blank(golden->arena, sql, &blanked, &there, &chosen)) return;
    bool is_same = rewrite_bound(golden, blanked, &there, policy, &bound, &bound_error) == fine;
    report(is_same && plain_error.code == bound_error.code, "ends otherwise when its literals are bound", sql);
    if (!is_same || !fine) return;
    report(say_the_same(&plain, &bound, sql, &chosen), "says something else when its literals are bound", sql);
    report(plain.footprint.read_count == bound.footprint.read_count &&
               plain.footprint.write_count == bound.footprint.write_count,
           "touches something else", sql);
    struct query *query = query_prepare(golden->conn, bound.sql, &bound.footprint, true, 0, &bound_error);
    struct query *other = query_prepare(golden->conn, plain.sql, &plain.footprint, true, 0, &plain_error);
    report(!query == !other, "is prepared otherwise when its literals are bound", sql);
    query_finish(query);
    query_finish(other);
}

static void check_rewritten(const char *path) {
    struct golden golden;
    struct str line, sql;
    struct policy policy;
    golden_open(&golden, path, NULL);
    for (size_t at = golden.cases_at; golden_line(&golden, &at, &line);)
        if (golden_case(&golden, line, &sql, &policy)) check_case(&golden, sql, &policy);
    golden_close(&golden);
}

/* --- values --- */

static bool is_value_of_sqlite(sqlite3 *db, struct str literal, const struct value *value) {
    sqlite3_stmt *statement = NULL;
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT %.*s", STR(literal));
    bool same = false;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        int kind = sqlite3_column_type(statement, 0);
        size_t length = (size_t)sqlite3_column_bytes(statement, 0);
        double real = sqlite3_column_double(statement, 0);
        if (kind == SQLITE_INTEGER)
            same = value->kind == VALUE_INTEGER && sqlite3_column_int64(statement, 0) == value->integer;
        else if (kind == SQLITE_FLOAT)
            same = value->kind == VALUE_REAL && memcmp(&real, &value->real, sizeof real) == 0;
        else
            same = value->kind == (kind == SQLITE_TEXT ? VALUE_TEXT : VALUE_BLOB) && value->text.length == length &&
                   (length == 0 || memcmp(value->text.text, sqlite3_column_blob(statement, 0), length) == 0);
    }
    sqlite3_finalize(statement);
    return same;
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 24;
}

static void make_literal(uint64_t *state, char out[128]) {
    static const char *const odd[] = {"",    "''",   "a''b", "''''", "\xc3\xa9", "-- x", "?1", "\"",
                                      "x''", "$a.b", "[",    "\\",   "%_",       "\n",   "/*", "0"};
    uint64_t kind = next_random(state) % 4;
    size_t length = 0;
    if (kind < 2) {
        size_t digits = 1 + next_random(state) % 19, point = kind ? next_random(state) % digits : digits;
        for (size_t i = 0; i < digits; i++) {
            if (i == point && i > 0) out[length++] = '.';
            out[length++] = (char)('0' + next_random(state) % 10);
        }
        out[length] = '\0';
    } else if (kind == 2) {
        snprintf(out, 128, "'%s%s'", odd[next_random(state) % 16], odd[next_random(state) % 16]);
    } else {
        uint64_t bytes = next_random(state) % 100;
        snprintf(out, 128, bytes < 5 ? "X''" : "x'%02X%02xfF'", (unsigned)bytes, (unsigned)(next_random(state) & 0xff));
    }
}

static void check_values(void) {
    sqlite3 *db = NULL;
    uint64_t state = 1;
    char text[128];
    int tried = 0;
    struct arena *arena = arena_new(64 << 20);
    if (!arena || sqlite3_open(":memory:", &db) != SQLITE_OK) exit(2);
    for (int i = 0; i < VALUES_TRIED; i++) {
        struct literals literals;
        make_literal(&state, text);
        arena_reset(arena);
        if (!literals_scan(str_of(text), &literals)) continue;
        const struct value *values = literals_values(arena, str_of(text), &literals);
        bool fine = literals.count == 1 && values && is_value_of_sqlite(db, str_of(text), &values[0]);
        if (!fine) report(false, "another value than SQLite's", str_of(text));
        tried++;
    }
    report(tried > VALUES_TRIED / 2, "most literals can be bound", LITERAL("values"));
    sqlite3_close(db);
    arena_free(arena);
}

int main(int count, char **paths) {
    golden_init();
    if (count < 2) return 2;
    check_lifted(paths[1], getenv("UPDATE_GOLDEN") != NULL);
    for (int i = 2; i < count; i++) check_rewritten(paths[i]);
    check_values();
    secret_done();
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
