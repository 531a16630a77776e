/*
 * What can be seen to be wrong with the settings of `bailiwick start` before anything is made.
 */
#ifndef SERVER_SETTINGS_CHECK_H
#define SERVER_SETTINGS_CHECK_H

#include "base/network.h"
#include "server/settings.h"

/* What settings list, read. */
struct settings_lists {
    struct networks trusted_proxies;
    struct networks root_nets;
};

/* Whether the values are such as can be and go together; the lists live in the arena, and the names that are denied are
 * in force from now on. ERROR_INVALID_VALUE, whose message begins with the option, the variable, or the file, line and
 * key that the value is from. */
bool settings_check(const struct settings *settings, struct arena *arena, struct settings_lists *ret_lists,
                    struct error *err) MUST_CHECK;

/* Whether the files that they name can be read and hold what they should; writes nothing. */
bool settings_check_files(const struct settings *settings, struct error *err) MUST_CHECK;

/* Fails about a value: where it is from, and then what is wrong. Returns false. */
bool settings_fail(const struct settings *settings, enum setting_number number, struct error *err, const char *format,
                   ...) PRINTF_LIKE(4, 5);

#endif
