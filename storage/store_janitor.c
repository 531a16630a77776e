/*
 * Work on files that no request should wait for, on a thread of the store's own: a log that has grown is written back
 * into its database, and the files that are one too many are closed.
 */
#include "storage/store_private.h"

#include "base/clock.h"
#include "base/log.h"

#define LOG_PAGES 1000      /* of a log that is worth to be written back */
#define LOG_PAGES_MAX 20000 /* of one that the janitor cannot keep up with: who lets it grow writes it back */
#define SURPLUS_MAX 64      /* files that wait to be closed; more are closed by who makes them too many */
#define PATIENCE 1000000000 /* ns for the turn to write */

static void add_job(struct store_file **list, struct store_file *file) {
    file->next_job = *list;
    *list = file;
}

static struct store_file *take_job(struct store_file **list) {
    struct store_file *file = *list;
    if (file) *list = file->next_job;
    return file;
}

/* A user more, so that the file stays. Nobody waits for the store's lock while it is held here. */
static void ask_for_write_back(struct store_file *file) {
    struct store *store = file->store;
    pthread_mutex_lock(&store->lock);
    if (!file->is_job && !store->janitor.stops) {
        file->is_job = true;
        file->users++;
        add_job(&store->janitor.logs, file);
        pthread_cond_signal(&store->janitor.called);
    }
    pthread_mutex_unlock(&store->lock);
}

bool store_note_log(void *context, int pages) {
    struct store_file *file = context;
    if (pages >= LOG_PAGES) ask_for_write_back(file);
    return pages >= LOG_PAGES_MAX;
}

/* Most of it while others write; the rest, which they have added meanwhile, while nobody does. Then the next writer
 * begins the log anew. */
static void write_back(struct store_file *file) {
    struct error err = {0};
    struct conn *conn = store_borrow_conn(file, &err);
    if (conn && conn_write_back(conn, &err) && gate_enter(&file->turn, 0, clock_steady() + PATIENCE)) {
        (void)!conn_write_back(conn, &err);
        gate_leave(&file->turn, 0);
    }
    store_give_back_conn(file, conn);
    if (err.code != ERROR_NONE && err.code != ERROR_NOT_FOUND) log_error(NULL, &err);
}

static void finish_log(struct store *store, struct store_file *file) {
    pthread_mutex_lock(&store->lock);
    file->is_job = false; /* before it is written back: what grows from now on is another job */
    pthread_mutex_unlock(&store->lock);
    write_back(file);
    store_give_back(file);
}

static void *work(void *context) {
    struct store *store = context;
    struct janitor *janitor = &store->janitor;
    pthread_mutex_lock(&store->lock);
    for (;;) {
        struct store_file *surplus = take_job(&janitor->surplus);
        struct store_file *log = surplus ? NULL : take_job(&janitor->logs);
        if (surplus) janitor->surplus_count--;
        if (!surplus && !log) {
            if (janitor->stops) break;
            pthread_cond_wait(&janitor->called, &store->lock);
            continue;
        }
        pthread_mutex_unlock(&store->lock);
        if (surplus) file_free(surplus);
        if (log) finish_log(store, log);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    return NULL;
}

bool janitor_start(struct store *store, struct error *err) {
    struct janitor *janitor = &store->janitor;
    if (pthread_cond_init(&janitor->called, NULL) != 0)
        return fail(err, ERROR_INTERNAL, NOWHERE, "the server could not make a lock");
    janitor->runs = pthread_create(&janitor->thread, NULL, work, store) == 0;
    if (!janitor->runs) pthread_cond_destroy(&janitor->called);
    return janitor->runs || fail(err, ERROR_INTERNAL, NOWHERE, "the server could not start a thread");
}

void janitor_stop(struct store *store) {
    struct janitor *janitor = &store->janitor;
    if (!janitor->runs) return;
    pthread_mutex_lock(&store->lock);
    janitor->stops = true;
    pthread_cond_signal(&janitor->called);
    pthread_mutex_unlock(&store->lock);
    pthread_join(janitor->thread, NULL);
    pthread_cond_destroy(&janitor->called);
    janitor->runs = false;
}

bool janitor_free_later(struct store_file *file) {
    struct janitor *janitor = &file->store->janitor;
    if (!janitor->runs || janitor->stops || janitor->surplus_count >= SURPLUS_MAX) return false;
    janitor->surplus_count++;
    add_job(&janitor->surplus, file);
    pthread_cond_signal(&janitor->called);
    return true;
}
