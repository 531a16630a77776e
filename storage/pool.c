/*
 * The idle connections of one file: a stack, so that the one used last, whose cache is warm, is used next.
 */
#include "storage/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct pool {
    pthread_mutex_t lock;
    size_t count;
    size_t size;
    struct conn *conns[];
};

struct pool *pool_new(int size, struct error *err) {
    size_t places = size > 0 ? (size_t)size : 0;
    struct pool *pool = calloc(1, sizeof *pool + places * sizeof(struct conn *));
    if (!pool) return fail_null(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    if (pthread_mutex_init(&pool->lock, NULL) != 0) {
        free(pool);
        return fail_null(err, ERROR_INTERNAL, NOWHERE, "the server could not make a lock");
    }
    pool->size = places;
    return pool;
}

void pool_free(struct pool *pool) {
    if (!pool) return;
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

bool pool_is_empty(struct pool *pool) {
    pthread_mutex_lock(&pool->lock);
    bool is_empty = pool->count == 0;
    pthread_mutex_unlock(&pool->lock);
    return is_empty;
}

struct conn *pool_take(struct pool *pool) {
    pthread_mutex_lock(&pool->lock);
    struct conn *conn = pool->count ? pool->conns[--pool->count] : NULL;
    pthread_mutex_unlock(&pool->lock);
    return conn;
}

bool pool_put(struct pool *pool, struct conn *conn) {
    pthread_mutex_lock(&pool->lock);
    bool has_room = pool->count < pool->size;
    if (has_room) pool->conns[pool->count++] = conn;
    pthread_mutex_unlock(&pool->lock);
    return has_room;
}
