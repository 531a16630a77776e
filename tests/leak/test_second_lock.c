/*
 * The second lock, tried: what if the rewriter made a mistake?
 *
 * Each statement of the golden files is rewritten as always. Then the printed SQL is broken, in one place at a time, while
 * its footprint stays: a guard's name becomes the table's, two guards change names, a sub-select over a table takes the
 * place of a value, a table is added to FROM, a column to RETURNING, another table is written, a forbidden function is
 * called. What SQLite would prepare for somebody who may do everything, the authorizer must stop here.
 *
 * What it cannot see, and these tests therefore expect to pass:
 *
 * - values: a guard whose WHERE or whose check is left out, or has another constant in it (BLIND_VALUES);
 * - where inside a guard something is read that the guard may read anyway: its own table for the columns that it shows,
 *   and the tables of its predicate (BLIND_INSIDE);
 * - columns of the table that is written, in RETURNING, ON CONFLICT and checks: there they arrive through no name, and what
 *   the statement shows of them it may also compute (BLIND_TARGET);
 * - how often the table that is written is mentioned, where no column of it is read: SQLite reports that like the
 *   target's own mention (BLIND_COUNT);
 * - into which columns an INSERT writes: SQLite names the table alone (BLIND_INSERT).
 *
 * Each of them is counted, and none may stay without an example: when the lock learns to see one, its line goes away.
 */
#include "base/buf.h"
#include "base/secret.h"
#include "sql/print.h"
#include "sql/rewrite.h"
#include "storage/catalog.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum verdict {
    STOP,
    BLIND_VALUES,
    BLIND_INSIDE,
    BLIND_TARGET,
    BLIND_COUNT,
    BLIND_INSERT,
    VERDICTS,
};
static const char *const verdict_names[] = {
    "stopped",
    "a guard or check without its predicate",
    "read inside a guard that may read it",
    "a readable column of the written table",
    "the written table mentioned, no column read",
    "another column inserted",
};

static int counts[VERDICTS];
static int failed, meaningless, leaking_shown;

/* One statement at hand, and the names of tables in it. */
struct trial {
    struct conn *conn;
    struct arena *arena;
    const struct schema *schema;
    const struct plan *plan;
    struct str sql;
};

static void die(const char *what, const struct error *err) {
    fprintf(stderr, "%s: %s\n", what, err ? err->message : "");
    exit(2);
}

/* --- reading footprints as their header says, without the guard's code --- */

static bool same(struct str a, struct str b) {
    return str_same_name(a, b);
}

static bool is_target(const struct footprint *footprint, struct str table) {
    for (size_t i = 0; i < footprint->write_count; i++)
        if (same(footprint->writes[i].table, table)) return true;
    return false;
}

static bool is_open(const struct footprint *footprint, struct str table) {
    for (size_t i = 0; i < footprint->read_count; i++)
        if (footprint->reads[i].through_any_name && same(footprint->reads[i].table, table)) return true;
    return false;
}

/* Whether a column (empty: none) may be read through a name (empty: none). */
static bool is_listed(const struct footprint *footprint, struct str accessor, struct str table, struct str column) {
    for (size_t i = 0; i < footprint->read_count; i++) {
        const struct footprint_read *read = &footprint->reads[i];
        if (!same(read->table, table) || !same(read->accessor, accessor)) continue;
        if (column.length == 0 || read->column.length == 0 || same(read->column, column)) return true;
    }
    return false;
}

/* --- the text of a statement --- */

/* The end of the token at `at`: a chain of quoted names, a literal, a variable, a word, or one character. */
static size_t token_end(struct str sql, size_t at) {
    const char *text = sql.text;
    size_t end = at;
    if (text[at] == '"') {
        for (;;) {
            for (end++; end < sql.length; end++) {
                if (text[end] != '"') continue;
                if (end + 1 >= sql.length || text[end + 1] != '"') break;
                end++;
            }
            end++;
            if (end + 1 >= sql.length || text[end] != '.' || text[end + 1] != '"') return end;
            end++;
        }
    }
    if (text[at] == '\'') {
        for (end++; end < sql.length && text[end] != '\''; end++) continue;
        return end + 1;
    }
    if (text[at] == '?' || isalnum((unsigned char)text[at]) || text[at] == '_') {
        for (end++; end < sql.length && (isalnum((unsigned char)text[end]) || text[end] == '_'); end++) continue;
        return end;
    }
    return at + 1;
}

/* The name of the innermost common table expression whose body holds `at`; empty: none. */
static struct str cte_around(struct str sql, size_t at) {
    struct str names[64];
    size_t depths[64], count = 0, depth = 0;
    struct str last = {0};
    for (size_t i = 0; i < at && i < sql.length;) {
        size_t end = token_end(sql, i);
        if (sql.text[i] == '"') last = str_slice(sql, i + 1, end - 1);
        if (sql.text[i] == '(') {
            depth++;
            bool opens = i >= 13 && memcmp(sql.text + i - 13, "MATERIALIZED ", 13) == 0;
            if (!opens && i >= 4 && memcmp(sql.text + i - 4, " AS ", 4) == 0) opens = true;
            if (opens && count < 64) {
                names[count] = last;
                depths[count++] = depth;
            }
        } else if (sql.text[i] == ')') {
            if (count > 0 && depths[count - 1] == depth) count--;
            depth--;
        }
        i = end;
    }
    return count > 0 ? names[count - 1] : (struct str){0};
}

static struct str spliced(struct arena *arena, struct str sql, size_t from, size_t to, struct str with) {
    return arena_format(arena, "%.*s%.*s%.*s", (int)from, sql.text, STR(with), (int)(sql.length - to), sql.text + to);
}

/* --- the trial itself --- */

static bool prepares(struct trial *trial, struct str sql, const struct footprint *footprint, struct error *err) {
    struct query *query = query_prepare(trial->conn, sql, footprint, true, 0, err);
    query_finish(query);
    return query != NULL;
}

/* Prepares a broken statement, which must be stopped, or be passed over for a known reason. */
static void expect(struct trial *trial, struct str broken, enum verdict verdict, const char *how) {
    struct error err = {0};
    const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
    if (str_same(broken, trial->sql)) return;
    if (!prepares(trial, broken, &internal, &err)) {
        meaningless++;
        return;
    }
    err = (struct error){0};
    bool passed = prepares(trial, broken, &trial->plan->footprint, &err);
    bool stopped = !passed && err.code == ERROR_PERMISSION_DENIED;
    if (verdict == STOP ? stopped : passed) {
        counts[verdict]++;
        return;
    }
    failed++;
    if (leaking_shown++ < 20) {
        printf("%s: expected \"%s\", but it was %s %s\n  %.*s\n", how, verdict_names[verdict],
               passed ? "passed" : "stopped:", passed ? "" : err.message, STR(broken));
    }
}

/* What is to be expected where a sub-select reads a column (empty: none) of a table at a place of the statement. */
static enum verdict verdict_at(struct trial *trial, struct str around, struct str table, struct str column) {
    const struct footprint *footprint = &trial->plan->footprint;
    if (is_open(footprint, table)) return VERDICTS;
    if (is_listed(footprint, around, table, column)) {
        if (around.length > 0) return BLIND_INSIDE;
        return column.length > 0 ? BLIND_TARGET : BLIND_COUNT;
    }
    if (column.length == 0 && around.length == 0 && is_target(footprint, table)) return BLIND_COUNT;
    return STOP;
}

/* --- ways to break a statement --- */

static bool is_guarded(const struct table_schema *table) {
    if (str_starts_name(table->name, "sqlite_") || str_starts_name(table->name, "_bailiwick")) return false;
    return true;
}

/* A value gives way to a sub-select over a table: each value, each table, each column. */
static void put_subselects(struct trial *trial) {
    struct str sql = trial->sql;
    for (size_t at = 0, end; at < sql.length; at = end) {
        end = token_end(sql, at);
        char first = sql.text[at];
        if (first != '"' && first != '\'' && first != '?' && !isdigit((unsigned char)first)) continue;
        struct str around = cte_around(sql, at);
        for (size_t t = 0; t < trial->schema->table_count; t++) {
            const struct table_schema *table = &trial->schema->tables[t];
            if (!is_guarded(table)) continue;
            /* one column for each place, so that all come up somewhere */
            const struct column_schema *column = &table->columns[(at + t) % table->column_count];
            struct str value = str_slice(sql, at, end);
            struct str with = arena_format(trial->arena, "iif(1, %.*s, (SELECT \"%.*s\" FROM \"main\".\"%.*s\" LIMIT 1))",
                                           STR(value), STR(column->name), STR(table->name));
            enum verdict verdict = verdict_at(trial, around, table->name, column->name);
            if (verdict != VERDICTS) expect(trial, spliced(trial->arena, sql, at, end, with), verdict, "sub-select");
            if ((at + t) % 3 != 0) continue;
            with = arena_format(trial->arena, "iif(1, %.*s, EXISTS (SELECT 1 FROM \"main\".\"%.*s\"))", STR(value),
                                STR(table->name));
            verdict = verdict_at(trial, around, table->name, (struct str){0});
            if (verdict == BLIND_INSIDE) verdict = STOP; /* guards write "MAIN" */
            if (verdict != VERDICTS) expect(trial, spliced(trial->arena, sql, at, end, with), verdict, "EXISTS");
        }
    }
}
