/*
 * Pages of other origins (https://fetch.spec.whatwg.org/#http-cors-protocol).
 *
 * A browser says with Origin which page a request comes from. A page of the server's own origin may do everything; one
 * of another origin only what --cors-origins lists. Who is not listed is refused before the request does anything: a
 * browser that is merely kept from reading the answer has already changed rows.
 */
#ifndef SERVER_CORS_H
#define SERVER_CORS_H

#include "server/http.h"

enum origin {
    ORIGIN_REFUSED, /* another, and not listed */
    ORIGIN_NONE,    /* the request names none: no page of a browser's, or one that only reads its own origin */
    ORIGIN_OWN,     /* the server's own */
    ORIGIN_LISTED,
    ORIGIN_ANY, /* admitted by `*` alone */
};

/* Whether a list of --cors-origins can be used: `*`, `none`, or origins with commas between them, each written as
 * browsers send it. ERROR_INVALID_VALUE says what is wrong with which. NULL is none. */
bool cors_check_list(const char *list, struct error *err) MUST_CHECK;

/* Where a request comes from, under a list that was checked. `origin` and `host` are its headers, .text NULL where they
 * are missing. Everything is compared byte for byte. */
enum origin cors_judge(const char *list, struct str origin, struct str host, bool is_secure);

/* Adds to all that will be answered what lets the page read it, if its origin is admitted. */
void cors_greet(struct http_exchange *exchange, const char *list);

/* Whether the request may go on; ERROR_FORBIDDEN where its origin is not admitted, or where `*` has admitted it and a
 * browser may have added credentials of its own accord. */
bool cors_admit(const struct http_exchange *exchange, const char *list, struct error *err) MUST_CHECK;

/* Whether a certificate that the client has shown may be its credential: a browser shows it unasked, so not where `*`
 * alone has admitted the page. */
bool cors_takes_certificate(const struct http_exchange *exchange, const char *list);

/* Whether a request asks, on behalf of a page, if another one would be taken. */
bool cors_is_preflight(const struct http_exchange *exchange);

/* Answers a preflight of an admitted origin for a path that takes these methods. */
void cors_answer_preflight(struct http_exchange *exchange, const char *methods);

#endif
