/*
 * What is in force, as a config file.
 */
#include "server/settings_private.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/scope.h"

#include <string.h>

/* Texts in quotes: what JSON writes, YAML reads. */
static void write_list(struct buf *line, struct str list) {
    buf_add_char(line, '[');
    struct str item;
    for (bool is_first = true; list.length && str_next_item(&list, &item); is_first = false) {
        if (!is_first) buf_add_text(line, ", ");
        json_write_string(line, item);
    }
    buf_add_char(line, ']');
}

static void write_value(struct buf *line, const struct settings *settings, const struct setting *setting,
                        const char *text) {
    switch (setting->kind) {
    case SETTING_SECRET:
        buf_add_text(line, "(not shown)");
        break;
    case SETTING_TEXT:
        json_write_string(line, str_of(text));
        break;
    case SETTING_LIST:
        write_list(line, str_of(text));
        break;
    case SETTING_FLAG:
        buf_add_text(line, *(const bool *)((const char *)settings + setting->offset) ? "true" : "false");
        break;
    case SETTING_COUNT:
    case SETTING_SIZE:
    case SETTING_TIME:
        buf_add_text(line, text);
        break;
    }
}

static void write_origin(struct buf *line, const struct settings *settings, const struct setting *setting,
                         const struct setting_source *source) {
    switch (source->origin) {
    case ORIGIN_NOWHERE:
        break;
    case ORIGIN_PRESET:
        buf_add_text(line, "default");
        break;
    case ORIGIN_FILE:
        json_write_string(line, str_of(settings->config));
        buf_format(line, " line %u", (unsigned)source->line);
        break;
    case ORIGIN_ENVIRONMENT:
        buf_format(line, "environment %s", setting->variable);
        break;
    case ORIGIN_OPTION:
        buf_format(line, "option %s", setting->option);
        break;
    }
}

/* What has no value, or one that is not shown, and the name of the file itself are comments. */
static void write_line(struct buf *line, const struct settings *settings, const struct setting *setting) {
    const struct setting_source *source = &settings->sources[setting - settings_table];
    bool is_set = source->origin != ORIGIN_NOWHERE;
    bool is_comment = !is_set || setting->kind == SETTING_SECRET || setting == &settings_table[SETTING_OF_config];
    buf_format(line, "%s%s: ", is_comment ? "# " : "", setting->option + 2);
    if (setting->kind == SETTING_FLAG || is_set) write_value(line, settings, setting, source->text);
    size_t length = line->length;
    do buf_add_char(line, ' ');
    while (++length < 40 && !line->failed);
    buf_add_text(line, "# ");
    if (is_set) write_origin(line, settings, setting, source);
    if (!is_set) buf_add_text(line, "not set");
    buf_add_char(line, '\n');
}

void settings_show(const struct settings *settings, FILE *out) {
    for (size_t i = 0; i < SETTING_NUMBERS; i++) {
        const struct setting *setting = &settings_table[i];
        if (!(setting->commands & COMMAND_START)) continue;
        CLEANUP(buf_done) struct buf line;
        buf_init(&line, 0);
        write_line(&line, settings, setting);
        if (!line.failed) fwrite(line.data, 1, line.length, out);
    }
}
