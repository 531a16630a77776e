/*
 * Options of the command line, the environment and the config file. What there is stands in settings.def.
 */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include "base/arena.h"
#include "base/error.h"

#include <stdio.h>

enum command {
    COMMAND_START = 1,
    COMMAND_SQL = 2,
    COMMAND_CHECK = 4,
    COMMAND_CHECK_ROLES = 8,
};

/* A number for each row of settings.def. */
enum setting_number {
#define SETTING(kind, field, ...) SETTING_OF_##field,
#include "server/settings.def"
#undef SETTING
    SETTING_NUMBERS
};

/* Where a value came from. */
enum setting_origin {
    ORIGIN_NOWHERE, /* it has none */
    ORIGIN_PRESET,
    ORIGIN_FILE,
    ORIGIN_ENVIRONMENT,
    ORIGIN_OPTION,
};

struct setting_source {
    enum setting_origin origin;
    const char *text; /* the value as it was written; items of a list with commas between them */
    uint32_t line;    /* ORIGIN_FILE: of the key */
};

/* Texts are NUL-terminated, NULL where nobody set them, and live as long as the command line, the environment and the
 * arena. */
struct settings {
#define KIND_TEXT const char *
#define KIND_SECRET const char *
#define KIND_LIST const char *
#define KIND_FLAG bool
#define KIND_COUNT int64_t
#define KIND_SIZE int64_t
#define KIND_TIME int64_t
#define SETTING(kind, field, ...) KIND_##kind field;
#include "server/settings.def"
#undef SETTING
#undef KIND_TEXT
#undef KIND_SECRET
#undef KIND_LIST
#undef KIND_FLAG
#undef KIND_COUNT
#undef KIND_SIZE
#undef KIND_TIME
    const char *operand; /* what is no option: FILE */
    struct setting_source sources[SETTING_NUMBERS];
    struct arena *arena; /* of what the config file says */
};

/* Reads a command's arguments; an option beats the environment, and that the config file. Fails with
 * ERROR_INVALID_VALUE on an option or key that the command does not have, on one given twice, on a value that does not
 * fit, and on a second operand; what is wrong in the file with its name, line and key. */
bool settings_read(enum command command, char **arguments, struct settings *ret_settings, struct error *err) MUST_CHECK;
void settings_done(struct settings *settings);

/* Until when a statement, or a transaction, that begins now may run: clock_steady(). */
int64_t settings_deadline(const struct settings *settings);

/* What is in force for `bailiwick start`, as a config file, and where each value came from. Secrets are not shown. */
void settings_show(const struct settings *settings, FILE *out);

/* A line for each option of a command. */
void settings_help(enum command command, FILE *out);

#endif
