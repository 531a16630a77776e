/*
 * Strings with a length: a view of bytes that somebody else owns. Not terminated by NUL, may hold NUL.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
    const char *text; /* may be NULL where length is 0 */
    size_t length;
};

/* A string constant as a str: `str_is(name, "x")` is shorter where only a comparison is wanted. */
#define LITERAL(constant) ((struct str){(constant), sizeof(constant) - 1})

/* For printf's "%.*s". */
#define STR(s) (int)(s).length, (s).text

struct str str_of(const char *text);                        /* a NUL-terminated string; NULL gives the empty one */
bool str_same(struct str a, struct str b);                  /* byte for byte */
bool str_same_name(struct str a, struct str b);             /* ASCII letters without case, as SQLite compares names */
bool str_is(struct str a, const char *text);                /* byte for byte, with a NUL-terminated string */
bool str_is_name(struct str a, const char *text);           /* as str_same_name */
bool str_starts(struct str a, const char *prefix);          /* byte for byte */
bool str_starts_name(struct str a, const char *prefix);     /* ASCII letters without case */
struct str str_trim(struct str a);                          /* without ASCII white space at both ends */
struct str str_slice(struct str a, size_t from, size_t to); /* clamped to a */
struct str str_cut(struct str a, size_t length);            /* its first bytes, at most so many, cut at a character */

/* Cuts off what stands before the next separator, which goes with it; all of it where there is none. */
struct str str_take(struct str *rest, char separator);

/* Cuts the next item off a list with commas, and trims it. False at the end of the list, and where it has no text; an
 * empty text is one empty item. */
bool str_next_item(struct str *rest, struct str *ret_item);

/* Whether s is well-formed UTF-8 (RFC 3629: no surrogates, nothing over-long, nothing above U+10FFFF). */
bool str_is_utf8(struct str s);

/* The length in bytes of the well-formed UTF-8 character that s begins with; 0 if it begins with none. */
size_t str_character(struct str s);

/* Strict decimal integer that fits int64: optional '-', digits, nothing else. */
bool str_to_int64(struct str s, int64_t *ret_value);

/* A durations such as "30s", "15m", "1h30m", "2w" in seconds; false unless it is well formed, positive
 * and below 100 years. */
bool str_to_duration(struct str s, int64_t *ret_seconds);

/* Line and column, both from 1, of the byte offset `at` in text; columns count characters, not bytes. */
void str_position(struct str text, uint32_t at, uint32_t *ret_line, uint32_t *ret_column);

#endif
