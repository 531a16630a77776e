/*
 * HTTP: CivetWeb behind a handful of functions. civetweb.h is included in http.c alone.
 *
 * Each connection has a thread (with a stack of 8 MiB, see threads.c), and `handle` runs on it. What CivetWeb forgives
 * but two readers could understand in two ways (two lengths, `Content-Length: 5abc`, a length beside chunks, folded
 * lines, more than 64 headers, no Host …) is answered 400 and closed before `handle` sees it.
 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "server/tls.h"
#include "server/tls_client.h"

struct http_server;
struct http_exchange; /* one request and its response; lives as long as `handle` runs */

struct http_options {
    const char *bind;        /* HOST:PORT; port 0 picks a free one */
    struct tls *tls;         /* NULL: plain HTTP; outlives the server */
    int connections_max;     /* threads, so connections, at once */
    int keep_alive_ms;       /* an idle connection is closed after this */
    int header_timeout_ms;   /* to send the whole header */
    int body_timeout_ms;     /* to send the whole body */
    int response_timeout_ms; /* a reader that takes nothing for this long loses its connection */
    void (*greet)(struct http_exchange *exchange, void *context); /* before anything is answered, also an error;
                                                                   * NULL: nothing */
    void (*handle)(struct http_exchange *exchange, void *context);
    /* TRACE, which CivetWeb does not know: of the request nothing else is known; NULL: it is malformed */
    void (*refuse_method)(struct http_exchange *exchange, struct str path, void *context);
    void *context;
};

struct http_server *http_start(const struct http_options *options, struct error *err) MUST_CHECK;
int http_port(const struct http_server *server);

/* Stops taking connections, lets requests in flight finish, closes. Takes NULL. */
void http_stop(struct http_server *server);

/* --- the request; views live as long as the exchange --- */
struct str http_method(const struct http_exchange *exchange);
struct str http_path(const struct http_exchange *exchange);  /* raw, without the query */
struct str http_query(const struct http_exchange *exchange); /* raw, without `?`; empty where there is none */
/* A header's value, trimmed; .text is NULL where it is missing. A header that may be there only once and is there twice
 * was refused before. */
struct str http_header(const struct http_exchange *exchange, const char *name);
bool http_is_secure(const struct http_exchange *exchange); /* came by HTTPS */
/* Of a header that may be there more than once, the line of that number; .text is NULL behind the last one. */
struct str http_header_line(const struct http_exchange *exchange, const char *name, size_t number);
/* The certificate that the client has shown on this connection and that was verified, in DER, into `out`; nothing where
 * there is none. */
void http_add_peer_certificate(const struct http_exchange *exchange, struct buf *out);
/* Whether this mark is another one than the last that this connection was told; without HTTPS always. */
bool http_is_news(const struct http_exchange *exchange, const unsigned char mark[TLS_MARK]);
struct str http_peer_address(const struct http_exchange *exchange);
const char *http_request_id(const struct http_exchange *exchange); /* what X-Request-Id will say; 16 hex digits */

/* Reads the whole body. ERROR_TOO_LARGE beyond `limit` (the connection is closed after the response), ERROR_MALFORMED
 * when it ends early or is badly chunked, ERROR_TIMEOUT when it is too slow. */
bool http_read_body(struct http_exchange *exchange, size_t limit, struct buf *body, struct error *err) MUST_CHECK;

/* --- the response --- */
struct http_header {
    const char *name;
    const char *value; /* no CR, LF or NUL: such a header is dropped */
};

/* Adds a header to the response, whatever that will be. Copies the value. */
void http_add_header(struct http_exchange *exchange, const char *name, struct str value);

/* The whole response in one write; headers end with a NULL name (or are NULL). Adds Content-Length, Date, X-Request-Id,
 * X-Content-Type-Options, Cache-Control, Vary and Connection. HEAD gets no body. */
void http_respond(struct http_exchange *exchange, int status, const struct http_header *headers,
                  const char *content_type, struct str body);

/* A response of unknown length: begin, then any number of parts, then end. Parts go out as they come (chunked; until
 * close for HTTP/1.0). False when the peer is gone: stop then. */
bool http_begin_stream(struct http_exchange *exchange, int status, const struct http_header *headers,
                       const char *content_type) MUST_CHECK;
bool http_stream(struct http_exchange *exchange, struct str part) MUST_CHECK;
bool http_end_stream(struct http_exchange *exchange) MUST_CHECK;

/* Whether a response has begun. */
bool http_has_responded(const struct http_exchange *exchange);

/* Closes the connection after this response. */
void http_close_after(struct http_exchange *exchange);

/* --- a client, for `bailiwick sql` --- */
struct http_reply {
    int status;
    struct buf body; /* buf_done when done */
};
struct http_target {
    const char *host; /* a name or an address */
    int port;
    struct tls_client *tls; /* NULL: plain HTTP */
};
/* Sends one request on a connection of its own and reads the reply whole. */
bool http_send(const struct http_target *target, const char *method, const char *path,
               const struct http_header *headers, struct str body, struct http_reply *ret_reply,
               struct error *err) MUST_CHECK;

#endif
