/*
 * JSON: reading documents (on cJSON) and writing values straight into a buffer.
 *
 * Reading is stricter than cJSON alone: the text must be valid UTF-8, nothing may follow the document,
 * an object may not have two members of one name, strings may hold no U+0000, nesting is bounded, and
 * numbers keep all their digits (an integer that fits 64 bits is exact).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "base/value.h"

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_INTEGER,
    JSON_REAL,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

#define JSON_DEPTH_MAX 100

/* A value of a parsed document; everything in it lives in the arena it was parsed into. */
struct json {
    enum json_kind kind;
    struct str name;          /* of a member of an object */
    struct str text;          /* JSON_STRING: the decoded string; JSON_ARRAY, JSON_OBJECT: their JSON text as it came */
    int64_t integer;          /* JSON_INTEGER */
    double real;              /* JSON_REAL, and JSON_INTEGER rounded */
    const struct json *first; /* JSON_ARRAY, JSON_OBJECT: the first element or member */
    const struct json *next;  /* the next one beside this */
};

/* Parses one document. Fails with ERROR_MALFORMED (at: the byte where it went wrong, where that is known),
 * or ERROR_LIMIT_EXCEEDED when it is nested too deep or the arena is full. */
const struct json *json_parse(struct arena *arena, struct str text, struct error *err) MUST_CHECK;

/* The member of an object, byte for byte; NULL where there is none or `object` is no object. */
const struct json *json_member(const struct json *object, const char *name);

/* The value as SQL binds it: null, 0 and 1 for false and true, numbers, strings; arrays and objects as
 * their JSON text; {"$base64":"…"} as a blob (standard alphabet, padding optional). Fails with
 * ERROR_INVALID_VALUE when the base64 is not well formed. */
bool json_to_value(struct arena *arena, const struct json *json, struct value *ret_value, struct error *err) MUST_CHECK;

/* A JSON string with its quotes. Invalid UTF-8 becomes U+FFFD. */
void json_write_string(struct buf *buf, struct str s);

/* A value: integers with all digits, reals in the shortest form that reads back the same (an infinite one
 * as ±9e999, which readers take as infinite; NaN as null), blobs as {"$base64":"…"}. */
void json_write_value(struct buf *buf, const struct value *value);

/* Standard base64 with padding. */
void base64_write(struct buf *buf, struct str bytes);

/* Decodes the standard alphabet (`url` false; padding optional) or the URL one (`url` true; no padding allowed
 * there), strictly: no white space, no stray bits. False also when the arena is full. */
bool base64_read(struct arena *arena, struct str text, bool url, struct str *ret_bytes) MUST_CHECK;

#endif
