/*
 * Addresses of the internet, and networks (CIDR). IPv4 is kept as IPv4-mapped IPv6, so that 10.0.0.1 and
 * ::ffff:10.0.0.1 are the same address.
 */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define ADDRESS_TEXT_SIZE 46 /* of the longest text and its NUL */

struct address {
    unsigned char bytes[16];
};

struct network {
    struct address address;
    unsigned prefix; /* bits of the 128 that count */
};

struct networks {
    const struct network *items;
    size_t count;
};

/* An address as text, without a port, brackets or a zone. Strict: no leading zeros, nothing around it. */
bool address_read(struct str text, struct address *ret_address) MUST_CHECK;

/* Its canonical text; IPv4 as such. */
void address_write(const struct address *address, char ret_text[ADDRESS_TEXT_SIZE]);

bool address_is_ipv4(const struct address *address);

/* "10.0.0.0/8, 192.168.1.7, ::1": networks and single addresses between commas; an empty text is an empty list.
 * ERROR_INVALID_VALUE on anything else, also on bits that are set behind the prefix. */
bool networks_read(struct arena *arena, struct str text, struct networks *ret_networks, struct error *err) MUST_CHECK;

/* Whether one of the networks holds the address. */
bool networks_hold(const struct networks *networks, const struct address *address);

#endif
