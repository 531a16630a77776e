#include "sql/literals.h"

#include "sql/lexer.h"
#include "sql_grammar.h"

#include <string.h>

#define REAL_DIGITS_MAX 18 /* a power of ten with so many is exact in a long double, and so is the number itself */

/* What stands in a blanked text: no longer than any literal of its kind. */
static struct str blank_of(enum value_kind kind) {
    switch (kind) {
    case VALUE_INTEGER:
        return LITERAL("2");
    case VALUE_REAL:
        return LITERAL("2.5");
    case VALUE_TEXT:
        return LITERAL("''");
    case VALUE_BLOB:
        return LITERAL("x''");
    case VALUE_NULL:
        break;
    }
    return LITERAL("");
}

static bool is_bindable_integer(struct str text, int64_t *ret_value) {
    return (text.text[0] != '0' || text.length == 1) && str_to_int64(text, ret_value);
}

/* digits.digits, by the one division that SQLite makes of it. */
static bool is_bindable_real(struct str text, double *ret_value) {
    int64_t digits = 0;
    long double scale = 1;
    bool has_point = false;
    if (text.length > REAL_DIGITS_MAX + 1 || text.text[0] == '.' || text.text[text.length - 1] == '.') return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.text[i];
        if (c == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (c < '0' || c > '9') return false;
        digits = digits * 10 + (c - '0');
        if (has_point) scale *= 10;
    }
    *ret_value = (double)((long double)digits / scale);
    return digits != 0;
}

static bool literal_of(const struct token *token, struct literal *ret_literal) {
    int64_t integer;
    double real;
    *ret_literal = (struct literal){.at = token->at, .end = token->end};
    switch (token->kind) {
    case TK_INTEGER:
        ret_literal->kind = VALUE_INTEGER;
        return is_bindable_integer(token->text, &integer);
    case TK_FLOAT:
        ret_literal->kind = VALUE_REAL;
        return is_bindable_real(token->text, &real);
    case TK_STRING:
        ret_literal->kind = VALUE_TEXT;
        return true;
    case TK_BLOB:
        ret_literal->kind = VALUE_BLOB;
        return true;
    default:
        return false;
    }
}

bool literals_scan(struct str text, struct literals *ret_literals) {
    struct lexer lexer = {.text = text};
    struct literal literal;
    ret_literals->count = ret_literals->flags = 0;
    for (struct token token; (token = lexer_next_raw(&lexer)).kind != TOKEN_END;) {
        if (token.kind == TOKEN_ILLEGAL) return false;
        if (!literal_of(&token, &literal)) continue;
        if (ret_literals->count == LITERALS_MAX) return false;
        bool is_flag = literal.kind == VALUE_INTEGER && token.text.length == 1 && token.text.text[0] <= '1';
        ret_literals->flags |= (uint64_t)is_flag << ret_literals->count;
        ret_literals->items[ret_literals->count++] = literal;
    }
    return ret_literals->count > 0;
}

void literals_choose(const struct literals *literals, uint64_t which, struct literals *ret_chosen) {
    ret_chosen->count = ret_chosen->flags = 0;
    for (size_t i = 0; i < literals->count; i++) {
        if (!(which >> i & 1)) continue;
        ret_chosen->flags |= (literals->flags >> i & 1) << ret_chosen->count;
        ret_chosen->items[ret_chosen->count++] = literals->items[i];
    }
}

struct str literals_blank(struct arena *arena, struct str text, const struct literals *literals,
                          struct literals *ret_there) {
    char *out = arena_array(arena, text.length + 1, 1);
    size_t from = 0, length = 0;
    if (!out) return (struct str){0};
    ret_there->count = literals->count;
    ret_there->flags = 0;
    for (size_t i = 0; i <= literals->count; i++) {
        const struct literal *literal = i < literals->count ? &literals->items[i] : NULL;
        size_t to = literal ? literal->at : text.length;
        memcpy(out + length, text.text + from, to - from);
        length += to - from;
        if (!literal) break;
        struct str blank = blank_of(literal->kind);
        memcpy(out + length, blank.text, blank.length);
        ret_there->items[i] = (struct literal){literal->kind, (uint32_t)length, (uint32_t)(length + blank.length)};
        length += blank.length;
        from = literal->end;
    }
    return (struct str){out, length};
}

static unsigned hex_digit(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

struct str literals_unhex(struct str token, char *out) {
    struct str hex = str_slice(token, 2, token.length - 1);
    if (!out) return (struct str){0};
    for (size_t i = 0; i < hex.length / 2; i++)
        out[i] = (char)(hex_digit(hex.text[2 * i]) << 4 | hex_digit(hex.text[2 * i + 1]));
    return (struct str){out, hex.length / 2};
}

static bool value_of(struct arena *arena, struct str token, enum value_kind kind, struct value *ret_value) {
    int64_t integer;
    double real;
    switch (kind) {
    case VALUE_INTEGER:
        if (!is_bindable_integer(token, &integer)) return false;
        *ret_value = value_integer(integer);
        return true;
    case VALUE_REAL:
        if (!is_bindable_real(token, &real)) return false;
        *ret_value = value_real(real);
        return true;
    case VALUE_TEXT:
        *ret_value = value_text(lexer_unquote(arena, token));
        return ret_value->text.text;
    case VALUE_BLOB:
        *ret_value = value_blob(literals_unhex(token, arena_array(arena, token.length, 1)));
        return ret_value->text.text;
    case VALUE_NULL:
        break;
    }
    return false;
}

const struct value *literals_values(struct arena *arena, struct str text, const struct literals *literals) {
    struct value *values = arena_array(arena, literals->count, sizeof *values);
    for (size_t i = 0; values && i < literals->count; i++) {
        const struct literal *literal = &literals->items[i];
        if (!value_of(arena, str_slice(text, literal->at, literal->end), literal->kind, &values[i])) return NULL;
    }
    return values;
}
