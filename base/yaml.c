#include "base/yaml.h"

#include "base/scope.h"

#include <yaml.h>

struct reader {
    struct arena *arena;
    struct str text;
    yaml_parser_t parser;
    size_t line; /* the last line that was asked for, from 0, and where it begins */
    size_t line_at;
    struct error *err;
};

static void parser_done(struct reader *reader) {
    yaml_parser_delete(&reader->parser);
}

/* libyaml counts lines and characters; errors count bytes. What is asked for comes in order, but for a few. */
static uint32_t offset_of(struct reader *reader, const yaml_mark_t *mark) {
    const struct str text = reader->text;
    if (mark->line < reader->line) reader->line = reader->line_at = 0;
    size_t at = reader->line_at;
    for (; reader->line < mark->line && at < text.length; at++)
        if (text.text[at] == '\n') {
            reader->line++;
            reader->line_at = at + 1;
        }
    for (size_t column = 0; column < mark->column && at < text.length && text.text[at] != '\n'; column++)
        at += str_character(str_slice(text, at, text.length));
    return (uint32_t)at;
}

static bool fault(struct reader *reader, const yaml_mark_t *mark, enum error_code code, const char *message) {
    return fail(reader->err, code, offset_of(reader, mark), "%s", message);
}

static bool out_of_memory(struct reader *reader) {
    return fail(reader->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the text needs too much memory");
}

/* The next event, which the caller deletes. */
static bool next_event(struct reader *reader, yaml_event_t *ret_event) {
    yaml_parser_t *parser = &reader->parser;
    if (yaml_parser_parse(parser, ret_event)) return true;
    if (parser->error == YAML_MEMORY_ERROR) return out_of_memory(reader);
    const char *problem = parser->problem ? parser->problem : "this is no YAML";
    if (parser->error == YAML_READER_ERROR)
        return fail(reader->err, ERROR_INVALID_VALUE, (uint32_t)parser->problem_offset, "%s", problem);
    return fault(reader, &parser->problem_mark, ERROR_INVALID_VALUE, problem);
}

static bool read_node(struct reader *reader, const yaml_event_t *event, int depth, struct yaml *node) MUST_CHECK;

static bool is_key_there(const struct yaml *mapping, struct str key, size_t *ret_count) {
    size_t count = 0;
    for (const struct yaml *member = mapping->first; member; member = member->next, count++)
        if (str_same(member->name, key)) return true;
    *ret_count = count;
    return false;
}

/* The key that an event holds, as the name of a member that is yet to be read. */
static bool read_key(struct reader *reader, const yaml_event_t *event, const struct yaml *mapping,
                     struct yaml *member) {
    size_t count;
    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.anchor || event->data.scalar.tag)
        return fault(reader, &event->start_mark, ERROR_INVALID_VALUE, "a key is a plain word");
    struct yaml key = {0};
    if (!read_node(reader, event, 0, &key)) return false;
    if (is_key_there(mapping, key.text, &count))
        return fail(reader->err, ERROR_INVALID_VALUE, key.at, "the key %.*s is there twice", STR(key.text));
    if (count >= YAML_MEMBERS_MAX)
        return fault(reader, &event->start_mark, ERROR_LIMIT_EXCEEDED, "there are too many keys");
    member->name = key.text;
    member->at = key.at;
    member->line = key.line;
    return true;
}

/* One element or member of `parent`; `event` is its first. */
static bool read_child(struct reader *reader, const yaml_event_t *event, const struct yaml *parent, int depth,
                       struct yaml *child) {
    yaml_event_t value;
    if (parent->kind != YAML_MAPPING) return read_node(reader, event, depth, child);
    if (!read_key(reader, event, parent, child)) return false;
    struct yaml key = *child;
    if (!next_event(reader, &value)) return false;
    bool fine = read_node(reader, &value, depth, child);
    yaml_event_delete(&value);
    child->name = key.name;
    child->at = key.at;
    child->line = key.line;
    return fine;
}

static bool read_children(struct reader *reader, struct yaml *parent, yaml_event_type_t end, int depth) {
    struct yaml *last = NULL;
    for (;;) {
        yaml_event_t event;
        if (!next_event(reader, &event)) return false;
        if (event.type == end) {
            yaml_event_delete(&event);
            return true;
        }
        struct yaml *child = arena_alloc(reader->arena, sizeof *child);
        bool fine = child ? read_child(reader, &event, parent, depth, child) : out_of_memory(reader);
        yaml_event_delete(&event);
        if (!fine) return false;
        if (last)
            last->next = child;
        else
            parent->first = child;
        last = child;
    }
}

static bool read_scalar(struct reader *reader, const yaml_event_t *event, struct yaml *node) {
    const struct str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (event->data.scalar.anchor || event->data.scalar.tag)
        return fault(reader, &event->start_mark, ERROR_INVALID_VALUE, "anchors and tags are not taken");
    for (size_t i = 0; i < text.length; i++)
        if (!text.text[i]) return fault(reader, &event->start_mark, ERROR_INVALID_VALUE, "a text holds U+0000");
    node->kind = YAML_SCALAR;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_copy(reader->arena, text);
    return node->text.text || out_of_memory(reader);
}

/* Reads the node that begins with an event. */
static bool read_node(struct reader *reader, const yaml_event_t *event, int depth, struct yaml *node) {
    node->at = offset_of(reader, &event->start_mark);
    node->line = (uint32_t)event->start_mark.line + 1;
    if (depth > YAML_DEPTH_MAX)
        return fault(reader, &event->start_mark, ERROR_LIMIT_EXCEEDED, "this is nested too deep");
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event, node);
    case YAML_SEQUENCE_START_EVENT:
        if (event->data.sequence_start.anchor || event->data.sequence_start.tag) break;
        node->kind = YAML_SEQUENCE;
        return read_children(reader, node, YAML_SEQUENCE_END_EVENT, depth + 1);
    case YAML_MAPPING_START_EVENT:
        if (event->data.mapping_start.anchor || event->data.mapping_start.tag) break;
        node->kind = YAML_MAPPING;
        return read_children(reader, node, YAML_MAPPING_END_EVENT, depth + 1);
    case YAML_ALIAS_EVENT:
        return fault(reader, &event->start_mark, ERROR_INVALID_VALUE, "aliases are not taken");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return fault(reader, &event->start_mark, ERROR_INVALID_VALUE, "a value is missing");
    }
    return fault(reader, &event->start_mark, ERROR_INVALID_VALUE, "anchors and tags are not taken");
}

/* The document's only node: stream and document begin, the node, document and stream end. */
static bool read_document(struct reader *reader, struct yaml *root) {
    bool has_root = false;
    for (;;) {
        yaml_event_t event;
        bool fine = true;
        if (!next_event(reader, &event)) return false;
        yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && has_root)
            fine = fault(reader, &event.start_mark, ERROR_INVALID_VALUE, "this is a second document");
        else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT &&
                 type != YAML_DOCUMENT_START_EVENT && type != YAML_DOCUMENT_END_EVENT) {
            fine = read_node(reader, &event, 0, root);
            has_root = true;
        }
        yaml_event_delete(&event);
        if (!fine || type == YAML_STREAM_END_EVENT) break;
    }
    return reader->err->code == ERROR_NONE;
}

/* What libyaml takes as ends of lines, and nobody else does, would make us name a wrong line. */
static bool check_text(struct str text, struct error *err) {
    if (text.length > YAML_SIZE_MAX) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the text is too large");
    for (size_t at = 0; at < text.length;) {
        struct str rest = str_slice(text, at, text.length);
        size_t length = str_character(rest);
        if (!length) return fail(err, ERROR_INVALID_VALUE, (uint32_t)at, "this is not UTF-8");
        if (str_starts(rest, "\xc2\x85") || str_starts(rest, "\xe2\x80\xa8") || str_starts(rest, "\xe2\x80\xa9") ||
            (*rest.text == '\r' && !str_starts(rest, "\r\n")))
            return fail(err, ERROR_INVALID_VALUE, (uint32_t)at, "lines end with LF or CR LF");
        at += length;
    }
    return true;
}

const struct yaml *yaml_parse(struct arena *arena, struct str text, struct error *err) {
    struct error failure = {0};
    struct yaml *root = arena_alloc(arena, sizeof *root);
    if (!root) return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the text needs too much memory");
    if (!check_text(text, err)) return NULL;
    CLEANUP(parser_done) struct reader reader = {.arena = arena, .text = text, .err = &failure};
    if (!yaml_parser_initialize(&reader.parser))
        return fail_null(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the text needs too much memory");
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(text.text ? text.text : ""), text.length);
    root->kind = YAML_MAPPING;
    root->line = 1;
    if (read_document(&reader, root)) return root;
    return fail_null(err, failure.code, failure.at, "%s", failure.message);
}

const struct yaml *yaml_member(const struct yaml *mapping, const char *name) {
    if (!mapping || mapping->kind != YAML_MAPPING) return NULL;
    for (const struct yaml *member = mapping->first; member; member = member->next)
        if (str_is(member->name, name)) return member;
    return NULL;
}

bool yaml_to_bool(const struct yaml *node, bool *ret_value) {
    if (node->kind != YAML_SCALAR || node->quoted) return false;
    if (!str_is(node->text, "true") && !str_is(node->text, "false")) return false;
    *ret_value = str_is(node->text, "true");
    return true;
}

bool yaml_is_null(const struct yaml *node) {
    return node->kind == YAML_SCALAR && !node->quoted &&
           (!node->text.length || str_is(node->text, "null") || str_is(node->text, "~"));
}
