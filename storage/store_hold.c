/*
 * What a removal does with the files in memory: it makes them old, and holds their connections still for the moment in
 * which it takes them off the disk.
 */
#include "storage/store_private.h"

void store_unlist(struct store *store, const char *ns, const char *db) {
    struct store_file *unused = NULL;
    pthread_mutex_lock(&store->lock);
    for (struct store_file *file = store->all; file; file = file->next) {
        if (!file_is_within(file, ns, db)) continue;
        atomic_store(&file->removed, true);
        if (!file->listed) continue;
        list_remove(file);
        if (file->users) continue;
        file->newer = unused;
        unused = file;
    }
    pthread_mutex_unlock(&store->lock);
    while (unused) {
        struct store_file *file = unused;
        unused = file->newer;
        file_free(file);
    }
}

static bool is_at_work(const struct store *store, const char *ns, const char *db) {
    for (const struct store_file *file = store->all; file; file = file->next)
        if (file_is_within(file, ns, db) && file->at_work) return true;
    return false;
}

static void set_held_back(struct store *store, const char *ns, const char *db, bool held_back) {
    for (struct store_file *file = store->all; file; file = file->next)
        if (file_is_within(file, ns, db)) file->held_back = held_back;
}

void store_hold_back(struct store *store, const char *ns, const char *db) {
    pthread_mutex_lock(&store->lock);
    set_held_back(store, ns, db, true);
    while (is_at_work(store, ns, db)) pthread_cond_wait(&store->changed, &store->lock);
    pthread_mutex_unlock(&store->lock);
}

void store_let_go(struct store *store, const char *ns, const char *db) {
    pthread_mutex_lock(&store->lock);
    set_held_back(store, ns, db, false);
    pthread_cond_broadcast(&store->changed);
    pthread_mutex_unlock(&store->lock);
}
