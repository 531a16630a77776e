/*
 * `bailiwick check-roles`: reads a file of roles as `start --roles` would, and tries it on a data folder, where one is
 * named. It writes nothing.
 */
#include "auth/function.h"
#include "base/log.h"
#include "base/secret.h"
#include "server/commands.h"
#include "server/roles_apply.h"

#include <stdio.h>
#include <unistd.h>

/* Opening a folder would make it. */
static bool is_data_folder(const char *folder, struct error *err) {
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/root.db", folder);
    if (length > 0 && (size_t)length < sizeof path && access(path, R_OK | W_OK) == 0) return true;
    return fail(err, ERROR_NOT_FOUND, NOWHERE, "%s is no data folder", folder);
}

static bool try_on(const struct settings *settings, struct error *err) {
    const struct store_options options = {
        .folder = settings->check_data,
        .open_files_max = 16,
        .connections_per_file = 1,
        .connections_max = 16,
        .functions = auth_sql_functions,
    };
    bool is_fresh;
    if (!is_data_folder(settings->check_data, err) || !conn_init_library(err)) return false;
    struct store *store = store_open(&options, &is_fresh, err);
    bool fine = store && roles_apply(store, settings->operand, settings->roles_namespace, true, err);
    store_close(store);
    return fine;
}

int command_check_roles(const struct settings *settings) {
    struct error err = {0};
    bool fine = secret_init(&err);
    if (fine) {
        fine = settings->check_data ? try_on(settings, &err)
                                    : roles_apply(NULL, settings->operand, settings->roles_namespace, true, &err);
        secret_done();
    }
    if (!fine) fprintf(stderr, "%s\n", err.message);
    if (!fine && err.detail[0]) log_line("%s", err.detail);
    return fine ? 0 : 1;
}
