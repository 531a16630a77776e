#include "sql/denied.h"

#include "sql/leakproof.h"

#include <string.h>

/* Names of one function. */
static const char *const synonyms[][2] = {
    {"substr", "substring"}, {"ceil", "ceiling"}, {"printf", "format"}, {"pow", "power"}, {"log", "log10"},
};

static const char *const names[] = {
#define FUNCTION(name, may_fail) name,
#include "sql/leakproof.def"
#undef FUNCTION
    "json_each",
    "json_tree",
};

#define NAME_COUNT (sizeof names / sizeof *names)

static bool denied[NAME_COUNT];

static bool are_synonyms(struct str a, struct str b) {
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++) {
        const char *one = synonyms[i][0], *other = synonyms[i][1];
        if ((str_is_name(a, one) && str_is_name(b, other)) || (str_is_name(a, other) && str_is_name(b, one)))
            return true;
    }
    return false;
}

static bool add(bool *set, struct str name, struct error *err) {
    bool found = false;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        bool is_it = str_is_name(name, names[i]);
        if (is_it) found = true;
        if (is_it || are_synonyms(name, str_of(names[i]))) set[i] = true;
    }
    return found || fail(err, ERROR_INVALID_VALUE, NOWHERE, "restricted principals have no function %.*s", STR(name));
}

bool denied_set_functions(struct str list, struct error *err) {
    bool set[NAME_COUNT] = {false};
    struct str name;
    if (!list.length) list = (struct str){0};
    while (str_next_item(&list, &name))
        if (!add(set, name, err)) return false;
    memcpy(denied, set, sizeof denied);
    return true;
}

static bool is_denied(struct str name) {
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (denied[i] && str_is_name(name, names[i])) return true;
    return false;
}

/* The name of the function that a node calls; empty where it calls none. */
static struct str function_of(const struct node *node) {
    enum node_operator operator= NODE_CHOICE(node);
    switch (node->kind) {
    case NODE_FUNCTION:
        return node->child[FUNCTION_NAME]->text;
    case NODE_TABLE_FUNCTION:
        return node->child[TABLE_FUNCTION_NAME]->text;
    case NODE_CURRENT:
        return node->text;
    case NODE_LIKE:
        if (operator== OPERATOR_LIKE) return LITERAL("like");
        return operator== OPERATOR_GLOB ? LITERAL("glob") : (struct str){0};
    case NODE_BINARY:
        if (operator== OPERATOR_JSON) return LITERAL("->");
        return operator== OPERATOR_JSON_TEXT ? LITERAL("->>") : (struct str){0};
    default: /* nothing else calls one */
        return (struct str){0};
    }
}

bool denied_is_call(const struct node *node, struct str *ret_name) {
    struct str name = function_of(node);
    if (!name.length || !is_denied(name)) return false;
    *ret_name = name;
    return true;
}
