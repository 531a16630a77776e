#include "base/scope.h"
#include "server/answer.h"
#include "server/routes.h"
#include "server/run.h"

DEFINE_CLEANUP(struct arena *, arena_free)

void post_sql(struct server *server, struct http_exchange *exchange) {
    struct error err = {0};
    CLEANUP(arena_free_at) struct arena *arena = arena_new((size_t)server->settings->memory_limit);
    CLEANUP(run_done) struct run run = {.server = server, .exchange = exchange, .arena = arena};
    if (!arena) fail(&err, ERROR_INTERNAL, NOWHERE, "memory is short");
    if (arena && run_request(&run, &err))
        respond_finish(&run.respond);
    else
        answer_failure(exchange, &err, run.request.text);
}
