#include "server/sign.h"

#include "base/clock.h"
#include "base/scope.h"
#include "server/answer.h"
#include "server/client.h"
#include "server/request.h"

#define SIGN_BODY_MAX (64u << 10)
#define SIGN_MEMORY (8u << 20)

DEFINE_CLEANUP(struct arena *, arena_free)

static bool read_and_enter(struct server *server, struct http_exchange *exchange, struct arena *arena,
                           bool (*enter)(struct store *, struct arena *, const struct signin_request *, struct str *,
                                         struct error *),
                           struct str *ret_token, struct error *err) {
    struct client client;
    if (!client_find(server, exchange, arena, &client, err)) return false;
    struct signin_request request = {
        .ip = client.address,
        .origin = http_header(exchange, "Origin"),
        .root_may_enter = client.root_may_enter,
        .throttle = server->throttle,
    };
    if (!request_read_object(exchange, arena, SIGN_BODY_MAX, &request.values, err)) return false;
    if (!server_take_place(server, err)) return false;
    request.deadline = clock_steady() + server->settings->statement_timeout * 1000000;
    bool fine = enter(server->store, arena, &request, ret_token, err);
    server_leave_place(server);
    return fine;
}

void sign(struct server *server, struct http_exchange *exchange,
          bool (*enter)(struct store *store, struct arena *arena, const struct signin_request *request,
                        struct str *ret_token, struct error *err)) {
    struct error err = {0};
    struct str token;
    CLEANUP(arena_free_at) struct arena *arena = arena_new(SIGN_MEMORY);
    if (!arena) fail(&err, ERROR_INTERNAL, NOWHERE, "memory is short");
    if (arena && read_and_enter(server, exchange, arena, enter, &token, &err))
        answer_token(exchange, token);
    else
        answer_failure(exchange, &err, (struct str){0});
}
