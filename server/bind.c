#include "server/bind.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <string.h>

#define HOST_MAX 255

/* Without what CivetWeb would read as more than a host (a list, TLS, a redirection). What looks like an address must be
 * one: CivetWeb would take 256.0.0.0 for 0.0.0.0. */
static bool is_host(struct str host) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    char text[HOST_MAX + 1];
    struct in_addr address;
    if (!host.length || host.length > HOST_MAX) return false;
    memcpy(text, host.text, host.length);
    text[host.length] = 0;
    if (strspn(text, allowed) != host.length) return false;
    return strspn(text, "0123456789.") != host.length || inet_pton(AF_INET, text, &address) == 1;
}

bool bind_check(const char *address, struct error *err) {
    const char *colon = strrchr(address, ':');
    int64_t port;
    if (colon && is_host((struct str){address, (size_t)(colon - address)}) && str_to_int64(str_of(colon + 1), &port) &&
        port >= 0 && port <= 65535)
        return true;
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the address to listen on must be HOST:PORT (IPv4)");
}
