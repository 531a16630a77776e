/*
 * `bailiwick sql`: sends statements to a server and prints what it says.
 */
#include "server/commands.h"

#include "base/json.h"
#include "base/log.h"
#include "base/scope.h"
#include "server/http.h"
#include "server/table.h"
#include "sql/parse.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define FAILED 1
#define USAGE 2
#define REPLY_MEMORY ((size_t)2 << 30)
#define HEADERS_MAX 8

DEFINE_CLEANUP(struct arena *, arena_free)

/* Whom it talks to, and where it works there: USE moves it from one request to the next. */
struct client {
    const struct settings *settings;
    char host[256];
    struct http_target target;
    struct buf authorization;
    char ns[80];
    char db[80];
};

static void client_done(struct client *client) {
    tls_client_free(client->target.tls);
    buf_done(&client->authorization);
}

/* Whom HTTPS trusts, and what it shows. */
static bool prepare_tls(struct client *client, bool is_secure, struct error *err) {
    const struct settings *settings = client->settings;
    const struct tls_client_options options = {
        .authority = settings->tls_ca, .certificate = settings->tls_certificate, .key = settings->tls_key};
    if (!settings->tls_certificate != !settings->tls_key)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "--tls-certificate and --tls-key belong together");
    if (!is_secure && (settings->tls_ca || settings->tls_certificate))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s needs an --endpoint that begins with https://",
                    settings->tls_ca ? "--tls-ca" : "--tls-certificate");
    if (is_secure) client->target.tls = tls_client_new(&options, err);
    return !is_secure || client->target.tls;
}

/* http://HOST[:PORT] or https://HOST[:PORT] */
static bool read_endpoint(struct client *client, struct error *err) {
    struct str rest = str_of(client->settings->endpoint);
    bool is_secure = str_starts_name(rest, "https://");
    if (!is_secure && !str_starts_name(rest, "http://"))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "--endpoint must be a URL");
    rest = str_slice(rest, is_secure ? 8 : 7, rest.length);
    if (rest.length && rest.text[rest.length - 1] == '/') rest.length--;
    size_t end = rest.length;
    int64_t port = is_secure ? 443 : 80;
    const char *bracket = rest.length ? memchr(rest.text, ']', rest.length) : NULL;
    const char *from = bracket ? bracket : rest.text;
    const char *colon = rest.length ? memchr(from, ':', rest.length - (size_t)(from - rest.text)) : NULL;
    if (colon) {
        end = (size_t)(colon - rest.text);
        if (!str_to_int64(str_slice(rest, end + 1, rest.length), &port) || port < 1 || port > 65535)
            return fail(err, ERROR_INVALID_VALUE, NOWHERE, "--endpoint must be http://HOST:PORT or https://HOST:PORT");
    }
    struct str host = str_slice(rest, 0, end);
    if (bracket) host = str_slice(host, 1, host.length - 1);
    if (!host.length || host.length >= sizeof client->host || memchr(host.text, '/', host.length))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "--endpoint must be http://HOST:PORT or https://HOST:PORT");
    memcpy(client->host, host.text, host.length);
    client->target.host = client->host;
    client->target.port = (int)port;
    return prepare_tls(client, is_secure, err);
}

static bool read_credentials(struct client *client, struct error *err) {
    const struct settings *settings = client->settings;
    struct buf *header = &client->authorization;
    CLEANUP(buf_done) struct buf login;
    buf_init(&login, 0);
    buf_init(header, 0);
    if (!settings->user != !settings->pass)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "--user and --pass belong together");
    if (settings->token) {
        buf_format(header, "Bearer %s", settings->token);
    } else if (settings->user) {
        buf_format(&login, "%s:%s", settings->user, settings->pass);
        buf_add_text(header, "Basic ");
        base64_write(header, buf_str(&login));
    }
    buf_add_char(header, 0);
    return !header->failed || fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
}

static bool copy_name(char *ret_name, size_t size, const char *name, struct error *err) {
    if (!name) return true;
    size_t length = strlen(name);
    if (length >= size) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "a name is too long");
    memcpy(ret_name, name, length + 1);
    return true;
}

static bool client_init(struct client *client, const struct settings *settings, struct error *err) {
    *client = (struct client){.settings = settings};
    return read_credentials(client, err) && read_endpoint(client, err) &&
           copy_name(client->ns, sizeof client->ns, settings->ns, err) &&
           copy_name(client->db, sizeof client->db, settings->db, err);
}

static bool send_sql(const struct client *client, struct str sql, struct http_reply *ret_reply, struct error *err) {
    struct http_header headers[HEADERS_MAX] = {{"Content-Type", "application/sql"}};
    size_t count = 1;
    if (client->authorization.length > 1)
        headers[count++] = (struct http_header){"Authorization", client->authorization.data};
    if (client->ns[0]) headers[count++] = (struct http_header){"NS", client->ns};
    if (client->db[0]) headers[count++] = (struct http_header){"DB", client->db};
    if (!client->settings->json) headers[count++] = (struct http_header){"Prefer", "rows=array"};
    headers[count] = (struct http_header){NULL, NULL};
    return http_send(&client->target, "POST", "/sql", headers, sql, ret_reply, err);
}

/* A request that was refused as a whole. */
static int print_refusal(const struct http_reply *reply, const struct json *body) {
    const struct json *information = json_member(body, "information");
    const struct json *line = json_member(body, "line");
    const struct json *column = json_member(body, "column");
    fputs("bailiwick: ", stderr);
    if (line && column) fprintf(stderr, "%lld:%lld: ", (long long)line->integer, (long long)column->integer);
    if (information && information->kind == JSON_STRING)
        table_print_text(information->text, stderr);
    else
        fprintf(stderr, "the server answered with status %d", reply->status);
    fputc('\n', stderr);
    return FAILED;
}

static bool went_well(const struct json *object) {
    const struct json *status = json_member(object, "status");
    return status && status->kind == JSON_STRING && str_is(status->text, "OK");
}

static void move_to(char *place, size_t size, const struct node *name) {
    if (!name || name->text.length >= size) return;
    memcpy(place, name->text.text, name->text.length);
    place[name->text.length] = 0;
}

/* The next request goes where a USE of this one went. */
static void follow(struct client *client, struct arena *arena, struct str sql, const struct json *objects) {
    struct script script;
    if (!parse_script(arena, sql, &script, &(struct error){0})) return;
    const struct json *object = objects->first;
    for (size_t i = 0; i < script.count && object; i++, object = object->next) {
        const struct node *node = script.statements[i].node;
        if (node->kind != NODE_USE || !went_well(object)) continue;
        if (node->child[USE_NS]) client->db[0] = 0;
        move_to(client->ns, sizeof client->ns, node->child[USE_NS]);
        move_to(client->db, sizeof client->db, node->child[USE_DB]);
    }
}

static int print_reply(struct client *client, struct str sql, const struct http_reply *reply) {
    struct error err = {0};
    CLEANUP(arena_free_at) struct arena *arena = arena_new(REPLY_MEMORY);
    struct str body = buf_str(&reply->body);
    const struct json *json = arena ? json_parse(arena, body, &err) : NULL;
    int status = 0;
    if (!json || reply->status != 200) return print_refusal(reply, json);
    size_t number = 1;
    for (const struct json *object = json->first; object; object = object->next, number++) {
        if (client->settings->json && went_well(object)) continue;
        if (!table_print(arena, object, number, stdout, stderr)) status = FAILED;
    }
    if (client->settings->json) {
        fwrite(body.text, 1, body.length, stdout);
        fputc('\n', stdout);
    }
    follow(client, arena, sql, json);
    if (fflush(stdout) != 0) status = FAILED;
    return status;
}

static int run(struct client *client, struct str sql) {
    struct error err = {0};
    struct http_reply reply;
    if (!send_sql(client, sql, &reply, &err)) {
        log_error(NULL, &err);
        return FAILED;
    }
    int status = print_reply(client, sql, &reply);
    buf_done(&reply.body);
    return status;
}

static bool read_all(FILE *file, struct buf *text) {
    char part[16384];
    size_t got;
    while ((got = fread(part, 1, sizeof part, file)) > 0) buf_add(text, part, got);
    return !ferror(file) && !text->failed;
}

static int run_file(struct client *client, const char *path) {
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 0);
    bool fine = file && read_all(file, &text);
    if (!fine) log_line("cannot read %s: %s", path, strerror(errno));
    if (file && !is_stdin) fclose(file);
    return fine ? run(client, buf_str(&text)) : FAILED;
}

static bool is_complete(struct str text) {
    struct str trimmed = str_trim(text);
    return trimmed.length && trimmed.text[trimmed.length - 1] == ';';
}

/* A prompt; a statement ends with `;` at the end of a line. The exit status is that of the last request. */
static int run_prompt(struct client *client) {
    char line[65536];
    int status = 0;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 0);
    for (;;) {
        fputs(text.length ? "      ...> " : "bailiwick> ", stdout);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin)) break;
        if (!text.length && !str_trim(str_of(line)).length) continue;
        buf_add_text(&text, line);
        if (!is_complete(buf_str(&text))) continue;
        status = run(client, buf_str(&text));
        buf_clear(&text);
    }
    fputc('\n', stdout);
    return status;
}

int command_sql(const struct settings *settings) {
    struct error err = {0};
    CLEANUP(client_done) struct client client;
    signal(SIGPIPE, SIG_IGN);
    if (!client_init(&client, settings, &err) ||
        (settings->execute && settings->operand &&
         !fail(&err, ERROR_INVALID_VALUE, NOWHERE, "either FILE or -e, not both"))) {
        log_line("%s", err.message);
        return USAGE;
    }
    if (settings->execute) return run(&client, str_of(settings->execute));
    if (settings->operand) return run_file(&client, settings->operand);
    return isatty(STDIN_FILENO) ? run_prompt(&client) : run_file(&client, "-");
}
