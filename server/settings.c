#include "server/settings.h"

#include "base/clock.h"
#include "server/settings_private.h"

#include <stdlib.h>
#include <string.h>

#define START COMMAND_START
#define SQL COMMAND_SQL
#define CHECK COMMAND_CHECK
#define CHECK_ROLES COMMAND_CHECK_ROLES
const struct setting settings_table[SETTING_NUMBERS] = {
#define SETTING(kind, field, ...) {SETTING_##kind, offsetof(struct settings, field), __VA_ARGS__},
#include "server/settings.def"
#undef SETTING
};
#undef START
#undef SQL
#undef CHECK
#undef CHECK_ROLES

/* A number with a unit; the units are listed from the longest name, and the last one has none. */
struct unit {
    const char *name;
    int64_t factor;
};

static bool read_size(struct str text, int64_t *ret_value) {
    static const struct unit units[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);
        if (text.length < length || !str_is_name(str_slice(text, text.length - length, text.length), units[i].name))
            continue;
        int64_t number;
        if (!str_to_int64(str_slice(text, 0, text.length - length), &number)) return false;
        return !__builtin_mul_overflow(number, units[i].factor, ret_value);
    }
    return false;
}

static bool read_time(struct str text, int64_t *ret_milliseconds) {
    int64_t seconds;
    if (text.length > 2 && str_is(str_slice(text, text.length - 2, text.length), "ms"))
        return str_to_int64(str_slice(text, 0, text.length - 2), ret_milliseconds);
    if (!str_to_duration(text, &seconds)) return false;
    *ret_milliseconds = seconds * 1000;
    return true;
}

static bool read_flag(struct str text, bool *ret_value) {
    static const char *const on[] = {"1", "true", "yes", "on"};
    static const char *const off[] = {"", "0", "false", "no", "off"};
    for (size_t i = 0; i < sizeof on / sizeof *on; i++)
        if (str_is_name(text, on[i])) return *ret_value = true;
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        if (str_is_name(text, off[i])) return !(*ret_value = false);
    return false;
}

static bool read_number(enum setting_kind kind, struct str text, int64_t *ret_value) {
    switch (kind) {
    case SETTING_COUNT:
        return str_to_int64(text, ret_value);
    case SETTING_SIZE:
        return read_size(text, ret_value);
    case SETTING_TIME:
        return read_time(text, ret_value);
    case SETTING_TEXT:
    case SETTING_SECRET:
    case SETTING_LIST:
    case SETTING_FLAG:
        break;
    }
    return false;
}

static const char *expectation(enum setting_kind kind) {
    switch (kind) {
    case SETTING_TEXT:
    case SETTING_SECRET:
        return "a text";
    case SETTING_LIST:
        return "a list with commas";
    case SETTING_FLAG:
        return "yes or no";
    case SETTING_COUNT:
        return "a number";
    case SETTING_SIZE:
        return "a size such as 64M";
    case SETTING_TIME:
        return "a time such as 30s or 500ms";
    }
    return "something else";
}

/* Sets a field from text; `where` is what the text was given to. */
static bool set_field(struct settings *settings, const struct setting *setting, const char *where, const char *text,
                      struct error *err) {
    void *field = (char *)settings + setting->offset;
    bool flag;
    int64_t number;
    switch (setting->kind) {
    case SETTING_TEXT:
    case SETTING_SECRET:
    case SETTING_LIST:
        if (!str_is_utf8(str_of(text))) break;
        *(const char **)field = text;
        return true;
    case SETTING_FLAG:
        if (!read_flag(str_of(text), &flag)) break;
        *(bool *)field = flag;
        return true;
    case SETTING_COUNT:
    case SETTING_SIZE:
    case SETTING_TIME:
        if (!read_number(setting->kind, str_of(text), &number)) break;
        if (number < setting->least || number > setting->most)
            return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s must be between %lld and %lld%s", where,
                        (long long)setting->least, (long long)setting->most,
                        setting->kind == SETTING_TIME ? " milliseconds" : "");
        *(int64_t *)field = number;
        return true;
    }
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s must be %s", where, expectation(setting->kind));
}

bool settings_set(struct settings *settings, const struct setting *setting, const char *where,
                  const struct setting_source *source, struct error *err) {
    if (!set_field(settings, setting, where, source->text, err)) return false;
    settings->sources[setting - settings_table] = *source;
    return true;
}

bool settings_is_given(const struct settings *settings, const struct setting *setting) {
    return settings->sources[setting - settings_table].origin > ORIGIN_PRESET;
}

/* The setting of `--name` or `--name=value`; *ret_value is what follows the equals sign, or NULL. */
static const struct setting *find(enum command command, const char *argument, const char **ret_value) {
    for (size_t i = 0; i < SETTING_NUMBERS; i++) {
        size_t length = strlen(settings_table[i].option);
        if (!(settings_table[i].commands & command) || strncmp(argument, settings_table[i].option, length) != 0)
            continue;
        if (argument[length] == 0) {
            *ret_value = NULL;
            return &settings_table[i];
        }
        if (argument[length] == '=' && argument[1] == '-') {
            *ret_value = argument + length + 1;
            return &settings_table[i];
        }
    }
    return NULL;
}

/* One option at arguments[*at], which is moved to the last word of it. */
static bool read_option(enum command command, char **arguments, size_t *at, struct settings *settings,
                        struct error *err) {
    const char *argument = arguments[*at];
    const char *value;
    const struct setting *setting = find(command, argument, &value);
    if (!setting) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "unknown option: %s", argument);
    if (settings_is_given(settings, setting))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s is given twice", setting->option);
    if (!value && setting->kind == SETTING_FLAG) value = "yes";
    if (!value) value = arguments[++*at];
    if (!value) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s needs a value", setting->option);
    const struct setting_source source = {.origin = ORIGIN_OPTION, .text = value};
    return settings_set(settings, setting, setting->option, &source, err);
}

static bool read_arguments(enum command command, char **arguments, struct settings *settings, struct error *err) {
    bool options_end = false;
    for (size_t at = 0; arguments[at]; at++) {
        const char *argument = arguments[at];
        if (!options_end && strcmp(argument, "--") == 0) {
            options_end = true;
        } else if (!options_end && argument[0] == '-' && argument[1]) {
            if (!read_option(command, arguments, &at, settings, err)) return false;
        } else if (settings->operand || command == COMMAND_START) {
            return fail(err, ERROR_INVALID_VALUE, NOWHERE, "unexpected argument: %s", argument);
        } else {
            settings->operand = argument;
        }
    }
    return true;
}

static bool read_environment(enum command command, struct settings *settings, struct error *err) {
    for (size_t i = 0; i < SETTING_NUMBERS; i++) {
        const struct setting *setting = &settings_table[i];
        const char *value = setting->variable ? getenv(setting->variable) : NULL;
        if (settings_is_given(settings, setting) || !value || !(setting->commands & command)) continue;
        const struct setting_source source = {.origin = ORIGIN_ENVIRONMENT, .text = value};
        if (!settings_set(settings, setting, setting->variable, &source, err)) return false;
    }
    return true;
}

static bool read_presets(struct settings *settings, struct error *err) {
    for (size_t i = 0; i < SETTING_NUMBERS; i++) {
        const struct setting *setting = &settings_table[i];
        const struct setting_source source = {.origin = ORIGIN_PRESET, .text = setting->preset};
        if (setting->preset && !settings_set(settings, setting, setting->option, &source, err)) return false;
    }
    return true;
}

bool settings_read(enum command command, char **arguments, struct settings *ret_settings, struct error *err) {
    struct settings settings = {0};
    bool fine = read_presets(&settings, err) && read_arguments(command, arguments, &settings, err) &&
                read_environment(command, &settings, err) && (!settings.config || settings_read_file(&settings, err));
    if (fine)
        *ret_settings = settings;
    else
        settings_done(&settings);
    return fine;
}

void settings_done(struct settings *settings) {
    arena_free(settings->arena);
    *settings = (struct settings){0};
}

int64_t settings_deadline(const struct settings *settings) {
    return clock_steady() + settings->statement_timeout * 1000000;
}

void settings_help(enum command command, FILE *out) {
    for (size_t i = 0; i < SETTING_NUMBERS; i++) {
        const struct setting *setting = &settings_table[i];
        if (!(setting->commands & command)) continue;
        char name[64];
        snprintf(name, sizeof name, "%s%s%s", setting->option, setting->argument ? " " : "",
                 setting->argument ? setting->argument : "");
        fprintf(out, "  %-28s %s", name, setting->help);
        if (setting->preset) fprintf(out, " (default %s)", setting->preset);
        if (setting->variable) fprintf(out, " [%s]", setting->variable);
        fputc('\n', out);
    }
}
