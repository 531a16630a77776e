/*
 * application/x-www-form-urlencoded, and the query of a URL.
 */
#include "server/request.h"

#include <string.h>

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool decode(struct arena *arena, struct str text, struct str *ret_decoded, struct error *err) {
    struct str copy = arena_copy(arena, text);
    if (!copy.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    char *out = (char *)copy.text; /* ours: it was copied */
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.text[i];
        if (c == '+') c = ' ';
        if (c == '%') {
            int high = i + 2 < text.length ? digit_of(text.text[i + 1]) : -1;
            int low = i + 2 < text.length ? digit_of(text.text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return fail(err, ERROR_MALFORMED, NOWHERE, "a percent sign is not followed by two hexadecimal digits");
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[length++] = c;
    }
    copy.length = length;
    if (!request_check_text(copy, err)) return false;
    *ret_decoded = copy;
    return true;
}

static bool add_pair(struct value_list *list, struct str pair, struct error *err) {
    const char *equals = memchr(pair.text, '=', pair.length);
    size_t at = equals ? (size_t)(equals - pair.text) : pair.length;
    struct str name, value;
    if (!decode(list->arena, str_slice(pair, 0, at), &name, err)) return false;
    if (!decode(list->arena, str_slice(pair, at + 1, pair.length), &value, err)) return false;
    return value_list_add(list, name, value_text(value), err);
}

bool request_parse_form(struct value_list *list, struct str text, struct error *err) {
    while (text.length) {
        const char *ampersand = memchr(text.text, '&', text.length);
        size_t at = ampersand ? (size_t)(ampersand - text.text) : text.length;
        if (at > 0 && !add_pair(list, str_slice(text, 0, at), err)) return false;
        text = str_slice(text, at + 1, text.length);
    }
    return true;
}
