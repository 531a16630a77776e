/*
 * Tables of the full-text module FTS5: where their text is, and what the module reads and writes by itself while a
 * statement runs. The authorizer is told of that too, through no name, so it is written down here for the footprint.
 */
#include "storage/catalog_private.h"

#include <string.h>

static char closing_quote(char c) {
    return c == '[' ? ']' : c == '\'' || c == '"' || c == '`' ? c : '\0';
}

/* The end of a quoted word that begins at `at`. */
static size_t skip_quoted(struct str text, size_t at) {
    char quote = closing_quote(text.text[at++]);
    while (at < text.length) {
        if (text.text[at++] != quote) continue;
        if (quote == ']' || at >= text.length || text.text[at] != quote) return at;
        at++;
    }
    return at;
}

/* One argument's end: the comma or parenthesis behind it. */
static size_t skip_argument(struct str text, size_t at) {
    for (int depth = 0; at < text.length;) {
        char c = text.text[at];
        if (depth == 0 && (c == ',' || c == ')')) return at;
        if (c == '(') depth++;
        if (c == ')') depth--;
        at = closing_quote(c) ? skip_quoted(text, at) : at + 1;
    }
    return at;
}

/* A word without its quotes. */
static struct str unquote(struct arena *arena, struct str word) {
    char quote = word.length > 1 ? closing_quote(word.text[0]) : '\0';
    if (!quote) return arena_copy(arena, word);
    char *text = arena_alloc(arena, word.length);
    if (!text) return (struct str){0};
    size_t length = 0;
    for (size_t i = 1; i + 1 < word.length; i++) {
        text[length++] = word.text[i];
        if (word.text[i] == quote && word.text[i + 1] == quote) i++;
    }
    return (struct str){text, length};
}

/* The module takes any beginning of an option's name for it. */
static bool is_option(struct str name, const char *option) {
    return name.length > 0 && name.length <= strlen(option) && str_same_name(name, (struct str){option, name.length});
}

static void take_argument(struct arena *arena, struct full_text *text, struct str argument) {
    size_t length = 0;
    while (length < argument.length && argument.text[length] != '=' && !closing_quote(argument.text[length])) length++;
    if (length == argument.length || argument.text[length] != '=') return;
    struct str name = str_trim(str_slice(argument, 0, length));
    struct str value = str_trim(str_slice(argument, length + 1, argument.length));
    if (is_option(name, "content")) {
        text->content = unquote(arena, value);
        text->is_contentless = text->content.length == 0;
    } else if (is_option(name, "content_rowid")) {
        text->content_rowid = unquote(arena, value);
    }
}

struct full_text *catalog_full_text(struct arena *arena, struct str arguments) {
    struct full_text *text = arena_alloc(arena, sizeof *text);
    if (!text) return NULL;
    text->content_rowid = LITERAL("rowid");
    size_t at = 0;
    while (at < arguments.length && arguments.text[at] != '(') at++;
    while (at < arguments.length && arguments.text[at] != ')') {
        size_t end = skip_argument(arguments, ++at);
        take_argument(arena, text, str_trim(str_slice(arguments, at, end)));
        at = end;
    }
    return text;
}

static bool add_read(struct arena *arena, struct full_text *text, struct str table, struct str column, bool by_module) {
    struct footprint_read *reads =
        arena_grow(arena, (struct footprint_read *)text->reads, text->read_count, sizeof *reads);
    if (!reads) return false;
    reads[text->read_count++] = (struct footprint_read){.table = table, .column = column, .by_module = by_module};
    text->reads = reads;
    return true;
}

static bool add_writes(struct arena *arena, struct full_text *text, struct str table) {
    static const enum footprint_action actions[] = {FOOTPRINT_INSERT, FOOTPRINT_UPDATE, FOOTPRINT_DELETE};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        struct footprint_write *writes =
            arena_grow(arena, (struct footprint_write *)text->writes, text->write_count, sizeof *writes);
        if (!writes) return false;
        writes[text->write_count++] = (struct footprint_write){.action = actions[i], .table = table, .by_module = true};
        text->writes = writes;
    }
    return true;
}

static bool add_shadows(struct arena *arena, const struct table_schema *table, struct full_text *text) {
    static const char *const suffixes[] = {"config", "content", "data", "docsize", "idx"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        struct str name = arena_format(arena, "%.*s_%s", STR(table->name), suffixes[i]);
        if (!name.text || !add_read(arena, text, name, (struct str){0}, true) || !add_writes(arena, text, name))
            return false;
        /* the settings are read when the module connects, which is while the statement is prepared */
        if (i == 0 &&
            (!add_read(arena, text, name, LITERAL("k"), false) || !add_read(arena, text, name, LITERAL("v"), false)))
            return false;
    }
    return true;
}

/* What is read of a table that the text is taken from: columns of the same names, and the key. */
static bool add_content(struct arena *arena, const struct table_schema *table, struct full_text *text,
                        const struct table_schema *content) {
    text->reads_view = content->kind == TABLE_VIEW;
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].hidden && !add_read(arena, text, content->name, table->columns[i].name, true))
            return false;
    if (content->rowid_alias >= 0 &&
        !add_read(arena, text, content->name, content->columns[content->rowid_alias].name, true))
        return false;
    return add_read(arena, text, content->name, text->content_rowid, true) &&
           add_read(arena, text, content->name, LITERAL("rowid"), true);
}

static bool finish(struct loaded_snapshot *loaded, const struct table_schema *table, struct full_text *text) {
    if (table->column_count == 0) return true;
    const struct table_schema *content = NULL;
    if (text->content.length > 0) {
        content = schema_find_table(&loaded->snapshot.schema, text->content);
        /* without its table it finds nothing; a table of another module, of SQLite's or of ours is not followed */
        if (!content || (content->kind != TABLE_ORDINARY && content->kind != TABLE_VIEW)) return true;
    }
    text->is_usable = true;
    return add_shadows(loaded->arena, table, text) && (!content || add_content(loaded->arena, table, text, content));
}

bool catalog_finish_full_text(struct loaded_snapshot *loaded, struct error *err) {
    for (size_t i = 0; i < loaded->snapshot.schema.table_count; i++) {
        const struct table_schema *table = &loaded->tables[i];
        if (table->full_text && !finish(loaded, table, (struct full_text *)table->full_text))
            return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the schema does not fit into memory");
    }
    return true;
}
