/*
 * A value as SQL knows it: what a variable is bound to, what a row holds.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include "base/str.h"

enum value_kind {
    VALUE_NULL,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TEXT,
    VALUE_BLOB,
};

struct value {
    enum value_kind kind;
    union {
        int64_t integer;
        double real;
        struct str text; /* VALUE_TEXT and VALUE_BLOB: bytes that somebody else owns */
    };
};

/* A named value: a variable of a request, a column of a record, a claim of a token. */
struct named_value {
    struct str name; /* without `$` */
    struct value value;
};

struct named_values {
    const struct named_value *items;
    size_t count;
};

/* The first item of that name, byte for byte; NULL when there is none. */
const struct value *named_values_find(const struct named_values *values, struct str name);

struct value value_null(void);
struct value value_integer(int64_t integer);
struct value value_real(double real);
struct value value_text(struct str text);
struct value value_blob(struct str bytes);

#endif
