#include "sql/parse.h"

#include "sql/build.h"
#include "sql/limits.h"
#include "sql/literal_rows.h"
#include "sql_grammar.h"

#include <stdlib.h>

/* Made by Lemon from grammar.y. */
void *sql_grammarAlloc(void *(*allocate)(size_t), struct parse *p);
void sql_grammar(void *parser, int kind, struct token token);
void sql_grammarFree(void *parser, void (*release)(void *));
void sql_grammarExpected(void *parser, bool *ret_expected);
int sql_grammarTokenCount(void);
size_t sql_grammarDepth(const void *parser);

#define EXPECTED_MAX 400 /* more than there are tokens */

/* Where the tokens that are fed stand, as far as long lists of rows must know it. */
struct standing {
    int last;
    bool trigger; /* in CREATE TRIGGER: its body has semicolons of its own, and ends with END */
    bool create;
    bool inserts;  /* in an INSERT or REPLACE, before its VALUES or SELECT */
    uint32_t open; /* parentheses */
};

static void stand_behind(struct standing *standing, int kind) {
    int last = standing->last;
    standing->last = kind;
    if (kind == TK_SEMI && (!standing->trigger || last == TK_END)) {
        *standing = (struct standing){.last = TK_SEMI};
        return;
    }
    if (last == TK_SEMI && !standing->trigger) {
        standing->create = kind == TK_CREATE || kind == TK_EXPLAIN;
        standing->inserts = kind == TK_INSERT || kind == TK_REPLACE;
    }
    if (kind == TK_TRIGGER && standing->create) standing->trigger = true;
    if (kind == TK_SELECT || kind == TK_VALUES || kind == TK_DEFAULT) standing->inserts = false;
    if (kind == TK_LP) standing->open++;
    if (kind == TK_RP && standing->open > 0) standing->open--;
}

/* A VALUES becomes one token with its rows, where they may stay text. */
static void take_rows(struct parse *p, const struct standing *standing, struct lexer *lexer, struct token *token) {
    struct literal_rows rows;
    if (token->kind != TK_VALUES || !standing->inserts || standing->open > 0) return;
    if (!literal_rows_find(p->text, token->end, &rows)) return;
    token->kind = TK_LITERAL_ROWS;
    token->text = rows.text;
    token->end = (uint32_t)(rows.text.text + rows.text.length - p->text.text);
    *lexer = (struct lexer){.text = p->text, .at = token->end, .previous = TK_RP};
}

/* Feeds the tokens of p->text to the grammar, up to the one at `stop_at`. When a token cannot stand where it stands,
 * *ret_token is that token and p->syntax is set. */
static void feed(struct parse *p, void *parser, uint32_t stop_at, struct token *ret_token) {
    struct lexer lexer = {.text = p->text};
    struct token token;
    struct standing standing = {.last = TK_SEMI};
    do {
        token = lexer_next(&lexer);
        take_rows(p, &standing, &lexer, &token);
        *ret_token = token;
        if (token.at >= stop_at) return;
        if (token.kind == TOKEN_ILLEGAL) {
            if (token.text.text[0] == '\0')
                report_error(p, token.at, "the text holds a NUL byte");
            else
                report_error(p, token.at, "unrecognized token: \"%.*s\"", STR(str_cut(token.text, 60)));
            return;
        }
        if (token.kind == TOKEN_END && standing.last != TK_SEMI) {
            struct token semicolon = token;
            semicolon.kind = TK_SEMI;
            sql_grammar(parser, TK_SEMI, semicolon);
            if (p->failed) return;
        }
        sql_grammar(parser, token.kind, token);
        size_t depth = sql_grammarDepth(parser);
        if (depth > p->depth) p->depth = (uint32_t)depth;
        p->previous_end = token.end;
        stand_behind(&standing, token.kind);
    } while (token.kind != TOKEN_END && !p->failed);
}

/* Says what stands where it cannot and what could: parses once more, up to that token, so that the parser's stack is as
 * it was before the token made it reduce. */
static void explain_syntax(const struct parse *failed, const struct token *token) {
    bool expected[EXPECTED_MAX] = {false};
    struct parse p = {.arena = failed->arena, .text = failed->text, .reserved_at = NOWHERE};
    void *parser = sql_grammarAlloc(malloc, &p);
    if (parser) {
        struct token ignored;
        feed(&p, parser, token->at, &ignored);
        sql_grammarExpected(parser, expected);
        sql_grammarFree(parser, free);
    }
    p.failed = false;
    p.err = failed->err;
    report_unexpected(&p, token, expected, sql_grammarTokenCount());
}

static bool parse(struct arena *arena, struct str text, bool stored, struct script *ret_script, struct error *err) {
    if (text.length > LIMIT_TEXT) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement text is too long");
    struct parse p = {.arena = arena, .text = text, .err = err, .stored = stored, .reserved_at = NOWHERE};
    p.script.text = text;
    void *parser = sql_grammarAlloc(malloc, &p);
    if (!parser) return fail(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    struct token token;
    feed(&p, parser, UINT32_MAX, &token);
    sql_grammarFree(parser, free);
    if (p.syntax) explain_syntax(&p, &token);
    if (p.failed) return false;
    *ret_script = p.script;
    return true;
}

bool parse_script(struct arena *arena, struct str text, struct script *ret_script, struct error *err) {
    return parse(arena, text, false, ret_script, err);
}

struct node *parse_one(struct arena *arena, struct str text, struct error *err) {
    struct script script;
    if (!parse(arena, text, true, &script, err)) return NULL;
    if (script.count != 1) return fail_null(err, ERROR_PARSE, NOWHERE, "exactly one statement is expected");
    return script.statements[0].node;
}

uint32_t parse_resume_at(struct str text, uint32_t at) {
    struct lexer lexer = {.text = text, .at = 0};
    /* A trigger's body has semicolons of its own, and ends with END. */
    bool trigger = false, create = false, first = true;
    int previous = TK_SEMI;
    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_END) return (uint32_t)text.length;
        if (first) create = token.kind == TK_CREATE || token.kind == TK_EXPLAIN;
        if (create && token.kind == TK_TRIGGER) trigger = true;
        first = false;
        if (token.kind == TK_SEMI && (!trigger || previous == TK_END)) {
            if (token.at >= at) return token.end;
            trigger = create = false;
            first = true;
        }
        previous = token.kind;
    }
}
