/*
 * The event of a trigger, which SQLite tells nowhere but in the trigger's text.
 */
#include "storage/catalog_private.h"

#include <string.h>

/* Skips white space and comments. */
static struct str skip_blanks(struct str s) {
    for (;;) {
        s = str_trim(s);
        if (str_starts(s, "--")) {
            const char *end = memchr(s.text, '\n', s.length);
            s = end ? str_slice(s, (size_t)(end - s.text) + 1, s.length) : (struct str){0};
        } else if (str_starts(s, "/*")) {
            const char *end = s.length > 2 ? memmem(s.text + 2, s.length - 2, "*/", 2) : NULL;
            s = end ? str_slice(s, (size_t)(end - s.text) + 2, s.length) : (struct str){0};
        } else {
            return s;
        }
    }
}

/* Takes the first word off *text, or the first quoted name (which is returned empty: it is no keyword). */
static struct str take_word(struct str *text) {
    struct str s = skip_blanks(*text);
    size_t length = 0;
    char open = s.length ? s.text[0] : 0;
    char close = open == '[' ? ']' : open == '"' || open == '`' || open == '\'' ? open : 0;
    if (close) {
        for (length = 1; length < s.length; length++) {
            if (s.text[length] != close) continue;
            if (close == ']' || length + 1 == s.length || s.text[length + 1] != close) break;
            length++;
        }
        *text = str_slice(s, length + 1, s.length);
        return (struct str){0};
    }
    while (length < s.length && s.text[length] > ' ' && !strchr("\"'`[/-.", s.text[length])) length++;
    if (!length && s.length) length = 1;
    *text = str_slice(s, length, s.length);
    return str_slice(s, 0, length);
}

enum operation catalog_trigger_event(struct str text, bool *ret_names_columns) {
    *ret_names_columns = true;
    if (!str_is_name(take_word(&text), "CREATE") || !str_is_name(take_word(&text), "TRIGGER")) return OPERATION_COUNT;
    (void)take_word(&text);
    struct str word = take_word(&text);
    if (str_is_name(word, "BEFORE") || str_is_name(word, "AFTER"))
        word = take_word(&text);
    else if (str_is_name(word, "INSTEAD") && str_is_name(take_word(&text), "OF"))
        word = take_word(&text);
    *ret_names_columns = str_is_name(word, "UPDATE") && str_is_name(take_word(&text), "OF");
    if (str_is_name(word, "INSERT")) return OPERATION_CREATE;
    if (str_is_name(word, "UPDATE")) return OPERATION_UPDATE;
    if (str_is_name(word, "DELETE")) return OPERATION_DELETE;
    return OPERATION_COUNT;
}
