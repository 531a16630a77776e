/*
 * `bailiwick config`: checks what `bailiwick start` would, and prints what is in force.
 */
#include "server/commands.h"

#include "base/log.h"
#include "base/scope.h"
#include "base/secret.h"
#include "server/settings_check.h"

#define FAILED 1
#define USAGE 2
#define LISTS_MEMORY ((size_t)1 << 20) /* of what settings list */

DEFINE_CLEANUP(struct arena *, arena_free)

static bool check_files(const struct settings *settings, struct error *err) {
    if (!secret_init(err)) return false;
    bool fine = settings_check_files(settings, err);
    secret_done();
    return fine;
}

int command_config(const struct settings *settings) {
    struct error err = {0};
    struct settings_lists lists;
    CLEANUP(arena_free_at) struct arena *arena = arena_new(LISTS_MEMORY);
    if (!arena || !settings_check(settings, arena, &lists, &err)) {
        log_line("%s", arena ? err.message : "memory is short");
        return USAGE;
    }
    if (!check_files(settings, &err)) {
        log_error(NULL, &err);
        return FAILED;
    }
    settings_show(settings, stdout);
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    log_line("the output cannot be written");
    return FAILED;
}
