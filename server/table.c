#include "server/table.h"

#include "base/scope.h"

static bool is_control(unsigned char c) {
    return c < 0x20 || c == 0x7f;
}

/* The second byte of a control character of Latin-1 (U+0080 to U+009F). */
static bool is_latin_control(struct str text, size_t at) {
    return (unsigned char)text.text[at] == 0xc2 && at + 1 < text.length && (unsigned char)text.text[at + 1] < 0xa0;
}

static void add_visible(struct buf *out, struct str text) {
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.text[i];
        if (is_control(c)) {
            buf_format(out, "\\x%02x", c);
        } else if (is_latin_control(text, i)) {
            buf_format(out, "\\x%02x", (unsigned char)text.text[++i]);
        } else {
            buf_add_char(out, (char)c);
        }
    }
}

void table_print_text(struct str text, FILE *out) {
    CLEANUP(buf_done) struct buf visible;
    buf_init(&visible, 0);
    add_visible(&visible, text);
    struct str bytes = buf_str(&visible);
    fwrite(bytes.text ? bytes.text : "", 1, bytes.length, out);
}

static void add_cell(struct buf *out, const struct json *value) {
    const struct value integer = value_integer(value->integer);
    const struct value real = value_real(value->real);
    switch (value->kind) {
    case JSON_NULL:
        buf_add_text(out, "NULL");
        return;
    case JSON_FALSE:
        buf_add_text(out, "false");
        return;
    case JSON_TRUE:
        buf_add_text(out, "true");
        return;
    case JSON_INTEGER:
        json_write_value(out, &integer);
        return;
    case JSON_REAL:
        json_write_value(out, &real);
        return;
    case JSON_STRING:
    case JSON_ARRAY:
    case JSON_OBJECT:
        add_visible(out, value->text);
        return;
    }
}

static bool is_number(const struct json *value) {
    return value->kind == JSON_INTEGER || value->kind == JSON_REAL;
}

/* Columns that it takes on a terminal, as far as that is one for each character. */
static size_t width_of(struct str text) {
    size_t width = 0;
    for (size_t i = 0; i < text.length; i++) width += ((unsigned char)text.text[i] & 0xc0) != 0x80;
    return width;
}

static size_t count_of(const struct json *list) {
    size_t count = 0;
    for (const struct json *item = list->first; item; item = item->next) count++;
    return count;
}

static void widen(size_t *widths, size_t columns, const struct json *row) {
    size_t column = 0;
    for (const struct json *value = row->first; value && column < columns; value = value->next, column++) {
        CLEANUP(buf_done) struct buf cell;
        buf_init(&cell, 0);
        add_cell(&cell, value);
        size_t width = width_of(buf_str(&cell));
        if (width > widths[column]) widths[column] = width;
    }
}

static void pad(size_t count, FILE *out) {
    for (size_t i = 0; i < count; i++) fputc(' ', out);
}

static void print_row(const size_t *widths, size_t columns, const struct json *row, FILE *out) {
    size_t column = 0;
    for (const struct json *value = row->first; value && column < columns; value = value->next, column++) {
        CLEANUP(buf_done) struct buf cell;
        buf_init(&cell, 0);
        add_cell(&cell, value);
        struct str text = buf_str(&cell);
        size_t space = widths[column] - width_of(text);
        if (column) fputs("  ", out);
        if (is_number(value)) pad(space, out);
        fwrite(text.text ? text.text : "", 1, text.length, out);
        if (!is_number(value) && value->next) pad(space, out);
    }
    fputc('\n', out);
}

static void print_line(const size_t *widths, size_t columns, FILE *out) {
    for (size_t i = 0; i < columns; i++) {
        if (i) fputs("  ", out);
        for (size_t at = 0; at < widths[i]; at++) fputc('-', out);
    }
    fputc('\n', out);
}

static bool print_rows(struct arena *arena, const struct json *names, const struct json *rows, FILE *out) {
    size_t columns = count_of(names);
    size_t *widths = arena_array(arena, columns, sizeof *widths);
    if (!widths) return false;
    if (columns) {
        widen(widths, columns, names);
        for (const struct json *row = rows->first; row; row = row->next) widen(widths, columns, row);
        print_row(widths, columns, names, out);
        print_line(widths, columns, out);
        for (const struct json *row = rows->first; row; row = row->next) print_row(widths, columns, row, out);
    }
    return true;
}

static bool print_failure(const struct json *object, size_t number, FILE *errors) {
    const struct json *code = json_member(object, "code");
    const struct json *message = json_member(object, "error");
    if (!message) message = json_member(object, "result");
    fprintf(errors, "bailiwick: statement %zu: ", number);
    if (code && code->kind == JSON_STRING) table_print_text(code->text, errors);
    fputs(": ", errors);
    if (message && message->kind == JSON_STRING) table_print_text(message->text, errors);
    fputc('\n', errors);
    return false;
}

static bool print_success(struct arena *arena, const struct json *object, FILE *out) {
    const struct json *result = json_member(object, "result");
    const struct json *names = json_member(result, "columns");
    const struct json *rows = json_member(result, "rows");
    const struct json *changes = json_member(object, "changes");
    const struct json *time = json_member(object, "time");
    if (names && rows && !print_rows(arena, names, rows, out)) return false;
    if (names && names->first)
        fprintf(out, "(%zu %s", count_of(rows), count_of(rows) == 1 ? "row" : "rows");
    else
        fputs("(done", out);
    if (changes) fprintf(out, ", %lld changed", (long long)changes->integer);
    if (time && time->kind == JSON_STRING) {
        fputs(", ", out);
        table_print_text(time->text, out);
    }
    fputs(")\n\n", out);
    return true;
}

bool table_print(struct arena *arena, const struct json *object, size_t number, FILE *out, FILE *errors) {
    const struct json *status = json_member(object, "status");
    const struct json *rows = json_member(json_member(object, "result"), "rows");
    if (!status || status->kind != JSON_STRING) return false;
    if (str_is(status->text, "OK")) return print_success(arena, object, out);
    if (rows && !print_rows(arena, json_member(json_member(object, "result"), "columns"), rows, out)) return false;
    return print_failure(object, number, errors);
}
