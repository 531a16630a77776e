/*
 * What /signin and /signup share.
 */
#ifndef SERVER_SIGN_H
#define SERVER_SIGN_H

#include "auth/signin.h"
#include "server/server.h"

/* Reads the body, lets `enter` (signin or signup) make a token of it, and answers. */
void sign(struct server *server, struct http_exchange *exchange, const char *action,
          bool (*enter)(struct store *store, struct arena *arena, const struct signin_request *request,
                        struct issued *ret_issued, struct error *err));

#endif
