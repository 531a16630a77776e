/*
 * Expressions. SQLite's tree keeps no parentheses, so it does not matter where they stand but that each operand is the
 * operand it was: an operand that binds less tightly than its place needs is parenthesised. Operators of one precedence
 * group to the left, so a chain of them has none.
 */
#include "sql/lexer.h"
#include "sql/lift.h"
#include "sql/print_private.h"

static const struct {
    const char *text;
    enum precedence binds;
} operators[] = {
    [OPERATOR_OR] = {"OR", BINDS_OR},
    [OPERATOR_AND] = {"AND", BINDS_AND},
    [OPERATOR_NOT] = {"NOT ", BINDS_NOT},
    [OPERATOR_IS] = {"IS", BINDS_EQUAL},
    [OPERATOR_IS_NOT] = {"IS NOT", BINDS_EQUAL},
    [OPERATOR_IS_DISTINCT] = {"IS DISTINCT FROM", BINDS_EQUAL},
    [OPERATOR_IS_NOT_DISTINCT] = {"IS NOT DISTINCT FROM", BINDS_EQUAL},
    [OPERATOR_EQUAL] = {"=", BINDS_EQUAL},
    [OPERATOR_NOT_EQUAL] = {"<>", BINDS_EQUAL},
    [OPERATOR_LESS] = {"<", BINDS_LESS},
    [OPERATOR_LESS_EQUAL] = {"<=", BINDS_LESS},
    [OPERATOR_GREATER] = {">", BINDS_LESS},
    [OPERATOR_GREATER_EQUAL] = {">=", BINDS_LESS},
    [OPERATOR_BIT_AND] = {"&", BINDS_BITS},
    [OPERATOR_BIT_OR] = {"|", BINDS_BITS},
    [OPERATOR_SHIFT_LEFT] = {"<<", BINDS_BITS},
    [OPERATOR_SHIFT_RIGHT] = {">>", BINDS_BITS},
    [OPERATOR_ADD] = {"+", BINDS_SUM},
    [OPERATOR_SUBTRACT] = {"-", BINDS_SUM},
    [OPERATOR_MULTIPLY] = {"*", BINDS_PRODUCT},
    [OPERATOR_DIVIDE] = {"/", BINDS_PRODUCT},
    [OPERATOR_REMAINDER] = {"%", BINDS_PRODUCT},
    [OPERATOR_CONCATENATE] = {"||", BINDS_CONCATENATE},
    [OPERATOR_JSON] = {"->", BINDS_CONCATENATE},
    [OPERATOR_JSON_TEXT] = {"->>", BINDS_CONCATENATE},
    [OPERATOR_MINUS] = {"-", BINDS_SIGN},
    [OPERATOR_PLUS] = {"+", BINDS_SIGN},
    [OPERATOR_BIT_NOT] = {"~", BINDS_SIGN},
    [OPERATOR_LIKE] = {"LIKE", BINDS_EQUAL},
    [OPERATOR_GLOB] = {"GLOB", BINDS_EQUAL},
    [OPERATOR_REGEXP] = {"REGEXP", BINDS_EQUAL},
    [OPERATOR_MATCH] = {"MATCH", BINDS_EQUAL},
};

static bool is_signed_number(const struct node *node) {
    return (node->kind == NODE_INTEGER || node->kind == NODE_REAL) && node->text.length > 0 &&
           (node->text.text[0] == '-' || node->text.text[0] == '+');
}

static enum precedence binds(const struct node *node) {
    if (node->kind == NODE_UNARY || node->kind == NODE_BINARY) return operators[NODE_CHOICE(node)].binds;
    if (node->kind == NODE_LIKE || node->kind == NODE_IS_NULL || node->kind == NODE_BETWEEN ||
        node->kind == NODE_IN_LIST || node->kind == NODE_IN_SELECT || node->kind == NODE_IN_TABLE)
        return BINDS_EQUAL;
    if (node->kind == NODE_COLLATE) return BINDS_COLLATE;
    return is_signed_number(node) ? BINDS_SIGN : BINDS_WHOLE;
}

static bool is_bound(const struct printer *p, const struct node *node) {
    return node->kind == NODE_VARIABLE || (p->variables && p->variables->number && lift_number(node));
}

static void print_variable(struct printer *p, const struct node *node) {
    if (p->variables && p->variables->number) {
        buf_add_char(p->out, '?');
        buf_add_int64(p->out, p->variables->number(p->variables->context, node));
    } else {
        buf_add_char(p->out, (char)NODE_CHOICE(node));
        buf_add_str(p->out, node->text);
    }
}

/* A lone bare true or false means the number unless a column is called so; quoted it would be the column alone. */
static bool is_bare_truth(const struct node *column) {
    const struct node *name = column->child[COLUMN_NAME];
    return !column->child[COLUMN_TABLE] && NODE_CHOICE(name) == NAME_BARE &&
           (str_is_name(name->text, "true") || str_is_name(name->text, "false"));
}

static void print_column(struct printer *p, const struct node *node) {
    if (is_bare_truth(node)) {
        bool parentheses = node->flags & HAS_PARENTHESES; /* part of its name as a result */
        buf_format(p->out, parentheses ? "(%.*s)" : "%.*s", STR(node->child[COLUMN_NAME]->text));
        return;
    }
    for (int slot = COLUMN_SCHEMA; slot <= COLUMN_NAME; slot++) {
        if (!node->child[slot]) continue;
        print_quoted_name(p, node->child[slot]);
        if (slot != COLUMN_NAME) buf_add_char(p->out, '.');
    }
}

static bool is_plain_word(struct str name) {
    for (size_t i = 0; i < name.length; i++) {
        char c = name.text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) return false;
    }
    return name.length > 0 && !lexer_is_keyword(name);
}

static void print_function(struct printer *p, const struct node *node) {
    struct str name = node->child[FUNCTION_NAME]->text;
    if (is_plain_word(name))
        buf_add_str(p->out, name);
    else
        print_name(p->out, name);
    buf_add_char(p->out, '(');
    if (node->flags & DISTINCT) buf_add_text(p->out, "DISTINCT ");
    if (node->flags & ALL) buf_add_text(p->out, "ALL ");
    if (node->flags & STAR_ARGUMENT)
        buf_add_char(p->out, '*');
    else
        print_part(p, node->child[FUNCTION_ARGUMENTS]);
    buf_add_char(p->out, ')');
    if (node->child[FUNCTION_FILTER]) {
        buf_add_text(p->out, " FILTER (WHERE ");
        print_part(p, node->child[FUNCTION_FILTER]);
        buf_add_char(p->out, ')');
    }
    print_clause(p, "OVER", node->child[FUNCTION_OVER]);
}

static void print_unary(struct printer *p, const struct node *node) {
    const struct node *operand = node->child[UNARY_OPERAND];
    buf_add_text(p->out, operators[NODE_CHOICE(node)].text);
    /* `--` would begin a comment */
    if (binds(operand) == BINDS_SIGN && binds(node) == BINDS_SIGN) buf_add_char(p->out, ' ');
    print_expression(p, operand, binds(node));
}

static void print_binary(struct printer *p, const struct node *node) {
    print_expression(p, node->child[BINARY_LEFT], binds(node));
    buf_format(p->out, " %s ", operators[NODE_CHOICE(node)].text);
    print_expression(p, node->child[BINARY_RIGHT], binds(node) + 1);
}

static void print_like(struct printer *p, const struct node *node) {
    const struct node *escape = node->child[LIKE_ESCAPE];
    enum precedence least = escape ? BINDS_ESCAPE + 1 : BINDS_EQUAL + 1;
    print_expression(p, node->child[LIKE_LEFT], BINDS_EQUAL);
    buf_format(p->out, " %s%s ", node->flags & NEGATED ? "NOT " : "", operators[NODE_CHOICE(node)].text);
    print_expression(p, node->child[LIKE_PATTERN], least);
    if (!escape) return;
    buf_add_text(p->out, " ESCAPE ");
    print_expression(p, escape, least);
}

static void print_between(struct printer *p, const struct node *node) {
    print_expression(p, node->child[BETWEEN_OPERAND], BINDS_EQUAL);
    buf_add_text(p->out, node->flags & NEGATED ? " NOT BETWEEN " : " BETWEEN ");
    print_expression(p, node->child[BETWEEN_LOW], BINDS_EQUAL + 1);
    buf_add_text(p->out, " AND ");
    print_expression(p, node->child[BETWEEN_HIGH], BINDS_EQUAL + 1);
}

/* The three forms of IN: what follows the word stands in the second slot of each. */
static void print_in(struct printer *p, const struct node *node) {
    print_expression(p, node->child[IN_LIST_OPERAND], BINDS_EQUAL);
    buf_add_text(p->out, node->flags & NEGATED ? " NOT IN " : " IN ");
    if (node->kind != NODE_IN_TABLE) buf_add_char(p->out, '(');
    print_part(p, node->child[IN_LIST_ITEMS]);
    if (node->kind != NODE_IN_TABLE) buf_add_char(p->out, ')');
}

static void print_case(struct printer *p, const struct node *node) {
    buf_add_text(p->out, "CASE");
    if (node->child[CASE_OPERAND]) buf_add_char(p->out, ' ');
    print_part(p, node->child[CASE_OPERAND]);
    const struct node *whens = node->child[CASE_WHENS];
    for (uint32_t i = 0; i < whens->count; i++) print_part(p, whens->child[i]);
    print_clause(p, "ELSE", node->child[CASE_ELSE]);
    buf_add_text(p->out, " END");
}

static void print_raise(struct printer *p, const struct node *node) {
    static const char *const words[] = {
        [CONFLICT_NONE] = "",     [CONFLICT_ROLLBACK] = "ROLLBACK", [CONFLICT_ABORT] = "ABORT",
        [CONFLICT_FAIL] = "FAIL", [CONFLICT_IGNORE] = "IGNORE",     [CONFLICT_REPLACE] = ""};
    buf_format(p->out, "RAISE(%s", words[NODE_CHOICE(node)]);
    if (node->child[RAISE_MESSAGE]) {
        buf_add_text(p->out, ", ");
        print_string(p->out, node->child[RAISE_MESSAGE]->text);
    }
    buf_add_char(p->out, ')');
}

static void print_plain(struct printer *p, const struct node *node) {
    struct buf *out = p->out;
    if (is_bound(p, node))
        print_variable(p, node);
    else if (node->kind == NODE_LIKE)
        print_like(p, node);
    else if (node->kind == NODE_UNARY)
        print_unary(p, node);
    else if (node->kind == NODE_BINARY)
        print_binary(p, node);
    else if (node->kind == NODE_BETWEEN)
        print_between(p, node);
    else if (node->kind == NODE_FUNCTION)
        print_function(p, node);
    else if (node->kind == NODE_COLUMN)
        print_column(p, node);
    else if (node->kind == NODE_CASE)
        print_case(p, node);
    else if (node->kind == NODE_RAISE)
        print_raise(p, node);
    else if (node->kind == NODE_STRING)
        print_string(out, node->text);
    else if (node->kind == NODE_NULL_VALUE)
        buf_add_text(out, "NULL");
    else if (node->kind == NODE_BLOB) {
        buf_add_text(out, "x'");
        buf_add_str(out, node->text);
        buf_add_char(out, '\'');
    } else if (node->kind == NODE_IN_LIST || node->kind == NODE_IN_SELECT || node->kind == NODE_IN_TABLE) {
        print_in(p, node);
    } else if (node->kind == NODE_IS_NULL) {
        print_expression(p, node->child[IS_NULL_OPERAND], BINDS_EQUAL);
        buf_add_text(out, node->flags & NEGATED ? " NOTNULL" : " ISNULL");
    } else if (node->kind == NODE_COLLATE) {
        print_expression(p, node->child[COLLATE_OPERAND], BINDS_COLLATE);
        print_clause(p, "COLLATE", node->child[COLLATE_NAME]);
    } else if (node->kind == NODE_EXISTS || node->kind == NODE_SUBQUERY) {
        buf_add_text(out, node->kind == NODE_EXISTS ? "EXISTS (" : "(");
        print_part(p, node->child[SUBQUERY_SELECT]);
        buf_add_char(out, ')');
    } else if (node->kind == NODE_ROW) {
        print_parenthesised_list(p, node);
    } else if (node->kind == NODE_CAST) {
        buf_add_text(out, "CAST(");
        print_part(p, node->child[CAST_OPERAND]);
        buf_add_text(out, " AS ");
        print_part(p, node->child[CAST_TYPE]);
        buf_add_char(out, ')');
    } else if (node->kind == NODE_WHEN) {
        print_clause(p, "WHEN", node->child[WHEN_CONDITION]);
        print_clause(p, "THEN", node->child[WHEN_RESULT]);
    } else {
        buf_add_str(out, node->text); /* INTEGER, REAL, CURRENT, TYPE: as written */
    }
}

void print_expression(struct printer *p, const struct node *node, enum precedence least) {
    bool parentheses = binds(node) < least;
    if (parentheses) buf_add_char(p->out, '(');
    print_plain(p, node);
    if (parentheses) buf_add_char(p->out, ')');
}
