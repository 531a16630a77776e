#include "server/auditing.h"

#include "auth/basic.h"
#include "auth/family.h"
#include "auth/signin_keys.h"
#include "base/scope.h"
#include "base/secret.h"
#include "server/admin/admin.h"
#include "server/audit.h"
#include "sql/lexer.h"
#include "sql/print.h"

#include <string.h>

#define STATEMENT_MAX 4096 /* bytes of a statement that are shown */

static const struct error fine = {0};

/* --- who --- */

static struct audit_who who_of_claims(const struct token_claims *claims) {
    struct audit_who who = {.ns = claims->ns, .db = claims->db, .scope = claims->scope};
    enum level level = token_level(claims);
    who.level = level_name(level);
    if (level == LEVEL_SCOPE) who.id = claims->subject;
    if (level != LEVEL_SCOPE && claims->subject.kind == VALUE_TEXT) who.login = claims->subject.text;
    if (claims->is_foreign) who.issuer = claims->kind;
    return who;
}

static struct audit_who who_of_session(const struct session *session) {
    return (struct audit_who){
        .level = level_name(session->level),
        .ns = session->home_ns,
        .db = session->home_db,
        .scope = session->scope,
        .login = session->login,
        .issuer = session->issuer,
        .id = session->auth_id,
    };
}

static struct audit_who who_of_keys(const struct signin_keys *keys) {
    return (struct audit_who){
        .level = level_name(keys->level),
        .ns = keys->ns,
        .db = keys->db,
        .scope = keys->scope,
        .login = keys->user,
    };
}

void auditing_entry(struct server *server, struct http_exchange *exchange, struct arena *arena,
                    const struct client *client, const char *action, const struct named_values *values,
                    struct str token, const struct error *err) {
    struct audit_event event = {.action = action,
                                .request = http_request_id(exchange),
                                .ip = client->address,
                                .origin = http_header(exchange, "Origin"),
                                .err = err};
    struct signin_keys keys;
    struct token_claims claims;
    if (!signin_keys_read(values, &keys, NULL)) return;
    bool has_entered = err->code == ERROR_NONE && token_read(arena, token, &claims, NULL);
    event.who = has_entered ? who_of_claims(&claims) : who_of_keys(&keys);
    event.who.is_claimed = !has_entered;
    audit_write(server->audit, &event);
}

/* What the Authorization header says, right or not. */
static struct audit_who who_of_header(struct arena *arena, const struct credential_request *request) {
    struct str header = str_trim(request->authorization);
    const char *space = header.length ? memchr(header.text, ' ', header.length) : NULL;
    struct str rest = space ? str_trim(str_slice(header, (size_t)(space - header.text), header.length)) : header;
    struct token_claims claims;
    struct audit_who who = {.ns = request->ns, .db = request->db};
    if (str_starts_name(header, "Basic ")) (void)!basic_read_name(arena, rest, &who.login);
    if (str_starts_name(header, "Bearer ") && token_read(arena, rest, &claims, NULL)) who = who_of_claims(&claims);
    return who;
}

void auditing_refusal(struct server *server, struct http_exchange *exchange, struct arena *arena,
                      const struct client *client, const struct credential_request *request, const struct error *err) {
    struct audit_event event = {.action = "request",
                                .request = http_request_id(exchange),
                                .ip = client->address,
                                .origin = request->origin,
                                .who = who_of_header(arena, request),
                                .err = err};
    event.who.is_claimed = true;
    if (!request->authorization.text) event.certificate = request->certificate;
    audit_write(server->audit, &event);
}

/* Whose a family was. */
static struct audit_who who_of_family(const struct family *family, const struct refresh_token *shown) {
    struct token_claims claims = {.ns = shown->ns, .db = shown->db, .subject = family->subject};
    if (str_is(family->kind, "scope")) claims.scope = family->owner;
    return who_of_claims(&claims);
}

void auditing_refresh(struct server *server, struct http_exchange *exchange, struct arena *arena,
                      const struct client *client, struct str refresh, const struct family *ended, struct str token,
                      const struct error *err) {
    struct audit_event event = {.action = ended->id.length ? "refresh_spent" : "refresh",
                                .request = http_request_id(exchange),
                                .ip = client->address,
                                .origin = http_header(exchange, "Origin"),
                                .err = err};
    struct refresh_token shown = {.ns = {0}};
    struct token_claims claims;
    bool is_right = err->code == ERROR_NONE && token_read(arena, token, &claims, NULL);
    if (is_right)
        event.who = who_of_claims(&claims);
    else if (family_read(refresh, &shown))
        event.who =
            ended->id.length ? who_of_family(ended, &shown) : (struct audit_who){.ns = shown.ns, .db = shown.db};
    event.who.is_claimed = !is_right;
    audit_write(server->audit, &event);
}

void auditing_signout(struct server *server, struct http_exchange *exchange, const struct session *session, bool all,
                      const struct error *err) {
    const struct audit_event event = {.action = all ? "signout_all" : "signout",
                                      .request = http_request_id(exchange),
                                      .ip = session->ip,
                                      .origin = session->origin,
                                      .who = who_of_session(session),
                                      .err = err};
    audit_write(server->audit, &event);
}

static struct audit_event event_of(const struct run *run, const char *action, const struct error *err) {
    return (struct audit_event){
        .action = action,
        .request = http_request_id(run->exchange),
        .ip = run->session.ip,
        .origin = run->session.origin,
        .who = who_of_session(&run->session),
        .err = err,
    };
}

/* Whether the connection works as another login than before, or as the first. What cannot be found out is written. */
static bool is_first_use(const struct run *run) {
    const struct session *session = &run->session;
    unsigned char mark[TLS_MARK];
    CLEANUP(buf_done) struct buf who;
    buf_init(&who, 0);
    buf_format(&who, "%d/%.*s/%.*s/", (int)session->level, STR(session->home_ns), STR(session->home_db));
    buf_add_str(&who, session->login);
    return who.failed || !secret_hmac(LITERAL("audit"), buf_str(&who), mark, NULL) || http_is_news(run->exchange, mark);
}

void auditing_session(const struct run *run) {
    bool has_certificate = run->session.certificate.length > 0;
    if (!run->session.was_verified && !(has_certificate && is_first_use(run))) return;
    struct audit_event event = event_of(run, "signin", &fine);
    event.certificate = run->session.certificate;
    audit_write(run->server->audit, &event);
}

/* --- what --- */

static bool changes_schema(enum node_kind kind) {
    return kind == NODE_CREATE_TABLE || kind == NODE_CREATE_INDEX || kind == NODE_CREATE_VIEW ||
           kind == NODE_CREATE_TRIGGER || kind == NODE_CREATE_VIRTUAL || kind == NODE_DROP || kind == NODE_ALTER;
}

static bool is_literal(struct str token) {
    bool is_blob = token.length > 1 && (token.text[0] == 'x' || token.text[0] == 'X') && token.text[1] == '\'';
    return is_blob || (token.length && token.text[0] == '\'');
}

/* SQLite's statements as they were written, but without comments and what stands in quotes: a default or a SELECT can
 * hold anything. */
static void write_masked(struct buf *out, struct str text) {
    struct lexer lexer = {.text = text};
    uint32_t end = 0;
    for (struct token token; (token = lexer_next(&lexer)).kind != TOKEN_END && out->length < STATEMENT_MAX;) {
        if (end && token.at > end) buf_add_char(out, ' ');
        buf_add_str(out, is_literal(token.text) ? LITERAL("'…'") : token.text);
        end = token.end;
        if (token.kind == TOKEN_ILLEGAL) break;
    }
}

void auditing_statement(struct run *run, const struct statement *statement, const struct error *err) {
    const struct node *node = statement->node;
    const struct admin_statement *own = admin_find(node->kind);
    if (!(own && own->writes) && !changes_schema(node->kind)) return;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 0);
    if (own)
        print_node(&text, node, run->script.text, NULL);
    else
        write_masked(&text, str_slice(run->script.text, statement->at, statement->end));
    struct audit_event event = event_of(run, "statement", err);
    event.statement = text.failed ? (struct str){0} : str_cut(buf_str(&text), STATEMENT_MAX);
    event.is_pending = run->block.is_open;
    event.place_ns = run->session.ns;
    event.place_db = run->session.db;
    if (event.is_pending && err->code == ERROR_NONE) run->has_pending = true;
    audit_write(run->server->audit, &event);
}

void auditing_transaction(struct run *run, bool holds) {
    if (!run->has_pending) return;
    run->has_pending = false;
    struct error cancelled = {.code = ERROR_CANCELLED};
    const struct audit_event event = event_of(run, "transaction", holds ? &fine : &cancelled);
    audit_write(run->server->audit, &event);
}
