/*
 * The head of a response, and the body of one that reports an error: bytes, without a socket.
 */
#ifndef SERVER_HTTP_HEAD_H
#define SERVER_HTTP_HEAD_H

#include "base/buf.h"
#include "server/http.h"

#define HTTP_ID_SIZE 17 /* 16 hexadecimal digits and a NUL */

enum http_framing {
    HTTP_LENGTH,      /* Content-Length */
    HTTP_CHUNKED,     /* Transfer-Encoding: chunked */
    HTTP_UNTIL_CLOSE, /* the body ends where the connection ends */
};

struct http_head {
    int status;
    enum http_framing framing;
    size_t length;                     /* of the body, for HTTP_LENGTH */
    const char *content_type;          /* NULL where there is none */
    const struct http_header *headers; /* ends with a NULL name; may be NULL */
    struct str lines;                  /* more of them, by http_head_add_line */
    const char *request_id;
    bool close;
};

/* Adds the status line, the headers and the empty line. A header that could break out of its line is left out. */
void http_head_write(struct buf *out, const struct http_head *head);

/* Adds one header's line. One that could break out of its line is left out. */
void http_head_add_line(struct buf *out, const char *name, struct str value);

/* {"code":status,"details":sentence,"information":information} */
void http_error_body(struct buf *out, int status, const char *sentence, const char *information);

/* A new request id: from a random beginning where that can be had. */
void http_make_id(char ret_id[HTTP_ID_SIZE]);

#endif
