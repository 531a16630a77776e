#include "sql/leakproof.h"

#include "sql/limits.h"

enum function_kind leakproof_function(struct str name) {
    static const struct {
        const char *name;
        bool may_fail;
    } functions[] = {
#define FUNCTION(name, may_fail) {name, may_fail},
#include "sql/leakproof.def"
#undef FUNCTION
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (str_is_name(name, functions[i].name)) return functions[i].may_fail ? FUNCTION_MAY_FAIL : FUNCTION_SAFE;
    return FUNCTION_UNKNOWN;
}

bool leakproof_is_auxiliary(struct str name) {
    return str_is_name(name, "bm25") || str_is_name(name, "highlight") || str_is_name(name, "snippet");
}

/* A pattern that is the same for every row and not too long: of a literal that is seen here, of a variable when it is
 * bound (plan_parameter.is_pattern). */
static bool is_safe_pattern(const struct node *node) {
    return node->kind == NODE_VARIABLE || (node->kind == NODE_STRING && node->text.length <= LIMIT_PATTERN);
}

/* A count that cannot be anything but an integer. */
static bool is_safe_count(const struct node *node) {
    if (!node) return true;
    if (node->kind == NODE_UNARY && NODE_CHOICE(node) == OPERATOR_MINUS) node = node->child[UNARY_OPERAND];
    return node->kind == NODE_INTEGER;
}

static bool like_may_fail(const struct node *node) {
    enum node_operator operator= NODE_CHOICE(node);
    if (operator!= OPERATOR_LIKE && operator!= OPERATOR_GLOB) return true;
    /* ESCAPE must be one character: a constant that is not fails at the first row, whichever that is */
    const struct node *escape = node->child[LIKE_ESCAPE];
    if (escape && (escape->kind != NODE_STRING || escape->text.length != 1)) return true;
    return !is_safe_pattern(node->child[LIKE_PATTERN]);
}

bool leakproof_may_fail(const struct node *node) {
    switch (node->kind) {
    case NODE_FUNCTION:
        return leakproof_function(node->child[FUNCTION_NAME]->text) != FUNCTION_SAFE;
    case NODE_BINARY:
        return NODE_CHOICE(node) == OPERATOR_CONCATENATE || NODE_CHOICE(node) == OPERATOR_JSON ||
               NODE_CHOICE(node) == OPERATOR_JSON_TEXT;
    case NODE_LIKE:
        return like_may_fail(node);
    case NODE_TABLE_FUNCTION:
        return true;
    case NODE_SELECT:
        return !is_safe_count(node->child[SELECT_LIMIT]) || !is_safe_count(node->child[SELECT_OFFSET]);
    case NODE_BOUND:
        return !is_safe_count(node->child[BOUND_EXPRESSION]);
    default:
        return false;
    }
}

bool leakproof_any_may_fail(const struct node *node) {
    return node_any(node, leakproof_may_fail);
}

bool leakproof_is_aggregate(const struct node *call) {
    static const char *const names[] = {
        "count", "sum", "total", "avg", "group_concat", "json_group_array", "json_group_object"};
    struct str name = call->child[FUNCTION_NAME]->text;
    const struct node *arguments = call->child[FUNCTION_ARGUMENTS];
    if (call->child[FUNCTION_OVER]) return true;
    if ((str_is_name(name, "min") || str_is_name(name, "max")) && arguments && arguments->count == 1) return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is_name(name, names[i])) return true;
    return false;
}
