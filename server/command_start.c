/*
 * `bailiwick start`: serves until it is told to end.
 */
#include "server/commands.h"

#include "auth/function.h"
#include "auth/password.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/secret.h"
#include "server/audit.h"
#include "server/descriptors.h"
#include "server/https.h"
#include "server/roles_apply.h"
#include "server/root_login.h"
#include "server/routes.h"
#include "server/settings_check.h"
#include "sql/rewrite.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define USAGE 2
#define PREFIX_DIGITS 16
#define MS_NS ((int64_t)1000 * 1000)
#define LISTS_MEMORY ((size_t)1 << 20) /* of what settings list */

DEFINE_CLEANUP(struct arena *, arena_free)
DEFINE_CLEANUP(struct throttle *, throttle_free)
DEFINE_CLEANUP(struct audit *, audit_close)

/* The signals that end the server, or have its certificates read again and its audit log opened anew, are waited for by
 * this thread, and reach no other. */
static bool block_signals(sigset_t *ret_awaited, struct error *err) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGHUP);
    /* a file that reaches its limit is an error of the statement */
    if (sigaction(SIGPIPE, &ignore, NULL) != 0 || sigaction(SIGXFSZ, &ignore, NULL) != 0 ||
        pthread_sigmask(SIG_BLOCK, &awaited, NULL) != 0)
        return fail(err, ERROR_INTERNAL, NOWHERE, "the signals cannot be set up");
    *ret_awaited = awaited;
    return true;
}

/* Names of guards that nobody can guess. */
static bool set_guard_prefix(struct error *err) {
    char prefix[] = "_bailiwick_0123456789abcdef_";
    char *digits = strchr(prefix, '0');
    char random[PREFIX_DIGITS + 1];
    if (!secret_random_hex(random, PREFIX_DIGITS, err)) return false;
    memcpy(digits, random, PREFIX_DIGITS);
    rewrite_set_guard_prefix(prefix);
    return true;
}

static struct store *open_store(const struct settings *settings, int connections, struct error *err) {
    const struct store_options options = {
        .folder = settings->data,
        .share_files = settings->share_files,
        .open_files_max = (int)settings->open_files,
        .connections_per_file = (int)settings->file_connections,
        .connections_max = connections,
        .functions = auth_sql_functions,
    };
    bool is_fresh;
    struct store *store = store_open(&options, &is_fresh, err);
    bool fine =
        !settings->roles || (store && roles_apply(store, settings->roles, settings->roles_namespace, false, err));
    if (store && (!fine || !root_login_prepare(store, settings, is_fresh, err))) {
        store_close(store);
        return NULL;
    }
    return store;
}

static struct http_server *open_http(struct server *server, struct tls *tls, struct error *err) {
    const struct settings *settings = server->settings;
    const struct http_options options = {
        .bind = settings->bind,
        .tls = tls,
        .connections_max = (int)settings->connections,
        .keep_alive_ms = (int)settings->keep_alive,
        .header_timeout_ms = (int)settings->header_timeout,
        .body_timeout_ms = (int)settings->body_timeout,
        .response_timeout_ms = (int)settings->response_timeout,
        .greet = routes_greet,
        .handle = routes_handle,
        .refuse_method = routes_refuse_method,
        .context = server,
    };
    return http_start(&options, err);
}

/* Until a signal ends it. SIGHUP opens the audit log anew and reads the certificates again; without these it does
 * nothing, as a terminal that hangs up is none of ours. */
static void wait_for_end(const struct server *server, struct tls *tls, const sigset_t *awaited) {
    const struct timespec hour = {.tv_sec = 3600};
    for (;;) {
        int signal_number = sigtimedwait(awaited, NULL, &hour);
        if (signal_number == SIGTERM || signal_number == SIGINT) return;
        bool is_late = signal_number < 0 && errno == EAGAIN;
        if (signal_number == SIGHUP) audit_reopen(server->audit);
        if (tls && (signal_number == SIGHUP || is_late)) https_renew(tls, server->settings, signal_number == SIGHUP);
    }
}

static struct throttle *make_throttle(const struct settings *settings, struct error *err) {
    const struct throttle_limits limits = {
        .name_failures = settings->name_failures,
        .name_interval = settings->name_interval * MS_NS,
        .address_failures = settings->address_failures,
        .address_interval = settings->address_interval * MS_NS,
    };
    return throttle_new(&limits, err);
}

static bool serve(struct server *server, struct http_server *http, struct tls *tls, const sigset_t *awaited,
                  struct error *err) {
    const char *bind = server->settings->bind;
    const char *colon = strrchr(bind, ':');
    struct http_server *redirect;
    bool fine = https_start_redirect(server->settings, http_port(http), &redirect, err);
    if (fine) {
        log_line("listening on %s://%.*s:%d", tls ? "https" : "http", colon ? (int)(colon - bind) : (int)strlen(bind),
                 bind, http_port(http));
        wait_for_end(server, tls, awaited);
    }
    atomic_store(&server->drains, true);
    http_stop(redirect);
    http_stop(http);
    unsigned long long shared = atomic_load(&server->shared_plans), unshared = atomic_load(&server->unshared_plans);
    if (shared || unshared)
        log_line("statements that shared a plan but for their literals: %llu; that could not: %llu", shared, unshared);
    return fine;
}

static bool serve_http(struct server *server, const sigset_t *awaited, struct error *err) {
    bool is_secure = https_is_wanted(server->settings);
    struct tls *tls = is_secure ? https_open(server->settings, err) : NULL;
    if (is_secure && !tls) return false;
    struct http_server *http = open_http(server, tls, err);
    bool fine = http && serve(server, http, tls, awaited, err);
    tls_free(tls);
    return fine;
}

/* Opens what is served, and serves it. */
static bool open_and_serve(struct server *server, int file_connections, const sigset_t *awaited, struct error *err) {
    const struct settings *settings = server->settings;
    conn_limit_memory(settings->server_memory);
    if (!conn_init_library(err) || !set_guard_prefix(err)) return false;
    server->store = open_store(settings, file_connections, err);
    if (!server->store) return false;
    bool fine = serve_http(server, awaited, err);
    store_close(server->store);
    return fine;
}

static bool start(struct server *server, int file_connections, const sigset_t *awaited, struct error *err) {
    const struct settings *settings = server->settings;
    CLEANUP(throttle_free_at) struct throttle *throttle = make_throttle(settings, err);
    CLEANUP(audit_close_at) struct audit *audit = throttle ? audit_open(settings->audit_log, err) : NULL;
    if (!audit || !admission_init(&server->admission, settings->requests, settings->queue_time, err)) return false;
    server->throttle = throttle;
    server->audit = audit;
    password_limit_waiting(settings->password_queue < settings->requests / 2 ? settings->password_queue
                                                                             : settings->requests / 2);
    bool fine = open_and_serve(server, file_connections, awaited, err);
    admission_done(&server->admission);
    return fine;
}

int command_start(const struct settings *wanted) {
    struct error err = {0};
    sigset_t awaited;
    struct settings settings = *wanted;
    struct server server = {.settings = &settings};
    CLEANUP(arena_free_at) struct arena *arena = arena_new(LISTS_MEMORY);
    struct settings_lists lists;
    if (!arena || !settings_check(&settings, arena, &lists, &err)) {
        log_line("%s", arena ? err.message : "memory is short");
        return USAGE;
    }
    server.trusted_proxies = lists.trusted_proxies;
    server.root_nets = lists.root_nets;
    umask(077);
    int file_connections = descriptors_share_out(&settings, descriptors_raise());
    if (!file_connections) fail(&err, ERROR_INVALID_VALUE, NOWHERE, "the limit of open files is too small");
    bool fine = file_connections && block_signals(&awaited, &err) && secret_init(&err);
    if (fine) {
        fine = start(&server, file_connections, &awaited, &err);
        secret_done();
    }
    if (!fine) log_error(NULL, &err);
    return fine ? 0 : 1;
}
