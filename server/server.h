/*
 * What all requests share: the settings, the data folder, and how many may run at once.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "auth/throttle.h"
#include "base/network.h"
#include "server/http.h"
#include "server/settings.h"
#include "storage/store.h"

#include <stdatomic.h>

struct server {
    const struct settings *settings;
    struct store *store;
    struct throttle *throttle;       /* of failed sign-ins */
    struct networks trusted_proxies; /* --trusted-proxies */
    struct networks root_nets;       /* --root-nets */
    atomic_int_fast64_t running;     /* requests */
    atomic_bool drains;
};

/* One of the places of the requests that run at once; ERROR_OVERLOADED when all are taken. It is taken when the request
 * has been read, so that a slow peer holds none. */
bool server_take_place(struct server *server, struct error *err) MUST_CHECK;
void server_leave_place(struct server *server);

#endif
