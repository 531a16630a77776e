/*
 * HTTP on CivetWeb, which parses headers, keeps connections, and gives each a thread. All requests are answered in its
 * callback `begin_request`: nothing behind that (files, scripts, its own authentication) is ever reached.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "server/ahead.h"
#include "server/bind.h"
#include "server/http_private.h"
#include "server/plain.h"

#include <civetweb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS ((int64_t)1000 * 1000)
#define DRAIN_NS ((int64_t)60 * 1000 * MS_NS) /* the longest statement, and time to send its result */

/* --- a request's body --- */

static bool is_too_large(size_t limit, struct error *err) {
    return fail(err, ERROR_TOO_LARGE, NOWHERE, "the body is larger than %zu bytes", limit);
}

/* Reads until the body's end, into `body` where that is below `limit`. */
static bool read_parts(struct http_exchange *exchange, size_t limit, struct buf *body, struct error *err) {
    char part[16384];
    uint64_t left = exchange->frame.is_chunked ? UINT64_MAX : (uint64_t)exchange->frame.length;
    size_t total = 0;
    while (left) {
        int got = mg_read(exchange->connection, part, left < sizeof(part) ? (size_t)left : sizeof(part));
        if (got <= 0) {
            if (got == 0 && exchange->frame.is_chunked) break;
            if (threads_was_late()) return fail(err, ERROR_TIMEOUT, NOWHERE, "the body came too slowly");
            return fail(err, ERROR_MALFORMED, NOWHERE, "the body ends early or has a malformed chunk");
        }
        if ((size_t)got > limit - total) return is_too_large(limit, err);
        total += (size_t)got;
        left -= (uint64_t)got;
        buf_add(body, part, (size_t)got);
        if (body->failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    }
    return true;
}

bool http_read_body(struct http_exchange *exchange, size_t limit, struct buf *body, struct error *err) {
    if (exchange->is_body_read) return true;
    if (exchange->frame.length > 0 && (uint64_t)exchange->frame.length > limit) return is_too_large(limit, err);
    if (exchange->frame.wants_continue && exchange->progress == PROGRESS_NONE &&
        !http_write(exchange, LITERAL("HTTP/1.1 100 Continue\r\n\r\n"))) {
        return fail(err, ERROR_MALFORMED, NOWHERE, "the peer is gone");
    }
    if (exchange->body.text) {
        buf_add_str(body, exchange->body);
        if (body->failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
        return exchange->is_body_read = true;
    }
    threads_set_deadline(clock_steady() + exchange->server->options.body_timeout_ms * MS_NS);
    exchange->is_body_read = read_parts(exchange, limit, body, err);
    threads_set_deadline(0);
    return exchange->is_body_read;
}

/* --- CivetWeb's callbacks --- */

static struct http_server *server_of(const struct mg_connection *connection) {
    return mg_get_user_context_data(connection);
}

static void on_connection(struct http_exchange *exchange, struct mg_connection *connection) {
    *exchange = (struct http_exchange){.server = server_of(connection), .connection = connection};
    const struct mg_request_info *info = mg_get_request_info(connection);
    if (info) exchange->peer_address = info->remote_addr;
    http_make_id(exchange->id);
    buf_init(&exchange->lines, 0);
    buf_init(&exchange->out, 0);
}

/* After the response: what was not finished ends the connection. */
static void finish(struct http_exchange *exchange) {
    if (exchange->progress == PROGRESS_STREAM) exchange->must_close = true;
    if (exchange->must_close) mg_disable_connection_keep_alive(exchange->connection);
    if (!exchange->is_body_read && !exchange->is_broken) threads_linger();
    buf_done(&exchange->lines);
    buf_done(&exchange->out);
}

static void answer(struct http_exchange *exchange) {
    const struct http_options *options = &exchange->server->options;
    if (options->greet) options->greet(exchange, options->context);
    struct error err = {0};
    if (http_read_frame(&exchange->cut, &exchange->frame, &err)) {
        exchange->is_body_read = !exchange->frame.is_chunked && !exchange->frame.length;
        options->handle(exchange, options->context);
    } else {
        http_respond_error(exchange, error_http_status(err.code), error_sentence(err.code), err.message);
    }
    if (!http_has_responded(exchange)) {
        http_respond_error(exchange, 500, error_sentence(ERROR_INTERNAL), "the request was not answered");
    }
    finish(exchange);
}

/* The request that CivetWeb has read. */
static bool answer_first(struct mg_connection *connection) {
    struct http_exchange exchange;
    on_connection(&exchange, connection);
    const struct mg_request_info *info = mg_get_request_info(connection);
    struct http_line lines[MG_MAX_HEADERS];
    size_t count = info->num_headers > 0 ? (size_t)info->num_headers : 0;
    for (size_t i = 0; i < count; i++) {
        const struct mg_header *header = &info->http_headers[i];
        lines[i] = (struct http_line){header->name, header->value, strlen(header->name)};
    }
    exchange.cut = (struct http_cut){.start = threads_first_byte(),
                                     .method = info->request_method,
                                     .target = info->request_uri,
                                     .query = info->query_string,
                                     .version = info->http_version,
                                     .lines = lines,
                                     .count = count};
    answer(&exchange);
    if (exchange.must_close) return false;
    if (exchange.frame.is_chunked)
        ahead_lose_count();
    else
        ahead_count_answered(http_head_length(&exchange.cut) + (size_t)exchange.frame.length);
    return true;
}

/* The next one, without CivetWeb. False: that has to go on, or to close. */
static bool answer_next(struct mg_connection *connection) {
    if (!ahead_is_between_requests()) return false;
    if (!threads_read_ahead()) {
        mg_disable_connection_keep_alive(connection);
        return false;
    }
    size_t length;
    char *bytes = ahead_bytes(&length);
    struct plain_request request;
    if (!plain_cut(bytes, length, &request)) return false;
    threads_request_begun();
    struct http_exchange exchange;
    on_connection(&exchange, connection);
    exchange.cut = request.cut;
    exchange.body = (struct str){request.body, request.body_length};
    answer(&exchange);
    ahead_use(request.length);
    threads_request_ended();
    return !exchange.must_close;
}

static int begin_request(struct mg_connection *connection) {
    threads_request_begun();
    bool goes_on = answer_first(connection);
    threads_request_ended();
    while (goes_on) goes_on = answer_next(connection);
    return 200; /* only CivetWeb's access log, which is off, would show it */
}

static _Thread_local bool was_refused; /* the thread's connection, by on_error */

/* A request line that is fine but for its method. */
static bool is_trace(const struct mg_connection *connection, int status, struct str *ret_path) {
    const struct mg_request_info *info = mg_get_request_info(connection);
    if (status != 400 || !info || !info->request_method || !info->request_uri || !info->http_version) return false;
    if (strcmp(info->request_method, "TRACE") != 0 || info->request_uri[0] != '/') return false;
    struct str path = str_of(info->request_uri);
    const char *query = memchr(path.text, '?', path.length);
    *ret_path = str_slice(path, 0, query ? (size_t)(query - path.text) : path.length);
    return strncmp(info->http_version, "1.", 2) == 0;
}

/* What CivetWeb refuses by itself: headers that it cannot parse, and methods that it does not know. */
static int on_error(struct mg_connection *connection, int status, const char *text) {
    (void)text; /* it may quote the request */
    was_refused = true;
    struct http_exchange exchange;
    struct str path;
    on_connection(&exchange, connection);
    exchange.must_close = true;
    const struct http_options *options = &exchange.server->options;
    if (options->refuse_method && is_trace(connection, status, &path)) {
        options->refuse_method(&exchange, path, options->context);
    } else if (status == 505) {
        http_respond_error(&exchange, 505, error_sentence(ERROR_MALFORMED), "HTTP/1.0 and HTTP/1.1 are spoken here");
    } else {
        http_respond_error(&exchange, 400, error_sentence(ERROR_MALFORMED),
                           "the request line or the header is malformed, or larger than 16 KiB");
    }
    finish(&exchange);
    return 0;
}

/* A target that CivetWeb takes for another server's (`OPTIONS *`, http://elsewhere/) it drops without a word. */
static void answer_dropped(void) {
    CLEANUP(buf_done) struct buf body;
    CLEANUP(buf_done) struct buf out;
    buf_init(&body, 0);
    buf_init(&out, 0);
    http_error_body(&body, 400, error_sentence(ERROR_MALFORMED), "the request is for another server");
    char id[HTTP_ID_SIZE];
    http_make_id(id);
    http_head_write(
        &out,
        &(struct http_head){
            .status = 400, .length = body.length, .content_type = "application/json", .request_id = id, .close = true});
    buf_add_str(&out, buf_str(&body));
    if (!out.failed && !body.failed) threads_send_last(buf_str(&out));
}

/* It holds a lock of the whole server here, so nothing may wait. */
static void on_connection_closing(const struct mg_connection *connection) {
    const struct mg_request_info *info = mg_get_request_info(connection);
    if (!was_refused && info && info->request_uri && !info->local_uri) answer_dropped();
    threads_connection_closing();
}

static void *on_thread(const struct mg_context *context, int type) {
    struct http_server *server = mg_get_user_data(context);
    if (type == 0 || type == 1) threads_enter(server->threads, type == 0);
    return NULL;
}

static int on_connection_opened(const struct mg_connection *connection, void **data) {
    (void)connection;
    *data = NULL;
    was_refused = false;
    threads_connection_opened();
    return 0;
}

static void on_connection_closed(const struct mg_connection *connection) {
    (void)connection;
    threads_connection_closed();
}

static int on_message(const struct mg_connection *connection, const char *message) {
    struct http_server *server = server_of(connection);
    if (server && !atomic_load(&server->is_serving)) {
        if (!server->complaint[0]) snprintf(server->complaint, sizeof(server->complaint), "%s", message);
    } else {
        log_line("http: %s", message);
    }
    return 1;
}

/* --- start and stop --- */

static int longest(const struct http_options *options) {
    const int times[] = {options->keep_alive_ms, options->header_timeout_ms, options->body_timeout_ms,
                         options->response_timeout_ms};
    int most = 0;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        if (times[i] > most) most = times[i];
    }
    return most > INT32_MAX - 10000 ? INT32_MAX : most + 10000;
}

/* CivetWeb's own timeouts are set beyond ours, which threads.c keeps more strictly. */
static struct mg_context *start_civetweb(struct http_server *server, struct error *err) {
    char connections[16];
    char timeout[16];
    char header_max[16];
    snprintf(connections, sizeof(connections), "%d", server->options.connections_max);
    snprintf(timeout, sizeof(timeout), "%d", longest(&server->options));
    snprintf(header_max, sizeof(header_max), "%d", HTTP_HEADER_MAX);
    const char *settings[] = {"listening_ports",
                              server->options.bind,
                              "num_threads",
                              connections,
                              "connection_queue",
                              connections,
                              "listen_backlog",
                              "4096",
                              "max_request_size",
                              header_max,
                              "request_timeout_ms",
                              timeout,
                              "keep_alive_timeout_ms",
                              timeout,
                              "enable_keep_alive",
                              "yes",
                              "tcp_nodelay",
                              "1",
                              "decode_url",
                              "no",
                              "enable_auth_domain_check",
                              "no",
                              "access_control_allow_methods",
                              "",
                              NULL};
    struct mg_callbacks callbacks = {.begin_request = begin_request,
                                     .http_error = on_error,
                                     .log_message = on_message,
                                     .init_thread = on_thread,
                                     .init_connection = on_connection_opened,
                                     .connection_close = on_connection_closing,
                                     .connection_closed = on_connection_closed};
    struct mg_init_data init = {.callbacks = &callbacks, .user_data = server, .configuration_options = settings};
    unsigned code = 0;
    char text[256] = "";
    struct mg_error_data error = {.code = &code, .text = text, .text_buffer_size = sizeof(text)};
    struct mg_context *context = mg_start2(&init, &error);
    if (!context) {
        fail(err, ERROR_INTERNAL, NOWHERE, "cannot listen on %s", server->options.bind);
        error_detail(err, "%s", server->complaint[0] ? server->complaint : text);
    }
    return context;
}

/* CivetWeb serves with fewer if it must. */
static bool all_threads_began(struct http_server *server, struct error *err) {
    if (!strstr(server->complaint, "thread")) return true;
    fail(err, ERROR_INTERNAL, NOWHERE,
         "the system does not let %d threads be started, each with 8 MiB of stack (--connections says how many)",
         server->options.connections_max);
    error_detail(err, "%s", server->complaint);
    return false;
}

static void free_server(struct http_server *server) {
    threads_free(server->threads);
    free(server);
}

struct http_server *http_start(const struct http_options *options, struct error *err) {
    if (!bind_check(options->bind, err)) return NULL;
    if (options->connections_max < 1) {
        return fail_null(err, ERROR_INVALID_VALUE, NOWHERE, "at least one connection must be allowed");
    }
    struct http_server *server = calloc(1, sizeof(*server));
    if (!server) return fail_null(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    server->options = *options;
    server->threads = threads_new(&(struct thread_limits){.connections_max = options->connections_max,
                                                          .idle_ns = options->keep_alive_ms * MS_NS,
                                                          .header_ns = options->header_timeout_ms * MS_NS,
                                                          .response_ns = options->response_timeout_ms * MS_NS,
                                                          .tls = options->tls},
                                  err);
    if (server->threads) {
        mg_init_library(0);
        server->context = start_civetweb(server, err);
        struct mg_server_port port = {0};
        bool has_threads = server->context && all_threads_began(server, err);
        if (has_threads && threads_await(server->threads, err)) {
            atomic_store(&server->is_serving, true);
            if (mg_get_server_ports(server->context, 1, &port) == 1) {
                server->port = port.port;
                return server;
            }
            fail(err, ERROR_INTERNAL, NOWHERE, "the listening port is not known");
        }
        if (server->context) mg_stop(server->context);
        mg_exit_library();
    }
    free_server(server);
    return NULL;
}

int http_port(const struct http_server *server) {
    return server->port;
}

void http_stop(struct http_server *server) {
    if (!server) return;
    threads_drain(server->threads, DRAIN_NS);
    mg_stop(server->context);
    mg_exit_library();
    free_server(server);
}
