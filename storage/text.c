/*
 * instr, replace and trim as SQLite has them, but in linear time: SQLite's own take the product of their arguments'
 * lengths and cannot be interrupted.
 */
#include "storage/conn_private.h"

#include <string.h>

/* Looks at one character of many that a trim may make; some 100 ms. */
#define TRIM_STEPS_MAX 20000000

static bool is_continuation(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

static struct str text_of(sqlite3_value *value) {
    const char *text = (const char *)sqlite3_value_text(value);
    return (struct str){text, text ? (size_t)sqlite3_value_bytes(value) : 0};
}

/* The first place from `from` where part occurs in whole; whole.length + 1: nowhere. */
static size_t find(struct str whole, struct str part, size_t from) {
    if (from > whole.length) return whole.length + 1;
    const char *place = memmem(whole.text + from, whole.length - from, part.text, part.length);
    return place ? (size_t)(place - whole.text) : whole.length + 1;
}

void text_instr(sqlite3_context *context, int count, sqlite3_value **arguments) {
    (void)count;
    int whole_type = sqlite3_value_type(arguments[0]);
    int part_type = sqlite3_value_type(arguments[1]);
    if (whole_type == SQLITE_NULL || part_type == SQLITE_NULL) return;
    bool is_text = whole_type != SQLITE_BLOB || part_type != SQLITE_BLOB;
    struct str whole, part;
    if (is_text) {
        whole = text_of(arguments[0]);
        part = text_of(arguments[1]);
        if (!whole.text || !part.text) {
            sqlite3_result_error_nomem(context);
            return;
        }
    } else {
        whole = (struct str){sqlite3_value_blob(arguments[0]), (size_t)sqlite3_value_bytes(arguments[0])};
        part = (struct str){sqlite3_value_blob(arguments[1]), (size_t)sqlite3_value_bytes(arguments[1])};
    }
    if (part.length == 0) {
        sqlite3_result_int(context, 1);
        return;
    }
    size_t place = whole.length > 0 ? find(whole, part, 0) : 1;
    while (is_text && place > 0 && place < whole.length && is_continuation(whole.text[place])) {
        place = find(whole, part, place + 1);
    }
    if (place >= whole.length) {
        sqlite3_result_int(context, 0);
        return;
    }
    int64_t position = 1;
    for (size_t i = 1; i <= place; i++) position += !is_text || !is_continuation(whole.text[i]);
    sqlite3_result_int64(context, position);
}

void text_replace(sqlite3_context *context, int count, sqlite3_value **arguments) {
    (void)count;
    for (int i = 0; i < 2; i++) {
        if (sqlite3_value_type(arguments[i]) == SQLITE_NULL) return;
    }
    struct str whole = text_of(arguments[0]);
    struct str pattern = text_of(arguments[1]);
    if (pattern.text && (pattern.length == 0 || pattern.text[0] == '\0')) {
        sqlite3_result_value(context, arguments[0]);
        return;
    }
    if (sqlite3_value_type(arguments[2]) == SQLITE_NULL) return;
    struct str with = text_of(arguments[2]);
    if (!whole.text || !pattern.text || !with.text) {
        sqlite3_result_error_nomem(context);
        return;
    }
    sqlite3_str *text = sqlite3_str_new(sqlite3_context_db_handle(context));
    size_t from = 0;
    while (sqlite3_str_errcode(text) == SQLITE_OK) {
        size_t place = find(whole, pattern, from);
        size_t end = place > whole.length ? whole.length : place;
        sqlite3_str_append(text, whole.text + from, (int)(end - from));
        if (place > whole.length) break;
        sqlite3_str_append(text, with.text, (int)with.length);
        from = place + pattern.length;
    }
    int code = sqlite3_str_errcode(text);
    int length = sqlite3_str_length(text);
    char *result = sqlite3_str_finish(text);
    if (code == SQLITE_OK) {
        sqlite3_result_text(context, result ? result : "", length, result ? sqlite3_free : SQLITE_STATIC);
        return;
    }
    sqlite3_free(result);
    if (code == SQLITE_TOOBIG) {
        sqlite3_result_error_toobig(context);
    } else {
        sqlite3_result_error_nomem(context);
    }
}

/* The characters that a trim takes away: single bytes as a table, longer ones where they stand in `text`. */
struct set {
    struct str text;
    bool single[256];
    bool has_longer;
    int64_t steps;
};

static size_t character_length(struct str text, size_t at) {
    size_t end = at + 1;
    if (((unsigned char)text.text[at] & 0xC0) == 0xC0) {
        while (end < text.length && is_continuation(text.text[end])) end++;
    }
    return end - at;
}

static struct set set_of(struct str text) {
    struct set set = {.text = text};
    for (size_t at = 0; at < text.length;) {
        size_t length = character_length(text, at);
        if (length == 1) {
            set.single[(unsigned char)text.text[at]] = true;
        } else {
            set.has_longer = true;
        }
        at += length;
    }
    return set;
}

/* The length of a character of the set with which `text` begins, or ends; 0: none. */
static size_t match(struct set *set, struct str text, bool at_end) {
    if (text.length == 0) return 0;
    if (set->single[(unsigned char)text.text[at_end ? text.length - 1 : 0]]) return 1;
    if (!set->has_longer) return 0;
    for (size_t at = 0; at < set->text.length && set->steps <= TRIM_STEPS_MAX; set->steps++) {
        size_t length = character_length(set->text, at);
        const char *place = at_end ? text.text + text.length - length : text.text;
        if (length > 1 && length <= text.length && memcmp(place, set->text.text + at, length) == 0) return length;
        at += length;
    }
    return 0;
}

void text_trim(sqlite3_context *context, int count, sqlite3_value **arguments) {
    const struct registration *registration = sqlite3_user_data(context);
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) return;
    if (count > 1 && sqlite3_value_type(arguments[1]) == SQLITE_NULL) return;
    struct str text = text_of(arguments[0]);
    struct str characters = count > 1 ? text_of(arguments[1]) : LITERAL(" ");
    if (!text.text || !characters.text) {
        sqlite3_result_error_nomem(context);
        return;
    }
    struct set set = set_of(characters);
    size_t length;
    while ((registration->variant & TRIM_LEFT) && (length = match(&set, text, false)) > 0) {
        text.text += length;
        text.length -= length;
    }
    while ((registration->variant & TRIM_RIGHT) && (length = match(&set, text, true)) > 0) text.length -= length;
    if (set.steps > TRIM_STEPS_MAX) {
        function_fail(context, ERROR_LIMIT_EXCEEDED, "too many characters to trim");
        return;
    }
    sqlite3_result_text64(context, text.text, text.length, SQLITE_TRANSIENT, SQLITE_UTF8);
}
