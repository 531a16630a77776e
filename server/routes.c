#include "server/routes.h"

#include "server/answer.h"
#include "server/cors.h"

#define HSTS "max-age=31536000" /* a year, without the names below it, which are not ours */

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

static void answer_route(const struct route *route, struct server *server, struct http_exchange *exchange) {
    if (takes(route, http_method(exchange)))
        route->handler(server, exchange);
    else if (cors_is_preflight(exchange))
        cors_answer_preflight(exchange, route->allow);
    else
        answer_method(exchange, route->allow);
}

void routes_greet(struct http_exchange *exchange, void *context) {
    const struct server *server = context;
    cors_greet(exchange, server->settings->cors_origins);
    if (server->settings->hsts) http_add_header(exchange, "Strict-Transport-Security", LITERAL(HSTS));
}

void routes_handle(struct http_exchange *exchange, void *context) {
    struct server *server = context;
    struct str path = http_path(exchange);
    struct error err = {0};
    if (!cors_admit(exchange, server->settings->cors_origins, &err)) {
        answer_failure(exchange, &err, (struct str){0});
        return;
    }
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!str_is(path, routes[i].path)) continue;
        answer_route(&routes[i], server, exchange);
        return;
    }
    fail(&err, ERROR_NO_ROUTE, NOWHERE, "there is nothing at this path");
    answer_failure(exchange, &err, (struct str){0});
}

void routes_refuse_method(struct http_exchange *exchange, struct str path, void *context) {
    (void)context;
    struct error err = {0};
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!str_is(path, routes[i].path)) continue;
        answer_method(exchange, routes[i].allow);
        return;
    }
    fail(&err, ERROR_NO_ROUTE, NOWHERE, "there is nothing at this path");
    answer_failure(exchange, &err, (struct str){0});
}
