/*
 * Reading JSON: the scanner judges the text, cJSON builds its tree in the arena, and the walk over that tree goes
 * along the text, from which it takes what cJSON loses: the digits of numbers and the text of arrays and objects.
 */
#include "base/json.h"

#include "base/json_scan.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Where cJSON allocates while this thread is inside json_parse. */
static _Thread_local struct arena *parse_arena;

static void *parse_alloc(size_t size) {
    return parse_arena ? arena_alloc(parse_arena, size) : NULL;
}

static void parse_free(void *memory) {
    (void)memory;
}

static void set_hooks(void) {
    cJSON_Hooks hooks = {.malloc_fn = parse_alloc, .free_fn = parse_free};
    cJSON_InitHooks(&hooks);
}

/* The walk: `at` stands where the next node of the tree begins in the text, but for what skip_to_value skips. */
struct walk {
    struct arena *arena;
    const char *text; /* ends in NUL, and has been found to be well formed */
    size_t at;
    struct error *err;
};

static void skip_to_value(struct walk *walk) {
    walk->at += strspn(walk->text + walk->at, " \t\r\n,:");
}

static void skip_string(struct walk *walk) {
    for (walk->at++; walk->text[walk->at] != '"'; walk->at++)
        if (walk->text[walk->at] == '\\') walk->at++;
    walk->at++;
}

static bool read_number(struct walk *walk, struct json *json) {
    struct str digits = {walk->text + walk->at, strspn(walk->text + walk->at, "+-.0123456789eE")};
    json->real = strtod(digits.text, NULL);
    if (isinf(json->real))
        return fail(walk->err, ERROR_MALFORMED, (uint32_t)walk->at, "not valid JSON: a number is too large");
    json->kind = str_to_int64(digits, &json->integer) ? JSON_INTEGER : JSON_REAL;
    if (json->kind == JSON_INTEGER) json->real = (double)json->integer;
    walk->at += digits.length;
    return true;
}

static int compare_names(const void *a, const void *b) {
    return strcmp((*(const struct json *const *)a)->name.text, (*(const struct json *const *)b)->name.text);
}

/* Refuses an object with two members of one name. Sorts: a body may hold a hundred thousand members. */
static bool check_names(struct walk *walk, const struct json *object, size_t count, size_t at) {
    if (count < 2) return true;
    const struct json **members = arena_array(walk->arena, count, sizeof(struct json *));
    if (!members) return fail(walk->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "JSON needs too much memory");
    size_t i = 0;
    for (const struct json *member = object->first; member; member = member->next) members[i++] = member;
    qsort(members, count, sizeof(struct json *), compare_names);
    for (i = 1; i < count; i++)
        if (str_same(members[i - 1]->name, members[i]->name))
            return fail(walk->err, ERROR_MALFORMED, (uint32_t)at, "not valid JSON: an object has two members \"%.*s\"",
                        STR(members[i]->name));
    return true;
}

static struct json *read_value(struct walk *walk, const cJSON *item);

/* Recurses no deeper than the scanner let the text be: JSON_DEPTH_MAX. */
static bool read_children(struct walk *walk, const cJSON *item, struct json *json) {
    size_t start = walk->at++, count = 0;
    const struct json **place = &json->first;
    for (const cJSON *child_item = item->child; child_item; child_item = child_item->next) {
        struct json *child = read_value(walk, child_item);
        if (!child) return false;
        *place = child;
        place = &child->next;
        count++;
    }
    skip_to_value(walk);
    walk->at++;
    json->text = (struct str){walk->text + start, walk->at - start};
    return json->kind == JSON_ARRAY || check_names(walk, json, count, start);
}

static struct json *read_value(struct walk *walk, const cJSON *item) {
    struct json *json = arena_alloc(walk->arena, sizeof *json);
    if (!json) return fail_null(walk->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "JSON needs too much memory");
    skip_to_value(walk);
    if (item->string) {
        json->name = str_of(item->string);
        skip_string(walk);
        skip_to_value(walk);
    }
    switch (walk->text[walk->at]) {
    case 'n':
        json->kind = JSON_NULL;
        walk->at += 4;
        return json;
    case 'f':
        json->kind = JSON_FALSE;
        walk->at += 5;
        return json;
    case 't':
        json->kind = JSON_TRUE;
        walk->at += 4;
        return json;
    case '"':
        json->kind = JSON_STRING;
        json->text = str_of(item->valuestring);
        skip_string(walk);
        return json;
    case '[':
        json->kind = JSON_ARRAY;
        return read_children(walk, item, json) ? json : NULL;
    case '{':
        json->kind = JSON_OBJECT;
        return read_children(walk, item, json) ? json : NULL;
    default:
        return read_number(walk, json) ? json : NULL;
    }
}

const struct json *json_parse(struct arena *arena, struct str text, struct error *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (pthread_once(&once, set_hooks)) return fail_null(err, ERROR_INTERNAL, NOWHERE, "JSON cannot be read");
    char *copy = text.length < NOWHERE ? arena_alloc(arena, text.length + 1) : NULL;
    if (!copy) return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "JSON is too long");
    if (text.length) memcpy(copy, text.text, text.length);
    if (!json_scan(text, copy, err)) return NULL;

    parse_arena = arena;
    cJSON *item = cJSON_ParseWithLengthOpts(copy, text.length, NULL, false);
    parse_arena = NULL;
    if (!item && arena_exhausted(arena))
        return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "JSON needs too much memory");
    if (!item) return fail_null(err, ERROR_MALFORMED, NOWHERE, "not valid JSON");

    memcpy(copy, text.text, text.length); /* the numbers come back */
    struct walk walk = {.arena = arena, .text = copy, .err = err};
    return read_value(&walk, item);
}

const struct json *json_member(const struct json *object, const char *name) {
    if (!object || object->kind != JSON_OBJECT) return NULL;
    for (const struct json *member = object->first; member; member = member->next)
        if (str_is(member->name, name)) return member;
    return NULL;
}

/* The only member of an object that stands for a blob; NULL where the object is no such one. */
static const struct json *base64_member(const struct json *object) {
    return object->first && !object->first->next && str_is(object->first->name, "$base64") ? object->first : NULL;
}

static bool object_to_value(struct arena *arena, const struct json *json, struct value *ret_value, struct error *err) {
    const struct json *member = base64_member(json);
    if (!member) {
        *ret_value = value_text(json->text);
        return true;
    }
    struct str bytes;
    if (member->kind != JSON_STRING || !base64_read(arena, member->text, false, &bytes)) {
        if (arena_exhausted(arena)) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "a blob needs too much memory");
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "\"$base64\" is not well-formed base64");
    }
    *ret_value = value_blob(bytes);
    return true;
}

bool json_to_value(struct arena *arena, const struct json *json, struct value *ret_value, struct error *err) {
    switch (json->kind) {
    case JSON_NULL:
        *ret_value = value_null();
        return true;
    case JSON_FALSE:
        *ret_value = value_integer(0);
        return true;
    case JSON_TRUE:
        *ret_value = value_integer(1);
        return true;
    case JSON_INTEGER:
        *ret_value = value_integer(json->integer);
        return true;
    case JSON_REAL:
        *ret_value = value_real(json->real);
        return true;
    case JSON_STRING:
    case JSON_ARRAY:
        *ret_value = value_text(json->text);
        return true;
    case JSON_OBJECT:
        return object_to_value(arena, json, ret_value, err);
    }
    return fail(err, ERROR_INTERNAL, NOWHERE, "no such kind of JSON value");
}
