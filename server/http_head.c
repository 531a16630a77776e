/*
 * The head of a response (RFC 9110, RFC 9112).
 */
#include "server/http_head.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *reason(int status) {
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {304, "Not Modified"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) return reasons[i].text;
    }
    return "Status";
}

/* RFC 9110, 5.6.7; not by strftime, whose names depend on the locale. */
static void write_date(struct buf *out) {
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    static _Thread_local time_t written; /* the second that `line` says */
    static _Thread_local char line[64];
    time_t now = (time_t)clock_unix();
    struct tm tm;
    if (now != written && gmtime_r(&now, &tm)) {
        snprintf(line, sizeof line, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", days[tm.tm_wday], tm.tm_mday,
                 months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
        written = now;
    }
    buf_add_text(out, line);
}

static void write_status(struct buf *out, int status) {
    if (status == 200) {
        buf_add_text(out, "HTTP/1.1 200 OK\r\n");
        return;
    }
    buf_format(out, "HTTP/1.1 %d %s\r\n", status, reason(status));
}

static void write_length(struct buf *out, size_t length) {
    buf_add_text(out, "Content-Length: ");
    buf_add_int64(out, (int64_t)length);
    buf_add_text(out, "\r\n");
}

void http_head_add_line(struct buf *out, const char *name, struct str value) {
    if (!value.text || !*name || strpbrk(name, "\r\n: \t")) return;
    for (size_t i = 0; i < value.length; i++)
        if (value.text[i] == '\r' || value.text[i] == '\n' || !value.text[i]) return;
    buf_add_text(out, name);
    buf_add_text(out, ": ");
    buf_add_str(out, value);
    buf_add_text(out, "\r\n");
}

static void write_header(struct buf *out, const char *name, const char *value) {
    http_head_add_line(out, name, str_of(value));
}

void http_head_write(struct buf *out, const struct http_head *head) {
    write_status(out, head->status);
    write_date(out);
    if (head->content_type) write_header(out, "Content-Type", head->content_type);
    switch (head->framing) {
    case HTTP_LENGTH:
        if (head->status != 204 && head->status != 304) write_length(out, head->length);
        break;
    case HTTP_CHUNKED:
        buf_add_text(out, "Transfer-Encoding: chunked\r\n");
        break;
    case HTTP_UNTIL_CLOSE:
        break;
    }
    for (const struct http_header *header = head->headers; header && header->name; header++) {
        write_header(out, header->name, header->value);
    }
    buf_add_str(out, head->lines);
    write_header(out, "X-Request-Id", head->request_id);
    buf_add_text(out, "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nVary: Origin\r\n");
    buf_add_text(out, head->close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n");
}

void http_error_body(struct buf *out, int status, const char *sentence, const char *information) {
    buf_format(out, "{\"code\":%d,\"details\":", status);
    json_write_string(out, str_of(sentence));
    buf_add_text(out, ",\"information\":");
    json_write_string(out, str_of(information));
    buf_add_char(out, '}');
}

/* SplitMix64 (Steele, Lea and Flood, 2014) from a random seed for each thread: different for 2^64 calls. */
void http_make_id(char ret_id[HTTP_ID_SIZE]) {
    static _Atomic uint64_t count;
    static _Thread_local uint64_t state;
    static _Thread_local bool is_seeded;
    if (!is_seeded && !secret_random(&state, sizeof state, NULL)) state = atomic_fetch_add(&count, 1);
    is_seeded = true;
    uint64_t id = state += 0x9e3779b97f4a7c15u;
    id = (id ^ id >> 30) * 0xbf58476d1ce4e5b9u;
    id = (id ^ id >> 27) * 0x94d049bb133111ebu;
    id ^= id >> 31;
    for (int i = 0; i < HTTP_ID_SIZE - 1; i++) ret_id[i] = "0123456789abcdef"[id >> (60 - 4 * i) & 15];
    ret_id[HTTP_ID_SIZE - 1] = 0;
}
