#include "server/media.h"

#include <string.h>

/* Cuts what stands before `separator` off the front of *rest, trimmed. Quoted separators do not count. */
static struct str cut(struct str *rest, char separator) {
    bool quoted = false;
    size_t at = 0;
    while (at < rest->length && (quoted || rest->text[at] != separator)) {
        if (rest->text[at] == '"') quoted = !quoted;
        at++;
    }
    struct str part = str_trim(str_slice(*rest, 0, at));
    *rest = str_slice(*rest, at + 1, rest->length);
    return part;
}

static struct str unquote(struct str value) {
    bool is_quoted = value.length >= 2 && value.text[0] == '"' && value.text[value.length - 1] == '"';
    return is_quoted ? str_slice(value, 1, value.length - 1) : value;
}

/* name=value; the value without its quotes. False where there is no equals sign. */
static bool split(struct str parameter, struct str *ret_name, struct str *ret_value) {
    const char *equals = parameter.length ? memchr(parameter.text, '=', parameter.length) : NULL;
    if (!equals) return false;
    size_t at = (size_t)(equals - parameter.text);
    *ret_name = str_trim(str_slice(parameter, 0, at));
    *ret_value = unquote(str_trim(str_slice(parameter, at + 1, parameter.length)));
    return true;
}

static bool find_type(struct str name, enum media *ret_media) {
    static const struct {
        const char *name;
        enum media media;
    } types[] = {
        {"application/json", MEDIA_JSON},         {"text/plain", MEDIA_TEXT},
        {"application/sql", MEDIA_SQL},           {"application/x-www-form-urlencoded", MEDIA_FORM},
        {"multipart/form-data", MEDIA_MULTIPART},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!str_is_name(name, types[i].name)) continue;
        *ret_media = types[i].media;
        return true;
    }
    return false;
}

bool media_read(struct str header, enum media *ret_media, struct str *ret_boundary, struct error *err) {
    enum media media = MEDIA_NONE;
    struct str boundary = {0};
    struct str rest = header;
    if (header.length && !find_type(cut(&rest, ';'), &media))
        return fail(err, ERROR_MEDIA_TYPE, NOWHERE, "this media type is not taken here");
    while (header.length && rest.length) {
        struct str parameter = cut(&rest, ';');
        struct str name, value;
        if (!parameter.length) continue;
        if (!split(parameter, &name, &value))
            return fail(err, ERROR_MALFORMED, NOWHERE, "the Content-Type is malformed");
        if (str_is_name(name, "charset") && !str_is_name(value, "utf-8") && !str_is_name(value, "us-ascii"))
            return fail(err, ERROR_MEDIA_TYPE, NOWHERE, "the charset must be utf-8");
        if (!str_is_name(name, "boundary")) continue;
        if (boundary.length) return fail(err, ERROR_MALFORMED, NOWHERE, "the Content-Type has two boundaries");
        boundary = value;
    }
    *ret_media = media;
    *ret_boundary = boundary;
    return true;
}

bool media_accepts_text(struct str header) {
    struct str rest = header;
    while (rest.length) {
        struct str item = cut(&rest, ',');
        struct str type = cut(&item, ';');
        if (str_is_name(type, "text/plain")) return true;
        if (str_is_name(type, "application/json") || str_is_name(type, "*/*")) return false;
    }
    return false;
}

bool media_prefers(struct str header, const char *name, const char *value) {
    struct str rest = header;
    while (rest.length) {
        struct str item = cut(&rest, ',');
        while (item.length) {
            struct str one = cut(&item, ';');
            struct str its_name, its_value;
            if (split(one, &its_name, &its_value) && str_is_name(its_name, name) && str_is_name(its_value, value))
                return true;
        }
    }
    return false;
}
