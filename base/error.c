/*
 * Errors: filling the struct, and the three columns of errors.def.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Drops the incomplete UTF-8 sequence that cutting a text may have left at its end. */
static void drop_cut_character(char *text, size_t length) {
    size_t start = length;
    while (start > 0 && length - start < 4) {
        unsigned char byte = (unsigned char)text[--start];
        if ((byte & 0xC0) == 0x80) continue;
        size_t size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
        if (start + size > length) text[start] = 0;
        return;
    }
}

static void write_text(char *ret_text, size_t size, const char *format, va_list arguments) PRINTF_LIKE(3, 0);

static void write_text(char *ret_text, size_t size, const char *format, va_list arguments) {
    int length = vsnprintf(ret_text, size, format, arguments);
    if (length < 0) ret_text[0] = 0;
    if (length > 0 && (size_t)length >= size) drop_cut_character(ret_text, strlen(ret_text));
}

static void fill(struct error *err, enum error_code code, uint32_t at, const char *format, va_list arguments)
    PRINTF_LIKE(4, 0);

static void fill(struct error *err, enum error_code code, uint32_t at, const char *format, va_list arguments) {
    if (!err || err->code != ERROR_NONE) return;
    err->code = code;
    err->at = at;
    write_text(err->message, sizeof err->message, format, arguments);
}

bool fail(struct error *err, enum error_code code, uint32_t at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fill(err, code, at, format, arguments);
    va_end(arguments);
    return false;
}

void *fail_null(struct error *err, enum error_code code, uint32_t at, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fill(err, code, at, format, arguments);
    va_end(arguments);
    return NULL;
}

void error_detail(struct error *err, const char *format, ...) {
    if (!err || err->detail[0]) return;
    va_list arguments;
    va_start(arguments, format);
    write_text(err->detail, sizeof err->detail, format, arguments);
    va_end(arguments);
}

void error_clear(struct error *err) {
    if (!err) return;
    err->code = ERROR_NONE;
    err->at = err->retry_after = 0;
    err->message[0] = err->detail[0] = 0;
}

struct row {
    const char *name;
    int http_status;
    const char *sentence;
};

static struct row row_of(enum error_code code) {
    switch (code) {
    case ERROR_NONE:
        return (struct row){"none", 200, "No error"};
#define ERROR(name, code, status, sentence)                                                                            \
    case ERROR_##name:                                                                                                 \
        return (struct row){code, status, sentence};
#include "base/errors.def"
#undef ERROR
    }
    return (struct row){"internal", 500, "Internal error"};
}

const char *error_code_name(enum error_code code) {
    return row_of(code).name;
}

int error_http_status(enum error_code code) {
    return row_of(code).http_status;
}

const char *error_sentence(enum error_code code) {
    return row_of(code).sentence;
}
