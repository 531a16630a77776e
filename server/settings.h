/*
 * Options of the command line and the environment. What there is stands in settings.def.
 */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "base/error.h"

#include <stdio.h>

enum command {
    COMMAND_START = 1,
    COMMAND_SQL = 2,
    COMMAND_CHECK = 4,
};

/* Texts are NUL-terminated, NULL where nobody set them, and point into the command line or the environment. */
struct settings {
#define KIND_TEXT const char *
#define KIND_LIST const char *
#define KIND_FLAG bool
#define KIND_COUNT int64_t
#define KIND_SIZE int64_t
#define KIND_TIME int64_t
#define SETTING(kind, field, ...) KIND_##kind field;
#include "server/settings.def"
#undef SETTING
#undef KIND_TEXT
#undef KIND_LIST
#undef KIND_FLAG
#undef KIND_COUNT
#undef KIND_SIZE
#undef KIND_TIME
    const char *operand; /* what is no option: FILE */
};

/* Reads a command's arguments; an option beats the environment. Fails with ERROR_INVALID_VALUE on an option that the
 * command does not have, on one given twice, on a value that does not fit, and on a second operand. */
bool settings_read(enum command command, char **arguments, struct settings *ret_settings, struct error *err) MUST_CHECK;

/* A line for each option of a command. */
void settings_help(enum command command, FILE *out);

#endif
