#include "base/scope.h"
#include "server/answer.h"
#include "server/routes.h"
#include "server/run.h"

#include <pthread.h>

/* The arena of the thread's requests: one at a time. */
static pthread_key_t arenas;
static pthread_once_t arenas_once = PTHREAD_ONCE_INIT;
static bool has_arenas;

static void free_arena(void *arena) {
    arena_free(arena);
}

static void make_key(void) {
    has_arenas = pthread_key_create(&arenas, free_arena) == 0;
}

/* Empty, and given back by arena_reset; NULL when memory is short. */
static struct arena *take_arena(size_t limit) {
    pthread_once(&arenas_once, make_key);
    if (!has_arenas) return NULL;
    struct arena *arena = pthread_getspecific(arenas);
    if (arena) return arena;
    arena = arena_new(limit);
    if (!arena || pthread_setspecific(arenas, arena) == 0) return arena;
    arena_free(arena);
    return NULL;
}

static void answer(struct server *server, struct http_exchange *exchange, struct arena *arena) {
    struct error err = {0};
    CLEANUP(run_done) struct run run = {.server = server, .exchange = exchange, .arena = arena};
    if (!arena) fail(&err, ERROR_INTERNAL, NOWHERE, "memory is short");
    if (arena && run_request(&run, &err))
        respond_finish(&run.respond);
    else
        answer_failure(exchange, &err, run.request.text);
}

void post_sql(struct server *server, struct http_exchange *exchange) {
    struct arena *arena = take_arena((size_t)server->settings->memory_limit);
    answer(server, exchange, arena);
    if (arena) arena_reset(arena);
}
