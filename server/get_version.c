#include "server/routes.h"

void get_version(struct server *server, struct http_exchange *exchange) {
    (void)server;
    http_respond(exchange, 200, NULL, "text/plain", LITERAL("bailiwick-" BAILIWICK_VERSION));
}
