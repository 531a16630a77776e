#include "server/request.h"

#include "base/json.h"
#include "base/scope.h"

#include <string.h>

static bool too_much(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
}

bool request_check_text(struct str text, struct error *err) {
    if (!str_is_utf8(text)) return fail(err, ERROR_MALFORMED, NOWHERE, "the request is not UTF-8");
    if (text.length && memchr(text.text, 0, text.length))
        return fail(err, ERROR_MALFORMED, NOWHERE, "the request holds a NUL character");
    return true;
}

bool value_list_add(struct value_list *list, struct str name, struct value value, struct error *err) {
    const struct named_values so_far = {list->items, list->count};
    if (!name.length) return fail(err, ERROR_MALFORMED, NOWHERE, "a value has no name");
    if (named_values_find(&so_far, name))
        return fail(err, ERROR_MALFORMED, NOWHERE, "there are two values of one name: %.*s", STR(name));
    if (list->count == REQUEST_VALUES_MAX)
        return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "a request may have %d values", REQUEST_VALUES_MAX);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        struct named_value *larger = arena_array(list->arena, capacity, sizeof *larger);
        if (!larger) return too_much(err);
        if (list->count) memcpy(larger, list->items, list->count * sizeof *larger);
        list->items = larger;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct named_value){name, value};
    return true;
}

/* The members of a JSON object. */
static bool add_members(struct value_list *list, const struct json *object, struct error *err) {
    for (const struct json *member = object->first; member; member = member->next) {
        struct value value;
        if (!json_to_value(list->arena, member, &value, err)) return false;
        if (!value_list_add(list, member->name, value, err)) return false;
    }
    return true;
}

static bool add_object(struct value_list *list, struct str text, struct error *err) {
    const struct json *json = json_parse(list->arena, text, err);
    if (!json) return false;
    if (json->kind != JSON_OBJECT) return fail(err, ERROR_MALFORMED, NOWHERE, "the body must be a JSON object");
    return add_members(list, json, err);
}

/* The body, in the arena. */
static bool read_body(struct http_exchange *exchange, struct arena *arena, size_t limit, struct str *ret_body,
                      struct error *err) {
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, limit);
    if (!http_read_body(exchange, limit, &body, err)) return false;
    struct str copy = arena_copy(arena, buf_str(&body));
    if (!copy.text) return too_much(err);
    *ret_body = copy;
    return true;
}

bool request_parse_object(struct value_list *list, enum media media, struct str boundary, struct str body,
                          struct error *err) {
    switch (media) {
    case MEDIA_NONE:
    case MEDIA_JSON:
        return add_object(list, body, err);
    case MEDIA_FORM:
        return request_parse_form(list, body, err);
    case MEDIA_MULTIPART:
        return request_parse_multipart(list, body, boundary, err);
    case MEDIA_TEXT:
    case MEDIA_SQL:
        break;
    }
    return fail(err, ERROR_MEDIA_TYPE, NOWHERE, "the body must be a JSON object or a form");
}

/* A body that is compressed would be read as something that nobody has said. */
static bool read_media(struct http_exchange *exchange, enum media *ret_media, struct str *ret_boundary,
                       struct error *err) {
    struct str encoding = http_header(exchange, "Content-Encoding");
    if (encoding.length && !str_is_name(encoding, "identity"))
        return fail(err, ERROR_MEDIA_TYPE, NOWHERE, "a body with a Content-Encoding is not taken");
    return media_read(http_header(exchange, "Content-Type"), ret_media, ret_boundary, err);
}

bool request_read_object(struct http_exchange *exchange, struct arena *arena, size_t limit,
                         struct named_values *ret_values, struct error *err) {
    enum media media;
    struct str boundary, body;
    struct value_list list = {.arena = arena};
    if (!read_media(exchange, &media, &boundary, err)) return false;
    if (media == MEDIA_TEXT || media == MEDIA_SQL)
        return fail(err, ERROR_MEDIA_TYPE, NOWHERE, "the body must be a JSON object or a form");
    if (!read_body(exchange, arena, limit, &body, err)) return false;
    if (!request_parse_object(&list, media, boundary, body, err)) return false;
    *ret_values = (struct named_values){list.items, list.count};
    return true;
}

/* {"sql":"…","vars":{…}} */
static bool parse_sql_object(struct value_list *list, struct str body, struct str *ret_text, struct error *err) {
    const struct json *json = json_parse(list->arena, body, err);
    if (!json) return false;
    if (json->kind != JSON_OBJECT) return fail(err, ERROR_MALFORMED, NOWHERE, "the body must be a JSON object");
    const struct json *sql = NULL;
    for (const struct json *member = json->first; member; member = member->next) {
        if (str_is(member->name, "sql")) {
            if (member->kind != JSON_STRING) return fail(err, ERROR_MALFORMED, NOWHERE, "\"sql\" must be a string");
            sql = member;
        } else if (str_is(member->name, "vars")) {
            if (member->kind != JSON_OBJECT && member->kind != JSON_NULL)
                return fail(err, ERROR_MALFORMED, NOWHERE, "\"vars\" must be an object");
            if (!add_members(list, member, err)) return false;
        } else {
            return fail(err, ERROR_MALFORMED, NOWHERE, "the body may hold \"sql\" and \"vars\" only");
        }
    }
    if (!sql) return fail(err, ERROR_MALFORMED, NOWHERE, "the body lacks \"sql\"");
    *ret_text = sql->text;
    return true;
}

bool request_parse_sql(struct value_list *list, enum media media, struct str body, struct str *ret_text,
                       struct error *err) {
    if (media == MEDIA_FORM || media == MEDIA_MULTIPART)
        return fail(err, ERROR_MEDIA_TYPE, NOWHERE, "the body must be SQL text or a JSON object");
    struct str text = body;
    if (media == MEDIA_JSON && !parse_sql_object(list, body, &text, err)) return false;
    if (!request_check_text(text, err)) return false;
    *ret_text = text;
    return true;
}

bool request_read_sql(struct http_exchange *exchange, struct arena *arena, size_t limit,
                      struct sql_request *ret_request, struct error *err) {
    enum media media;
    struct str boundary, text;
    struct value_list list = {.arena = arena};
    if (!read_media(exchange, &media, &boundary, err)) return false;
    if (media == MEDIA_FORM || media == MEDIA_MULTIPART)
        return fail(err, ERROR_MEDIA_TYPE, NOWHERE, "the body must be SQL text or a JSON object");
    if (!request_parse_form(&list, http_query(exchange), err)) return false;
    if (!read_body(exchange, arena, limit, &text, err)) return false;
    if (!request_parse_sql(&list, media, text, &text, err)) return false;
    *ret_request = (struct sql_request){.text = text, .variables = {list.items, list.count}};
    return true;
}
