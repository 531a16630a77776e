#include "server/routes.h"
#include "server/sign.h"

void post_signin(struct server *server, struct http_exchange *exchange) {
    sign(server, exchange, "signin", signin);
}
