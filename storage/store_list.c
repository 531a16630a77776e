/*
 * The list of files: by name, by last use, and all that are not freed yet. Everything here runs under store->lock.
 */
#include "storage/store_private.h"

#include <string.h>

/* FNV-1a. */
static size_t bucket_of(const char *ns, const char *db) {
    uint32_t hash = 2166136261u;
    for (const char *c = ns; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    hash = (hash ^ '/') * 16777619u;
    for (const char *c = db; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash % FILE_BUCKETS;
}

struct store_file *list_find(struct store *store, const char *ns, const char *db) {
    struct store_file *file = store->buckets[bucket_of(ns, db)];
    while (file && (strcmp(file->ns, ns) != 0 || strcmp(file->db, db) != 0)) file = file->next_in_bucket;
    return file;
}

bool file_is_root(const struct store_file *file) {
    return !file->ns[0];
}

static bool is_idle(const struct store_file *file) {
    return file->newer || file->older || file->store->newest == file;
}

void list_leave_idle(struct store_file *file) {
    struct store *store = file->store;
    if (!is_idle(file)) return;
    if (file->newer) file->newer->older = file->older;
    if (file->older) file->older->newer = file->newer;
    if (store->newest == file) store->newest = file->older;
    if (store->oldest == file) store->oldest = file->newer;
    file->newer = file->older = NULL;
}

void list_become_idle(struct store_file *file) {
    struct store *store = file->store;
    file->older = store->newest;
    if (store->newest) store->newest->newer = file;
    store->newest = file;
    if (!store->oldest) store->oldest = file;
}

void list_add(struct store_file *file) {
    struct store *store = file->store;
    struct store_file **bucket = &store->buckets[bucket_of(file->ns, file->db)];
    file->next_in_bucket = *bucket;
    *bucket = file;
    file->listed = true;
    file->next = store->all;
    if (store->all) store->all->previous = file;
    store->all = file;
    if (!file_is_root(file)) store->open_count++;
}

void list_remove(struct store_file *file) {
    struct store *store = file->store;
    struct store_file **place = &store->buckets[bucket_of(file->ns, file->db)];
    while (*place != file) place = &(*place)->next_in_bucket;
    *place = file->next_in_bucket;
    file->next_in_bucket = NULL;
    file->listed = false;
    list_leave_idle(file);
    if (!file_is_root(file)) store->open_count--;
}

void list_forget(struct store_file *file) {
    if (file->next) file->next->previous = file->previous;
    if (file->previous) file->previous->next = file->next;
    if (file->store->all == file) file->store->all = file->next;
}

/* Whether the file is what the names mean, or lies in the namespace that they mean. */
bool file_is_within(const struct store_file *file, const char *ns, const char *db) {
    return strcmp(file->ns, ns) == 0 && (!*db || strcmp(file->db, db) == 0);
}
