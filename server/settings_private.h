/*
 * What the files that read settings share.
 */
#ifndef SERVER_SETTINGS_PRIVATE_H
#define SERVER_SETTINGS_PRIVATE_H

#include "base/str.h"
#include "server/settings.h"

enum setting_kind {
    SETTING_TEXT,
    SETTING_SECRET,
    SETTING_LIST,
    SETTING_FLAG,
    SETTING_COUNT,
    SETTING_SIZE,
    SETTING_TIME,
};

/* A row of settings.def. */
struct setting {
    enum setting_kind kind;
    size_t offset; /* of its field */
    unsigned commands;
    const char *option;
    const char *variable;
    const char *argument;
    const char *preset;
    int64_t least;
    int64_t most;
    const char *help;
};

extern const struct setting settings_table[SETTING_NUMBERS];

/* Gives a setting the value of source->text; `where` is what messages call it. */
bool settings_set(struct settings *settings, const struct setting *setting, const char *where,
                  const struct setting_source *source, struct error *err) MUST_CHECK;

/* Whether an option, the environment or the file has set it. */
bool settings_is_given(const struct settings *settings, const struct setting *setting);

/* Sets what settings->config says and nobody has set before: settings_file.c. */
bool settings_read_file(struct settings *settings, struct error *err) MUST_CHECK;

#endif
