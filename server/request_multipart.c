/*
 * multipart/form-data, as RFC 7578 has it and browsers send it. Files are not taken, and neither is text before the
 * first boundary or after the last one.
 */
#include "server/request.h"

#include <string.h>

#define BOUNDARY_MAX 70 /* RFC 2046 */
#define HEADER_MAX 1024 /* bytes of one part's header */

static bool malformed(struct error *err, const char *what) {
    return fail(err, ERROR_MALFORMED, NOWHERE, "the multipart body is malformed: %s", what);
}

/* RFC 2046's bchars, without the space. */
static bool is_boundary(struct str boundary) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=?";
    if (boundary.length < 1 || boundary.length > BOUNDARY_MAX) return false;
    for (size_t i = 0; i < boundary.length; i++)
        if (!memchr(allowed, boundary.text[i], sizeof allowed - 1)) return false;
    return true;
}

/* Takes `expected` off the front of *rest. */
static bool take(struct str *rest, struct str expected) {
    if (rest->length < expected.length || memcmp(rest->text, expected.text, expected.length) != 0) return false;
    *rest = str_slice(*rest, expected.length, rest->length);
    return true;
}

/* Cuts what stands before `mark` off the front of *rest, and the mark too. */
static bool cut(struct str *rest, struct str mark, struct str *ret_part) {
    const char *found = rest->length ? memmem(rest->text, rest->length, mark.text, mark.length) : NULL;
    if (!found) return false;
    size_t at = (size_t)(found - rest->text);
    *ret_part = str_slice(*rest, 0, at);
    *rest = str_slice(*rest, at + mark.length, rest->length);
    return true;
}

/* form-data; name="title" */
static bool read_disposition(struct str value, struct str *ret_name, struct error *err) {
    struct str rest = value;
    struct str word, name = {0};
    if (!str_starts_name(value, "form-data")) return malformed(err, "a part is no form-data");
    rest = str_slice(rest, 9, rest.length);
    while (rest.length) {
        rest = str_trim(rest);
        if (!take(&rest, LITERAL(";"))) return malformed(err, "a Content-Disposition cannot be read");
        rest = str_trim(rest);
        if (!cut(&rest, LITERAL("="), &word)) return malformed(err, "a Content-Disposition cannot be read");
        if (!str_is_name(word, "name"))
            return str_starts_name(word, "filename") ? malformed(err, "files are not taken")
                                                     : malformed(err, "a Content-Disposition cannot be read");
        if (name.text || !take(&rest, LITERAL("\"")) || !cut(&rest, LITERAL("\""), &name))
            return malformed(err, "a Content-Disposition cannot be read");
    }
    if (!name.length || memchr(name.text, '\\', name.length)) return malformed(err, "a part has no plain name");
    *ret_name = name;
    return true;
}

/* What a part may be said to be: text in UTF-8, as it is. */
static bool check_line(struct str name, struct str value, struct error *err) {
    if (str_is_name(name, "content-type")) {
        if (str_is_name(value, "text/plain") || str_is_name(value, "text/plain;charset=utf-8") ||
            str_is_name(value, "text/plain; charset=utf-8"))
            return true;
        return malformed(err, "a part is no text");
    }
    if (str_is_name(name, "content-transfer-encoding")) {
        if (str_is_name(value, "7bit") || str_is_name(value, "8bit") || str_is_name(value, "binary")) return true;
        return malformed(err, "a part is encoded");
    }
    if (str_is_name(name, "content-length")) return true;
    return malformed(err, "a part has an unknown header");
}

static bool read_header(struct str header, struct str *ret_name, struct error *err) {
    struct str name = {0};
    if (header.length > HEADER_MAX) return malformed(err, "a part's header is too long");
    while (header.length) {
        struct str line, word;
        if (!cut(&header, LITERAL("\r\n"), &line) || !cut(&line, LITERAL(":"), &word))
            return malformed(err, "a part's header cannot be read");
        line = str_trim(line);
        if (!str_is_name(word, "content-disposition")) {
            if (!check_line(word, line, err)) return false;
            continue;
        }
        if (name.text) return malformed(err, "a part has two names");
        if (!read_disposition(line, &name, err)) return false;
    }
    if (!name.text) return malformed(err, "a part has no name");
    *ret_name = name;
    return true;
}

bool request_parse_multipart(struct value_list *list, struct str text, struct str boundary, struct error *err) {
    if (!is_boundary(boundary)) return malformed(err, "the boundary is missing or not allowed");
    char mark[4 + BOUNDARY_MAX];
    memcpy(mark, "\r\n--", 4);
    memcpy(mark + 4, boundary.text, boundary.length);
    const struct str delimiter = {mark, 4 + boundary.length};
    if (!take(&text, str_slice(delimiter, 2, delimiter.length)))
        return malformed(err, "it does not begin with its boundary");
    for (;;) {
        struct str header, content, name;
        if (take(&text, LITERAL("--"))) break;
        if (!take(&text, LITERAL("\r\n"))) return malformed(err, "a boundary's line goes on");
        if (!cut(&text, LITERAL("\r\n\r\n"), &header)) return malformed(err, "a part has no end of its header");
        header.length += 2; /* the last line's end */
        if (!cut(&text, delimiter, &content)) return malformed(err, "it ends early");
        if (!read_header(header, &name, err)) return false;
        if (!request_check_text(name, err) || !request_check_text(content, err)) return false;
        if (!value_list_add(list, name, value_text(content), err)) return false;
    }
    (void)!take(&text, LITERAL("\r\n"));
    return text.length == 0 || malformed(err, "something follows its end");
}
