/*
 * From a request to who answers it. The paths stand in routes.def.
 */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "server/server.h"

/* Adds to a response that has not been made yet what every one bears; `server` is a struct server. */
void routes_greet(struct http_exchange *exchange, void *server);

/* Answers a request: one of an origin that is not admitted with 403, a preflight by itself, else by its route. */
void routes_handle(struct http_exchange *exchange, void *server);

/* Answers a method that nothing here takes: 405, or 404 where there is nothing at the path. */
void routes_refuse_method(struct http_exchange *exchange, struct str path, void *server);

#define ROUTE(path, method, allow, handler) void handler(struct server *server, struct http_exchange *exchange);
#include "server/routes.def"
#undef ROUTE

#endif
