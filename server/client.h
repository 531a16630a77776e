/*
 * Who is at the other end of the wire, before anybody has shown credentials.
 */
#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include "server/server.h"

struct client {
    struct str address;  /* the peer's, or what trusted proxies tell; lives in the arena */
    bool root_may_enter; /* --root-nets holds the address, and nobody could have made it up */
};

/* The certificate that the client has shown and that may be its credential, in DER, in the arena; empty where there is
 * none. */
bool client_certificate(const struct server *server, struct http_exchange *exchange, struct arena *arena,
                        struct str *ret_certificate, struct error *err) MUST_CHECK;

bool client_find(const struct server *server, struct http_exchange *exchange, struct arena *arena,
                 struct client *ret_client, struct error *err) MUST_CHECK;

#endif
