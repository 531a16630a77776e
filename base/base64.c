/*
 * Base64 (RFC 4648), both alphabets.
 */
#include "base/json.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_write(struct buf *buf, struct str bytes) {
    for (size_t at = 0; at < bytes.length; at += 3) {
        size_t rest = bytes.length - at;
        uint32_t group = (uint32_t)(unsigned char)bytes.text[at] << 16;
        if (rest > 1) group |= (uint32_t)(unsigned char)bytes.text[at + 1] << 8;
        if (rest > 2) group |= (unsigned char)bytes.text[at + 2];
        char digits[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63], alphabet[group >> 6 & 63],
                          alphabet[group & 63]};
        if (rest < 3) digits[3] = '=';
        if (rest < 2) digits[2] = '=';
        buf_add(buf, digits, sizeof digits);
    }
}

/* The six bits of a digit; -1 for what is none. */
static int digit_value(char c, bool url) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == (url ? '-' : '+')) return 62;
    if (c == (url ? '_' : '/')) return 63;
    return -1;
}

/* Takes the padding off; false where it is not as much as the digits want. */
static bool strip_padding(struct str *text) {
    size_t padding = 0;
    while (padding < text->length && text->text[text->length - 1 - padding] == '=') padding++;
    if (padding && (padding > 2 || text->length % 4 != 0)) return false;
    text->length -= padding;
    return true;
}

bool base64_read(struct arena *arena, struct str text, bool url, struct str *ret_bytes) {
    if (!url && !strip_padding(&text)) return false;
    if (text.length % 4 == 1) return false;
    size_t length = text.length / 4 * 3 + (text.length % 4 ? text.length % 4 - 1 : 0);
    char *bytes = arena_alloc(arena, length + 1);
    if (!bytes) return false;
    uint32_t bits = 0;
    size_t count = 0, written = 0;
    for (size_t at = 0; at < text.length; at++) {
        int digit = digit_value(text.text[at], url);
        if (digit < 0) return false;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes[written++] = (char)(bits >> count);
        bits &= (1U << count) - 1;
    }
    if (bits) return false;
    *ret_bytes = (struct str){bytes, length};
    return true;
}
