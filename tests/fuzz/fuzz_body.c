/*
 * Bodies of requests. The first line is the Content-Type, the rest the body, which is read as /signin reads it and as
 * /sql reads it. What is taken keeps the promises of request.h: names once each, text that is UTF-8, bounds.
 */
#include "base/json.h"
#include "server/media.h"
#include "server/request.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* A value written as JSON is read back as it was. */
static void check_written(struct arena *arena, const struct value *value, struct str body) {
    struct buf buf;
    struct value again = value_null();
    struct error err = {0};
    buf_init(&buf, 0);
    json_write_value(&buf, value);
    const struct json *json = json_parse(arena, buf_str(&buf), &err);
    FUZZ_PROMISE(json && json_to_value(arena, json, &again, &err), "a value that is written cannot be read", body);
    FUZZ_PROMISE(again.kind == value->kind, "a value changes its kind", body);
    if (value->kind == VALUE_INTEGER) FUZZ_PROMISE(again.integer == value->integer, "an integer changes", body);
    if (value->kind == VALUE_REAL)
        FUZZ_PROMISE(memcmp(&again.real, &value->real, sizeof again.real) == 0, "a number changes", body);
    if (value->kind == VALUE_TEXT || value->kind == VALUE_BLOB)
        FUZZ_PROMISE(str_same(again.text, value->text), "a text changes", body);
    buf_done(&buf);
}

static void check_values(struct arena *arena, const struct value_list *list, struct str body) {
    struct named_values values = {list->items, list->count};
    FUZZ_PROMISE(list->count <= REQUEST_VALUES_MAX, "too many values", body);
    for (size_t i = 0; i < list->count; i++) {
        const struct named_value *item = &list->items[i];
        FUZZ_PROMISE(item->name.length > 0, "a value without a name", body);
        FUZZ_PROMISE(named_values_find(&values, item->name) == &item->value, "a name is there twice", body);
        FUZZ_PROMISE(request_check_text(item->name, NULL), "a name is no text", body);
        if (item->value.kind == VALUE_TEXT)
            FUZZ_PROMISE(request_check_text(item->value.text, NULL), "a value is no text", body);
        if (i < 20) check_written(arena, &item->value, body);
    }
}

static void check_error(const struct error *err, struct str body) {
    FUZZ_PROMISE(err->code == ERROR_MALFORMED || err->code == ERROR_LIMIT_EXCEEDED || err->code == ERROR_MEDIA_TYPE ||
                     err->code == ERROR_INVALID_VALUE,
                 error_code_name(err->code), body);
    FUZZ_PROMISE(err->message[0] && str_is_utf8(str_of(err->message)), "an error without a message", body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str body = {(const char *)data, size}, boundary = {0}, sql = {0};
    struct str type = fuzz_take_line(&body);
    struct arena *arena = fuzz_arena();
    struct error err = {0};
    enum media media;
    if (!media_read(str_is(type, "-") ? (struct str){0} : type, &media, &boundary, &err)) {
        check_error(&err, type);
        return 0;
    }
    (void)media_accepts_text(type);
    (void)media_prefers(type, "rows", "array");
    struct value_list object = {.arena = arena}, variables = {.arena = arena};
    if (request_parse_object(&object, media, boundary, body, &err))
        check_values(arena, &object, body);
    else
        check_error(&err, body);
    error_clear(&err);
    if (request_parse_sql(&variables, media, body, &sql, &err)) {
        FUZZ_PROMISE(request_check_text(sql, NULL), "SQL that is no text", body);
        check_values(arena, &variables, body);
    } else {
        check_error(&err, body);
    }
    return 0;
}
