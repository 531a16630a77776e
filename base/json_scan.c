/*
 * The scanner. It does not recurse: what is open is kept in an array of the closing brackets to come.
 */
#include "base/json_scan.h"

#include "base/json.h"

#include <string.h>

struct scan {
    struct str text;
    size_t at;
    char *safe;
    char closing[JSON_DEPTH_MAX];
    size_t depth;
    struct error *err;
};

static bool refuse(struct scan *scan, const char *what) {
    return fail(scan->err, ERROR_MALFORMED, (uint32_t)scan->at, "not valid JSON: %s", what);
}

/* The byte `ahead` of here; 0 behind the end, and where a 0 stands, which is no JSON anyway. */
static char peek(const struct scan *scan, size_t ahead) {
    return scan->at + ahead < scan->text.length ? scan->text.text[scan->at + ahead] : 0;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void skip_space(struct scan *scan) {
    for (char c = peek(scan, 0); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(scan, 0)) scan->at++;
}

/* The four hexadecimal digits `ahead` of here; -1 where there are none. */
static int peek_hex4(const struct scan *scan, size_t ahead) {
    int value = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = peek(scan, ahead + i);
        if (is_digit(c))
            value = value * 16 + (c - '0');
        else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            value = value * 16 + ((c | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static bool scan_unicode_escape(struct scan *scan) {
    int unit = peek_hex4(scan, 2);
    if (unit < 0) return refuse(scan, "\\u wants four hexadecimal digits");
    if (unit == 0) return refuse(scan, "a string holds U+0000");
    if (unit >= 0xDC00 && unit <= 0xDFFF) return refuse(scan, "a string holds half a surrogate pair");
    scan->at += 6;
    if (unit < 0xD800 || unit > 0xDBFF) return true;
    int second = peek(scan, 0) == '\\' && peek(scan, 1) == 'u' ? peek_hex4(scan, 2) : -1;
    if (second < 0xDC00 || second > 0xDFFF) return refuse(scan, "a string holds half a surrogate pair");
    scan->at += 6;
    return true;
}

static bool scan_string(struct scan *scan) {
    scan->at++;
    for (;;) {
        if (scan->at >= scan->text.length) return refuse(scan, "a string does not end");
        char c = peek(scan, 0);
        if (c == '"') break;
        if ((unsigned char)c < 0x20) return refuse(scan, "a string holds a control character that is not escaped");
        if (c != '\\') {
            scan->at++;
        } else if (peek(scan, 1) == 'u') {
            if (!scan_unicode_escape(scan)) return false;
        } else {
            char escaped = peek(scan, 1);
            if (!escaped || !strchr("\"\\/bfnrt", escaped)) return refuse(scan, "no such escape");
            scan->at += 2;
        }
    }
    scan->at++;
    return true;
}

static bool scan_digits(struct scan *scan) {
    if (!is_digit(peek(scan, 0))) return refuse(scan, "expected a digit");
    while (is_digit(peek(scan, 0))) scan->at++;
    return true;
}

static bool scan_number(struct scan *scan) {
    size_t start = scan->at;
    if (peek(scan, 0) == '-') scan->at++;
    if (peek(scan, 0) == '0') {
        scan->at++;
        if (is_digit(peek(scan, 0))) return refuse(scan, "a number begins with 0");
    } else if (!scan_digits(scan)) {
        return false;
    }
    if (peek(scan, 0) == '.') {
        scan->at++;
        if (!scan_digits(scan)) return false;
    }
    if (peek(scan, 0) == 'e' || peek(scan, 0) == 'E') {
        scan->at++;
        if (peek(scan, 0) == '+' || peek(scan, 0) == '-') scan->at++;
        if (!scan_digits(scan)) return false;
    }
    memset(scan->safe + start, ' ', scan->at - start);
    scan->safe[start] = '0';
    return true;
}

static bool scan_word(struct scan *scan, const char *word) {
    if (!str_starts(str_slice(scan->text, scan->at, scan->text.length), word)) return refuse(scan, "expected a value");
    scan->at += strlen(word);
    return true;
}

static bool scan_scalar(struct scan *scan) {
    char c = peek(scan, 0);
    if (c == '"') return scan_string(scan);
    if (c == '-' || is_digit(c)) return scan_number(scan);
    if (c == 'n') return scan_word(scan, "null");
    if (c == 't') return scan_word(scan, "true");
    if (c == 'f') return scan_word(scan, "false");
    return refuse(scan, scan->at < scan->text.length ? "expected a value" : "it ends where a value was expected");
}

/* A member's name and its colon. */
static bool scan_name(struct scan *scan) {
    skip_space(scan);
    if (peek(scan, 0) != '"') return refuse(scan, "expected a member's name in double quotes");
    if (!scan_string(scan)) return false;
    skip_space(scan);
    if (peek(scan, 0) != ':') return refuse(scan, "expected ':'");
    scan->at++;
    return true;
}

/* Opens an array or object; ret_empty: it was closed at once. */
static bool scan_opening(struct scan *scan, bool *ret_empty) {
    if (scan->depth == JSON_DEPTH_MAX)
        return fail(scan->err, ERROR_LIMIT_EXCEEDED, (uint32_t)scan->at, "JSON is nested more than %d deep",
                    JSON_DEPTH_MAX);
    char closing = peek(scan, 0) == '{' ? '}' : ']';
    scan->at++;
    skip_space(scan);
    *ret_empty = peek(scan, 0) == closing;
    if (*ret_empty) {
        scan->at++;
        return true;
    }
    scan->closing[scan->depth++] = closing;
    return closing == ']' || scan_name(scan);
}

/* From the end of a value to the start of the next one; ret_end: there is none. */
static bool scan_separator(struct scan *scan, bool *ret_end) {
    for (skip_space(scan); scan->depth && peek(scan, 0) == scan->closing[scan->depth - 1]; skip_space(scan)) {
        scan->at++;
        scan->depth--;
    }
    *ret_end = scan->depth == 0;
    if (*ret_end) return scan->at == scan->text.length || refuse(scan, "something follows the document");
    char closing = scan->closing[scan->depth - 1];
    if (peek(scan, 0) != ',') return refuse(scan, closing == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    scan->at++;
    return closing == ']' || scan_name(scan);
}

static bool check_utf8(struct scan *scan) {
    while (scan->at < scan->text.length) {
        size_t size = str_character(str_slice(scan->text, scan->at, scan->text.length));
        if (!size) return refuse(scan, "it is not UTF-8");
        scan->at += size;
    }
    scan->at = 0;
    return true;
}

bool json_scan(struct str text, char *ret_safe, struct error *err) {
    struct scan scan = {.text = text, .safe = ret_safe, .err = err};
    if (text.length >= NOWHERE) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "JSON is too long");
    if (!check_utf8(&scan)) return false;
    for (bool end = false; !end;) {
        skip_space(&scan);
        if (peek(&scan, 0) == '{' || peek(&scan, 0) == '[') {
            bool empty = false;
            if (!scan_opening(&scan, &empty)) return false;
            if (!empty) continue;
        } else if (!scan_scalar(&scan)) {
            return false;
        }
        if (!scan_separator(&scan, &end)) return false;
    }
    return true;
}
