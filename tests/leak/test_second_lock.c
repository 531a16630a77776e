/*
 * The second lock, tried: what if the rewriter made a mistake?
 *
 * Each statement of the golden files is rewritten as always. Then the printed SQL is broken, in one place at a time,
 * while its footprint stays: a guard's name becomes the table's, two guards change names, a sub-select over a table
 * takes the place of a value, a table is added to FROM, a column to RETURNING, another table is written, a forbidden
 * function is called. What SQLite would prepare for somebody who may do everything, the authorizer must stop here.
 *
 * What it cannot see, and these tests therefore let pass:
 *
 * - values: a guard whose WHERE or whose check is left out, or has another constant in it (BLIND_VALUES);
 * - what a guard reads that it may read anyway: of its own table the columns that it shows, and the tables of its
 *   predicate (BLIND_INSIDE);
 * - columns of the table that is written, in RETURNING, ON CONFLICT and checks: they arrive through no name there, and
 *   what the statement may show of them it may also compute with (BLIND_TARGET);
 * - where no column is read at all, SQLite tells only how the table was written: so a mention of the table that is
 *   written looks like the target's own (BLIND_COUNT), one of a view looks like what the view itself does (BLIND_VIEW),
 * and a bare name that is also that of one of the statement's common table expressions looks like that (BLIND_NAME);
 * - into which columns an INSERT writes: SQLite names the table alone (BLIND_INSERT);
 * - what the condition of an UPDATE or DELETE on a view does: it arrives through the view's name (BLIND_CONDITION).
 *
 * Each of them is counted, and none may stay without an example: when the lock learns to see one, its line goes away.
 */
#include "base/buf.h"
#include "base/secret.h"
#include "tests/sql/golden.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum verdict {
    STOP,
    BLIND_VALUES,
    BLIND_INSIDE,
    BLIND_TARGET,
    BLIND_COUNT,
    BLIND_VIEW,
    BLIND_NAME,
    BLIND_INSERT,
    BLIND_CONDITION,
    VERDICTS,
    UNGUARDED = VERDICTS, /* anybody may read that */
};
static const char *const verdict_names[] = {
    "stopped",
    "a guard or check without its predicate",
    "read inside a guard that may read it",
    "a readable column of the written table",
    "the written table mentioned, no column read",
    "a view mentioned, no column read",
    "a bare name that a common table expression has too",
    "another column inserted",
    "in the condition of a change to a view",
};

static int counts[VERDICTS];
static int failed, meaningless;

/* One statement at hand, and the names of tables in it. */
struct trial {
    struct conn *conn;
    struct arena *arena;
    const struct schema *schema;
    const struct plan *plan;
    struct str sql;
};

/* On stdout, for what is written on stderr is lost. */
static void die(const char *what, const struct error *err) {
    printf("%s: %s\n", what, err ? err->message : "");
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

/* Whether a common table expression of the statement has this name. */
static bool is_expression(const struct footprint *footprint, struct str name) {
    for (size_t i = 0; i < footprint->guard_count; i++)
        if (same(footprint->guards[i], name)) return true;
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

/* Text in the trial's arena. */
#define TEXT(trial, ...) checked(arena_format((trial)->arena, __VA_ARGS__))

static struct str checked(struct str text) {
    if (text.length == 0) die("out of memory", NULL);
    return text;
}

/* The statement with other text from one place to another. */
static struct str spliced(struct trial *trial, size_t from, size_t to, struct str with) {
    struct str sql = trial->sql;
    return TEXT(trial, "%.*s%.*s%.*s", (int)from, sql.text, STR(with), (int)(sql.length - to), sql.text + to);
}

static bool token_is(struct str sql, size_t at, size_t end, const char *word) {
    return str_is(str_slice(sql, at, end), word);
}

/* The place of a word that is no name and in no string, from `at` on; the length of the text where there is none. */
static size_t find_word(struct str sql, size_t at, const char *word) {
    for (size_t end; at < sql.length; at = end) {
        end = token_end(sql, at);
        if (token_is(sql, at, end, word)) return at;
    }
    return sql.length;
}

/* The place behind the parenthesis that closes what is open at `at`. */
static size_t find_close(struct str sql, size_t at) {
    size_t depth = 0;
    for (size_t end; at < sql.length; at = end) {
        end = token_end(sql, at);
        if (sql.text[at] == '(') depth++;
        if (sql.text[at] == ')' && depth-- == 0) return at;
    }
    return sql.length;
}

/* --- the trial itself --- */

static bool prepares(struct trial *trial, struct str sql, const struct footprint *footprint, struct error *err) {
    struct query *query = query_prepare(trial->conn, sql, footprint, true, 0, err);
    query_finish(query);
    return query != NULL;
}

/* How many tables and indexes a statement opens. What SQLite finds to be of no use is not even opened. */
static int opened(struct trial *trial, struct str sql) {
    struct error err = {0};
    const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
    struct query *query = query_prepare(trial->conn, TEXT(trial, "EXPLAIN %.*s", STR(sql)), &internal, true, 0, &err);
    int count = 0;
    if (!query) die("EXPLAIN", &err);
    while (query_step(query, &err) == QUERY_ROW) {
        struct value opcode = query_column(query, 1);
        count += opcode.kind == VALUE_TEXT && str_is(opcode.text, "OpenRead");
    }
    query_finish(query);
    return count;
}

/* Whether a way to break a statement adds a table to what it reads. */
static bool is_one_more(const char *how) {
    static const char *const ways[] = {"sub-select", "EXISTS", "comma join", "cross join"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (str_is(str_of(how), ways[i])) return true;
    return false;
}

/* Prepares a broken statement, which must be stopped, or may pass for a known reason. */
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
    if (stopped || (passed && verdict != STOP)) {
        counts[stopped ? STOP : verdict]++;
        return;
    }
    if (passed && is_one_more(how) && opened(trial, broken) <= opened(trial, trial->sql)) {
        meaningless++; /* nothing more is read */
        return;
    }
    failed++;
    if (failed <= 20) {
        printf("%s: not stopped: %s\n  %.*s\n", how, passed ? "passed" : err.message, STR(broken));
    }
}

/* Whether a place is within the condition of an UPDATE or DELETE on a view. */
static bool is_view_condition(struct trial *trial, struct str around) {
    const struct footprint *footprint = &trial->plan->footprint;
    const struct table_schema *target =
        footprint->write_count > 0 ? schema_find_table(trial->schema, footprint->writes[0].table) : NULL;
    return around.length == 0 && target && target->kind == TABLE_VIEW &&
           footprint->writes[0].action != FOOTPRINT_INSERT;
}

/* What is to be expected where a sub-select reads a column (empty: none) of a table at a place of the statement. */
static enum verdict verdict_at(struct trial *trial, struct str around, struct str table, struct str column) {
    const struct footprint *footprint = &trial->plan->footprint;
    if (is_open(footprint, table)) return UNGUARDED;
    if (is_view_condition(trial, around)) return BLIND_CONDITION;
    if (column.length == 0) {
        const struct table_schema *found = schema_find_table(trial->schema, table);
        if (found && found->kind == TABLE_VIEW && footprint->definer_count > 0) return BLIND_VIEW;
        return is_target(footprint, table) ? BLIND_COUNT : STOP;
    }
    if (!is_listed(footprint, around, table, column)) return STOP;
    return around.length > 0 ? BLIND_INSIDE : BLIND_TARGET;
}

/* --- ways to break a statement --- */

static bool is_ours(const struct table_schema *table) {
    return str_starts_name(table->name, "sqlite_") || str_starts_name(table->name, "_bailiwick");
}

/* A value gives way to a sub-select over a table: each value, and a third of the tables by turns. */
static void put_subselects(struct trial *trial) {
    struct str sql = trial->sql;
    static size_t turn;
    for (size_t at = 0, end; at < sql.length; at = end) {
        end = token_end(sql, at);
        char first = sql.text[at];
        if (first != '"' && first != '\'' && first != '?' && !isdigit((unsigned char)first)) continue;
        struct str around = cte_around(sql, at), value = str_slice(sql, at, end);
        turn++;
        for (size_t t = 0; t < trial->schema->table_count; t++) {
            const struct table_schema *table = &trial->schema->tables[t];
            if (is_ours(table) || (turn + t) % 3 != 0) continue;
            const struct column_schema *column = &table->columns[(turn / 3 + t) % table->column_count];
            enum verdict verdict = verdict_at(trial, around, table->name, column->name);
            struct str with = TEXT(trial, "iif(random(), %.*s, (SELECT \"%.*s\" FROM \"main\".\"%.*s\" LIMIT 1))",
                                   STR(value), STR(column->name), STR(table->name));
            if (verdict != UNGUARDED) expect(trial, spliced(trial, at, end, with), verdict, "sub-select");
            if ((turn + t) % 2 != 0) continue;
            verdict = verdict_at(trial, around, table->name, (struct str){0});
            with = TEXT(trial, "iif(random(), %.*s, EXISTS (SELECT 1 FROM \"main\".\"%.*s\"))", STR(value),
                        STR(table->name));
            if (verdict != UNGUARDED) expect(trial, spliced(trial, at, end, with), verdict, "EXISTS");
        }
    }
}

/* A value gives way to a function that nobody restricted may call. */
static void put_functions(struct trial *trial) {
    static const char *const calls[] = {"last_insert_rowid()", "sqlite_version()", "changes()", "load_extension('x')"};
    struct str sql = trial->sql;
    size_t number = 0, last = find_word(sql, 0, "WINDOW"); /* SQLite does not look at windows that nothing uses */
    for (size_t at = 0, end; at < last; at = end) {
        end = token_end(sql, at);
        char first = sql.text[at];
        if (first != '"' && first != '\'' && first != '?') continue;
        struct str with = TEXT(trial, "iif(random(), %.*s, %s)", (int)(end - at), sql.text + at, calls[number++ % 4]);
        bool is_blind = is_view_condition(trial, cte_around(sql, at));
        expect(trial, spliced(trial, at, end, with), is_blind ? BLIND_CONDITION : STOP, "function");
    }
}

/* The table of a guard's name, "_bailiwick_table_post"; empty: it is no guard's. */
static struct str guarded_table(struct str token) {
    static const char *const prefixes[] = {"\"_bailiwick_table_", "\"_bailiwick_target_"};
    for (size_t i = 0; i < 2; i++)
        if (str_starts(token, prefixes[i])) return str_slice(token, strlen(prefixes[i]), token.length - 1);
    return (struct str){0};
}

/* A guard's name gives way to the table's. */
static void name_tables(struct trial *trial) {
    struct str sql = trial->sql;
    for (size_t at = 0, end; at < sql.length; at = end) {
        end = token_end(sql, at);
        struct str table = guarded_table(str_slice(sql, at, end));
        if (table.length == 0) continue;
        enum verdict verdict = is_target(&trial->plan->footprint, table) ? BLIND_COUNT : STOP;
        struct str with = TEXT(trial, "\"main\".\"%.*s\"", STR(table));
        expect(trial, spliced(trial, at, end, with), verdict, "the table's name");
        if (verdict == STOP && is_expression(&trial->plan->footprint, table)) verdict = BLIND_NAME;
        with = TEXT(trial, "\"%.*s\"", STR(table));
        expect(trial, spliced(trial, at, end, with), verdict, "the table's bare name");
    }
}

/* The statement with some names replaced by others. */
static struct str renamed(struct trial *trial, struct str from, struct str to, struct str back) {
    struct buf out;
    buf_init(&out, 0);
    for (size_t at = 0, end; at < trial->sql.length; at = end) {
        end = token_end(trial->sql, at);
        struct str token = str_slice(trial->sql, at, end);
        if (str_same(token, from))
            token = to;
        else if (str_same(token, to))
            token = back;
        buf_add(&out, token.text, token.length);
    }
    struct str text = TEXT(trial, "%.*s", STR(buf_str(&out)));
    buf_done(&out);
    return text;
}

/* Guards get each other's names, and names that are no guard's. */
static void rename_guards(struct trial *trial) {
    struct str names[32];
    size_t count = 0;
    for (size_t at = 0, end; at < trial->sql.length && count < 32; at = end) {
        end = token_end(trial->sql, at);
        struct str token = str_slice(trial->sql, at, end);
        bool known = guarded_table(token).length == 0;
        for (size_t i = 0; i < count; i++) known = known || str_same(names[i], token);
        if (!known) names[count++] = token;
    }
    for (size_t i = 0; i < count; i++) {
        struct str other = LITERAL("\"_bailiwick_other\""), plain = LITERAL("\"p\"");
        expect(trial, renamed(trial, names[i], other, other), STOP, "another name");
        expect(trial, renamed(trial, names[i], plain, plain), STOP, "a plain name");
        for (size_t j = i + 1; j < count; j++) {
            if (same(guarded_table(names[i]), guarded_table(names[j]))) continue;
            expect(trial, renamed(trial, names[i], names[j], names[i]), STOP, "names exchanged");
        }
    }
}

/* A table more in FROM. */
static void join_tables(struct trial *trial) {
    struct str sql = trial->sql;
    for (size_t at = find_word(sql, 0, "FROM"); at < sql.length; at = find_word(sql, at + 4, "FROM")) {
        struct str around = cte_around(sql, at);
        for (size_t t = 0; t < trial->schema->table_count; t++) {
            const struct table_schema *table = &trial->schema->tables[t];
            enum verdict verdict = verdict_at(trial, around, table->name, (struct str){0});
            if (is_ours(table) || verdict == UNGUARDED) continue;
            struct str with = TEXT(trial, "FROM \"main\".\"%.*s\" AS \"zz\", ", STR(table->name));
            expect(trial, spliced(trial, at, at + 5, with), verdict, "comma join");
            with = TEXT(trial, "FROM \"main\".\"%.*s\" AS \"zz\" CROSS JOIN ", STR(table->name));
            expect(trial, spliced(trial, at, at + 5, with), verdict, "cross join");
        }
    }
}

/* A column more in each SELECT: one of a table that is in FROM there. Elsewhere it is no SQL. */
static void add_columns(struct trial *trial) {
    struct str sql = trial->sql;
    for (size_t at = find_word(sql, 0, "SELECT"); at < sql.length; at = find_word(sql, at + 6, "SELECT")) {
        struct str around = cte_around(sql, at);
        for (size_t t = 0; t < trial->schema->table_count; t++) {
            const struct table_schema *table = &trial->schema->tables[t];
            if (is_ours(table)) continue;
            for (size_t c = 0; c < table->column_count; c++) {
                struct str column = table->columns[c].name;
                /* "MAIN" stands in guards alone */
                struct str with =
                    TEXT(trial, "SELECT \"MAIN\".\"%.*s\".\"%.*s\" AS \"zz\", ", STR(table->name), STR(column));
                enum verdict verdict = verdict_at(trial, around, table->name, column);
                if (verdict != UNGUARDED) expect(trial, spliced(trial, at, at + 7, with), verdict, "column");
            }
        }
    }
}

static void extend_returning(struct trial *trial) {
    struct str sql = trial->sql;
    const struct footprint *footprint = &trial->plan->footprint;
    size_t at = find_word(sql, 0, "RETURNING");
    if (footprint->write_count == 0) return;
    const struct table_schema *table = schema_find_table(trial->schema, footprint->writes[0].table);
    for (size_t c = 0; table && c < table->column_count; c++) {
        struct str column = table->columns[c].name;
        struct str with = TEXT(trial, "%sRETURNING \"%.*s\".\"%.*s\" AS \"zz\"%s", at < sql.length ? "" : " ",
                               STR(table->name), STR(column), at < sql.length ? ", " : "");
        enum verdict verdict = verdict_at(trial, (struct str){0}, table->name, column);
        if (verdict == UNGUARDED) continue;
        expect(trial, spliced(trial, at, at < sql.length ? at + 10 : at, with), verdict, "RETURNING");
    }
}

static bool may_write(const struct footprint *footprint, enum footprint_action action, struct str table,
                      struct str column) {
    for (size_t i = 0; i < footprint->write_count; i++) {
        const struct footprint_write *write = &footprint->writes[i];
        if (write->action != action || !same(write->table, table)) continue;
        if (action != FOOTPRINT_UPDATE || same(write->column, column)) return true;
    }
    return false;
}

/* Other tables and columns are written. */
static void write_elsewhere(struct trial *trial) {
    const struct footprint *footprint = &trial->plan->footprint;
    size_t set = find_word(trial->sql, 0, "SET");
    for (size_t t = 0; t < trial->schema->table_count; t++) {
        const struct table_schema *table = &trial->schema->tables[t];
        if (is_ours(table) || table->kind != TABLE_ORDINARY) continue;
        if (!may_write(footprint, FOOTPRINT_DELETE, table->name, (struct str){0}))
            expect(trial, TEXT(trial, "DELETE FROM \"main\".\"%.*s\"", STR(table->name)), STOP, "DELETE");
        if (!may_write(footprint, FOOTPRINT_INSERT, table->name, (struct str){0})) {
            expect(trial, TEXT(trial, "INSERT INTO \"main\".\"%.*s\" DEFAULT VALUES", STR(table->name)), STOP,
                   "INSERT");
        }
        for (size_t c = 0; c < table->column_count; c++) {
            struct str column = table->columns[c].name;
            bool may = may_write(footprint, FOOTPRINT_UPDATE, table->name, column);
            struct str update = TEXT(trial, "UPDATE \"main\".\"%.*s\" SET \"%.*s\" = 1", STR(table->name), STR(column));
            expect(trial, update, may ? BLIND_VALUES : STOP, "UPDATE");
            if (set == trial->sql.length || !is_target(footprint, table->name)) continue;
            expect(trial, spliced(trial, set, set + 4, TEXT(trial, "SET \"%.*s\" = 1, ", STR(column))),
                   may ? BLIND_VALUES : STOP, "SET");
        }
    }
    size_t values = find_word(trial->sql, 0, "VALUES"), list = find_word(trial->sql, 0, "INTO");
    if (values == trial->sql.length || list > values) return;
    list = find_word(trial->sql, list, "(");
    const struct table_schema *table = schema_find_table(trial->schema, footprint->writes[0].table);
    for (size_t c = 0; list < values && c < table->column_count; c++) {
        struct str head = TEXT(trial, "%.*s(\"%.*s\", %.*sVALUES (1, ", (int)list, trial->sql.text,
                               STR(table->columns[c].name), (int)(values - list - 1), trial->sql.text + list + 1);
        expect(trial, spliced(trial, 0, values + 8, head), BLIND_INSERT, "INSERT's columns");
    }
}

/* Predicates are lost. Nothing sees that but the tests of permissions. */
static void lose_predicates(struct trial *trial) {
    struct str sql = trial->sql;
    for (size_t at = 0, end; at < sql.length; at = end) {
        end = token_end(sql, at);
        struct str token = str_slice(sql, at, end);
        if (str_is(token, "_bailiwick_check") && sql.text[end] == '(') {
            expect(trial, spliced(trial, end + 1, find_close(sql, end + 1), LITERAL("1")), BLIND_VALUES, "check");
        }
        if (!str_starts(token, "\"MAIN\".\"") || end + 7 > sql.length || memcmp(sql.text + end, " WHERE ", 7) != 0)
            continue;
        expect(trial, spliced(trial, end, find_close(sql, end), LITERAL(" ")), BLIND_VALUES, "WHERE");
    }
}

/* --- */

static void try_statement(struct trial *trial) {
    put_subselects(trial);
    put_functions(trial);
    name_tables(trial);
    rename_guards(trial);
    join_tables(trial);
    add_columns(trial);
    extend_returning(trial);
    write_elsewhere(trial);
    lose_predicates(trial);
}

/* Tries each statement of a restricted principal that is rewritten. */
static void try_file(const char *path) {
    struct error err = {0};
    struct arena *scratch = arena_new(256 << 20);
    if (!scratch) die(path, NULL);
    struct golden golden;
    golden_open(&golden, path, NULL);
    size_t tried = 0;
    struct str line;
    for (size_t at = golden.cases_at; golden_line(&golden, &at, &line);) {
        struct str sql;
        struct policy policy;
        struct plan plan;
        err = (struct error){0};
        if (!golden_case(&golden, line, &sql, &policy) || policy.unrestricted) continue;
        if (!golden_rewrite(&golden, golden.arena, sql, &policy, &plan, &err)) continue;
        struct trial trial = {golden.conn, scratch, &golden.snapshot->schema, &plan, plan.sql};
        if (!prepares(&trial, plan.sql, &plan.footprint, &err)) die(plan.sql.text, &err);
        try_statement(&trial);
        if (plan.replaced) {
            trial.plan = plan.replaced;
            trial.sql = plan.replaced->sql;
            try_statement(&trial);
        }
        arena_reset(scratch);
        tried++;
    }
    if (tried == 0) die(path, NULL);
    golden_close(&golden);
    arena_free(scratch);
}

int main(int count, char **paths) {
    golden_init();
    if (!freopen("/dev/null", "w", stderr)) die("stderr", NULL); /* each refusal is logged as a bug of ours */
    for (int i = 1; i < count; i++) try_file(paths[i]);
    secret_done();
    for (int i = 0; i < VERDICTS; i++) {
        printf("%6d %s\n", counts[i], verdict_names[i]);
        if (counts[i] == 0) failed++;
    }
    printf("%6d made no sense to SQLite\n", meaningless);
    printf("%d passed, %d failed\n", counts[STOP], failed);
    return failed > 0;
}
