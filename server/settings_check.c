#include "server/settings_check.h"

#include "auth/denial.h"
#include "auth/password.h"
#include "base/buf.h"
#include "base/scope.h"
#include "server/bind.h"
#include "server/cors.h"
#include "server/https.h"
#include "server/roles_apply.h"
#include "server/settings_private.h"
#include "sql/denied.h"

#include <stdarg.h>

static void add_where(struct buf *text, const struct settings *settings, const struct setting *setting) {
    const struct setting_source *source = &settings->sources[setting - settings_table];
    switch (source->origin) {
    case ORIGIN_FILE:
        buf_format(text, "%s:%u: %s", settings->config, (unsigned)source->line, setting->option + 2);
        return;
    case ORIGIN_ENVIRONMENT:
        buf_add_text(text, setting->variable);
        return;
    case ORIGIN_NOWHERE:
    case ORIGIN_PRESET:
    case ORIGIN_OPTION:
        break;
    }
    buf_add_text(text, setting->option);
}

bool settings_fail(const struct settings *settings, enum setting_number number, struct error *err, const char *format,
                   ...) {
    char what[512];
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 0);
    add_where(&text, settings, &settings_table[number]);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    buf_add_text(&text, what);
    if (text.failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%.*s", STR(buf_str(&text)));
}

static bool check_address(const struct settings *settings, enum setting_number number, const char *address,
                          struct error *err) {
    return !address || bind_check(address, &(struct error){0}) ||
           settings_fail(settings, number, err, " must be HOST:PORT (IPv4)");
}

static bool check_root_login(const struct settings *settings, struct error *err) {
    struct error cause = {0};
    if (settings->user && !settings->pass) return settings_fail(settings, SETTING_OF_user, err, " needs --pass");
    if (settings->pass && !settings->user) return settings_fail(settings, SETTING_OF_pass, err, " needs --user");
    return !settings->pass || password_check(str_of(settings->pass), NOWHERE, &cause) ||
           settings_fail(settings, SETTING_OF_pass, err, ": %s", cause.message);
}

static bool check_origins(const struct settings *settings, struct error *err) {
    struct error cause = {0};
    return cors_check_list(settings->cors_origins, &cause) ||
           settings_fail(settings, SETTING_OF_cors_origins, err, ": %s", cause.message);
}

static bool read_networks(const struct settings *settings, enum setting_number number, const char *text,
                          struct arena *arena, struct networks *ret_networks, struct error *err) {
    struct error cause = {0};
    return networks_read(arena, str_of(text), ret_networks, &cause) ||
           settings_fail(settings, number, err, ": %s", cause.message);
}

static bool deny(const struct settings *settings, enum setting_number number, const char *names,
                 bool (*set)(struct str list, struct error *err), struct error *err) {
    struct error cause = {0};
    return set(str_of(names), &cause) || settings_fail(settings, number, err, ": %s", cause.message);
}

bool settings_check(const struct settings *settings, struct arena *arena, struct settings_lists *ret_lists,
                    struct error *err) {
    const struct settings *s = settings;
    struct settings_lists lists = {0};
    if (!check_address(s, SETTING_OF_bind, s->bind, err) ||
        !check_address(s, SETTING_OF_redirect_http, s->redirect_http, err) || !check_root_login(s, err) ||
        !check_origins(s, err) || !https_check_settings(s, err))
        return false;
    if (!read_networks(s, SETTING_OF_trusted_proxies, s->trusted_proxies, arena, &lists.trusted_proxies, err) ||
        !read_networks(s, SETTING_OF_root_nets, s->root_nets, arena, &lists.root_nets, err) ||
        !deny(s, SETTING_OF_deny_functions, s->deny_functions, denied_set_functions, err) ||
        !deny(s, SETTING_OF_deny_statements, s->deny_statements, denial_set_statements, err))
        return false;
    *ret_lists = lists;
    return true;
}

bool settings_check_files(const struct settings *settings, struct error *err) {
    return https_check_files(settings, err) &&
           (!settings->roles || roles_apply(NULL, settings->roles, settings->roles_namespace, true, err));
}
