/*
 * The address of a client behind proxies, as these tell it: X-Forwarded-For, and Forwarded (RFC 7239).
 *
 * Anybody can send such headers, so they are read from the right, where the nearest proxy has added what it saw, and
 * only as far as trusted proxies have written them.
 */
#ifndef SERVER_FORWARDED_H
#define SERVER_FORWARDED_H

#include "base/network.h"

/* What was told: the header's lines joined by commas, in order; empty where there are none. */
struct forwarded {
    struct str x_forwarded_for;
    struct str forwarded;
};

/* The rightmost address that is no trusted proxy's (the leftmost one where all are). False, and the peer's address,
 * when the peer is trusted but what it hands on is no address where one is needed, or the two headers tell different
 * ones. */
bool forwarded_client(const struct networks *trusted, const struct address *peer, const struct forwarded *forwarded,
                      struct address *ret_client) MUST_CHECK;

#endif
