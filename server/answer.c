#include "server/answer.h"

#include "base/json.h"
#include "base/log.h"
#include "base/scope.h"
#include "server/media.h"

#include <stdio.h>

static bool is_worth_a_line(enum error_code code) {
    return code == ERROR_INTERNAL || code == ERROR_UNAUTHENTICATED || code == ERROR_SQLITE;
}

static void write_failure(struct buf *body, int status, const struct error *err, struct str text) {
    buf_format(body, "{\"code\":%d,\"details\":", status);
    json_write_string(body, str_of(error_sentence(err->code)));
    buf_add_text(body, ",\"information\":");
    json_write_string(body, str_of(err->message));
    if (err->at != NOWHERE && err->at <= text.length && text.length) {
        uint32_t line, column;
        str_position(text, err->at, &line, &column);
        buf_format(body, ",\"line\":%u,\"column\":%u", (unsigned)line, (unsigned)column);
    }
    buf_add_char(body, '}');
}

static void answer(struct http_exchange *exchange, const struct error *err, struct str text,
                   const struct http_header *headers) {
    int status = error_http_status(err->code);
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, 0);
    write_failure(&body, status, err, text);
    if (is_worth_a_line(err->code)) log_error(http_request_id(exchange), err);
    http_respond(exchange, status, headers, "application/json", body.failed ? LITERAL("{}") : buf_str(&body));
}

void answer_failure(struct http_exchange *exchange, const struct error *err, struct str text) {
    static const struct http_header challenge[] = {{"WWW-Authenticate", "Bearer realm=\"bailiwick\""},
                                                   {"WWW-Authenticate", "Basic realm=\"bailiwick\", charset=\"UTF-8\""},
                                                   {NULL, NULL}};
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%u", (unsigned)(err->retry_after ? err->retry_after : 1));
    const struct http_header later[] = {{"Retry-After", seconds}, {NULL, NULL}};
    const struct http_header *headers = NULL;
    int status = error_http_status(err->code);
    if (status == 401) headers = challenge;
    if (status == 429 || status == 503) headers = later;
    answer(exchange, err, text, headers);
}

void answer_method(struct http_exchange *exchange, const char *allowed) {
    const struct http_header headers[] = {{"Allow", allowed}, {NULL, NULL}};
    struct error err = {0};
    fail(&err, ERROR_METHOD, NOWHERE, "this resource allows %s", allowed);
    answer(exchange, &err, (struct str){0}, headers);
}

static void respond_json(struct http_exchange *exchange, const struct buf *body) {
    if (!body->failed) {
        http_respond(exchange, 200, NULL, "application/json", buf_str(body));
        return;
    }
    struct error err = {0};
    fail(&err, ERROR_INTERNAL, NOWHERE, "memory is short");
    answer_failure(exchange, &err, (struct str){0});
}

void answer_tokens(struct http_exchange *exchange, struct str token, struct str refresh) {
    if (!refresh.length && media_accepts_text(http_header(exchange, "Accept"))) {
        http_respond(exchange, 200, NULL, "text/plain", token);
        return;
    }
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, 0);
    buf_add_text(&body, "{\"code\":200,\"details\":\"Authentication succeeded\",\"token\":");
    json_write_string(&body, token);
    if (refresh.length) {
        buf_add_text(&body, ",\"refresh\":");
        json_write_string(&body, refresh);
    }
    buf_add_char(&body, '}');
    respond_json(exchange, &body);
}

void answer_done(struct http_exchange *exchange, const char *details) {
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, 0);
    buf_add_text(&body, "{\"code\":200,\"details\":");
    json_write_string(&body, str_of(details));
    buf_add_char(&body, '}');
    respond_json(exchange, &body);
}
