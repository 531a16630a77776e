/*
 * A request as it was cut, and the writing of its response.
 */
#include "base/scope.h"
#include "server/http_private.h"

#include <string.h>

/* --- the request --- */

struct str http_method(const struct http_exchange *exchange) {
    return str_of(exchange->cut.method);
}

struct str http_path(const struct http_exchange *exchange) {
    return exchange->frame.path;
}

struct str http_query(const struct http_exchange *exchange) {
    return str_of(exchange->cut.query);
}

struct str http_header(const struct http_exchange *exchange, const char *name) {
    return http_line_value(&exchange->cut, name);
}

bool http_is_secure(const struct http_exchange *exchange) {
    return exchange->server->options.tls != NULL;
}

void http_add_peer_certificate(const struct http_exchange *exchange, struct buf *out) {
    (void)exchange; /* the calling thread serves it */
    threads_add_peer_certificate(out);
}

bool http_is_news(const struct http_exchange *exchange, const unsigned char mark[TLS_MARK]) {
    (void)exchange; /* the calling thread serves it */
    return threads_is_news(mark);
}

struct str http_header_line(const struct http_exchange *exchange, const char *name, size_t number) {
    struct str wanted = str_of(name);
    for (size_t i = 0; i < exchange->cut.count; i++)
        if (http_line_is(&exchange->cut.lines[i], wanted) && number-- == 0)
            return str_trim(str_of(exchange->cut.lines[i].value));
    return (struct str){0};
}

struct str http_peer_address(const struct http_exchange *exchange) {
    return str_of(exchange->peer_address);
}

const char *http_request_id(const struct http_exchange *exchange) {
    return exchange->id;
}

/* --- the response --- */

bool http_write(struct http_exchange *exchange, struct str bytes) {
    if (!exchange->is_broken && !threads_send(bytes)) exchange->is_broken = exchange->must_close = true;
    return !exchange->is_broken;
}

bool http_has_responded(const struct http_exchange *exchange) {
    return exchange->progress != PROGRESS_NONE;
}

void http_close_after(struct http_exchange *exchange) {
    exchange->must_close = true;
}

static bool is_head(const struct http_exchange *exchange) {
    return exchange->cut.method && !strcmp(exchange->cut.method, "HEAD");
}

/* The response's head into `out`. Decides whether the connection lives on: not with an unread body in it. */
static void add_head(struct http_exchange *exchange, struct http_head head) {
    if (!exchange->frame.keeps_alive || !exchange->is_body_read || head.framing == HTTP_UNTIL_CLOSE ||
        threads_must_close(exchange->server->threads)) {
        exchange->must_close = true;
    }
    head.close = exchange->must_close;
    head.lines = buf_str(&exchange->lines);
    head.request_id = exchange->id;
    http_head_write(&exchange->out, &head);
}

static bool send_out(struct http_exchange *exchange) {
    if (exchange->out.failed || exchange->lines.failed) {
        exchange->is_broken = exchange->must_close = true;
        return false;
    }
    bool sent = http_write(exchange, buf_str(&exchange->out));
    buf_clear(&exchange->out);
    return sent;
}

void http_add_header(struct http_exchange *exchange, const char *name, struct str value) {
    http_head_add_line(&exchange->lines, name, value);
}

void http_respond(struct http_exchange *exchange, int status, const struct http_header *headers,
                  const char *content_type, struct str body) {
    if (http_has_responded(exchange)) return;
    exchange->progress = PROGRESS_DONE;
    add_head(exchange, (struct http_head){.status = status,
                                          .framing = HTTP_LENGTH,
                                          .length = body.length,
                                          .content_type = content_type,
                                          .headers = headers});
    if (!is_head(exchange)) buf_add_str(&exchange->out, body);
    (void)!send_out(exchange);
}

bool http_begin_stream(struct http_exchange *exchange, int status, const struct http_header *headers,
                       const char *content_type) {
    if (http_has_responded(exchange)) return false;
    exchange->progress = PROGRESS_STREAM;
    add_head(exchange, (struct http_head){.status = status,
                                          .framing = exchange->frame.is_old ? HTTP_UNTIL_CLOSE : HTTP_CHUNKED,
                                          .content_type = content_type,
                                          .headers = headers});
    return !exchange->out.failed; /* it goes out together with the first part */
}

bool http_stream(struct http_exchange *exchange, struct str part) {
    if (exchange->progress != PROGRESS_STREAM || exchange->is_broken) return false;
    if (!part.length) return true; /* an empty chunk would be the end */
    if (is_head(exchange)) return send_out(exchange);
    if (!exchange->frame.is_old) buf_format(&exchange->out, "%zx\r\n", part.length);
    buf_add_str(&exchange->out, part);
    if (!exchange->frame.is_old) buf_add_text(&exchange->out, "\r\n");
    return send_out(exchange);
}

bool http_end_stream(struct http_exchange *exchange) {
    if (exchange->progress != PROGRESS_STREAM || exchange->is_broken) return false;
    exchange->progress = PROGRESS_DONE;
    if (!exchange->frame.is_old && !is_head(exchange)) buf_add_text(&exchange->out, "0\r\n\r\n");
    return send_out(exchange);
}

void http_respond_error(struct http_exchange *exchange, int status, const char *sentence, const char *information) {
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, 0);
    http_error_body(&body, status, sentence, information);
    http_respond(exchange, status, NULL, "application/json", buf_str(&body));
}
