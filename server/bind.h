/*
 * Addresses to listen on: HOST:PORT.
 */
#ifndef SERVER_BIND_H
#define SERVER_BIND_H

#include "base/error.h"

/* ERROR_INVALID_VALUE unless it is an IPv4 address or a host's name, and a port; 0 picks a free one. */
bool bind_check(const char *address, struct error *err) MUST_CHECK;

#endif
