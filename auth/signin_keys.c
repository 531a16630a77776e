#include "auth/signin_keys.h"

/* A key in its upper-case spelling, or in the lower-case one. */
static const struct value *find(const struct named_values *values, const char *upper, const char *lower) {
    const struct value *value = named_values_find(values, str_of(upper));
    return value ? value : named_values_find(values, str_of(lower));
}

/* Both spellings of one key could be understood in two ways. */
static bool is_given_twice(const struct named_values *values) {
    static const char *const keys[][2] = {{"NS", "ns"}, {"DB", "db"}, {"SC", "sc"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (named_values_find(values, str_of(keys[i][0])) && named_values_find(values, str_of(keys[i][1]))) return true;
    return false;
}

static bool read_text(const struct value *value, const char *name, struct str *ret_text, struct error *err) {
    if (!value) return true;
    if (value->kind != VALUE_TEXT) return fail(err, ERROR_MALFORMED, NOWHERE, "%s is no string", name);
    *ret_text = value->text;
    return true;
}

static bool fail_missing(struct error *err) {
    return fail(
        err, ERROR_MALFORMED, NOWHERE,
        "keys are missing: a scope needs NS, DB and SC, a login user and pass, with NS and DB for a database or NS for "
        "a namespace");
}

bool signin_keys_read(const struct named_values *values, struct signin_keys *ret_keys, struct error *err) {
    const struct value *ns = find(values, "NS", "ns"), *db = find(values, "DB", "db"), *sc = find(values, "SC", "sc");
    const struct value *user = find(values, "user", "user"), *pass = find(values, "pass", "pass");
    struct signin_keys keys = {0};
    if (is_given_twice(values)) return fail(err, ERROR_MALFORMED, NOWHERE, "NS, DB or SC is given twice");
    if (!read_text(ns, "NS", &keys.ns, err) || !read_text(db, "DB", &keys.db, err) ||
        !read_text(sc, "SC", &keys.scope, err))
        return false;
    keys.names_nothing = (ns && !keys.ns.length) || (db && !keys.db.length) || (sc && !keys.scope.length);
    bool fits = sc ? ns && db : user && pass && (ns || !db);
    if (!fits) return fail_missing(err);
    keys.level = sc ? LEVEL_SCOPE : db ? LEVEL_DATABASE : ns ? LEVEL_NAMESPACE : LEVEL_ROOT;
    if (!sc && (!read_text(user, "user", &keys.user, err) || !read_text(pass, "pass", &keys.pass, err))) return false;
    *ret_keys = keys;
    return true;
}

static bool is_level_key(struct str name) {
    static const char *const keys[] = {"NS", "ns", "DB", "db", "SC", "sc"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (str_is(name, keys[i])) return true;
    return false;
}

bool signin_keys_rest(struct arena *arena, const struct named_values *values, struct named_values *ret_rest,
                      struct error *err) {
    struct named_value *items = arena_array(arena, values->count, sizeof *items);
    if (!items) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    size_t count = 0;
    for (size_t i = 0; i < values->count; i++)
        if (!is_level_key(values->items[i].name)) items[count++] = values->items[i];
    *ret_rest = (struct named_values){items, count};
    return true;
}
