/*
 * Between the COMMIT of a change to the catalogue and its publication other threads may already see the new rows while
 * they hold the old permissions. Each change is therefore announced before it is committed. A reader looks after its
 * transaction has begun: if it can see a change, that change was announced before, and is either published, so that the
 * reader's snapshot is not the current one, or still pending.
 */
#include "storage/store_private.h"

#include <time.h>

#define WAIT_SECONDS 5

void store_announce(struct store_file *file) {
    atomic_fetch_add(&file->announced, 1);
}

void store_settle(struct store_file *file) {
    pthread_mutex_lock(&file->lock);
    atomic_fetch_add(&file->published, 1);
    pthread_cond_broadcast(&file->settled);
    pthread_mutex_unlock(&file->lock);
}

static bool is_pending(struct store_file *file) {
    return atomic_load(&file->announced) != atomic_load(&file->published);
}

bool store_is_settled(struct store_file *file, const struct snapshot *snapshot) {
    if (is_pending(file)) return false;
    pthread_mutex_lock(&file->lock);
    bool is_current = file->snapshot->version == snapshot->version;
    pthread_mutex_unlock(&file->lock);
    return is_current;
}

void store_await_settled(struct store_file *file) {
    struct timespec until;
    if (!is_pending(file) || clock_gettime(CLOCK_REALTIME, &until) != 0) return;
    until.tv_sec += WAIT_SECONDS;
    pthread_mutex_lock(&file->lock);
    while (is_pending(file) && pthread_cond_timedwait(&file->settled, &file->lock, &until) == 0) continue;
    pthread_mutex_unlock(&file->lock);
}
