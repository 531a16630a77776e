#include "server/https.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "server/answer.h"
#include "server/http_head.h"
#include "server/keys.h"
#include "server/settings_check.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define REDIRECT_CONNECTIONS 64

/* --- settings --- */

bool https_is_wanted(const struct settings *settings) {
    return settings->tls || settings->tls_certificate;
}

static bool has_own(const struct settings *settings) {
    return settings->tls_certificate != NULL;
}

static bool read_clients(const struct settings *settings, enum tls_clients *ret_clients) {
    const char *text = settings->client_certificates;
    *ret_clients = settings->client_ca ? TLS_CLIENTS_OPTIONAL : TLS_CLIENTS_ANY;
    if (!text) return true;
    bool is_required = strcmp(text, "required") == 0;
    if (is_required) *ret_clients = TLS_CLIENTS_REQUIRED;
    return is_required || strcmp(text, "optional") == 0;
}

bool https_check_settings(const struct settings *settings, struct error *err) {
    enum tls_clients clients;
    bool is_wanted = https_is_wanted(settings);
    const struct {
        bool is_wrong;
        enum setting_number number;
        const char *needed;
    } needs[] = {
        {settings->tls_certificate && !settings->tls_key, SETTING_OF_tls_certificate, "--tls-key"},
        {settings->tls_key && !settings->tls_certificate, SETTING_OF_tls_key, "--tls-certificate"},
        {settings->redirect_http && !is_wanted, SETTING_OF_redirect_http, "--tls"},
        {settings->hsts && !is_wanted, SETTING_OF_hsts, "--tls"},
        {settings->client_ca && !is_wanted, SETTING_OF_client_ca, "--tls"},
        {settings->client_certificates && !settings->client_ca, SETTING_OF_client_certificates, "--client-ca"},
        {settings->client_crl && !settings->client_ca, SETTING_OF_client_crl, "--client-ca"},
    };
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (needs[i].is_wrong) return settings_fail(settings, needs[i].number, err, " needs %s", needs[i].needed);
    return read_clients(settings, &clients) ||
           settings_fail(settings, SETTING_OF_client_certificates, err, " must be optional or required");
}

/* --- certificates --- */

/* HOST of --bind, into a buffer. */
static bool copy_host(const struct settings *settings, char *ret_host, size_t size) {
    const char *colon = strrchr(settings->bind, ':');
    size_t length = colon ? (size_t)(colon - settings->bind) : 0;
    if (length >= size) return false;
    memcpy(ret_host, settings->bind, length);
    ret_host[length] = 0;
    return true;
}

static bool prepare_own(const struct settings *settings, bool *ret_changed, struct error *err) {
    char host[256];
    *ret_changed = false;
    if (has_own(settings)) return true;
    if (!copy_host(settings, host, sizeof host))
        return settings_fail(settings, SETTING_OF_bind, err, ": its host is too long");
    return keys_prepare(settings->data, host, ret_changed, err);
}

static bool read_options(const struct settings *settings, struct tls_options *ret_options) {
    *ret_options = (struct tls_options){
        .certificate = settings->tls_certificate,
        .key = settings->tls_key,
        .client_ca = settings->client_ca,
        .client_crl = settings->client_crl,
    };
    return read_clients(settings, &ret_options->clients);
}

bool https_check_files(const struct settings *settings, struct error *err) {
    struct tls_options options;
    if (!https_is_wanted(settings)) return true;
    if (!read_options(settings, &options)) return fail(err, ERROR_INTERNAL, NOWHERE, "TLS cannot be set up");
    struct tls *tls = tls_new(&options, err);
    tls_free(tls);
    return tls != NULL;
}

struct tls *https_open(const struct settings *settings, struct error *err) {
    static char certificate[PATH_MAX], key[PATH_MAX]; /* the struct tls reads them again */
    struct tls_options options;
    bool changed;
    if (!read_options(settings, &options)) return fail_null(err, ERROR_INTERNAL, NOWHERE, "TLS cannot be set up");
    if (!prepare_own(settings, &changed, err)) return NULL;
    if (!has_own(settings)) {
        int length =
            snprintf(certificate, sizeof certificate, "%s/%s/%s", settings->data, KEYS_FOLDER, KEYS_CERTIFICATE);
        int key_length = snprintf(key, sizeof key, "%s/%s/%s", settings->data, KEYS_FOLDER, KEYS_KEY);
        if (length >= PATH_MAX || key_length >= PATH_MAX)
            return fail_null(err, ERROR_INVALID_VALUE, NOWHERE, "the path of the data folder is too long");
        options.certificate = certificate;
        options.key = key;
    }
    return tls_new(&options, err);
}

void https_renew(struct tls *tls, const struct settings *settings, bool is_asked) {
    struct error err = {0};
    bool changed;
    if (!prepare_own(settings, &changed, &err)) {
        log_error(NULL, &err);
        changed = false;
    }
    if (!changed && !is_asked) return;
    err = (struct error){0};
    if (tls_reload(tls, &err)) {
        log_line("tls: the certificates were read again");
    } else {
        log_error(NULL, &err);
        log_line("tls: the certificates from before stay in force");
    }
}

/* --- from HTTP to here --- */

/* The name in Host, without a port; .text is NULL where there is none to send anybody to. */
static struct str name_of(struct str host) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char in_brackets[] = "0123456789abcdefABCDEF:.";
    size_t length = 0;
    bool is_bracketed = host.length && host.text[0] == '[';
    if (is_bracketed) length = 1;
    while (length < host.length && strchr(is_bracketed ? in_brackets : allowed, host.text[length]) && host.text[length])
        length++;
    if (is_bracketed && (length >= host.length || host.text[length++] != ']')) return (struct str){0};
    bool ends = length == host.length || host.text[length] == ':';
    return ends && length ? str_slice(host, 0, length) : (struct str){0};
}

static void redirect(struct http_exchange *exchange, void *context) {
    const int *port = context;
    struct error err = {0};
    CLEANUP(buf_done) struct buf location;
    buf_init(&location, 0);
    struct str name = name_of(http_header(exchange, "Host"));
    if (!name.text) {
        fail(&err, ERROR_MALFORMED, NOWHERE, "HTTPS is spoken here, and the Host header does not say at which name");
        answer_failure(exchange, &err, (struct str){0});
        return;
    }
    buf_format(&location, "https://%.*s", STR(name));
    if (*port != 443) buf_format(&location, ":%d", *port);
    buf_add_str(&location, http_path(exchange));
    if (http_query(exchange).length) buf_format(&location, "?%.*s", STR(http_query(exchange)));
    http_add_header(exchange, "Location", buf_str(&location));
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, 0);
    http_error_body(&body, 308, "HTTPS is spoken here", "the same is found at the address in Location");
    http_respond(exchange, 308, NULL, "application/json", buf_str(&body));
}

bool https_start_redirect(const struct settings *settings, int port, struct http_server **ret_server,
                          struct error *err) {
    static int target;
    target = port;
    *ret_server = NULL;
    if (!settings->redirect_http) return true;
    const struct http_options options = {
        .bind = settings->redirect_http,
        .connections_max = REDIRECT_CONNECTIONS,
        .keep_alive_ms = (int)settings->keep_alive,
        .header_timeout_ms = (int)settings->header_timeout,
        .body_timeout_ms = (int)settings->body_timeout,
        .response_timeout_ms = (int)settings->response_timeout,
        .handle = redirect,
        .context = &target,
    };
    *ret_server = http_start(&options, err);
    if (!*ret_server) return false;
    const char *colon = strrchr(settings->redirect_http, ':');
    log_line("redirecting http://%.*s:%d to HTTPS", (int)(colon - settings->redirect_http), settings->redirect_http,
             http_port(*ret_server));
    return true;
}
