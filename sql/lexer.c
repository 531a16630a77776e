#include "sql/lexer.h"

#include "sql_grammar.h"

#include <string.h>
#include <strings.h>

/* Made by Lemon from grammar.y: what a keyword counts as where it is none; 0 for the reserved ones. */
int sql_grammarFallback(int kind);

static const struct {
    const char *word;
    int kind;
} keywords[] = {
#define KEYWORD(word, token) {word, TK_##token},
#include "sql/keywords.def"
#undef KEYWORD
};

#define KEYWORD_LENGTH_MAX 17

static bool is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex_digit(unsigned char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What may stand within a name; every byte of a multi-byte character may. */
static bool is_name_byte(unsigned char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '$' || c >= 0x80;
}

static bool is_space(unsigned char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The byte at `at`, or 0 behind the end. */
static unsigned char byte_at(struct str text, size_t at) {
    return at < text.length ? (unsigned char)text.text[at] : 0;
}

static int keyword_kind(struct str word) {
    if (word.length > KEYWORD_LENGTH_MAX) return TK_ID;
    char key[KEYWORD_LENGTH_MAX + 1];
    memcpy(key, word.text, word.length);
    key[word.length] = '\0';
    size_t low = 0, high = sizeof keywords / sizeof *keywords;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcasecmp(key, keywords[middle].word);
        if (order == 0) return keywords[middle].kind;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return TK_ID;
}

bool lexer_is_keyword(struct str word) {
    return keyword_kind(word) != TK_ID;
}

/* 'it''s', "a", `a`: up to the closing quote, which stands for itself where it is doubled. */
static size_t scan_quoted(struct str text, size_t at, int *ret_kind) {
    char quote = text.text[at];
    size_t i = at + 1;
    for (; i < text.length && text.text[i] != '\0'; i++) {
        if (text.text[i] != quote) continue;
        if (byte_at(text, i + 1) != (unsigned char)quote) break;
        i++;
    }
    if (i >= text.length || text.text[i] == '\0') {
        *ret_kind = TOKEN_ILLEGAL;
        return i;
    }
    *ret_kind = quote == '\'' ? TK_STRING : TK_ID;
    return i + 1;
}

/* Whether [at, end) reads as 1h30m: digits and a unit, once or more. */
static bool is_duration(struct str text, size_t at, size_t end) {
    bool any = false;
    while (at < end) {
        size_t digits = at;
        while (at < end && is_digit((unsigned char)text.text[at])) at++;
        if (at == digits || at == end || !strchr("smhdw", text.text[at] | 0x20)) return false;
        at++;
        any = true;
    }
    return any;
}

static size_t scan_number(struct str text, size_t at, int *ret_kind) {
    size_t i = at;
    *ret_kind = TK_INTEGER;
    if (text.text[i] == '0' && (byte_at(text, i + 1) | 0x20) == 'x' && is_hex_digit(byte_at(text, i + 2))) {
        i += 3;
        while (is_hex_digit(byte_at(text, i))) i++;
        return i;
    }
    while (is_digit(byte_at(text, i))) i++;
    if (byte_at(text, i) == '.') {
        *ret_kind = TK_FLOAT;
        i++;
        while (is_digit(byte_at(text, i))) i++;
    }
    if ((byte_at(text, i) | 0x20) == 'e') {
        size_t sign = byte_at(text, i + 1) == '+' || byte_at(text, i + 1) == '-' ? 1 : 0;
        if (is_digit(byte_at(text, i + 1 + sign))) {
            *ret_kind = TK_FLOAT;
            i += 2 + sign;
            while (is_digit(byte_at(text, i))) i++;
        }
    }
    if (i < text.length && is_name_byte((unsigned char)text.text[i])) {
        while (i < text.length && is_name_byte((unsigned char)text.text[i])) i++;
        *ret_kind = is_duration(text, at, i) ? TK_DURATION : TOKEN_ILLEGAL;
    }
    return i;
}

/* $name, :name, @name, #name with SQLite's `::` and `(…)`; then our `.name`s. */
static size_t scan_variable(struct str text, size_t at, int *ret_kind) {
    size_t i = at + 1, names = 0;
    bool plain = true;
    *ret_kind = TK_VARIABLE;
    while (i < text.length) {
        unsigned char c = (unsigned char)text.text[i];
        if (is_name_byte(c)) {
            names++;
            i++;
        } else if (c == '(' && names > 0) {
            plain = false;
            do i++;
            while (i < text.length && !is_space((unsigned char)text.text[i]) && text.text[i] != ')' &&
                   text.text[i] != '\0');
            if (byte_at(text, i) == ')')
                i++;
            else
                *ret_kind = TOKEN_ILLEGAL;
            break;
        } else if (c == ':' && byte_at(text, i + 1) == ':') {
            plain = false;
            i += 2;
        } else {
            break;
        }
    }
    if (names == 0) {
        *ret_kind = TOKEN_ILLEGAL;
        return i;
    }
    if (text.text[at] != '$' || !plain) return i;
    while (byte_at(text, i) == '.' && is_name_byte(byte_at(text, i + 1))) {
        i += 2;
        while (i < text.length && is_name_byte((unsigned char)text.text[i])) i++;
    }
    return i;
}

/* The end of the white space or comment at `at`; `at` itself where there is none. */
static size_t skip_blank(struct str text, size_t at) {
    unsigned char c = byte_at(text, at);
    if (c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r') {
        while (is_space(byte_at(text, at))) at++;
        return at;
    }
    if (c == '-' && byte_at(text, at + 1) == '-') {
        while (at < text.length && text.text[at] != '\n' && text.text[at] != '\0') at++;
        return at;
    }
    if (c == '/' && byte_at(text, at + 1) == '*' && at + 2 < text.length) {
        for (at += 2; at < text.length && text.text[at] != '\0'; at++)
            if (text.text[at] == '*' && byte_at(text, at + 1) == '/') return at + 2;
        return at;
    }
    if (c == 0xEF && byte_at(text, at + 1) == 0xBB && byte_at(text, at + 2) == 0xBF) return at + 3;
    return at;
}

/* One token from `at`, keywords as they stand, without the context of WINDOW, OVER and FILTER. */
static struct token scan(struct str text, uint32_t from, bool knows_words) {
    size_t at = from;
    for (size_t next; (next = skip_blank(text, at)) != at;) at = next;
    struct token token = {.at = (uint32_t)at};
    size_t end = at + 1;
    unsigned char c = byte_at(text, at), d = byte_at(text, at + 1);
    if (at >= text.length) {
        token.kind = TOKEN_END;
        end = at;
    } else if (is_letter(c) || c == '_' || c >= 0x80) {
        if ((c | 0x20) == 'x' && d == '\'') {
            end = at + 2;
            while (is_hex_digit(byte_at(text, end))) end++;
            token.kind = byte_at(text, end) == '\'' && (end - at) % 2 == 0 ? TK_BLOB : TOKEN_ILLEGAL;
            while (end < text.length && text.text[end] != '\'') end++;
            if (end < text.length) end++;
        } else {
            while (end < text.length && is_name_byte((unsigned char)text.text[end])) end++;
            token.kind = knows_words ? keyword_kind((struct str){text.text + at, end - at}) : TK_ID;
        }
    } else if (is_digit(c) || (c == '.' && is_digit(d))) {
        end = scan_number(text, at, &token.kind);
    } else {
        /* SQLite takes #1 for a register of its own, which no user may name. */
        switch (c) {
        case '\'':
        case '"':
        case '`':
            end = scan_quoted(text, at, &token.kind);
            break;
        case '[':
            while (end < text.length && text.text[end] != ']' && text.text[end] != '\0') end++;
            token.kind = byte_at(text, end) == ']' ? TK_ID : TOKEN_ILLEGAL;
            if (token.kind == TK_ID) end++;
            break;
        case '$':
        case '@':
        case ':':
        case '#':
            end = scan_variable(text, at, &token.kind);
            if (c == '#' && is_digit(d)) token.kind = TOKEN_ILLEGAL;
            break;
        case '?':
            while (is_digit(byte_at(text, end))) end++;
            token.kind = TK_VARIABLE;
            break;
        case '-':
            token.kind = TK_MINUS;
            if (d == '>') {
                token.kind = TK_PTR;
                end = at + (byte_at(text, at + 2) == '>' ? 3 : 2);
            }
            break;
        case '(':
            token.kind = TK_LP;
            break;
        case ')':
            token.kind = TK_RP;
            break;
        case ';':
            token.kind = TK_SEMI;
            break;
        case '+':
            token.kind = TK_PLUS;
            break;
        case '*':
            token.kind = TK_STAR;
            break;
        case '/':
            token.kind = TK_SLASH;
            break;
        case '%':
            token.kind = TK_REM;
            break;
        case ',':
            token.kind = TK_COMMA;
            break;
        case '&':
            token.kind = TK_BITAND;
            break;
        case '~':
            token.kind = TK_BITNOT;
            break;
        case '.':
            token.kind = TK_DOT;
            break;
        case '=':
            token.kind = TK_EQ;
            end += d == '=';
            break;
        case '<':
            token.kind = d == '=' ? TK_LE : d == '>' ? TK_NE : d == '<' ? TK_LSHIFT : TK_LT;
            end += token.kind != TK_LT;
            break;
        case '>':
            token.kind = d == '=' ? TK_GE : d == '>' ? TK_RSHIFT : TK_GT;
            end += token.kind != TK_GT;
            break;
        case '!':
            token.kind = d == '=' ? TK_NE : TOKEN_ILLEGAL;
            end += d == '=';
            break;
        case '|':
            token.kind = d == '|' ? TK_CONCAT : TK_BITOR;
            end += d == '|';
            break;
        default:
            token.kind = TOKEN_ILLEGAL;
            break;
        }
    }
    token.end = (uint32_t)end;
    token.text = (struct str){text.text + at, end - at};
    return token;
}

/* The kind of the token that follows, with everything that may be a name as TK_ID. */
static int peek_as_name(struct str text, uint32_t *at) {
    struct token token = scan(text, *at, true);
    *at = token.end;
    if (token.kind == TK_STRING || token.kind == TK_JOIN_KW || token.kind == TK_WINDOW || token.kind == TK_OVER ||
        (token.kind > 0 && sql_grammarFallback(token.kind) == TK_ID))
        return TK_ID;
    return token.kind;
}

struct token lexer_next(struct lexer *lexer) {
    struct token token = scan(lexer->text, lexer->at, true);
    uint32_t ahead = token.end;
    if (token.kind == TK_WINDOW) {
        if (peek_as_name(lexer->text, &ahead) != TK_ID || peek_as_name(lexer->text, &ahead) != TK_AS)
            token.kind = TK_ID;
    } else if (token.kind == TK_OVER) {
        int next = lexer->previous == TK_RP ? peek_as_name(lexer->text, &ahead) : TOKEN_END;
        if (next != TK_LP && next != TK_ID) token.kind = TK_ID;
    } else if (token.kind == TK_FILTER) {
        if (lexer->previous != TK_RP || peek_as_name(lexer->text, &ahead) != TK_LP) token.kind = TK_ID;
    }
    lexer->at = token.end;
    lexer->previous = token.kind;
    return token;
}

struct token lexer_next_raw(struct lexer *lexer) {
    struct token token = scan(lexer->text, lexer->at, false);
    lexer->at = token.end;
    lexer->previous = token.kind;
    return token;
}

bool lexer_has_doubled_quote(struct str token) {
    char quote = token.text[0];
    return quote != '[' && token.length > 2 && memchr(token.text + 1, quote, token.length - 2);
}

struct str lexer_halve_quotes(struct str token, char *out) {
    struct str inner = str_slice(token, 1, token.length - 1);
    size_t length = 0;
    if (!out) return (struct str){0};
    for (size_t i = 0; i < inner.length; i++) {
        out[length++] = inner.text[i];
        if (inner.text[i] == token.text[0]) i++;
    }
    return (struct str){out, length};
}

struct str lexer_unquote(struct arena *arena, struct str token) {
    if (!lexer_has_doubled_quote(token)) return str_slice(token, 1, token.length - 1);
    return lexer_halve_quotes(token, arena_alloc(arena, token.length));
}
