#include "server/sign.h"

#include "base/scope.h"
#include "server/answer.h"
#include "server/auditing.h"
#include "server/client.h"
#include "server/media.h"
#include "server/request.h"

#define SIGN_BODY_MAX (64u << 10)
#define SIGN_MEMORY (8u << 20)

DEFINE_CLEANUP(struct arena *, arena_free)

/* The namespace that somebody signs in to; empty for root. */
static struct str namespace_of(const struct named_values *values) {
    const struct value *ns = named_values_find(values, LITERAL("NS"));
    if (!ns) ns = named_values_find(values, LITERAL("ns"));
    return ns && ns->kind == VALUE_TEXT ? ns->text : (struct str){0};
}

static bool read_and_enter(struct server *server, struct http_exchange *exchange, struct arena *arena,
                           const char *action,
                           bool (*enter)(struct store *, struct arena *, const struct signin_request *, struct issued *,
                                         struct error *),
                           struct issued *ret_issued, struct error *err) {
    struct client client;
    if (!client_find(server, exchange, arena, &client, err)) return false;
    struct signin_request request = {
        .ip = client.address,
        .origin = http_header(exchange, "Origin"),
        .root_may_enter = client.root_may_enter,
        .throttle = server->throttle,
        .wants_refresh = !media_accepts_text(http_header(exchange, "Accept")),
    };
    if (!request_read_object(exchange, arena, SIGN_BODY_MAX, &request.values, err)) return false;
    struct admitted admitted;
    if (!admission_enter(&server->admission, namespace_of(&request.values), &admitted, err)) return false;
    request.deadline = settings_deadline(server->settings);
    bool fine = enter(server->store, arena, &request, ret_issued, err);
    admission_leave(&server->admission, &admitted);
    auditing_entry(server, exchange, arena, &client, action, &request.values, ret_issued->token, err);
    return fine;
}

void sign(struct server *server, struct http_exchange *exchange, const char *action,
          bool (*enter)(struct store *store, struct arena *arena, const struct signin_request *request,
                        struct issued *ret_issued, struct error *err)) {
    struct error err = {0};
    struct issued issued = {.token = {0}};
    CLEANUP(arena_free_at) struct arena *arena = arena_new(SIGN_MEMORY);
    if (!arena) fail(&err, ERROR_INTERNAL, NOWHERE, "memory is short");
    if (arena && read_and_enter(server, exchange, arena, action, enter, &issued, &err))
        answer_tokens(exchange, issued.token, issued.refresh);
    else
        answer_failure(exchange, &err, (struct str){0});
}
