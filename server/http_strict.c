/*
 * Strictness about headers (RFC 9112; RFC 9110, 5).
 */
#include "server/http_strict.h"

#include <stdint.h>
#include <string.h>

static bool refuse(struct error *err, const char *why) {
    return fail(err, ERROR_MALFORMED, NOWHERE, "%s", why);
}

/* Most lines differ in their length or first letter. */
static bool may_be(const struct http_line *line, struct str name) {
    return line->name_length == name.length && name.length && !((line->name[0] ^ name.text[0]) & ~0x20);
}

bool http_line_is(const struct http_line *line, struct str name) {
    return may_be(line, name) && str_same_name((struct str){line->name, line->name_length}, name);
}

struct str http_line_value(const struct http_cut *cut, const char *name) {
    struct str wanted = str_of(name);
    for (size_t i = 0; i < cut->count; i++) {
        if (http_line_is(&cut->lines[i], wanted)) return str_trim(str_of(cut->lines[i].value));
    }
    return (struct str){0};
}

/* Whether a comma-separated list has this item, letters without case. */
static bool has_item(struct str list, const char *item) {
    struct str one;
    while (str_next_item(&list, &one))
        if (str_is_name(one, item)) return true;
    return false;
}

/* RFC 9110, 5.6.2 */
static bool is_token(const char *text) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    if (!*text) return false;
    for (; *text; text++) {
        bool is_word = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                       (*text >= '0' && *text <= '9') || *text == '-';
        if (!is_word && !strchr(others, *text)) return false;
    }
    return true;
}

static const char *end_of(const char *word) {
    return word + strlen(word);
}

/* CivetWeb skips any white space before the request line, but takes two line ends there for the end of the header: the
 * body would begin within it, and end before the peer's. */
static bool begins_at_start(const struct http_cut *cut) {
    if (cut->method == cut->start) return true;
    return cut->method == cut->start + 2 && cut->start[0] == '\r' && cut->start[1] == '\n';
}

/* "GET /path?query HTTP/1.1": single spaces, and the first header at the start of the next line. */
static bool check_request_line(const struct http_cut *cut, struct error *err) {
    if (!begins_at_start(cut)) return refuse(err, "nothing but one empty line may stand before the request line");
    const char *last = cut->query ? cut->query : cut->target;
    bool is_single = end_of(cut->method) + 1 == cut->target && (!cut->query || end_of(cut->target) + 1 == cut->query) &&
                     end_of(last) + 1 + strlen("HTTP/") == cut->version;
    if (!is_single) return refuse(err, "the request line must have single spaces");
    if (cut->count && end_of(cut->version) + 2 != cut->lines[0].name) {
        return refuse(err, "the request line must end in CRLF and no space may follow it");
    }
    return true;
}

/* Whether one of eight bytes may be a control character, as a tab is; false is certain. */
static bool may_have_control(const char *eight) {
    uint64_t word;
    memcpy(&word, eight, sizeof word);
    uint64_t is_low = (word - 0x2020202020202020u) & ~word;
    uint64_t del = word ^ 0x7f7f7f7f7f7f7f7fu;
    uint64_t is_del = (del - 0x0101010101010101u) & ~del;
    return (is_low | is_del) & 0x8080808080808080u;
}

bool http_has_control(struct str value) {
    size_t at = 0;
    while (at < value.length) {
        if (value.length - at >= 8 && !may_have_control(value.text + at)) {
            at += 8;
            continue;
        }
        unsigned char c = (unsigned char)value.text[at++];
        if ((c < ' ' && c != '\t') || c == 0x7f) return true;
    }
    return false;
}

/* A line ends in CRLF, of which CivetWeb makes two NULs; after the last one comes the empty line, the LF of which it
 * makes a NUL. */
static bool check_line(const struct http_cut *cut, size_t index, struct error *err) {
    const struct http_line *line = &cut->lines[index];
    if (!is_token(line->name)) return refuse(err, "a header has a malformed name");
    for (const char *at = line->name + line->name_length + 1; at < line->value; at++) {
        if (*at != ' ' && *at != '\t') return refuse(err, "a header has a space before its colon");
    }
    struct str value = str_of(line->value);
    if (http_has_control(value)) return refuse(err, "a header has a control character");
    const char *end = value.text + value.length;
    if (end[1] != 0) return refuse(err, "a header line does not end in CRLF");
    if (index + 1 < cut->count) {
        if (cut->lines[index + 1].name != end + 2) return refuse(err, "a header line does not end in CRLF");
        return true;
    }
    if (end - cut->method > HTTP_HEADER_MAX - 4) return refuse(err, "the header is too large");
    if (end[2] != '\r' || end[3] != 0) {
        return refuse(err, "a header line is folded or malformed, or there are more than 64 headers");
    }
    return true;
}

static bool check_lines(const struct http_cut *cut, struct error *err) {
    if (!check_request_line(cut, err)) return false;
    for (size_t i = 0; i < cut->count; i++) {
        if (!check_line(cut, i, err)) return false;
    }
    return true;
}

size_t http_head_length(const struct http_cut *cut) {
    return (size_t)(end_of(cut->lines[cut->count - 1].value) + strlen("\r\n\r\n") - cut->start);
}

static bool check_single(const struct http_cut *cut, struct error *err) {
    static const struct str single[] = {
#define NAME(text) {text, sizeof(text) - 1}
        NAME("Host"),         NAME("Authorization"),
        NAME("Content-Type"), NAME("Content-Length"),
        NAME("Expect"),       NAME("NS"),
        NAME("DB"),           NAME("Transfer-Encoding"),
        NAME("Origin"),       NAME("Surreal-NS"),
        NAME("Surreal-DB"),
#undef NAME
    };
    unsigned seen = 0;
    for (size_t i = 0; i < cut->count; i++) {
        for (size_t j = 0; j < sizeof(single) / sizeof(single[0]); j++) {
            if (!http_line_is(&cut->lines[i], single[j])) continue;
            if (seen & 1u << j) return fail(err, ERROR_MALFORMED, NOWHERE, "more than one %s header", single[j].text);
            seen |= 1u << j;
        }
    }
    return true;
}

static bool check_host(const struct http_cut *cut, bool is_old, struct error *err) {
    struct str host = http_line_value(cut, "Host");
    if (!host.text) return is_old || refuse(err, "the Host header is missing");
    for (size_t i = 0; i < host.length; i++) {
        unsigned char c = (unsigned char)host.text[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= ':') || c == '.' || c == '-';
        if (!is_plain && (c > 0x7e || strchr(" \t,/\\@?#", c))) {
            return refuse(err, "the Host header is malformed");
        }
    }
    return true;
}

static bool is_hexadecimal(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Printable ASCII, and no control character behind a percent sign. */
static bool read_path(const char *target, struct str *ret_path, struct error *err) {
    struct str path = str_of(target);
    size_t scheme = str_starts_name(path, "http://") ? 7 : str_starts_name(path, "https://") ? 8 : 0;
    if (scheme) {
        const char *slash = memchr(path.text + scheme, '/', path.length - scheme);
        path = slash ? str_slice(path, (size_t)(slash - path.text), path.length) : LITERAL("/");
    }
    if (!path.length || path.text[0] != '/') return refuse(err, "the path must begin with a slash");
    for (size_t i = 0; i < path.length; i++) {
        unsigned char c = (unsigned char)path.text[i];
        if (c <= ' ' || c >= 0x7f) return refuse(err, "the path has a character that must be percent-encoded");
        if (c != '%') continue;
        if (path.length - i < 3 || !is_hexadecimal(path.text[i + 1]) || !is_hexadecimal(path.text[i + 2])) {
            return refuse(err, "the path has a malformed percent-encoding");
        }
        bool is_control = path.text[i + 1] < '2' || (path.text[i + 1] == '7' && (path.text[i + 2] | ' ') == 'f');
        if (is_control) return refuse(err, "the path has a control character");
    }
    *ret_path = path;
    return true;
}

static bool read_length(const struct http_cut *cut, struct http_frame *frame, struct error *err) {
    struct str coding = http_line_value(cut, "Transfer-Encoding");
    struct str length = http_line_value(cut, "Content-Length");
    if (coding.text && length.text) return refuse(err, "both Content-Length and Transfer-Encoding");
    if (coding.text) {
        if (frame->is_old) return refuse(err, "Transfer-Encoding needs HTTP/1.1");
        if (!str_is_name(coding, "chunked")) return refuse(err, "Transfer-Encoding may only be chunked");
        frame->is_chunked = true;
        return true;
    }
    if (!length.text) return true;
    for (size_t i = 0; i < length.length; i++) {
        if (length.text[i] < '0' || length.text[i] > '9') return refuse(err, "Content-Length must be digits");
    }
    if (!str_to_int64(length, &frame->length)) return refuse(err, "Content-Length must be a number below 2^63");
    return true;
}

/* CivetWeb looks at the first Connection header alone and knows only `keep-alive`; we keep a connection when both do.
 */
static bool keeps_alive(const struct http_cut *cut, bool is_old) {
    bool has_keep = false;
    bool has_any = false;
    for (size_t i = 0; i < cut->count; i++) {
        if (!http_line_is(&cut->lines[i], LITERAL("Connection"))) continue;
        struct str value = str_of(cut->lines[i].value);
        if (has_item(value, "close")) return false;
        if (!has_any) has_keep = has_item(value, "keep-alive");
        has_any = true;
    }
    return has_any ? has_keep : !is_old;
}

bool http_read_frame(const struct http_cut *cut, struct http_frame *ret_frame, struct error *err) {
    struct http_frame frame = {.is_old = !strcmp(cut->version, "1.0")};
    if (!cut->is_plain && !check_lines(cut, err)) return false;
    if (!check_single(cut, err) || !check_host(cut, frame.is_old, err)) return false;
    if (!read_path(cut->target, &frame.path, err) || !read_length(cut, &frame, err)) return false;
    struct str expect = http_line_value(cut, "Expect");
    if (expect.text && !str_is_name(expect, "100-continue")) {
        return refuse(err, "Expect may only be 100-continue");
    }
    frame.wants_continue = expect.text && !frame.is_old;
    frame.keeps_alive = keeps_alive(cut, frame.is_old);
    *ret_frame = frame;
    return true;
}
