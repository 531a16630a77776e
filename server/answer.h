/*
 * Answers to a request as a whole: failures, tokens, small texts.
 */
#ifndef SERVER_ANSWER_H
#define SERVER_ANSWER_H

#include "server/http.h"

/* The JSON body of a failure, under the status of its code. `text` is what err->at is a place in (empty: nothing), and
 * gives "line" and "column". Failures of ours and refused credentials are logged. */
void answer_failure(struct http_exchange *exchange, const struct error *err, struct str text);

/* 405 with the methods that are allowed. */
void answer_method(struct http_exchange *exchange, const char *allowed);

/* Tokens: JSON; or the access token alone where the request accepts text/plain before JSON and there is no refresh
 * token. */
void answer_tokens(struct http_exchange *exchange, struct str token, struct str refresh);

/* {"code":200,"details":…} */
void answer_done(struct http_exchange *exchange, const char *details);

#endif
