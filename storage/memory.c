#include "storage/memory.h"

#include "storage/conn.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Thread_local struct budget *charged;

/* All of SQLite's memory. A thread adds up what it takes and gives back, and tells the others when it has grown to this
 * much, so that they do not all write to one counter all the time. */
#define UNTOLD_MAX (32 * 1024)
static atomic_int_fast64_t total;
static int64_t total_limit;
static _Thread_local int64_t untold;

static void count_bytes(int64_t more) {
    if (charged) charged->used += more;
    untold += more;
    if (untold < UNTOLD_MAX && untold > -UNTOLD_MAX) return;
    atomic_fetch_add_explicit(&total, untold, memory_order_relaxed);
    untold = 0;
}

static bool fits(size_t more) {
    if (!charged) return true;
    if (charged->limit > 0 && charged->used + (int64_t)more > charged->limit) return false;
    return total_limit == 0 ||
           atomic_load_explicit(&total, memory_order_relaxed) + untold + (int64_t)more <= total_limit;
}

static void *take(int size) {
    if (!fits((size_t)size)) return NULL;
    void *memory = malloc((size_t)size);
    if (memory) count_bytes((int64_t)malloc_usable_size(memory));
    return memory;
}

static void give_back(void *memory) {
    if (memory) count_bytes(-(int64_t)malloc_usable_size(memory));
    free(memory);
}

static void *resize(void *memory, int size) {
    size_t before = malloc_usable_size(memory);
    if ((size_t)size > before && !fits((size_t)size - before)) return NULL;
    void *moved = realloc(memory, (size_t)size);
    if (moved) count_bytes((int64_t)malloc_usable_size(moved) - (int64_t)before);
    return moved;
}

static int size_of(void *memory) {
    return (int)malloc_usable_size(memory);
}

static int round_up(int size) {
    return (size + 7) & ~7;
}

static int start(void *unused) {
    (void)unused;
    return SQLITE_OK;
}

static void stop(void *unused) {
    (void)unused;
}

bool memory_init(struct error *err) {
    static const sqlite3_mem_methods methods = {take, give_back, resize, size_of, round_up, start, stop, NULL};
    int code = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    if (code == SQLITE_OK) code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (code == SQLITE_OK) return true;
    return fail(err, ERROR_INTERNAL, NOWHERE, "cannot set up SQLite's memory: %s", sqlite3_errstr(code));
}

void conn_limit_memory(int64_t bytes) {
    total_limit = bytes;
}

struct budget *budget_enter(struct budget *budget) {
    struct budget *before = charged;
    charged = budget;
    return before;
}

void budget_leave(struct budget *before) {
    charged = before;
}
