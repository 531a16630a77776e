/* The message of a syntax error: what stands there, and what could have stood there instead. */
#include "sql/build.h"

#include "base/buf.h"
#include "sql_grammar.h"

static const struct {
    int kind;
    const char *text;
} signs[] = {
    {TK_SEMI, "\";\""},
    {TK_LP, "\"(\""},
    {TK_RP, "\")\""},
    {TK_COMMA, "\",\""},
    {TK_DOT, "\".\""},
    {TK_EQ, "\"=\""},
    {TK_STAR, "\"*\""},
    {TK_ID, "a name"},
    {TK_STRING, "a string"},
    {TK_INTEGER, "a number"},
    {TK_DURATION, "a duration"},
};

static const char *token_text(int kind) {
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (signs[i].kind == kind) return signs[i].text;
    /* the words that stand for a whole class of keywords */
    if (kind == TK_JOIN_KW || kind == TK_LIKE_KW || kind == TK_CTIME_KW) return NULL;
#define KEYWORD(word, token)                                                                                           \
    if (kind == TK_##token) return word;
#include "sql/keywords.def"
#undef KEYWORD
    return NULL;
}

/* Tokens that mean no more than "an expression may begin here" or "an operator may stand here". */
static bool begins_expression(int kind) {
    return kind == TK_FLOAT || kind == TK_BLOB || kind == TK_VARIABLE || kind == TK_NULL || kind == TK_CASE ||
           kind == TK_CAST || kind == TK_EXISTS || kind == TK_NOT || kind == TK_PLUS || kind == TK_MINUS ||
           kind == TK_BITNOT || kind == TK_RAISE || kind == TK_CTIME_KW || kind == TK_INTEGER || kind == TK_STRING ||
           kind == TK_ID || kind == TK_INDEXED || kind == TK_LP || kind == TK_JOIN_KW;
}

static bool is_operator(int kind) {
    switch (kind) {
    case TK_OR:
    case TK_AND:
    case TK_IS:
    case TK_MATCH:
    case TK_LIKE_KW:
    case TK_BETWEEN:
    case TK_IN:
    case TK_ISNULL:
    case TK_NOTNULL:
    case TK_NE:
    case TK_EQ:
    case TK_GT:
    case TK_LE:
    case TK_LT:
    case TK_GE:
    case TK_BITAND:
    case TK_BITOR:
    case TK_LSHIFT:
    case TK_RSHIFT:
    case TK_PLUS:
    case TK_MINUS:
    case TK_STAR:
    case TK_SLASH:
    case TK_REM:
    case TK_CONCAT:
    case TK_PTR:
    case TK_COLLATE:
    case TK_NOT:
        return true;
    default:
        return false;
    }
}

static void add_choice(struct buf *out, int *count, const char *text) {
    if (*count > 0) buf_add_text(out, ", ");
    if (*count == 12) buf_add_text(out, "…");
    if (*count < 12) buf_add_text(out, text);
    ++*count;
}

void report_unexpected(struct parse *p, const struct token *token, const bool *expected, int count) {
    if (p->failed) return;
    struct buf out;
    buf_init(&out, 400);
    if (token->kind == TOKEN_END || token->at >= p->text.length)
        buf_add_text(&out, "unexpected end");
    else
        buf_format(&out, "unexpected \"%.*s\"", STR(str_cut(token->text, 40)));
    bool expression = expected[TK_FLOAT] && expected[TK_CASE] && expected[TK_LP];
    bool operators = expected[TK_OR] && expected[TK_CONCAT];
    int choices = 0;
    size_t before = out.length;
    buf_add_text(&out, "; expected ");
    if (expression) add_choice(&out, &choices, "an expression");
    if (operators) add_choice(&out, &choices, "an operator");
    for (int kind = 1; kind < count && choices < 13; kind++) {
        if (kind == TK_INDEXED && expected[TK_ID]) continue; /* a keyword that may be a name */
        if (!expected[kind] || (expression && begins_expression(kind)) || (operators && is_operator(kind))) continue;
        const char *text = token_text(kind);
        if (text) add_choice(&out, &choices, text);
    }
    if (choices == 0) out.length = before;
    struct str message = buf_str(&out);
    report_error(p, token->at, "%.*s", STR(message));
    buf_done(&out);
}
