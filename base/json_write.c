/*
 * Writing JSON values into a buffer.
 */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a byte stands for itself in a JSON string, without a look at what follows. */
static bool is_plain(char c) {
    return c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

static void write_escape(struct buf *buf, char c) {
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *place = c ? strchr(named, c) : NULL;
    if (place) {
        buf_add_char(buf, '\\');
        buf_add_char(buf, letters[place - named]);
    } else {
        buf_format(buf, "\\u%04x", (unsigned)(unsigned char)c);
    }
}

/* How many bytes of what is no character one U+FFFD replaces: the longest beginning of a character (the Unicode
 * Standard, 3.9, "substitution of maximal subparts"), but at least one byte. */
static size_t malformed_length(struct str s) {
    for (size_t length = s.length < 3 ? s.length : 3; length > 1; length--) {
        char completed[4] = {(char)0x80, (char)0x80, (char)0x80, (char)0x80};
        memcpy(completed, s.text, length);
        if (str_character((struct str){completed, sizeof completed}) > length) return length;
    }
    return 1;
}

void json_write_string(struct buf *buf, struct str s) {
    buf_add_char(buf, '"');
    for (size_t at = 0; at < s.length;) {
        size_t start = at;
        while (at < s.length && is_plain(s.text[at])) at++;
        buf_add_str(buf, str_slice(s, start, at));
        if (at == s.length) break;
        struct str rest = str_slice(s, at, s.length);
        size_t size = str_character(rest);
        if (size == 1)
            write_escape(buf, s.text[at]);
        else if (size > 1)
            buf_add_str(buf, str_slice(rest, 0, size));
        else
            buf_add_text(buf, "\xEF\xBF\xBD");
        at += size ? size : malformed_length(rest);
    }
    buf_add_char(buf, '"');
}

/* Always with a point or an exponent, so that it stays a real for those readers who tell the two apart. */
static void write_real(struct buf *buf, double real) {
    if (isnan(real)) {
        buf_add_text(buf, "null");
        return;
    }
    if (isinf(real)) {
        buf_add_text(buf, real < 0 ? "-9e999" : "9e999");
        return;
    }
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, real);
        if (strtod(text, NULL) == real) break;
    }
    buf_add_text(buf, text);
    if (!strpbrk(text, ".e")) buf_add_text(buf, ".0");
}

void json_write_value(struct buf *buf, const struct value *value) {
    switch (value->kind) {
    case VALUE_NULL:
        buf_add_text(buf, "null");
        return;
    case VALUE_INTEGER:
        buf_add_int64(buf, value->integer);
        return;
    case VALUE_REAL:
        write_real(buf, value->real);
        return;
    case VALUE_TEXT:
        json_write_string(buf, value->text);
        return;
    case VALUE_BLOB:
        buf_add_text(buf, "{\"$base64\":\"");
        base64_write(buf, value->text);
        buf_add_text(buf, "\"}");
        return;
    }
}
