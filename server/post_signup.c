#include "server/routes.h"
#include "server/sign.h"

void post_signup(struct server *server, struct http_exchange *exchange) {
    sign(server, exchange, "signup", signup);
}
