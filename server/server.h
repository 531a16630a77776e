/*
 * What all requests share: the settings, the data folder.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "auth/throttle.h"
#include "base/network.h"
#include "server/admission.h"
#include "server/http.h"
#include "server/settings.h"
#include "storage/store.h"

#include <stdatomic.h>

struct server {
    const struct settings *settings;
    struct store *store;
    struct throttle *throttle; /* of failed sign-ins */
    struct audit *audit;
    struct networks trusted_proxies; /* --trusted-proxies */
    struct networks root_nets;       /* --root-nets */
    struct admission admission;      /* of requests: taken when one has been read, so that a slow peer holds no place */
    atomic_bool drains;
    atomic_uint_fast64_t shared_plans;   /* statements that ran by the plan of others, but for their literals */
    atomic_uint_fast64_t unshared_plans; /* and that were to, but had no such plan */
};

#endif
