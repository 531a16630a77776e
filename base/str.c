/*
 * Strings: comparing, slicing, and the small texts that are numbers.
 */
#include "base/str.h"

#include <string.h>

static unsigned char lower(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Whether two runs of the same length are the same but for the case of ASCII letters. Most that are the same are so
 * byte for byte. */
static bool same_folded(const char *a, const char *b, size_t length) {
    if (length && memcmp(a, b, length) == 0) return true;
    for (size_t i = 0; i < length; i++)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

struct str str_of(const char *text) {
    return (struct str){text, text ? strlen(text) : 0};
}

bool str_same(struct str a, struct str b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.text, b.text, a.length) == 0);
}

bool str_same_name(struct str a, struct str b) {
    return a.length == b.length && same_folded(a.text, b.text, a.length);
}

bool str_is(struct str a, const char *text) {
    return str_same(a, str_of(text));
}

bool str_is_name(struct str a, const char *text) {
    return str_same_name(a, str_of(text));
}

bool str_starts(struct str a, const char *prefix) {
    size_t length = strlen(prefix);
    return a.length >= length && (length == 0 || memcmp(a.text, prefix, length) == 0);
}

bool str_starts_name(struct str a, const char *prefix) {
    size_t length = strlen(prefix);
    return a.length >= length && same_folded(a.text, prefix, length);
}

struct str str_trim(struct str a) {
    while (a.length && is_space(a.text[a.length - 1])) a.length--;
    while (a.length && is_space(a.text[0])) {
        a.text++;
        a.length--;
    }
    return a;
}

struct str str_slice(struct str a, size_t from, size_t to) {
    if (to > a.length) to = a.length;
    if (from > to) from = to;
    return (struct str){from ? a.text + from : a.text, to - from};
}

struct str str_take(struct str *rest, char separator) {
    const char *found = rest->length ? memchr(rest->text, separator, rest->length) : NULL;
    size_t end = found ? (size_t)(found - rest->text) : rest->length;
    struct str part = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end + (found ? 1 : 0), rest->length);
    return part;
}

bool str_next_item(struct str *rest, struct str *ret_item) {
    if (!rest->text) return false;
    const char *comma = rest->length ? memchr(rest->text, ',', rest->length) : NULL;
    size_t length = comma ? (size_t)(comma - rest->text) : rest->length;
    *ret_item = str_trim(str_slice(*rest, 0, length));
    *rest = comma ? str_slice(*rest, length + 1, rest->length) : (struct str){0};
    return true;
}

struct str str_cut(struct str a, size_t length) {
    if (a.length <= length) return a;
    while (length > 0 && ((unsigned char)a.text[length] & 0xC0) == 0x80) length--;
    return str_slice(a, 0, length);
}

/* The length of the well-formed UTF-8 character at the start of bytes; 0 if there is none. The ranges of the
 * second byte are those of RFC 3629, section 4. */
static size_t character_length(const unsigned char *bytes, size_t length) {
    unsigned char first = bytes[0];
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length < size) return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (bytes[1] < low || bytes[1] > high) return 0;
    for (size_t i = 2; i < size; i++)
        if ((bytes[i] & 0xC0) != 0x80) return 0;
    return size;
}

size_t str_character(struct str s) {
    return s.length ? character_length((const unsigned char *)s.text, s.length) : 0;
}

/* How many bytes at the beginning are ASCII, or fewer: eight at a time. */
static size_t ascii_length(struct str s) {
    size_t length = 0;
    uint64_t word;
    for (; s.length - length >= sizeof word; length += sizeof word) {
        memcpy(&word, s.text + length, sizeof word);
        if (word & 0x8080808080808080u) break;
    }
    return length;
}

bool str_is_utf8(struct str s) {
    while (s.length) {
        size_t plain = ascii_length(s);
        s = str_slice(s, plain, s.length);
        if (!s.length) break;
        size_t size = str_character(s);
        if (!size) return false;
        s = str_slice(s, size, s.length);
    }
    return true;
}

bool str_to_int64(struct str s, int64_t *ret_value) {
    bool negative = s.length && s.text[0] == '-';
    if (negative) s = str_slice(s, 1, s.length);
    if (!s.length) return false;
    /* Gathered below zero, where there is room for INT64_MIN. */
    int64_t value = 0;
    for (size_t i = 0; i < s.length; i++) {
        if (!is_digit(s.text[i])) return false;
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_sub_overflow(value, s.text[i] - '0', &value)) return false;
    }
    if (!negative && value == INT64_MIN) return false;
    *ret_value = negative ? value : -value;
    return true;
}

static int64_t unit_seconds(char unit) {
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 60 * 60;
    case 'd':
        return 24 * 60 * 60;
    case 'w':
        return 7 * 24 * 60 * 60;
    }
    return 0;
}

bool str_to_duration(struct str s, int64_t *ret_seconds) {
    const int64_t limit = INT64_C(100) * 365 * 24 * 60 * 60;
    int64_t total = 0;
    size_t i = 0;
    while (i < s.length) {
        size_t start = i;
        int64_t number = 0;
        for (; i < s.length && is_digit(s.text[i]); i++) {
            number = number * 10 + (s.text[i] - '0');
            if (number >= limit) return false;
        }
        if (i == start || i == s.length) return false;
        int64_t unit = unit_seconds(s.text[i++]);
        if (!unit || number > limit / unit) return false;
        total += number * unit;
        if (total >= limit) return false;
    }
    if (total <= 0) return false;
    *ret_seconds = total;
    return true;
}

void str_position(struct str text, uint32_t at, uint32_t *ret_line, uint32_t *ret_column) {
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < text.length && i < at; i++) {
        if (text.text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text.text[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    *ret_line = line;
    *ret_column = column;
}
