/*
 * printf and format as SQLite 3.40 has them, directive by directive, but with bounds on width and precision: SQLite's
 * own spend seconds on '%.*c' with a large precision, through every limit.
 */
#include "storage/conn_private.h"

#include <stdio.h>
#include <string.h>

#define WIDTH_MAX 10000

struct directive {
    char flags[8];
    int64_t width;     /* 0: none */
    int64_t precision; /* -1: none */
    char conversion;   /* 0: the format ended */
};

/* The arguments not yet used up; one that is missing counts as NULL. */
struct arguments {
    sqlite3_value **next;
    int count;
};

static sqlite3_value *next_argument(struct arguments *arguments) {
    if (arguments->count == 0) return NULL;
    arguments->count--;
    return *arguments->next++;
}

static int64_t next_integer(struct arguments *arguments) {
    sqlite3_value *value = next_argument(arguments);
    return value ? sqlite3_value_int64(value) : 0;
}

static double next_real(struct arguments *arguments) {
    sqlite3_value *value = next_argument(arguments);
    return value ? sqlite3_value_double(value) : 0;
}

static const char *next_text(struct arguments *arguments) {
    sqlite3_value *value = next_argument(arguments);
    return value ? (const char *)sqlite3_value_text(value) : NULL;
}

static void add_flag(struct directive *directive, char flag) {
    if (!strchr(directive->flags, flag)) directive->flags[strlen(directive->flags)] = flag;
}

static int64_t read_number(const char **at) {
    int64_t number = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (number <= WIDTH_MAX) number = number * 10 + (**at - '0');
    }
    return number;
}

/* Reads what follows a '%', and moves *at behind it. */
static struct directive read_directive(const char **at, struct arguments *arguments) {
    struct directive directive = {.precision = -1};
    for (; **at; (*at)++) {
        char c = **at;
        if (strchr("-+ #!0,", c)) {
            add_flag(&directive, c);
        } else if (c >= '1' && c <= '9') {
            directive.width = read_number(at);
            (*at)--;
        } else if (c == '*') {
            int width = (int)next_integer(arguments);
            if (width < 0) add_flag(&directive, '-');
            directive.width = width < 0 ? -(int64_t)width : width;
        } else if (c == '.') {
            (*at)++;
            if (**at == '*') {
                int precision = (int)next_integer(arguments);
                directive.precision = precision < 0 ? -(int64_t)precision : precision;
            } else {
                directive.precision = read_number(at);
                (*at)--;
            }
        } else {
            break;
        }
    }
    while (**at == 'l') (*at)++;
    directive.conversion = **at;
    if (**at) (*at)++;
    return directive;
}

static uint32_t first_character(const char *text) {
    if (!text) return 0;
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0xC0) return byte[0];
    uint32_t character = byte[0] >= 0xF0 ? byte[0] & 0x07 : byte[0] >= 0xE0 ? byte[0] & 0x0F : byte[0] & 0x1F;
    for (int i = 1; i < 4 && (byte[i] & 0xC0) == 0x80; i++) character = character << 6 | (byte[i] & 0x3F);
    return character;
}

/* Adds one directive's text; false where the format means nothing from here on, and SQLite stops too. */
static bool add_directive(sqlite3_str *text, const struct directive *directive, struct arguments *arguments) {
    char format[64];
    char precision[16] = "";
    char width[16] = "";
    char conversion = directive->conversion == 'z' ? 's' : directive->conversion;
    bool is_integer = conversion && strchr("diuxXor", conversion);
    if (directive->width > 0) snprintf(width, sizeof width, "%d", (int)directive->width);
    if (directive->precision >= 0) snprintf(precision, sizeof precision, ".%d", (int)directive->precision);
    snprintf(format, sizeof format, "%%%s%s%s%s%c", directive->flags, width, precision, is_integer ? "ll" : "",
             conversion ? conversion : '%');

    if (is_integer) {
        sqlite3_str_appendf(text, format, (long long)next_integer(arguments));
        return true;
    }
    switch (conversion) {
    case 'f':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
        sqlite3_str_appendf(text, format, next_real(arguments));
        return true;
    case 's':
    case 'q':
    case 'Q':
    case 'w':
        sqlite3_str_appendf(text, format, next_text(arguments));
        return true;
    case 'c':
        sqlite3_str_appendf(text, format, first_character(next_text(arguments)));
        return true;
    case 'p':
        sqlite3_str_appendf(text, format, (void *)(uintptr_t)next_integer(arguments));
        return true;
    case '%':
        sqlite3_str_appendf(text, format);
        return true;
    case 'n':
        sqlite3_str_append(text, "", 0);
        return true;
    case '\0':
        sqlite3_str_append(text, "%", 1);
        return false;
    }
    return false;
}

static bool add_all(sqlite3_str *text, const char *format, struct arguments *arguments) {
    while (*format && sqlite3_str_errcode(text) == SQLITE_OK) {
        const char *percent = strchrnul(format, '%');
        if (percent > format) sqlite3_str_append(text, format, (int)(percent - format));
        if (!*percent) break;
        format = percent + 1;
        struct directive directive = read_directive(&format, arguments);
        if (directive.width > WIDTH_MAX || directive.precision > WIDTH_MAX) return false;
        if (!add_directive(text, &directive, arguments)) break;
    }
    return true;
}

void format_call(sqlite3_context *context, int count, sqlite3_value **values) {
    const char *format = count > 0 ? (const char *)sqlite3_value_text(values[0]) : NULL;
    if (!format) return;
    struct arguments arguments = {values + 1, count - 1};
    sqlite3_str *text = sqlite3_str_new(sqlite3_context_db_handle(context));
    bool within = add_all(text, format, &arguments);
    int code = sqlite3_str_errcode(text);
    int length = sqlite3_str_length(text);
    char *result = sqlite3_str_finish(text);
    if (!within) {
        function_fail(context, ERROR_LIMIT_EXCEEDED, "a width or precision in a format is too large");
        sqlite3_free(result);
    } else if (code == SQLITE_TOOBIG) {
        sqlite3_result_error_toobig(context);
        sqlite3_free(result);
    } else if (code != SQLITE_OK) {
        sqlite3_result_error_nomem(context);
        sqlite3_free(result);
    } else if (result) { /* where nothing was added, not even an empty text, it is NULL */
        sqlite3_result_text(context, result, length, sqlite3_free);
    }
}
