/*
 * Every function of the linked SQLite, and every operator, against what sql/leakproof.def and leakproof.c say of it:
 * what they call safe is tried with every combination of hostile values, and must not end in a run-time error, for that
 * would tell of hidden rows. A function that nobody has looked at fails the test by its name.
 *
 * What they say can fail is tried too, and has to fail on something (or be in `cautious`): so the values are hostile
 * enough.
 */
#include "auth/function.h"
#include "base/buf.h"
#include "base/secret.h"
#include "sql/leakproof.h"
#include "sql/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_LIMIT 20000 /* of one text or BLOB, so that what makes much of little is seen to */
#define CORE 12           /* so many values stand at the head of the list, for functions of many arguments */
#define ARITY_MAX 6

#define LONG "hex(zeroblob(9980))"
#define BIG "zeroblob(19960)"
#define DEEP "replace(hex(zeroblob(2500)), '0', '[')"
#define WILD "replace(hex(zeroblob(2000)), '0', '%a')"
#define FORMATS "replace(hex(zeroblob(9980)), '00', '%Y')"

/* Values as SQL; the first are tried in all places of functions with many arguments. */
static const char *const hostile[] = {
    "NULL", "-9223372036854775808", "9223372036854775807", "'{'", "x'ff00'", "9e999", "'%*?[_'", LONG, "'$.a[0]'",
    "'{\"a\":[1,{\"b\":\"x\"}]}'", "0", "''",
    /* numbers */
    "1", "-1", "2", "15", "16", "-5", "1000000000", "4294967296", "1114112", "55296", "0.0", "-0.0", "0.5", "-0.5",
    "1e308", "-1e308", "-9e999", "5e-324", "9223372036854775808.0", "-9223372036854775809.0",
    /* texts that are numbers, or nearly */
    "'0'", "'-1'", "'9223372036854775808'", "'1e999'", "'nan'", "'0x10'", "' 1 '", "'1e'", "'.'",
    /* texts */
    "' '", "'abc'", "'é€😀'", "'a' || char(0) || 'b'", "CAST(x'ff' AS TEXT)", "CAST(x'c328e28280f0' AS TEXT)",
    "char(8232, 65534, 1114111)",
    /* BLOBs */
    "x''", "x'00'", "CAST('{\"a\":1}' AS BLOB)", BIG,
    /* JSON */
    "'{\"a\":'", "'[1,2'", "'[]'", "'null'", "'\"x\"'", "'{\"a\":1,\"a\":2}'", "'[1e999,-0,1E400]'", "'\"\\u12\"'",
    DEEP, "'$'", "'$.a'", "'$.a[#-1]'", "'$['", "'$.\"'", "'$.x.y'", "'a'",
    /* patterns */
    "'%'", "'['", "'[^'", "'[a-'", "'\\'", "'%\\'", WILD,
    /* dates */
    "'now'", "'2024-02-30'", "'9999-12-31 23:59:59.999'", "'-4713-11-24'", "'24:00'", "'2024-01-01T00:00:00+99:99'",
    "'+9223372036854775807 years'", "'-1e300 days'", "'weekday 9'", "'start of month'", "'auto'", "'unixepoch'",
    "'utc'", "'localtime'", "1e15", "-210866760000", "253402300800",
    /* formats */
    "'%d'", "'%s%s%s%n'", "'%*.*f'", "'%.999999999d'", "'%!.26f'", FORMATS};

#define HOSTILE (sizeof hostile / sizeof *hostile)

/* What cannot be seen to fail here, and why it is said to. */
static const struct {
    const char *name;
    const char *why;
} cautious[] = {
    {"likelihood", "SQLite wants a constant, so it never fails on a row"},
    {"ntile", "fails on its argument, which is the same for all rows here"},
    {"password_hash", "not tried: slow"},
    {"password_verify", "not tried: slow"},
    {"sum", "fails only where all are integers; that is one of the forms"},
    {"bm25", "of virtual tables"},
    {"highlight", "of virtual tables"},
    {"snippet", "of virtual tables"},
};

static struct arena *arena;
static struct conn *conn;
static int passed, failed;

static void die(const char *what, const struct error *err) {
    printf("%s: %s %s\n", what, err ? err->message : "", err ? err->detail : "");
    exit(2);
}

static void complain(const char *what, const char *about) {
    printf("%s: %s\n", what, about);
    failed++;
}

/* --- running --- */

enum outcome {
    RAN,
    FAILED,       /* while it ran */
    NO_STATEMENT, /* SQLite does not prepare it */
};

static enum outcome run(const char *sql, struct error *err) {
    static const struct footprint everything = {.kind = FOOTPRINT_INTERNAL};
    struct query *query = query_prepare(conn, str_of(sql), &everything, false, 0, err);
    if (!query) return NO_STATEMENT;
    enum query_step step = query_step(query, err);
    while (step == QUERY_ROW) step = query_step(query, err);
    query_finish(query);
    return step == QUERY_DONE ? RAN : FAILED;
}

static struct str text_of(const char *format, ...) PRINTF_LIKE(1, 2);

static struct str text_of(const char *format, ...) {
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct str copy = {0};
    if (length >= 0 && (size_t)length < sizeof text) copy = arena_copy(arena, str_of(text));
    if (!copy.text) die("text_of", NULL);
    return copy;
}

/* x and y run over all values, z and w over those at the head of the list; with `few`, all of them. A window keeps the
 * values beside each other in one record, which has the limit of one value: so `in_record` leaves out the long ones. */
static struct str from_of(const char *expression, bool few, bool in_record) {
    struct buf from;
    buf_init(&from, 0);
    static const char *const names[] = {"x.v", "y.v", "z.v", "w.v"};
    int count = 0;
    for (int i = 0; i < 4; i++) {
        if (!strstr(expression, names[i])) continue;
        bool all = i < 2 && !few;
        buf_format(&from, "%s(SELECT v FROM hostile WHERE %s AND %s) AS %c", count++ ? ", " : "FROM ",
                   all ? "true" : "core", in_record ? "ifnull(length(v), 0) < 5500" : "true", names[i][0]);
    }
    struct str text = text_of("%.*s", STR(buf_str(&from)));
    buf_done(&from);
    return text;
}

/* Whether an expression fails on any combination of values. Where SQLite takes it neither as a value nor over a window,
 * NO_STATEMENT. */
static enum outcome try_all(const char *expression, bool few, struct error *err) {
    struct str from = from_of(expression, few, false), in_record = from_of(expression, few, true);
    struct str plain = text_of("SELECT count(r) FROM (SELECT %s AS r %.*s LIMIT -1)", expression, STR(from));
    enum outcome outcome = run(plain.text, err);
    static const char *const windows[] = {"ORDER BY 1", "ORDER BY x.v ROWS BETWEEN 2 PRECEDING AND CURRENT ROW"};
    for (int i = 0; i < 2 && outcome != FAILED; i++) {
        if (i == 1 && !strstr(expression, "x.v")) continue;
        struct error ignored = {0};
        struct str over =
            text_of("SELECT count(r) FROM (SELECT %s OVER (%s) AS r %.*s)", expression, windows[i], STR(in_record));
        enum outcome windowed = run(over.text, &ignored);
        if (windowed == NO_STATEMENT) break;
        if (windowed == FAILED) *err = ignored;
        outcome = windowed;
    }
    return outcome;
}

/* --- the values --- */

static void fill(void) {
    struct error err = {0};
    struct buf sql;
    buf_init(&sql, 0);
    buf_add_text(&sql, "CREATE TABLE hostile(v, core); INSERT INTO hostile ");
    for (size_t i = 0; i < HOSTILE; i++)
        buf_format(&sql, "%sSELECT %s, %d", i ? " UNION ALL " : "", hostile[i], i < CORE);
    buf_add_char(&sql, 0);
    if (sql.failed || !conn_run(conn, sql.data, &err)) die("hostile values", &err);
    buf_done(&sql);
}

/* --- functions --- */

static bool is_in(const char *const *names, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++)
        if (str_is_name(name, names[i])) return true;
    return false;
}

static bool is_refused(struct str name) {
    static const char *const names[] = {
#define REFUSED(name, why) name,
#include "tests/leak/functions_refused.def"
#undef REFUSED
    };
    return is_in(names, sizeof names / sizeof *names, name);
}

static bool is_cautious(struct str name) {
    for (size_t i = 0; i < sizeof cautious / sizeof *cautious; i++)
        if (str_is_name(name, cautious[i].name)) return true;
    return false;
}

/* name(x.v, y.v, …) */
static struct str call_of(struct str name, int arity) {
    static const char *const arguments[] = {"x.v", "y.v", "z.v", "w.v", "y.v", "x.v"};
    struct buf call;
    buf_init(&call, 0);
    buf_format(&call, "\"%.*s\"(", STR(name));
    for (int i = 0; i < arity; i++) buf_format(&call, "%s%s", i ? ", " : "", arguments[i]);
    struct str text = text_of("%.*s)", STR(buf_str(&call)));
    buf_done(&call);
    return text;
}

struct function {
    struct str name;
    int arity; /* -1: any */
};

/* Tries a function with each number of arguments that it takes. Whether any call of it ran, and whether any failed. */
static void try_function(const struct function *function, bool *ret_ran, struct error *ret_failure) {
    int from = function->arity < 0 ? 0 : function->arity;
    int to = function->arity < 0 ? ARITY_MAX : function->arity;
    if (to > ARITY_MAX) die("a function of many arguments", NULL);
    for (int arity = from; arity <= to; arity++) {
        struct error err = {0};
        enum outcome outcome = try_all(call_of(function->name, arity).text, arity > 2, &err);
        if (outcome != NO_STATEMENT) *ret_ran = true;
        if (outcome == FAILED && ret_failure->code == ERROR_NONE) *ret_failure = err;
    }
}

static void check_function(const struct function *functions, size_t count) {
    struct str name = functions[0].name;
    char about[64];
    snprintf(about, sizeof about, "%.*s", STR(name));
    enum function_kind kind = leakproof_function(name);
    if (kind == FUNCTION_UNKNOWN) {
        if (is_refused(name) || str_starts(name, "_bailiwick"))
            passed++;
        else
            complain("neither in sql/leakproof.def nor in tests/leak/functions_refused.def", about);
        return;
    }
    if (str_starts(name, "password_")) return;
    bool ran = false;
    struct error failure = {0};
    for (size_t i = 0; i < count; i++) try_function(&functions[i], &ran, &failure);
    if (kind == FUNCTION_SAFE && failure.code != ERROR_NONE) {
        complain("said to be safe, but fails", about);
        printf("    %s %s\n", failure.message, failure.detail);
    } else if (kind == FUNCTION_SAFE && !ran) {
        complain("no call could be tried", about);
    } else if (kind == FUNCTION_MAY_FAIL && failure.code == ERROR_NONE && !is_cautious(name)) {
        complain("said to fail, but does not", about);
    } else {
        passed++;
    }
}

static size_t list_functions(struct function *ret_functions, size_t max) {
    static const struct footprint everything = {.kind = FOOTPRINT_INTERNAL};
    struct error err = {0};
    size_t count = 0;
    struct query *query =
        query_prepare(conn, LITERAL("SELECT DISTINCT name, narg FROM pragma_function_list ORDER BY 1, 2"), &everything,
                      false, 0, &err);
    if (!query) die("pragma_function_list", &err);
    while (query_step(query, &err) == QUERY_ROW) {
        if (count == max) die("more functions than expected", NULL);
        ret_functions[count].name = arena_copy(arena, query_column(query, 0).text);
        ret_functions[count++].arity = (int)query_column(query, 1).integer;
    }
    query_finish(query);
    if (err.code != ERROR_NONE || count < 100) die("pragma_function_list", &err);
    return count;
}

static void check_functions(void) {
    static struct function functions[1000];
    size_t count = list_functions(functions, 1000);
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && str_same(functions[next].name, functions[i].name);) next++;
        check_function(&functions[i], next - i);
    }
    static const char *const listed[] = {
#define FUNCTION(name, may_fail) name,
#include "sql/leakproof.def"
#undef FUNCTION
    };
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++) {
        bool found = false;
        for (size_t j = 0; j < count; j++) found = found || str_is_name(functions[j].name, listed[i]);
        if (!found) complain("in sql/leakproof.def, but not in SQLite", listed[i]);
    }
}

/* --- operators --- */

static const char *const forms[] = {"x.v + y.v",
                                    "x.v - y.v",
                                    "x.v * y.v",
                                    "x.v / y.v",
                                    "x.v % y.v",
                                    "x.v & y.v",
                                    "x.v | y.v",
                                    "x.v << y.v",
                                    "x.v >> y.v",
                                    "x.v || y.v",
                                    "x.v -> y.v",
                                    "x.v ->> y.v",
                                    "x.v = y.v",
                                    "x.v <> y.v",
                                    "x.v < y.v",
                                    "x.v >= y.v",
                                    "x.v IS y.v",
                                    "x.v IS NOT y.v",
                                    "x.v IS DISTINCT FROM y.v",
                                    "x.v AND y.v",
                                    "x.v OR y.v",
                                    "NOT x.v",
                                    "-x.v",
                                    "+x.v",
                                    "~x.v",
                                    "x.v ISNULL",
                                    "x.v NOTNULL",
                                    "x.v IS TRUE",
                                    "x.v IS NOT FALSE",
                                    "x.v COLLATE nocase = y.v",
                                    "x.v COLLATE rtrim < y.v",
                                    "x.v BETWEEN y.v AND z.v",
                                    "x.v NOT BETWEEN y.v AND z.v",
                                    "x.v IN (y.v, z.v)",
                                    "x.v NOT IN (1, 'a', y.v)",
                                    "x.v IN ()",
                                    "x.v IN (SELECT v FROM hostile)",
                                    "(x.v, y.v) IN (SELECT v, core FROM hostile)",
                                    "(x.v, y.v) < (y.v, x.v)",
                                    "(x.v, y.v) IS (z.v, x.v)",
                                    "(x.v, y.v) BETWEEN (y.v, y.v) AND (z.v, z.v)",
                                    "CASE x.v WHEN y.v THEN x.v ELSE y.v END",
                                    "CASE WHEN x.v THEN y.v END",
                                    "CAST(x.v AS INTEGER)",
                                    "CAST(x.v AS REAL)",
                                    "CAST(x.v AS NUMERIC)",
                                    "CAST(x.v AS TEXT)",
                                    "CAST(x.v AS BLOB)",
                                    "CAST(x.v AS nonsense(1, 2))",
                                    "CAST(x.v AS '')",
                                    "EXISTS (SELECT 1 FROM hostile WHERE v = x.v)",
                                    "(SELECT v FROM hostile WHERE v > x.v ORDER BY v)",
                                    "(SELECT v FROM hostile LIMIT 1 OFFSET 2)",
                                    "1 IN (SELECT v FROM hostile LIMIT (SELECT v FROM hostile WHERE v = 'abc'))",
                                    "(SELECT v FROM hostile LIMIT 1 OFFSET (SELECT v FROM hostile WHERE v = 'abc'))",
                                    "x.v LIKE 'a%b_'",
                                    "x.v LIKE '%'",
                                    "x.v NOT LIKE '%\\%%' ESCAPE '\\'",
                                    "x.v LIKE y.v",
                                    "'abc' LIKE x.v",
                                    "x.v LIKE 'a%' ESCAPE y.v",
                                    "x.v LIKE '%' ESCAPE 'ab'",
                                    "x.v GLOB '*[a-z]?'",
                                    "x.v GLOB '['",
                                    "x.v GLOB y.v",
                                    "x.v NOT GLOB y.v",
                                    "x.v REGEXP y.v",
                                    "x.v MATCH y.v",
                                    "count(*) FILTER (WHERE x.v)",
                                    "count(DISTINCT x.v)",
                                    "current_timestamp > x.v",
                                    "x.v ->> 'a'",
                                    "x.v -> '$.a'",
                                    "max(x.v, y.v, z.v)",
                                    "iif(x.v, y.v, z.v)",
                                    "coalesce(x.v, y.v)",
                                    "CAST(CAST(x.v AS TEXT) AS BLOB) = y.v",
                                    "substr(x.v, y.v, z.v)",
                                    "round(x.v, y.v)",
                                    "x.v COLLATE binary IN (y.v, z.v)",
                                    "(SELECT sum(v) FROM hostile WHERE v > 0 AND typeof(v) = 'integer')"};

/* Forms that have to be seen to fail, or the values are not hostile enough. */
static const char *const failing[] = {"(SELECT sum(v) FROM hostile WHERE v > 0 AND typeof(v) = 'integer')",
                                      "x.v || y.v",
                                      "x.v -> y.v",
                                      "x.v ->> y.v",
                                      "x.v LIKE y.v",
                                      "x.v GLOB y.v",
                                      "x.v ->> 'a'",
                                      "x.v LIKE 'a%' ESCAPE y.v",
                                      "1 IN (SELECT v FROM hostile LIMIT (SELECT v FROM hostile WHERE v = 'abc'))"};

/* Whether leakproof.c finds anything in an expression that can fail. */
static bool may_fail(const char *expression) {
    struct error err = {0};
    struct str sql = text_of("SELECT %s", expression);
    struct node *node = parse_one(arena, sql, &err);
    if (!node) die(expression, &err);
    return leakproof_any_may_fail(node);
}

static void check_form(const char *form) {
    struct error err = {0};
    bool said = may_fail(form), has_to = is_in(failing, sizeof failing / sizeof *failing, str_of(form));
    enum outcome outcome = try_all(form, strstr(form, "z.v") != NULL, &err);
    if (has_to && (!said || outcome != FAILED)) {
        complain(said ? "it fails, but not here" : "it fails, but is said not to", form);
    } else if (said || outcome == RAN) {
        passed++;
    } else {
        complain("said to be safe", form);
        printf("    %s %s %s\n", outcome == FAILED ? "fails:" : "is not taken:", err.message, err.detail);
    }
}

int main(void) {
    struct error err = {0};
    arena = arena_new(64 << 20);
    if (!arena || !secret_init(&err) || !conn_init_library(&err)) die("start", &err);
    conn = conn_open(
        &(struct conn_options){.path = ":memory:", .value_limit = VALUE_LIMIT, .functions = auth_sql_functions}, &err);
    if (!conn) die("conn_open", &err);
    fill();
    check_functions();
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) check_form(forms[i]);
    conn_close(conn);
    arena_free(arena);
    secret_done();
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
