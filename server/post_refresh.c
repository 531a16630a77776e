#include "auth/family.h"
#include "auth/refresh.h"

#include "base/clock.h"
#include "base/scope.h"
#include "server/answer.h"
#include "server/auditing.h"
#include "server/client.h"
#include "server/routes.h"

#define REFRESH_ARENA (1u << 20)

DEFINE_CLEANUP(struct arena *, arena_free)

/* What follows `Bearer`; empty where the header is another. */
static struct str bearer_of(struct http_exchange *exchange) {
    struct str header = str_trim(http_header(exchange, "Authorization")), scheme = LITERAL("Bearer ");
    if (!str_starts_name(header, scheme.text)) return (struct str){0};
    return str_trim(str_slice(header, scheme.length, header.length));
}

static bool run(struct server *server, struct http_exchange *exchange, struct arena *arena, struct issued *ret_issued,
                struct error *err) {
    struct client client;
    struct throttle_attempt attempt;
    struct admitted admitted;
    struct refresh_token shown = {.ns = {0}};
    struct family ended = {.id = {0}};
    if (!client_find(server, exchange, arena, &client, err)) return false;
    const struct refresh_request request = {
        .token = bearer_of(exchange),
        .ip = client.address,
        .root_may_enter = client.root_may_enter,
        .deadline = settings_deadline(server->settings),
    };
    throttle_begin(&attempt, server->throttle, client.address);
    if (!throttle_may_try(&attempt, clock_steady(), err)) {
        auditing_refresh(server, exchange, arena, &client, request.token, &ended, (struct str){0}, err);
        return false;
    }
    (void)!family_read(request.token, &shown);
    if (!admission_enter(&server->admission, shown.ns, &admitted, err)) return false;
    bool fine = refresh(server->store, arena, &request, ret_issued, &ended, err);
    admission_leave(&server->admission, &admitted);
    if (!fine && err->code == ERROR_UNAUTHENTICATED) throttle_failed(&attempt, clock_steady());
    auditing_refresh(server, exchange, arena, &client, request.token, &ended, ret_issued->token, err);
    return fine;
}

/* The body, if there is one, says nothing. */
void post_refresh(struct server *server, struct http_exchange *exchange) {
    struct error err = {0};
    struct issued issued = {.token = {0}};
    CLEANUP(arena_free_at) struct arena *arena = arena_new(REFRESH_ARENA);
    if (!arena) fail(&err, ERROR_INTERNAL, NOWHERE, "memory is short");
    if (arena && run(server, exchange, arena, &issued, &err))
        answer_tokens(exchange, issued.token, issued.refresh);
    else
        answer_failure(exchange, &err, (struct str){0});
}
