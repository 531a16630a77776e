/*
 * The idle connections of one file. Safe from any thread.
 */
#ifndef STORAGE_POOL_H
#define STORAGE_POOL_H

#include "storage/conn.h"

struct pool;

/* A pool that keeps at most `size` connections. */
struct pool *pool_new(int size, struct error *err) MUST_CHECK;

/* Frees it; it must be empty. Takes NULL. */
void pool_free(struct pool *pool);

bool pool_is_empty(struct pool *pool);

/* The connection that was put in last; NULL where there is none. */
struct conn *pool_take(struct pool *pool);

/* Keeps a connection; false when the pool is full, and the connection is still the caller's. */
bool pool_put(struct pool *pool, struct conn *conn) MUST_CHECK;

#endif
