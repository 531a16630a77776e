#include "server/cors.h"

#include "server/media.h"

#include <string.h>

#define ORIGIN_MAX 300

#define ALLOWED_HEADERS "Authorization, Content-Type, Accept, Prefer, NS, DB, Surreal-NS, Surreal-DB"
#define EXPOSED_HEADERS "X-Request-Id, Retry-After"
#define MAX_AGE "600" /* seconds: how long a browser may go on after an origin was taken off the list */

/* --- the list --- */

static bool is_none(struct str list) {
    struct str text = str_trim(list);
    return !text.length || str_is(text, "none");
}

static bool is_any(struct str list) {
    return str_is(str_trim(list), "*");
}

static bool holds_only(struct str text, const char *others) {
    for (size_t i = 0; i < text.length; i++) {
        char c = text.text[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!c || (!is_word && !strchr(others, c))) return false;
    }
    return text.length > 0;
}

static bool has_capital(struct str text) {
    for (size_t i = 0; i < text.length; i++)
        if (text.text[i] >= 'A' && text.text[i] <= 'Z') return true;
    return false;
}

static bool is_default_port(struct str scheme, struct str port) {
    return (str_is(scheme, "http") && str_is(port, "80")) || (str_is(scheme, "https") && str_is(port, "443"));
}

static bool is_port(struct str port) {
    int64_t number;
    return port.length && port.text[0] >= '1' && port.text[0] <= '9' && str_to_int64(port, &number) && number <= 65535;
}

/* What is wrong with `host[:port]`, NULL where nothing is. */
static const char *fault_of_host(struct str scheme, struct str host) {
    struct str port = {0};
    bool is_bracketed = host.length && host.text[0] == '[';
    const char *end = is_bracketed ? memchr(host.text, ']', host.length) : NULL;
    if (is_bracketed && !end) return "its address has no closing bracket";
    size_t from = end ? (size_t)(end - host.text) + 1 : 0;
    const char *colon = host.length > from ? memchr(host.text + from, ':', host.length - from) : NULL;
    size_t length = colon ? (size_t)(colon - host.text) : host.length;
    if (is_bracketed && length != from) return "something follows its address";
    if (colon) port = str_slice(host, length + 1, host.length);
    struct str name = is_bracketed ? str_slice(host, 1, from - 1) : str_slice(host, 0, length);
    if (!holds_only(name, is_bracketed ? ":." : "-._")) return "its host is no name or address";
    if (colon && !is_port(port)) return "its port is no number from 1 to 65535";
    if (colon && is_default_port(scheme, port)) return "browsers leave out the port that is its scheme's own";
    return NULL;
}

static const char *fault_of(struct str origin) {
    if (!origin.length) return "it is empty";
    if (str_is(origin, "*")) return "* stands alone";
    if (str_is(origin, "null")) return "every page that hides its origin sends that";
    if (origin.length > ORIGIN_MAX) return "it is too long";
    if (has_capital(origin)) return "browsers send an origin in lower case";
    const char *colon = memchr(origin.text, ':', origin.length);
    struct str scheme = str_slice(origin, 0, colon ? (size_t)(colon - origin.text) : 0);
    struct str rest = str_slice(origin, scheme.length, origin.length);
    if (!holds_only(scheme, "+.-") || !str_starts(rest, "://")) return "it must be SCHEME://HOST or SCHEME://HOST:PORT";
    struct str host = str_slice(rest, 3, rest.length);
    if (host.length && memchr(host.text, '/', host.length)) return "an origin has no path and no slash at its end";
    if (host.length && memchr(host.text, '*', host.length)) return "patterns are not taken: list each origin";
    return fault_of_host(scheme, host);
}

bool cors_check_list(const char *list, struct error *err) {
    struct str rest = str_of(list);
    struct str item;
    if (!list || is_none(rest) || is_any(rest)) return true;
    while (str_next_item(&rest, &item)) {
        const char *fault = fault_of(item);
        if (fault)
            return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%.*s: %s", (int)(item.length < 80 ? item.length : 80),
                        item.text, fault);
    }
    return true;
}

/* --- a request --- */

/* Whether `origin` is this scheme at that Host. */
static bool is_own(struct str origin, struct str host, bool is_secure) {
    const char *prefix = is_secure ? "https://" : "http://";
    const char *port = is_secure ? ":443" : ":80";
    if (!host.length || !str_starts(origin, prefix)) return false;
    struct str rest = str_slice(origin, strlen(prefix), origin.length);
    size_t most = strlen(port);
    bool says_port = host.length > most && str_is(str_slice(host, host.length - most, host.length), port);
    return str_same(rest, host) || (says_port && str_same(rest, str_slice(host, 0, host.length - most)));
}

enum origin cors_judge(const char *list, struct str origin, struct str host, bool is_secure) {
    struct str rest = str_of(list);
    struct str item;
    if (!origin.text) return ORIGIN_NONE;
    if (!origin.length) return ORIGIN_REFUSED;
    if (is_own(origin, host, is_secure)) return ORIGIN_OWN;
    if (!list || is_none(rest)) return ORIGIN_REFUSED;
    if (is_any(rest)) return ORIGIN_ANY;
    while (str_next_item(&rest, &item))
        if (str_same(item, origin)) return ORIGIN_LISTED;
    return ORIGIN_REFUSED;
}

static enum origin judge(const struct http_exchange *exchange, const char *list) {
    return cors_judge(list, http_header(exchange, "Origin"), http_header(exchange, "Host"), http_is_secure(exchange));
}

void cors_greet(struct http_exchange *exchange, const char *list) {
    switch (judge(exchange, list)) {
    case ORIGIN_REFUSED:
    case ORIGIN_NONE:
    case ORIGIN_OWN:
        return;
    case ORIGIN_LISTED:
        http_add_header(exchange, "Access-Control-Allow-Origin", http_header(exchange, "Origin"));
        http_add_header(exchange, "Access-Control-Allow-Credentials", LITERAL("true"));
        break;
    case ORIGIN_ANY:
        http_add_header(exchange, "Access-Control-Allow-Origin", LITERAL("*"));
        break;
    }
    http_add_header(exchange, "Access-Control-Expose-Headers", LITERAL(EXPOSED_HEADERS));
}

/* Whether a browser would have sent this without asking first, and with what credentials it remembers for the server:
 * then nobody knows that the page has given them. */
static bool may_be_unasked(const struct http_exchange *exchange) {
    enum media media;
    struct str boundary;
    struct error ignored = {0};
    if (!str_starts_name(http_header(exchange, "Authorization"), "Basic")) return false;
    if (!media_read(http_header(exchange, "Content-Type"), &media, &boundary, &ignored)) return true;
    return media != MEDIA_JSON && media != MEDIA_SQL;
}

bool cors_admit(const struct http_exchange *exchange, const char *list, struct error *err) {
    switch (judge(exchange, list)) {
    case ORIGIN_NONE:
    case ORIGIN_OWN:
    case ORIGIN_LISTED:
        return true;
    case ORIGIN_ANY:
        if (!may_be_unasked(exchange)) return true;
        return fail(err, ERROR_FORBIDDEN, NOWHERE,
                    "Basic credentials from any origin are taken with application/json or application/sql alone");
    case ORIGIN_REFUSED:
        break;
    }
    return fail(err, ERROR_FORBIDDEN, NOWHERE, "pages of this origin are not allowed here");
}

bool cors_takes_certificate(const struct http_exchange *exchange, const char *list) {
    switch (judge(exchange, list)) {
    case ORIGIN_NONE:
    case ORIGIN_OWN:
    case ORIGIN_LISTED:
        return true;
    case ORIGIN_ANY:
    case ORIGIN_REFUSED:
        break;
    }
    return false;
}

bool cors_is_preflight(const struct http_exchange *exchange) {
    return str_is(http_method(exchange), "OPTIONS") && http_header(exchange, "Origin").text &&
           http_header(exchange, "Access-Control-Request-Method").text;
}

void cors_answer_preflight(struct http_exchange *exchange, const char *methods) {
    const struct http_header headers[] = {{"Access-Control-Allow-Methods", methods},
                                          {"Access-Control-Allow-Headers", ALLOWED_HEADERS},
                                          {"Access-Control-Max-Age", MAX_AGE},
                                          {NULL, NULL}};
    http_respond(exchange, 204, headers, NULL, (struct str){0});
}
