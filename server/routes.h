/*
 * From a request to who answers it. The paths stand in routes.def.
 */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "server/server.h"

/* Answers a request; `server` is a struct server. */
void routes_handle(struct http_exchange *exchange, void *server);

#define ROUTE(path, method, allow, handler) void handler(struct server *server, struct http_exchange *exchange);
#include "server/routes.def"
#undef ROUTE

#endif
