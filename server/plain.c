#include "server/plain.h"

#include <string.h>

#define LENGTH_DIGITS 9 /* of a Content-Length; a longer one would not be here anyway */

/* What is left to read. */
struct reader {
    char *at;
    char *end;
};

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool skip(struct reader *reader, struct str expected) {
    if ((size_t)(reader->end - reader->at) < expected.length) return false;
    if (memcmp(reader->at, expected.text, expected.length) != 0) return false;
    reader->at += expected.length;
    return true;
}

/* Goes on behind the words and `others` that stand here. */
static void skip_words(struct reader *reader, const char *others) {
    while (reader->at < reader->end && *reader->at && (is_word(*reader->at) || strchr(others, *reader->at)))
        reader->at++;
}

static bool read_request_line(struct reader *reader, struct http_cut *cut) {
    cut->start = cut->method = reader->at;
    if (!skip(reader, LITERAL("POST ")) && !skip(reader, LITERAL("GET "))) return false;
    cut->target = reader->at;
    if (!skip(reader, LITERAL("/"))) return false;
    skip_words(reader, "/");
    if (skip(reader, LITERAL("?"))) {
        cut->query = reader->at;
        skip_words(reader, "/.~%&=+");
    }
    if (!skip(reader, LITERAL(" HTTP/"))) return false;
    cut->version = reader->at;
    return skip(reader, LITERAL("1.1\r\n"));
}

static bool read_line(struct reader *reader, struct http_line *line) {
    line->name = reader->at;
    skip_words(reader, "");
    line->name_length = (size_t)(reader->at - line->name);
    if (!line->name_length || !skip(reader, LITERAL(":"))) return false;
    while (reader->at < reader->end && *reader->at == ' ') reader->at++;
    line->value = reader->at;
    char *end = memchr(reader->at, '\r', (size_t)(reader->end - reader->at));
    if (!end) return false;
    size_t length = (size_t)(end - line->value);
    if (http_has_control((struct str){line->value, length}) || memchr(line->value, '\t', length)) return false;
    reader->at = end;
    return skip(reader, LITERAL("\r\n"));
}

static bool read_lines(struct reader *reader, struct plain_request *request) {
    while (!skip(reader, LITERAL("\r\n"))) {
        if (request->cut.count == PLAIN_LINES_MAX || !read_line(reader, &request->lines[request->cut.count]))
            return false;
        request->cut.count++;
    }
    return request->cut.count > 0;
}

static bool read_length(const struct http_line *line, size_t *ret_length) {
    const char *at = line->value;
    *ret_length = 0;
    for (; *at >= '0' && *at <= '9'; at++) *ret_length = *ret_length * 10 + (size_t)(*at - '0');
    return at > line->value && at - line->value <= LENGTH_DIGITS && *at == '\r';
}

static bool find_body(const struct reader *reader, struct plain_request *request) {
    bool has_length = false;
    for (size_t i = 0; i < request->cut.count; i++) {
        const struct http_line *line = &request->lines[i];
        if (http_line_is(line, LITERAL("Content-Length"))) {
            if (has_length || !read_length(line, &request->body_length)) return false;
            has_length = true;
        } else if (http_line_is(line, LITERAL("Transfer-Encoding")) || http_line_is(line, LITERAL("Expect")) ||
                   http_line_is(line, LITERAL("Upgrade"))) {
            return false;
        }
    }
    request->body = reader->at;
    return request->body_length <= (size_t)(reader->end - reader->at);
}

/* Where the view ends, in the bytes that are cut. */
static void end_at(char *bytes, const char *end) {
    bytes[end - bytes] = 0;
}

/* Each word ends in a NUL, and each line in two; of the empty line only the LF is one. */
static void cut_words(char *bytes, struct plain_request *request) {
    struct http_cut *cut = &request->cut;
    end_at(bytes, cut->target - 1);
    if (cut->query) end_at(bytes, cut->query - 1);
    end_at(bytes, cut->version - strlen(" HTTP/"));
    end_at(bytes, cut->version + strlen("1.1"));
    for (size_t i = 0; i < cut->count; i++) {
        end_at(bytes, cut->lines[i].name + cut->lines[i].name_length);
        const char *behind = i + 1 < cut->count ? cut->lines[i + 1].name : request->body - 2;
        end_at(bytes, behind - 2);
        end_at(bytes, behind - 1);
    }
    end_at(bytes, request->body - 1);
}

bool plain_cut(char *bytes, size_t length, struct plain_request *ret_request) {
    struct reader reader = {bytes, bytes + length};
    struct plain_request *request = ret_request;
    request->cut = (struct http_cut){.lines = request->lines, .is_plain = true};
    request->body_length = 0;
    if (!read_request_line(&reader, &request->cut) || !read_lines(&reader, request) || !find_body(&reader, request))
        return false;
    request->length = (size_t)(reader.at - bytes) + request->body_length;
    cut_words(bytes, request);
    return true;
}
