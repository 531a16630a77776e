#include "sql/literal_rows.h"

#include "sql/literals.h"
#include "sql_grammar.h"

static bool number_of(const struct token *token, bool minus, struct literal_cell *ret_cell) {
    struct str text = token->text;
    bool is_hexadecimal = text.length > 1 && (text.text[1] | 0x20) == 'x';
    ret_cell->kind = CELL_REAL;
    ret_cell->minus = minus;
    ret_cell->text = text;
    if (token->kind == TK_FLOAT) return true;
    if (token->kind != TK_INTEGER || is_hexadecimal) return false;
    int64_t integer = 0;
    for (size_t i = 0; i < text.length; i++) {
        /* below zero, where there is room for one more: what does not fit is a REAL */
        if (__builtin_mul_overflow(integer, 10, &integer) ||
            __builtin_sub_overflow(integer, text.text[i] - '0', &integer))
            return true;
    }
    if (!minus && integer == INT64_MIN) return true;
    ret_cell->kind = CELL_INTEGER;
    ret_cell->integer = minus ? integer : -integer;
    return true;
}

/* A value, and the token behind it. */
static bool read_cell(struct lexer *lexer, struct literal_cell *ret_cell, struct token *ret_next) {
    struct token token = lexer_next(lexer);
    bool has_sign = token.kind == TK_MINUS || token.kind == TK_PLUS, minus = token.kind == TK_MINUS, fine = false;
    if (has_sign) token = lexer_next(lexer);
    *ret_cell = (struct literal_cell){.text = token.text};
    switch (token.kind) {
    case TK_INTEGER:
    case TK_FLOAT:
        fine = number_of(&token, minus, ret_cell);
        break;
    case TK_STRING:
        ret_cell->kind = CELL_TEXT;
        fine = !has_sign;
        break;
    case TK_BLOB:
        ret_cell->kind = CELL_BLOB;
        fine = !has_sign;
        break;
    case TK_NULL:
        fine = !has_sign;
        break;
    case TK_ID:
        ret_cell->kind = CELL_INTEGER;
        ret_cell->integer = str_is_name(token.text, "true");
        fine = !has_sign && (ret_cell->integer || str_is_name(token.text, "false"));
        break;
    case TK_VARIABLE:
        ret_cell->kind = CELL_VARIABLE;
        fine = !has_sign && token.text.length > 1; /* a `?` is another one each time */
        break;
    default:
        break;
    }
    *ret_next = lexer_next(lexer);
    return fine;
}

/* What stands in parentheses; where that ends, and the token behind it. */
static bool read_row(struct lexer *lexer, struct literal_cell *cells, uint32_t *ret_width, uint32_t *ret_end,
                     struct token *ret_next) {
    uint32_t width = 0;
    struct token token;
    if (lexer_next(lexer).kind != TK_LP) return false;
    do {
        if (width == LITERAL_ROWS_WIDTH_MAX || !read_cell(lexer, &cells[width++], &token)) return false;
    } while (token.kind == TK_COMMA);
    if (token.kind != TK_RP) return false;
    *ret_width = width;
    *ret_end = token.end;
    *ret_next = lexer_next(lexer);
    return true;
}

static bool may_follow(int kind) {
    return kind == TK_SEMI || kind == TOKEN_END || kind == TK_ON || kind == TK_RETURNING;
}

static bool are_alike(const struct literal_cell *a, const struct literal_cell *b, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if ((a[i].kind == CELL_VARIABLE || b[i].kind == CELL_VARIABLE) &&
            (a[i].kind != b[i].kind || !str_same(a[i].text, b[i].text)))
            return false;
    return true;
}

bool literal_rows_find(struct str text, uint32_t at, struct literal_rows *ret_rows) {
    struct lexer lexer = {.text = text, .at = at};
    struct literal_cell first[LITERAL_ROWS_WIDTH_MAX], cells[LITERAL_ROWS_WIDTH_MAX];
    struct token next;
    uint32_t first_width, width, end;
    if (!read_row(&lexer, first, &first_width, &end, &next)) return false;
    size_t count = first_width;
    while (next.kind == TK_COMMA) {
        if (!read_row(&lexer, cells, &width, &end, &next)) return false;
        if (width != first_width || !are_alike(first, cells, width)) return false;
        count += width;
    }
    if (!may_follow(next.kind) || count <= LITERALS_MAX) return false;
    *ret_rows = (struct literal_rows){str_slice(text, at, end), first_width};
    return true;
}

uint32_t literal_rows_first(struct lexer *lexer, struct literal_cell *ret_cells) {
    struct token next;
    uint32_t width, end;
    return read_row(lexer, ret_cells, &width, &end, &next) ? width : 0;
}

bool literal_rows_next(const struct literal_rows *rows, struct lexer *lexer, struct literal_cell *ret_cells) {
    struct token next;
    uint32_t width, end;
    return read_row(lexer, ret_cells, &width, &end, &next) && width == rows->width;
}
