#include "sql/build.h"

#include "sql/limits.h"
#include "sql/literal_rows.h"
#include "sql_grammar.h"

#include <stdarg.h>
#include <stdio.h>

void report_error(struct parse *p, uint32_t where, const char *format, ...) {
    if (p->failed) return;
    p->failed = true;
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    (void)fail(p->err, ERROR_PARSE, where, "%s", message);
}

void report_limit(struct parse *p, uint32_t where, const char *what) {
    if (p->failed) return;
    p->failed = true;
    (void)fail(p->err, ERROR_LIMIT_EXCEEDED, where, "%s", what);
}

static void *need(struct parse *p, void *memory) {
    if (!memory) report_limit(p, p->previous_end, "the statement is too large");
    return memory;
}

struct node *make_node(struct parse *p, enum node_kind kind, uint32_t where, uint32_t flags, struct node **children,
                       uint32_t count) {
    struct node *node = need(p, node_new(p->arena, kind, where, p->previous_end));
    if (!node) return NULL;
    node->flags = flags;
    for (uint32_t i = 0; i < count; i++) {
        node->child[i] = children[i];
        if (children[i] && children[i]->height >= node->height) node->height = children[i]->height + 1;
    }
    if (node->height > LIMIT_HEIGHT) report_limit(p, where, "nested too deeply");
    return node;
}

struct node *make_list(struct parse *p, struct node *list, struct node *child) {
    return child ? need(p, node_append(p->arena, list, child)) : list;
}

struct node *list_prepend(struct parse *p, struct node *child, struct node *list) {
    struct node *longer = make_list(p, NULL, child);
    if (list)
        for (uint32_t i = 0; i < list->count; i++) longer = make_list(p, longer, list->child[i]);
    return longer;
}

static struct str unquote(struct parse *p, struct str text) {
    struct str inner = lexer_unquote(p->arena, text);
    return need(p, (char *)(uintptr_t)inner.text) ? inner : text;
}

struct node *make_name(struct parse *p, const struct token *token) {
    struct node *node = MAKE0(NAME, token->at, NAME_BARE);
    if (!node) return NULL;
    char first = token->text.text[0];
    node->end = token->end;
    node->text = token->text;
    if (first == NAME_DOUBLE || first == NAME_SINGLE || first == NAME_BRACKET || first == NAME_BACKTICK) {
        node->flags = (uint32_t)first;
        node->text = unquote(p, token->text);
    }
    if (str_starts_name(node->text, "_bailiwick") && p->reserved_at == NOWHERE) p->reserved_at = token->at;
    return node;
}

struct node *plain_column_name(struct parse *p, struct node *name, bool has_more) {
    if (name && has_more) report_error(p, name->end, "syntax error after column name \"%.*s\"", STR(name->text));
    return name;
}

struct node *make_literal(struct parse *p, enum node_kind kind, const struct token *token) {
    struct node *node = make_node(p, kind, token->at, 0, NULL, 0);
    if (!node) return NULL;
    node->end = token->end;
    node->text = token->text;
    if (kind == NODE_STRING) node->text = unquote(p, token->text);
    if (kind == NODE_BLOB) node->text = (struct str){token->text.text + 2, token->text.length - 3};
    return node;
}

struct node *make_number(struct parse *p, const struct token *token, uint32_t where) {
    struct node *node = make_literal(p, token->kind == TK_FLOAT ? NODE_REAL : NODE_INTEGER, token);
    if (!node) return NULL;
    node->at = where;
    node->text = str_slice(p->text, where, token->end);
    return node;
}

struct node *make_variable(struct parse *p, const struct token *token) {
    struct node *node = MAKE0(VARIABLE, token->at, (unsigned char)token->text.text[0]);
    if (!node) return NULL;
    node->end = token->end;
    node->text = (struct str){token->text.text + 1, token->text.length - 1};
    int64_t number;
    if (token->text.text[0] == '?' && node->text.length > 0 &&
        (!str_to_int64(node->text, &number) || number < 1 || number > LIMIT_VARIABLE_NUMBER))
        report_error(p, token->at, "variable number must be between ?1 and ?%d", LIMIT_VARIABLE_NUMBER);
    return node;
}

struct node *make_duration(struct parse *p, const struct token *token) {
    int64_t seconds;
    if (!str_to_duration(token->text, &seconds))
        report_error(p, token->at, "not a duration: \"%.*s\"", STR(token->text));
    return make_literal(p, NODE_DURATION, token);
}

struct node *or_duration(struct parse *p, struct node *duration, uint32_t where, const char *otherwise) {
    if (duration) return duration;
    struct node *node = MAKE0(DURATION, where, 0);
    if (node) node->text = str_of(otherwise);
    return node;
}

struct node *make_column(struct parse *p, struct node *schema, struct node *table, struct node *name) {
    return MAKE(COLUMN, at(schema ? schema : table ? table : name), 0, schema, table, name);
}

struct node *make_call(struct parse *p, const struct token *name, uint32_t flags, struct node *arguments,
                       struct node *filter, struct node *over) {
    if (arguments && arguments->count > LIMIT_ARGUMENTS)
        report_error(p, name->at, "too many arguments on function %.*s", STR(name->text));
    if (over && ++p->windows > LIMIT_WINDOWS) report_limit(p, name->at, "too many window functions in one statement");
    return MAKE(FUNCTION, name->at, flags, make_name(p, name), arguments, filter, over);
}

struct node *make_row(struct parse *p, uint32_t where, struct node *values, struct node *last) {
    struct node *row = MAKE0(ROW, where, 0);
    for (uint32_t i = 0; row && values && i < values->count; i++) row = make_list(p, row, values->child[i]);
    return row ? make_list(p, row, last) : NULL;
}

struct node *make_table(struct parse *p, struct node *schema, struct node *name, struct node *alias,
                        struct node *hint) {
    return MAKE(TABLE, at(schema ? schema : name), 0, schema, name, alias, hint);
}

struct node *table_hint(struct node *table, struct node *hint) {
    if (table) table->child[TABLE_HINT] = hint;
    return table;
}

struct node *make_select(struct parse *p, struct node *arm, struct node *order, struct node *limit,
                         struct node *offset) {
    return MAKE(SELECT, at(arm), 0, NULL, make_list(p, NULL, arm), order, limit, offset);
}

struct node *select_compound(struct parse *p, struct node *left, uint32_t compound, struct node *right) {
    if (!left || !right) return NULL;
    static const char *const words[] = {"", "UNION", "UNION ALL", "INTERSECT", "EXCEPT"};
    if (left->child[SELECT_ORDER] || left->child[SELECT_LIMIT]) {
        const struct node *early = left->child[SELECT_ORDER] ? left->child[SELECT_ORDER] : left->child[SELECT_LIMIT];
        report_error(p, early->at, "%s clause should come after %s not before",
                     left->child[SELECT_ORDER] ? "ORDER BY" : "LIMIT", words[compound]);
    }
    struct node *arm = right->child[SELECT_ARMS]->child[0];
    arm->flags |= compound;
    left->child[SELECT_ARMS] = make_list(p, left->child[SELECT_ARMS], arm);
    if (left->child[SELECT_ARMS] && left->child[SELECT_ARMS]->count > LIMIT_COMPOUND)
        report_limit(p, right->at, "too many terms in a compound SELECT");
    left->child[SELECT_ORDER] = right->child[SELECT_ORDER];
    left->child[SELECT_LIMIT] = right->child[SELECT_LIMIT];
    left->child[SELECT_OFFSET] = right->child[SELECT_OFFSET];
    if (right->height > left->height) left->height = right->height;
    left->end = right->end;
    return left;
}

struct node *select_with(struct parse *p, struct node *select, uint32_t where, uint32_t flags, struct node *ctes) {
    if (!select) return NULL;
    struct node *with = MAKE(WITH, where, flags, ctes);
    select->child[SELECT_WITH] = with;
    select->at = where;
    if (with && with->height >= select->height) select->height = with->height + 1;
    return select;
}

struct node *values_add(struct parse *p, struct node *values, uint32_t where, struct node *row) {
    if (!values) values = MAKE0(VALUES, where, 0);
    if (values) values->end = p->previous_end;
    return values ? make_list(p, values, row) : NULL;
}

struct node *make_literal_rows(struct parse *p, const struct token *token) {
    struct lexer lexer = {.text = p->text, .at = (uint32_t)(token->text.text - p->text.text)};
    struct literal_cell cells[LITERAL_ROWS_WIDTH_MAX];
    struct node *rows = MAKE0(LITERAL_ROWS, token->at, 0);
    uint32_t width = rows ? literal_rows_first(&lexer, cells) : 0;
    for (uint32_t i = 0; i < width && rows; i++) {
        uint32_t where = (uint32_t)(cells[i].text.text - p->text.text);
        const struct token variable = {TK_VARIABLE, where, where + (uint32_t)cells[i].text.length, cells[i].text};
        rows =
            need(p, node_append(p->arena, rows, cells[i].kind == CELL_VARIABLE ? make_variable(p, &variable) : NULL));
    }
    if (rows) {
        rows->text = token->text;
        rows->end = token->end;
    }
    return make_select(p, rows, NULL, NULL, NULL);
}

struct node *join_add(struct parse *p, struct node *from, uint32_t join, struct node *source, struct node *on,
                      struct node *using) {
    if (!from) from = MAKE0(FROM, at(source), 0);
    if (join == JOIN_FIRST && (on || using))
        report_error(p, at(on ? on : using), "a JOIN clause is required before %s", on ? "ON" : "USING");
    struct node *item = MAKE(JOIN, at(source), join, source, on, using);
    return from && item ? make_list(p, from, item) : NULL;
}

static uint32_t join_word(struct str word) {
    static const struct {
        const char *word;
        uint32_t bits;
    } words[] = {
        {"natural", JOIN_NATURAL}, {"left", JOIN_LEFT},   {"right", JOIN_RIGHT}, {"full", JOIN_LEFT | JOIN_RIGHT},
        {"outer", JOIN_OUTER},     {"inner", JOIN_INNER}, {"cross", JOIN_CROSS}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is_name(word, words[i].word)) return words[i].bits;
    return 0;
}

uint32_t join_words(struct parse *p, const struct token *first, const struct node *second, const struct node *third) {
    uint32_t bits = join_word(first->text), a = bits, b = 0, c = 0;
    if (second) bits |= b = join_word(second->text);
    if (third) bits |= c = join_word(third->text);
    bool outer = bits & (JOIN_LEFT | JOIN_RIGHT | JOIN_OUTER);
    if (!a || (second && !b) || (third && !c) || (outer && (bits & (JOIN_INNER | JOIN_CROSS))) ||
        (bits & (JOIN_LEFT | JOIN_RIGHT | JOIN_OUTER)) == JOIN_OUTER)
        report_error(p, first->at, "unknown join type: %.*s%s%.*s%s%.*s", STR(first->text), second ? " " : "",
                     STR(second ? second->text : str_of("")), third ? " " : "", STR(third ? third->text : str_of("")));
    return outer || (bits & JOIN_CROSS) ? bits : bits | JOIN_INNER;
}

struct node *parenthesised(struct parse *p, struct node *expression, uint32_t where) {
    if (!expression) return NULL;
    expression->at = where;
    expression->end = p->previous_end;
    expression->flags |= HAS_PARENTHESES;
    return expression;
}

uint32_t like_operator(const struct token *token) {
    if (str_is_name(token->text, "glob")) return OPERATOR_GLOB;
    if (str_is_name(token->text, "regexp")) return OPERATOR_REGEXP;
    if (str_is_name(token->text, "match")) return OPERATOR_MATCH;
    return OPERATOR_LIKE;
}

struct node *window_name(struct node *window, struct node *name) {
    if (!window) return NULL;
    window->child[WINDOW_NAME] = name;
    return window;
}

struct node *frame_finish(struct parse *p, uint32_t kind, uint32_t exclude, struct node *start, struct node *end) {
    /* the order in which two bounds may stand, as SQLite has it */
    static const char *const message = "unsupported frame specification";
    if (start && start->flags == BOUND_UNBOUNDED_FOLLOWING) report_error(p, start->at, "%s", message);
    uint32_t last = end ? end->flags : BOUND_CURRENT_ROW;
    if (start && (last == BOUND_UNBOUNDED_PRECEDING || (start->flags == BOUND_CURRENT_ROW && last == BOUND_PRECEDING) ||
                  (start->flags == BOUND_FOLLOWING && (last == BOUND_PRECEDING || last == BOUND_CURRENT_ROW))))
        report_error(p, start->at, "%s", message);
    return MAKE(FRAME, at(start), kind | exclude, start, end);
}

struct node *type_finish(struct parse *p, struct node *type) {
    if (!type) return NULL;
    type->end = p->previous_end;
    type->text = str_slice(p->text, type->at, type->end);
    return type;
}

struct node *table_finish(struct parse *p, struct node *body, uint32_t where, uint32_t flags, struct node *schema,
                          struct node *name) {
    if (!body) return NULL;
    body->at = where;
    body->flags |= flags;
    body->child[CREATE_TABLE_TABLE] = make_table(p, schema, name, NULL, NULL);
    return body;
}

uint32_t table_option_flag(struct parse *p, const struct node *name, bool without) {
    if (!name) return 0;
    bool bare = NODE_CHOICE(name) == NAME_BARE;
    if (bare && without && str_is_name(name->text, "rowid")) return WITHOUT_ROWID;
    if (bare && !without && str_is_name(name->text, "strict")) return STRICT;
    report_error(p, name->at, "unknown table option: %.*s", STR(name->text));
    return 0;
}

struct node *part(struct parse *p, struct node *parts, uint32_t slot, struct node *value, const char *word) {
    if (!parts || !value) return parts;
    if (parts->child[slot]) report_error(p, value->at, "%s is given twice", word);
    parts->child[slot] = value;
    if (value->height >= parts->height) parts->height = value->height + 1;
    return parts;
}

struct node *login_disabled(struct parse *p, struct node *parts, uint32_t where) {
    if (parts && parts->flags & LOGIN_DISABLED) report_error(p, where, "DISABLED is given twice");
    if (parts) parts->flags |= LOGIN_DISABLED;
    return parts;
}

struct node *login_finish(struct parse *p, struct node *parts, uint32_t where, uint32_t flags, struct node *name,
                          struct node *level) {
    if (!parts) return NULL;
    parts->at = where;
    parts->end = p->previous_end;
    parts->flags |= flags;
    parts->child[DEFINE_LOGIN_NAME] = name;
    parts->child[DEFINE_LOGIN_LEVEL] = level;
    bool has_password = parts->child[DEFINE_LOGIN_PASSWORD] != NULL;
    bool has_hash = parts->child[DEFINE_LOGIN_PASSHASH] != NULL;
    bool has_certificate = parts->child[DEFINE_LOGIN_CERTIFICATE] != NULL;
    if (!p->stored && (has_password ? has_hash : !has_hash && !has_certificate))
        report_error(p, where, "a login needs either PASSWORD or PASSHASH, or a CERTIFICATE");
    return parts;
}

struct node *token_finish(struct parse *p, struct node *parts, uint32_t where, uint32_t flags, struct node *name,
                          struct node *level, struct node *type) {
    if (!parts) return NULL;
    parts->at = where;
    parts->end = p->previous_end;
    parts->flags = flags;
    parts->child[DEFINE_TOKEN_NAME] = name;
    parts->child[DEFINE_TOKEN_LEVEL] = level;
    parts->child[DEFINE_TOKEN_TYPE] = type;
    if (!p->stored && !parts->child[DEFINE_TOKEN_VALUE]) report_error(p, p->previous_end, "a token needs a VALUE");
    return parts;
}

struct node *scope_finish(struct parse *p, struct node *parts, uint32_t where, uint32_t flags, struct node *name) {
    if (!parts) return NULL;
    parts->at = where;
    parts->end = p->previous_end;
    parts->flags = flags;
    parts->child[DEFINE_SCOPE_NAME] = name;
    return parts;
}

struct node *full_word(struct parse *p, const struct token *token) {
    if (!str_is_name(token->text, "full"))
        report_error(p, token->at, "unexpected \"%.*s\"; expected NONE, FULL, WHERE or FOR", STR(token->text));
    return make_name(p, token);
}

struct node *permissions_all(struct parse *p, uint32_t where, uint32_t kind, struct node *predicate) {
    uint32_t bits = 0;
    for (int operation = 0; operation < OPERATION_COUNT; operation++) bits |= PERMISSION_BIT(operation);
    return make_list(p, NULL, MAKE(PERMISSION, where, kind | bits, predicate));
}

struct node *permission_add(struct parse *p, struct node *list, struct node *permission) {
    static const char *const words[OPERATION_COUNT] = {"select", "create", "update", "delete"};
    for (uint32_t i = 0; list && permission && i < list->count; i++)
        for (int operation = 0; operation < OPERATION_COUNT; operation++)
            if (list->child[i]->flags & permission->flags & PERMISSION_BIT(operation))
                report_error(p, permission->at, "%s is given twice", words[operation]);
    return make_list(p, list, permission);
}

/* Puts a child that has grown into its place, and lets the list know how high it is now. */
static void set_last(struct node *list, uint32_t slot, struct node *child) {
    struct node *last = list->child[list->count - 1];
    last->child[slot] = child;
    if (child && child->height >= last->height) last->height = child->height + 1;
    if (last->height >= list->height) list->height = last->height + 1;
}

void role_permission(struct parse *p, struct node *list, uint32_t slot, struct node *permission) {
    if (!list || !permission) return;
    set_last(list, slot, permission_add(p, list->child[list->count - 1]->child[slot], permission));
}

void role_fields(struct parse *p, struct node *tables, uint32_t where, struct node *fields) {
    if (!tables) return;
    if (tables->child[tables->count - 1]->child[ROLE_TABLE_FIELDS]) report_error(p, where, "FIELDS is given twice");
    set_last(tables, ROLE_TABLE_FIELDS, fields);
}

void parse_add_statement(struct parse *p, struct node *statement, uint32_t end) {
    if (p->failed || !statement) return;
    struct script *script = &p->script;
    if (script->count == LIMIT_STATEMENTS) {
        report_limit(p, statement->at, "too many statements in one request");
        return;
    }
    struct statement *statements = need(p, arena_grow(p->arena, script->statements, script->count, sizeof *statements));
    if (!statements) return;
    script->statements = statements;
    struct str text = str_trim(str_slice(p->text, statement->at, end));
    script->statements[script->count++] = (struct statement){.node = statement,
                                                             .at = statement->at,
                                                             .end = statement->at + (uint32_t)text.length,
                                                             .depth = p->depth,
                                                             .reserved_at = p->reserved_at};
    p->reserved_at = NOWHERE;
    p->depth = 0;
    p->windows = 0;
}
