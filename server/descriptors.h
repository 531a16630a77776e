/*
 * How the descriptors that the system lets us have are shared out among connections and database files.
 */
#ifndef SERVER_DESCRIPTORS_H
#define SERVER_DESCRIPTORS_H

#include "server/settings.h"

/* Raises the limit as far as the system allows; what it is then. */
int descriptors_raise(void);

/* Shares out `limit` descriptors. Where they are too few for what is set, settings->connections and ->requests are made
 * smaller, and the log says so. Returns how many connections to database files may be kept open; 0: the limit is too
 * small to serve at all. */
int descriptors_share_out(struct settings *settings, int limit);

#endif
