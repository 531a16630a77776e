#include "server/routes.h"

#include "server/answer.h"

static const struct route {
    const char *path;
    const char *method;
    const char *allow;
    void (*handler)(struct server *server, struct http_exchange *exchange);
} routes[] = {
#define ROUTE(...) {__VA_ARGS__},
#include "server/routes.def"
#undef ROUTE
};

static bool takes(const struct route *route, struct str method) {
    return str_is(method, route->method) || (str_is(method, "HEAD") && str_is(str_of(route->method), "GET"));
}

void routes_handle(struct http_exchange *exchange, void *server) {
    struct str path = http_path(exchange);
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!str_is(path, routes[i].path)) continue;
        if (takes(&routes[i], http_method(exchange)))
            routes[i].handler(server, exchange);
        else
            answer_method(exchange, routes[i].allow);
        return;
    }
    struct error err = {0};
    fail(&err, ERROR_NO_ROUTE, NOWHERE, "there is nothing at this path");
    answer_failure(exchange, &err, (struct str){0});
}
