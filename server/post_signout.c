#include "auth/credential.h"
#include "auth/refuse.h"
#include "auth/signout.h"

#include "base/scope.h"
#include "server/answer.h"
#include "server/auditing.h"
#include "server/client.h"
#include "server/request.h"
#include "server/routes.h"

#define SIGNOUT_BODY_MAX 1024
#define SIGNOUT_ARENA (8u << 20)

DEFINE_CLEANUP(struct arena *, arena_free)

static bool read_flag(const struct value *value, bool *ret_flag) {
    if (value->kind == VALUE_INTEGER && (value->integer == 0 || value->integer == 1)) {
        *ret_flag = value->integer == 1; /* true and false of JSON */
        return true;
    }
    if (value->kind != VALUE_TEXT || (!str_is(value->text, "true") && !str_is(value->text, "false"))) return false;
    *ret_flag = str_is(value->text, "true");
    return true;
}

static bool has_body(struct http_exchange *exchange) {
    struct str length = http_header(exchange, "Content-Length");
    return http_header(exchange, "Transfer-Encoding").text || (length.text && !str_is(length, "0"));
}

/* {"all":true}, the same as a form, or nothing. */
static bool read_all(struct http_exchange *exchange, struct arena *arena, bool *ret_all, struct error *err) {
    struct named_values values;
    *ret_all = false;
    if (!has_body(exchange)) return true;
    if (!request_read_object(exchange, arena, SIGNOUT_BODY_MAX, &values, err)) return false;
    for (size_t i = 0; i < values.count; i++)
        if (!str_is(values.items[i].name, "all") || !read_flag(&values.items[i].value, ret_all))
            return fail(err, ERROR_MALFORMED, NOWHERE, "the body may hold \"all\", true or false");
    return true;
}

static bool run_as(struct server *server, struct http_exchange *exchange, struct arena *arena,
                   const struct session *session, struct error *err) {
    struct admitted admitted;
    bool all;
    if (!read_all(exchange, arena, &all, err)) return false;
    if (!admission_enter(&server->admission, session->home_ns, &admitted, err)) return false;
    int64_t deadline = settings_deadline(server->settings);
    bool fine = signout(server->store, arena, session, all, deadline, err);
    admission_leave(&server->admission, &admitted);
    auditing_signout(server, exchange, session, all, err);
    return fine;
}

static bool run(struct server *server, struct http_exchange *exchange, struct arena *arena, struct error *err) {
    struct client client;
    CLEANUP(session_done) struct session session = {0};
    struct error cause = {0};
    if (!client_find(server, exchange, arena, &client, err)) return false;
    const struct credential_request request = {
        .authorization = http_header(exchange, "Authorization"),
        .ns = http_header(exchange, "NS"),
        .db = http_header(exchange, "DB"),
        .ip = client.address,
        .origin = http_header(exchange, "Origin"),
        .root_may_enter = client.root_may_enter,
        .throttle = server->throttle,
    };
    if (credential_check(server->store, arena, &request, &session, &cause))
        return run_as(server, exchange, arena, &session, err);
    auditing_refusal(server, exchange, arena, &client, &request, &cause);
    return hand_on(err, &cause);
}

void post_signout(struct server *server, struct http_exchange *exchange) {
    struct error err = {0};
    CLEANUP(arena_free_at) struct arena *arena = arena_new(SIGNOUT_ARENA);
    if (!arena) fail(&err, ERROR_INTERNAL, NOWHERE, "memory is short");
    if (arena && run(server, exchange, arena, &err))
        answer_done(exchange, "Signed out");
    else
        answer_failure(exchange, &err, (struct str){0});
}
