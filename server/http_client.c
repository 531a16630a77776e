/*
 * The client of `bailiwick sql`: one request on a connection of its own, read to its end.
 */
#include "base/scope.h"
#include "server/http.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CONNECT_SECONDS 10

/* A connection, with TLS on it where the server is asked by HTTPS. */
struct connection {
    int fd;
    struct tls_stream *stream;
};

static void connection_close(struct connection *connection) {
    tls_stream_end(connection->stream);
    if (connection->fd >= 0) close(connection->fd);
}

/* A connected socket, or -1. */
static int connect_to(const char *host, int port, struct error *err) {
    char service[16];
    snprintf(service, sizeof(service), "%d", port);
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    int failed = getaddrinfo(host, service, &wanted, &addresses);
    if (failed) {
        fail(err, ERROR_INVALID_VALUE, NOWHERE, "cannot find %s: %s", host, gai_strerror(failed));
        return -1;
    }
    int fd = -1;
    int why = 0;
    for (struct addrinfo *address = addresses; address && fd < 0; address = address->ai_next) {
        fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
        if (fd < 0) {
            why = errno;
            continue;
        }
        const struct timeval limit = {.tv_sec = CONNECT_SECONDS}; /* of connect and of each send */
        const int on = 1;
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
        if (connect(fd, address->ai_addr, address->ai_addrlen) == 0) break;
        why = errno;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(addresses);
    if (fd < 0) fail(err, ERROR_INTERNAL, NOWHERE, "cannot connect to %s:%d: %s", host, port, strerror(why));
    return fd;
}

/* A server that refuses a large body answers before it has read it: a send that fails is no reason not to read. */
static void send_all(const struct connection *connection, struct str bytes) {
    while (bytes.length) {
        ssize_t sent = connection->stream ? (ssize_t)tls_stream_send(connection->stream, bytes.text, bytes.length)
                                          : send(connection->fd, bytes.text, bytes.length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return;
        bytes = str_slice(bytes, (size_t)sent, bytes.length);
    }
}

/* Some bytes; 0 at the end. */
static bool receive(const struct connection *connection, char *part, size_t size, size_t *ret_got, struct error *err) {
    if (connection->stream) return tls_stream_receive(connection->stream, part, size, ret_got, err);
    ssize_t got;
    do got = recv(connection->fd, part, size, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) return fail(err, ERROR_INTERNAL, NOWHERE, "the connection broke: %s", strerror(errno));
    *ret_got = (size_t)got;
    return true;
}

static bool read_all(const struct connection *connection, struct buf *reply, struct error *err) {
    char part[65536];
    for (;;) {
        size_t got;
        if (!receive(connection, part, sizeof(part), &got, err)) return false;
        if (got == 0) return true;
        buf_add(reply, part, got);
        if (reply->failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    }
}

/* Takes a line without its end from *rest. */
static bool take_line(struct str *rest, struct str *ret_line) {
    const char *end = memmem(rest->text, rest->length, "\r\n", 2);
    if (!end) return false;
    size_t length = (size_t)(end - rest->text);
    *ret_line = str_slice(*rest, 0, length);
    *rest = str_slice(*rest, length + 2, rest->length);
    return true;
}

struct reply_head {
    int status;
    bool is_chunked;
    int64_t length; /* -1: until the connection ends */
};

static bool read_head(struct str *rest, struct reply_head *ret_head) {
    struct reply_head head = {.length = -1};
    struct str line;
    int64_t status;
    if (!take_line(rest, &line) || !str_starts(line, "HTTP/1.") || line.length < 12) return false;
    if (!str_to_int64(str_slice(line, 9, 12), &status) || status < 100) return false;
    head.status = (int)status;
    while (take_line(rest, &line)) {
        if (!line.length) {
            *ret_head = head;
            return true;
        }
        const char *colon = memchr(line.text, ':', line.length);
        if (!colon) return false;
        struct str name = str_slice(line, 0, (size_t)(colon - line.text));
        struct str value = str_trim(str_slice(line, name.length + 1, line.length));
        if (str_is_name(name, "Transfer-Encoding")) head.is_chunked = str_is_name(value, "chunked");
        if (str_is_name(name, "Content-Length") && (!str_to_int64(value, &head.length) || head.length < 0))
            return false;
    }
    return false;
}

/* The size of a chunk: hexadecimal digits, perhaps an extension. */
static bool read_size(struct str line, size_t *ret_size) {
    size_t size = 0;
    size_t digits = 0;
    for (; digits < line.length && line.text[digits] != ';' && line.text[digits] != ' '; digits++) {
        char c = line.text[digits];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0 || size > SIZE_MAX / 32) return false;
        size = size * 16 + (size_t)digit;
    }
    *ret_size = size;
    return digits > 0;
}

static bool read_chunks(struct str rest, struct buf *body) {
    struct str line;
    size_t size;
    while (take_line(&rest, &line) && read_size(line, &size)) {
        if (!size) return true;
        if (size > rest.length || rest.length - size < 2) return false;
        buf_add(body, rest.text, size);
        rest = str_slice(rest, size + 2, rest.length);
    }
    return false;
}

static bool read_reply(struct str rest, bool has_body, struct http_reply *reply) {
    struct reply_head head;
    do {
        if (!read_head(&rest, &head)) return false;
    } while (head.status < 200); /* interim ones */
    reply->status = head.status;
    if (!has_body) return true;
    if (head.is_chunked) return read_chunks(rest, &reply->body);
    if (head.length > (int64_t)rest.length) return false;
    buf_add_str(&reply->body, head.length < 0 ? rest : str_slice(rest, 0, (size_t)head.length));
    return true;
}

static void write_request(struct buf *out, const struct http_target *target, const char *method, const char *path,
                          const struct http_header *headers, struct str body) {
    bool is_literal = strchr(target->host, ':') != NULL; /* an IPv6 address */
    buf_format(out, "%s %s HTTP/1.1\r\nHost: %s%s%s:%d\r\n", method, path, is_literal ? "[" : "", target->host,
               is_literal ? "]" : "", target->port);
    buf_format(out, "Content-Length: %zu\r\nConnection: close\r\n", body.length);
    for (; headers && headers->name; headers++) {
        if (!headers->value || strpbrk(headers->name, "\r\n:") || strpbrk(headers->value, "\r\n")) continue;
        buf_add_text(out, headers->name);
        buf_add_text(out, ": ");
        buf_add_text(out, headers->value);
        buf_add_text(out, "\r\n");
    }
    buf_add_text(out, "\r\n");
    buf_add_str(out, body);
}

static bool limit_receiving(int fd, time_t seconds) {
    const struct timeval limit = {.tv_sec = seconds};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0;
}

/* A handshake has a time; an answer may take as long as its statements. */
static bool connection_open(const struct http_target *target, struct connection *connection, struct error *err) {
    connection->fd = connect_to(target->host, target->port, err);
    if (connection->fd < 0) return false;
    if (!target->tls) return true;
    if (!limit_receiving(connection->fd, CONNECT_SECONDS))
        return fail(err, ERROR_INTERNAL, NOWHERE, "the connection cannot be set up: %s", strerror(errno));
    connection->stream = tls_stream_open(target->tls, connection->fd, target->host, err);
    if (!connection->stream) return false;
    return limit_receiving(connection->fd, 0) ||
           fail(err, ERROR_INTERNAL, NOWHERE, "the connection cannot be set up: %s", strerror(errno));
}

bool http_send(const struct http_target *target, const char *method, const char *path,
               const struct http_header *headers, struct str body, struct http_reply *ret_reply, struct error *err) {
    CLEANUP(buf_done) struct buf request;
    CLEANUP(buf_done) struct buf bytes;
    CLEANUP(connection_close) struct connection connection = {.fd = -1};
    buf_init(&request, 0);
    buf_init(&bytes, 0);
    write_request(&request, target, method, path, headers, body);
    if (request.failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    if (!connection_open(target, &connection, err)) return false;
    send_all(&connection, buf_str(&request));
    if (!read_all(&connection, &bytes, err)) return false;
    struct http_reply reply = {0};
    buf_init(&reply.body, 0);
    if (!read_reply(buf_str(&bytes), strcmp(method, "HEAD") != 0, &reply) || reply.body.failed) {
        buf_done(&reply.body);
        return fail(err, ERROR_INTERNAL, NOWHERE, "%s:%d does not answer as an HTTP server", target->host,
                    target->port);
    }
    *ret_reply = reply;
    return true;
}
