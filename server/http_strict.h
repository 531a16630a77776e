/*
 * What a request's header must be like before anybody acts on it.
 *
 * Two programs in a row (a proxy and we) that read one header in two ways can be played against each other. CivetWeb
 * forgives much; what it forgives is refused here. It parses the header where it lies, ending each word with a NUL, so
 * the places of the words tell what it passed over in silence: a folded line, a space too many, lines beyond its table.
 */
#ifndef SERVER_HTTP_STRICT_H
#define SERVER_HTTP_STRICT_H

#include "base/error.h"
#include "base/str.h"

#define HTTP_HEADER_MAX 16384 /* bytes of request line and header together; CivetWeb answers 413 beyond */

struct http_line {
    const char *name;
    const char *value;
    size_t name_length;
};

/* A header as CivetWeb has cut it; everything is NUL-terminated and lies in one buffer, in this order. */
struct http_cut {
    const char *start; /* of what was read; an empty line may stand there, before the request line */
    const char *method;
    const char *target;  /* without the query */
    const char *query;   /* NULL where there is no `?` */
    const char *version; /* "1.1" */
    const struct http_line *lines;
    size_t count;
    bool is_plain; /* by plain_cut: neither the request line nor a header line can be read in two ways */
};

/* What the header says of the request that follows it. */
struct http_frame {
    struct str path;     /* raw; of an absolute target only the path */
    bool is_chunked;     /* the body's length is told by its chunks */
    int64_t length;      /* of a body that is not chunked; 0 where there is none */
    bool is_old;         /* HTTP/1.0 */
    bool wants_continue; /* sends its body after `100 Continue` only */
    bool keeps_alive;    /* wants to use the connection again */
};

/* Fails with ERROR_MALFORMED on anything that could be read in two ways. */
bool http_read_frame(const struct http_cut *cut, struct http_frame *ret_frame, struct error *err) MUST_CHECK;

/* How long the header is, from where the reading began; of one that has a line and that http_read_frame admits. */
size_t http_head_length(const struct http_cut *cut);

/* Whether there is a control character other than a tab. */
bool http_has_control(struct str value);

/* Whether a line is of this header, letters without case. */
bool http_line_is(const struct http_line *line, struct str name);

/* The trimmed value of the first line of that name; .text is NULL where there is none. */
struct str http_line_value(const struct http_cut *cut, const char *name);

#endif
