/*
 * Functions in SQL: those that upper layers bring, those that the rewriter calls, and SQLite's own that would run away.
 */
#include "base/clock.h"
#include "storage/conn_private.h"

#include <string.h>

#define ARENA_LIMIT (64 * 1024 * 1024) /* of one call; what it takes is bounded by the values that go in */
#define ARGUMENTS_MAX 16

void function_fail(sqlite3_context *context, enum error_code code, const char *message) {
    const struct registration *registration = sqlite3_user_data(context);
    fail(&registration->conn->function_error, code, NOWHERE, "%s", message);
    sqlite3_result_error(context, message, -1);
}

static struct value value_of(sqlite3_value *value) {
    struct str bytes = {NULL, 0};
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        return value_integer(sqlite3_value_int64(value));
    case SQLITE_FLOAT:
        return value_real(sqlite3_value_double(value));
    case SQLITE_TEXT:
        bytes.text = (const char *)sqlite3_value_text(value);
        bytes.length = bytes.text ? (size_t)sqlite3_value_bytes(value) : 0;
        return value_text(bytes);
    case SQLITE_BLOB:
        bytes.text = sqlite3_value_blob(value);
        bytes.length = (size_t)sqlite3_value_bytes(value);
        return value_blob(bytes);
    }
    return value_null();
}

static void give_result(sqlite3_context *context, const struct value *value) {
    const char *text = NULL;
    switch (value->kind) {
    case VALUE_NULL:
        sqlite3_result_null(context);
        return;
    case VALUE_INTEGER:
        sqlite3_result_int64(context, value->integer);
        return;
    case VALUE_REAL:
        sqlite3_result_double(context, value->real);
        return;
    case VALUE_TEXT:
        text = value->text.length ? value->text.text : "";
        sqlite3_result_text64(context, text, value->text.length, SQLITE_TRANSIENT, SQLITE_UTF8);
        return;
    case VALUE_BLOB:
        text = value->text.length ? value->text.text : "";
        sqlite3_result_blob64(context, text, value->text.length, SQLITE_TRANSIENT);
        return;
    }
}

static void call_function(sqlite3_context *context, int count, sqlite3_value **arguments) {
    const struct registration *registration = sqlite3_user_data(context);
    struct value values[ARGUMENTS_MAX];
    if (registration->conn->deadline && clock_steady() > registration->conn->deadline) {
        /* a function may be slow, and SQLite looks at the time only between its own steps */
        sqlite3_interrupt(registration->conn->db);
        sqlite3_result_null(context);
        return;
    }
    if (count > ARGUMENTS_MAX) {
        function_fail(context, ERROR_LIMIT_EXCEEDED, "too many arguments");
        return;
    }
    for (int i = 0; i < count; i++) {
        values[i] = value_of(arguments[i]);
        if (values[i].kind != VALUE_TEXT || values[i].text.text) continue;
        sqlite3_result_error_nomem(context);
        return;
    }
    struct arena *arena = arena_new(ARENA_LIMIT);
    if (!arena) {
        sqlite3_result_error_nomem(context);
        return;
    }
    struct value result = value_null();
    struct error error = {0};
    if (registration->function->call(arena, values, (size_t)count, &result, &error)) {
        give_result(context, &result);
    } else {
        if (error.code == ERROR_NONE) fail(&error, ERROR_INTERNAL, NOWHERE, "a function failed");
        if (registration->conn->function_error.code == ERROR_NONE) registration->conn->function_error = error;
        sqlite3_result_error(context, error.message, -1);
    }
    arena_free(arena);
}

/* --- the rewriter's checks --- */

static bool is_true(sqlite3_value *value) {
    switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
        return false;
    case SQLITE_INTEGER:
        return sqlite3_value_int64(value) != 0;
    }
    return sqlite3_value_double(value) != 0.0;
}

/* _bailiwick_check(condition [, message]) */
static void check(sqlite3_context *context, int count, sqlite3_value **arguments) {
    if (is_true(arguments[0])) {
        sqlite3_result_int(context, 1);
        return;
    }
    const char *message = count > 1 ? (const char *)sqlite3_value_text(arguments[1]) : NULL;
    function_fail(context, ERROR_PERMISSION_DENIED, message ? message : "permission denied by the table's rule");
}

/* _bailiwick_allow(condition) */
static void allow(sqlite3_context *context, int count, sqlite3_value **arguments) {
    (void)count;
    const struct registration *registration = sqlite3_user_data(context);
    bool allowed = is_true(arguments[0]);
    if (!allowed) registration->conn->denied++;
    sqlite3_result_int(context, allowed);
}

/* _bailiwick_mark(): this row is one that ON CONFLICT DO UPDATE changes. Gives 1. */
static void mark(sqlite3_context *context, int count, sqlite3_value **arguments) {
    (void)count;
    (void)arguments;
    const struct registration *registration = sqlite3_user_data(context);
    registration->conn->marked = true;
    sqlite3_result_int(context, 1);
}

/* _bailiwick_marked(): whether this row was marked; takes the mark off. */
static void marked(sqlite3_context *context, int count, sqlite3_value **arguments) {
    (void)count;
    (void)arguments;
    const struct registration *registration = sqlite3_user_data(context);
    sqlite3_result_int(context, registration->conn->marked);
    registration->conn->marked = false;
}

/* _bailiwick_key(value, …): a BLOB that is the same for the same values of the same types alone. */
static void row_key(sqlite3_context *context, int count, sqlite3_value **arguments) {
    sqlite3_str *key = sqlite3_str_new(sqlite3_context_db_handle(context));
    for (int i = 0; i < count; i++) {
        int type = sqlite3_value_type(arguments[i]);
        sqlite3_int64 integer = type == SQLITE_INTEGER ? sqlite3_value_int64(arguments[i]) : 0;
        double real = type == SQLITE_FLOAT ? sqlite3_value_double(arguments[i]) : 0;
        const void *bytes = type == SQLITE_INTEGER ? &integer : (const void *)&real;
        int length = type == SQLITE_NULL ? 0 : 8;
        if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
            bytes = type == SQLITE_TEXT ? sqlite3_value_text(arguments[i]) : sqlite3_value_blob(arguments[i]);
            length = sqlite3_value_bytes(arguments[i]);
            if (!bytes && length > 0) break;
        }
        sqlite3_str_appendf(key, "%d:%d:", type, length);
        if (length > 0) sqlite3_str_append(key, bytes, length);
        if (i + 1 < count) continue;
        int size = sqlite3_str_length(key), code = sqlite3_str_errcode(key);
        char *text = sqlite3_str_finish(key);
        if (code == SQLITE_OK && text)
            sqlite3_result_blob(context, text, size, sqlite3_free);
        else if (code == SQLITE_TOOBIG)
            sqlite3_result_error_toobig(context);
        else
            sqlite3_result_error_nomem(context);
        return;
    }
    sqlite3_free(sqlite3_str_finish(key));
    sqlite3_result_error_nomem(context);
}

/* _bailiwick_stored(value, affinity): the value as a column of that affinity (TEXT, NUMERIC, REAL) stores it. */
static void stored(sqlite3_context *context, int count, sqlite3_value **arguments) {
    (void)count;
    sqlite3_value *value = arguments[0];
    int type = sqlite3_value_type(value);
    struct str affinity = str_of((const char *)sqlite3_value_text(arguments[1]));
    if (type == SQLITE_NULL || type == SQLITE_BLOB) {
        sqlite3_result_value(context, value);
        return;
    }
    if (str_is(affinity, "TEXT")) {
        const char *text = (const char *)sqlite3_value_text(value);
        if (text)
            sqlite3_result_text(context, text, sqlite3_value_bytes(value), SQLITE_TRANSIENT);
        else
            sqlite3_result_error_nomem(context);
        return;
    }
    bool is_real = str_is(affinity, "REAL");
    type = sqlite3_value_numeric_type(value);
    double real = type == SQLITE_FLOAT || is_real ? sqlite3_value_double(value) : 0;
    bool is_whole = type == SQLITE_FLOAT && real > -9.2e18 && real < 9.2e18 && real == (double)(int64_t)real;
    if (type == SQLITE_TEXT)
        sqlite3_result_value(context, value);
    else if (is_real)
        sqlite3_result_double(context, real);
    else if (is_whole)
        sqlite3_result_int64(context, (int64_t)real);
    else
        sqlite3_result_value(context, value);
}

/* --- */

static bool register_one(struct conn *conn, const char *name, int argument_count, int flags,
                         const struct registration *what, void (*call)(sqlite3_context *, int, sqlite3_value **),
                         struct error *err) {
    struct registration *registration = sqlite3_malloc(sizeof *registration);
    if (!registration) return fail(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    *registration = *what;
    registration->conn = conn;
    /* SQLite frees the registration, also when this fails */
    int code = sqlite3_create_function_v2(conn->db, name, argument_count, SQLITE_UTF8 | flags, registration, call, NULL,
                                          NULL, sqlite3_free);
    return code == SQLITE_OK || translate(conn, code, MOMENT_OPEN, false, err);
}

static bool register_own(struct conn *conn, struct error *err) {
    enum { PLAIN = SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS };
    static const struct {
        const char *name;
        int argument_count;
        int flags;
        int variant;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } own[] = {
        {"_bailiwick_check", 1, SQLITE_DIRECTONLY, 0, check},
        {"_bailiwick_check", 2, SQLITE_DIRECTONLY, 0, check},
        {"_bailiwick_allow", 1, SQLITE_DIRECTONLY, 0, allow},
        {"_bailiwick_mark", 0, SQLITE_DIRECTONLY, 0, mark},
        {"_bailiwick_marked", 0, SQLITE_DIRECTONLY, 0, marked},
        {"_bailiwick_key", -1, SQLITE_DIRECTONLY | SQLITE_DETERMINISTIC, 0, row_key},
        {"_bailiwick_stored", 2, SQLITE_DIRECTONLY | SQLITE_DETERMINISTIC, 0, stored},
        {"_bailiwick_replaced", 1, SQLITE_DIRECTONLY, 0, function_replaced},
        {"printf", -1, PLAIN, 0, format_call},
        {"format", -1, PLAIN, 0, format_call},
        {"instr", 2, PLAIN, 0, text_instr},
        {"replace", 3, PLAIN, 0, text_replace},
        {"ltrim", 1, PLAIN, TRIM_LEFT, text_trim},
        {"ltrim", 2, PLAIN, TRIM_LEFT, text_trim},
        {"rtrim", 1, PLAIN, TRIM_RIGHT, text_trim},
        {"rtrim", 2, PLAIN, TRIM_RIGHT, text_trim},
        {"trim", 1, PLAIN, TRIM_BOTH, text_trim},
        {"trim", 2, PLAIN, TRIM_BOTH, text_trim},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        struct registration what = {.variant = own[i].variant};
        if (!register_one(conn, own[i].name, own[i].argument_count, own[i].flags, &what, own[i].call, err))
            return false;
    }
    return true;
}

bool function_register_all(struct conn *conn, const struct sql_function *functions, struct error *err) {
    if (!register_own(conn, err)) return false;
    for (const struct sql_function *function = functions; function && function->name; function++) {
        struct registration what = {.function = function};
        /* innocuous: they may stand in a DEFAULT, such as uuid() and now() */
        int flags = SQLITE_INNOCUOUS | (function->deterministic ? SQLITE_DETERMINISTIC : 0);
        if (!register_one(conn, function->name, function->argument_count, flags, &what, call_function, err))
            return false;
    }
    return true;
}
