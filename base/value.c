/*
 * Making values, and finding one by its name.
 */
#include "base/value.h"

const struct value *named_values_find(const struct named_values *values, struct str name) {
    for (size_t i = 0; i < values->count; i++)
        if (str_same(values->items[i].name, name)) return &values->items[i].value;
    return NULL;
}

struct value value_null(void) {
    return (struct value){.kind = VALUE_NULL};
}

struct value value_integer(int64_t integer) {
    return (struct value){.kind = VALUE_INTEGER, .integer = integer};
}

struct value value_real(double real) {
    return (struct value){.kind = VALUE_REAL, .real = real};
}

struct value value_text(struct str text) {
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

struct value value_blob(struct str bytes) {
    return (struct value){.kind = VALUE_BLOB, .text = bytes};
}
