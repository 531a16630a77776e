/*
 * Requests of the plain form, which nobody can read in two ways:
 *
 *     GET /path?query HTTP/1.1        or POST; letters, digits and a few signs, single spaces
 *     Name: value                     64 lines at most; tokens right before the colon, no control characters, CRLF
 *
 *     body                            of one Content-Length, if any
 *
 * Whatever else there is (chunks, Expect, Upgrade, folded lines, percent signs in the path …) is not refused here but
 * left to CivetWeb and http_strict.h, which know what to say of it.
 */
#ifndef SERVER_PLAIN_H
#define SERVER_PLAIN_H

#include "server/http_strict.h"

#define PLAIN_LINES_MAX 64

struct plain_request {
    struct http_line lines[PLAIN_LINES_MAX];
    struct http_cut cut;
    char *body;
    size_t body_length;
    size_t length; /* of all of it */
};

/* Cuts the request that the bytes begin with where it lies, as CivetWeb would (see struct http_cut). False, and the
 * bytes are as they were: it is not of the plain form, or not all here. */
bool plain_cut(char *bytes, size_t length, struct plain_request *ret_request) MUST_CHECK;

#endif
