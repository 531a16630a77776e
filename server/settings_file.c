/*
 * The config file: a mapping of YAML, in which each option of `bailiwick start` is a key.
 */
#include "server/file_text.h"
#include "server/settings_private.h"

#include "base/buf.h"
#include "base/scope.h"
#include "base/yaml.h"

#include <string.h>

#define SETTINGS_MEMORY ((size_t)8 << 20)

/* The file on its way. */
struct reading {
    struct settings *settings;
    const char *path;
    const struct yaml *member; /* the one that is read */
};

static bool fail_at(const struct reading *reading, struct error *err, const char *what) {
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s:%u: %.*s %s", reading->path, (unsigned)reading->member->line,
                STR(reading->member->name), what);
}

/* Where YAML says that the text is not well formed. */
static bool fail_parse(const char *path, struct str text, const struct error *cause, struct error *err) {
    uint32_t line = 1, column = 1;
    if (cause->at != NOWHERE) str_position(text, cause->at, &line, &column);
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s:%u:%u: %s", path, (unsigned)line, (unsigned)column,
                cause->message);
}

static const struct setting *find(struct str key) {
    for (size_t i = 0; i < SETTING_NUMBERS; i++) {
        const struct setting *setting = &settings_table[i];
        if (!(setting->commands & COMMAND_START) || !str_starts(str_of(setting->option), "--")) continue;
        if (str_is(key, setting->option + 2)) return setting;
    }
    return NULL;
}

static bool is_item(const struct yaml *item) {
    return item->kind == YAML_SCALAR && !yaml_is_null(item) && item->text.length &&
           !memchr(item->text.text, ',', item->text.length);
}

/* The items of a sequence, with commas between them. */
static bool join(const struct reading *reading, const char **ret_text, struct error *err) {
    CLEANUP(buf_done) struct buf all;
    buf_init(&all, 0);
    for (const struct yaml *item = reading->member->first; item; item = item->next) {
        if (!is_item(item)) return fail_at(reading, err, "must be a list of texts without commas");
        if (all.length) buf_add_char(&all, ',');
        buf_add_str(&all, item->text);
    }
    struct str text = all.failed ? (struct str){0} : arena_copy(reading->settings->arena, buf_str(&all));
    if (!text.text) return fail_at(reading, err, "needs too much memory");
    *ret_text = text.text;
    return true;
}

/* What a member says, as an option would have it. Quotes make a text, which is neither a number nor yes or no. */
static bool read_text(const struct reading *reading, const struct setting *setting, const char **ret_text,
                      struct error *err) {
    const struct yaml *member = reading->member;
    bool is_number_or_flag = setting->kind == SETTING_COUNT || setting->kind == SETTING_FLAG;
    if (setting->kind == SETTING_LIST && member->kind == YAML_SEQUENCE) return join(reading, ret_text, err);
    if (member->kind != YAML_SCALAR)
        return fail_at(reading, err,
                       setting->kind == SETTING_LIST ? "must be a list of texts" : "must be a single value");
    if (yaml_is_null(member)) return fail_at(reading, err, "has no value");
    if (member->quoted && is_number_or_flag)
        return fail_at(reading, err, setting->kind == SETTING_FLAG ? "must be true or false" : "must be a number");
    *ret_text = member->text.text;
    return true;
}

static bool read_member(const struct reading *reading, struct error *err) {
    const struct yaml *member = reading->member;
    const struct setting *setting = find(member->name);
    struct setting_source source = {.origin = ORIGIN_FILE, .line = member->line};
    if (!setting)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s:%u: unknown key: %.*s", reading->path,
                    (unsigned)member->line, STR(member->name));
    if (setting == &settings_table[SETTING_OF_config]) return fail_at(reading, err, "cannot stand in the file itself");
    if (!read_text(reading, setting, &source.text, err)) return false;
    struct str where =
        arena_format(reading->settings->arena, "%s:%u: %.*s", reading->path, (unsigned)member->line, STR(member->name));
    if (!where.text) return fail_at(reading, err, "needs too much memory");
    /* what is beaten is checked all the same */
    struct settings beaten = *reading->settings;
    bool is_beaten = settings_is_given(reading->settings, setting);
    return settings_set(is_beaten ? &beaten : reading->settings, setting, where.text, &source, err);
}

bool settings_read_file(struct settings *settings, struct error *err) {
    struct reading reading = {.settings = settings, .path = settings->config};
    struct error cause = {0};
    CLEANUP(buf_done) struct buf bytes;
    buf_init(&bytes, YAML_SIZE_MAX);
    if (!file_text_read(reading.path, YAML_SIZE_MAX, &bytes, err)) return false;
    settings->arena = arena_new(SETTINGS_MEMORY);
    if (!settings->arena) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    struct str text = arena_copy(settings->arena, buf_str(&bytes));
    if (!text.text) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    const struct yaml *document = yaml_parse(settings->arena, text, &cause);
    if (!document) return fail_parse(reading.path, text, &cause, err);
    if (document->kind != YAML_MAPPING)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s:%u: this is no mapping of keys to values", reading.path,
                    (unsigned)document->line);
    for (reading.member = document->first; reading.member; reading.member = reading.member->next)
        if (!read_member(&reading, err)) return false;
    return true;
}
