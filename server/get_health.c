#include "server/answer.h"
#include "server/routes.h"

void get_health(struct server *server, struct http_exchange *exchange) {
    if (!atomic_load(&server->drains) && store_is_healthy(server->store)) {
        http_respond(exchange, 200, NULL, "application/json", LITERAL("{\"status\":\"OK\"}"));
        return;
    }
    struct error err = {0};
    fail(&err, ERROR_OVERLOADED, NOWHERE, "the server cannot serve now");
    answer_failure(exchange, &err, (struct str){0});
}
