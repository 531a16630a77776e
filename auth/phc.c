/*
 * PHC strings. libargon2 reads them too, but without bounds.
 */
#include "auth/phc.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/scope.h"

static bool take(struct str *rest, const char *text) {
    if (!str_starts(*rest, text)) return false;
    *rest = str_slice(*rest, str_of(text).length, rest->length);
    return true;
}

/* A decimal without leading zeros, at most `max`. */
static bool take_number(struct str *rest, uint32_t max, uint32_t *ret_number) {
    uint32_t number = 0;
    size_t digits = 0;
    for (; digits < rest->length && rest->text[digits] >= '0' && rest->text[digits] <= '9'; digits++) {
        number = number * 10 + (uint32_t)(rest->text[digits] - '0');
        if (number == 0 || number > max) return false;
    }
    if (digits == 0) return false;
    *ret_number = number;
    *rest = str_slice(*rest, digits, rest->length);
    return true;
}

/* Base64 without padding up to the next `$` or the end. */
static bool take_bytes(struct arena *arena, struct str *rest, size_t min, size_t max, struct str *ret_bytes) {
    size_t end = 0;
    for (; end < rest->length && rest->text[end] != '$'; end++)
        if (rest->text[end] == '=') return false;
    struct str bytes;
    if (!base64_read(arena, str_slice(*rest, 0, end), false, &bytes)) return false;
    if (bytes.length < min || bytes.length > max) return false;
    *ret_bytes = bytes;
    *rest = str_slice(*rest, end, rest->length);
    return true;
}

bool phc_read(struct arena *arena, struct str text, struct phc *ret_phc) {
    struct phc phc;
    if (text.length > PHC_LENGTH_MAX) return false;
    if (!take(&text, "$argon2id$v=19$m=") || !take_number(&text, PHC_MEMORY_MAX, &phc.memory)) return false;
    if (!take(&text, ",t=") || !take_number(&text, PHC_PASSES_MAX, &phc.passes)) return false;
    if (!take(&text, ",p=") || !take_number(&text, PHC_LANES_MAX, &phc.lanes)) return false;
    if (phc.memory < PHC_MEMORY_MIN * phc.lanes) return false;
    if (!take(&text, "$") || !take_bytes(arena, &text, PHC_SALT_MIN, PHC_SALT_MAX, &phc.salt)) return false;
    if (!take(&text, "$") || !take_bytes(arena, &text, PHC_HASH_MIN, PHC_HASH_MAX, &phc.hash)) return false;
    if (text.length) return false;
    *ret_phc = phc;
    return true;
}

static void write_base64(struct buf *buf, struct str bytes) {
    base64_write(buf, bytes);
    while (!buf->failed && buf->length && buf->data[buf->length - 1] == '=') buf->length--;
}

bool phc_write(struct arena *arena, const struct phc *phc, struct str *ret_text) {
    CLEANUP(buf_done) struct buf buf;
    buf_init(&buf, PHC_LENGTH_MAX);
    buf_format(&buf, "$argon2id$v=19$m=%u,t=%u,p=%u$", phc->memory, phc->passes, phc->lanes);
    write_base64(&buf, phc->salt);
    buf_add_char(&buf, '$');
    write_base64(&buf, phc->hash);
    struct str text = buf.failed ? (struct str){0} : arena_copy(arena, buf_str(&buf));
    if (!text.text) return false;
    *ret_text = text;
    return true;
}
