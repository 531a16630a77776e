/*
 * A growing buffer: doubles, up to its limit.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST 1024 /* bytes: most responses and bodies need no more */

void buf_init(struct buf *buf, size_t limit) {
    *buf = (struct buf){.limit = limit};
}

void buf_done(struct buf *buf) {
    free(buf->data);
    buf_init(buf, buf->limit);
}

/* Makes room for `more` bytes; false, and the buffer has failed, where that cannot be. */
static bool reserve(struct buf *buf, size_t more) {
    if (buf->failed) return false;
    size_t most = buf->limit ? buf->limit : SIZE_MAX / 2;
    if (buf->length > most || more > most - buf->length) {
        buf->failed = true;
        return false;
    }
    size_t needed = buf->length + more;
    if (needed <= buf->capacity) return true;
    size_t capacity = buf->capacity > most / 2 ? most : 2 * buf->capacity;
    if (capacity < LEAST) capacity = most < LEAST ? most : LEAST;
    if (capacity < needed) capacity = needed;
    char *data = realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void buf_add(struct buf *buf, const void *data, size_t length) {
    if (!length || !reserve(buf, length)) return;
    memcpy(buf->data + buf->length, data, length);
    buf->length += length;
}

void buf_add_str(struct buf *buf, struct str s) {
    buf_add(buf, s.text, s.length);
}

void buf_add_part(struct buf *buf, struct str part) {
    uint64_t length = part.length;
    buf_add(buf, &length, sizeof length);
    buf_add_str(buf, part);
}

void buf_add_text(struct buf *buf, const char *text) {
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c) {
    buf_add(buf, &c, 1);
}

void buf_add_int64(struct buf *buf, int64_t value) {
    char digits[20];
    size_t start = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) digits[--start] = '-';
    buf_add(buf, digits + start, sizeof digits - start);
}

/* Formats into a small array, and only what does not fit there into memory of its own. */
void buf_format(struct buf *buf, const char *format, ...) {
    char small[256];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(small, sizeof small, format, arguments);
    if (length < 0) {
        buf->failed = true;
    } else if ((size_t)length < sizeof small) {
        buf_add(buf, small, (size_t)length);
    } else {
        char *large = malloc((size_t)length + 1);
        if (large) {
            vsnprintf(large, (size_t)length + 1, format, again);
            buf_add(buf, large, (size_t)length);
        } else {
            buf->failed = true;
        }
        free(large);
    }
    va_end(again);
    va_end(arguments);
}

void buf_clear(struct buf *buf) {
    buf->length = 0;
    buf->failed = false;
}

struct str buf_str(const struct buf *buf) {
    return (struct str){buf->data, buf->length};
}
