#include "server/client.h"

#include "base/scope.h"
#include "server/cors.h"
#include "server/forwarded.h"

/* All lines of a header, in order, between commas. */
static struct str join(struct http_exchange *exchange, const char *name, struct arena *arena) {
    struct str all = http_header_line(exchange, name, 0), line;
    for (size_t i = 1; all.text && (line = http_header_line(exchange, name, i)).text; i++)
        all = arena_format(arena, "%.*s,%.*s", STR(all), STR(line));
    return all;
}

bool client_find(const struct server *server, struct http_exchange *exchange, struct arena *arena,
                 struct client *ret_client, struct error *err) {
    struct str peer = http_peer_address(exchange);
    if (!server->trusted_proxies.count && !server->settings->root_nets) { /* nothing depends on it */
        *ret_client = (struct client){.address = peer, .root_may_enter = true};
        return true;
    }
    struct address address;
    char text[ADDRESS_TEXT_SIZE];
    if (!address_read(peer, &address)) return fail(err, ERROR_INTERNAL, NOWHERE, "the peer has no address");
    const struct forwarded forwarded = {.x_forwarded_for = join(exchange, "X-Forwarded-For", arena),
                                        .forwarded = join(exchange, "Forwarded", arena)};
    bool is_certain = forwarded_client(&server->trusted_proxies, &address, &forwarded, &address);
    address_write(&address, text);
    struct client client = {.address = arena_copy(arena, str_of(text))};
    if (arena_exhausted(arena)) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    client.root_may_enter = !server->settings->root_nets || (is_certain && networks_hold(&server->root_nets, &address));
    *ret_client = client;
    return true;
}

bool client_certificate(const struct server *server, struct http_exchange *exchange, struct arena *arena,
                        struct str *ret_certificate, struct error *err) {
    CLEANUP(buf_done) struct buf der;
    buf_init(&der, 0);
    *ret_certificate = (struct str){0};
    if (!cors_takes_certificate(exchange, server->settings->cors_origins)) return true;
    http_add_peer_certificate(exchange, &der);
    if (!der.failed && !der.length) return true;
    struct str copy = der.failed ? (struct str){0} : arena_copy(arena, buf_str(&der));
    if (!copy.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    *ret_certificate = copy;
    return true;
}
