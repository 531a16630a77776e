/*
 * A growing buffer of bytes. Adding never fails at the call: a buffer that could not grow remembers it in
 * `failed`, ignores what follows, and is checked once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/error.h"
#include "base/str.h"

#include <stddef.h>

struct buf {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit; /* bytes at most; 0: no limit */
    bool failed;
};

void buf_init(struct buf *buf, size_t limit);
void buf_done(struct buf *buf); /* frees; the buffer may be used again as after buf_init with its limit */

void buf_add(struct buf *buf, const void *data, size_t length);
void buf_add_str(struct buf *buf, struct str s);
void buf_add_text(struct buf *buf, const char *text); /* NUL-terminated */
void buf_add_char(struct buf *buf, char c);
void buf_add_int64(struct buf *buf, int64_t value);
/* With its length before it, so that no two lists of parts are the same bytes. */
void buf_add_part(struct buf *buf, struct str part);
void buf_format(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Empties it but keeps its memory; clears `failed`. */
void buf_clear(struct buf *buf);

/* What it holds; valid until the next call that changes it. */
struct str buf_str(const struct buf *buf);

#endif
