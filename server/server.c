#include "server/server.h"

bool server_take_place(struct server *server, struct error *err) {
    if (atomic_fetch_add(&server->running, 1) < server->settings->requests) return true;
    server_leave_place(server);
    return fail(err, ERROR_OVERLOADED, NOWHERE, "too many requests are running");
}

void server_leave_place(struct server *server) {
    atomic_fetch_sub(&server->running, 1);
}
