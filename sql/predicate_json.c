/*
 * Predicates that cannot fail on a row whose text is no JSON. An error there would be a message about a row that may be
 * hidden, and a user's own condition, asked first, would choose which. So what is read as JSON is read only where it
 * is:
 *
 *     json_extract(meta, '$.owner')   becomes   json_extract(CASE WHEN json_valid(meta) THEN meta END, '$.owner')
 *
 * which is NULL where it is not. The argument is shared by both places.
 */
#include "sql/predicate_json.h"

#include "sql/make.h"

/* Their first argument is read as JSON. */
static bool reads_json(struct str function) {
    static const char *const names[] = {"json",        "json_array_length", "json_each", "json_extract", "json_insert",
                                        "json_remove", "json_replace",      "json_set",  "json_tree",    "json_type"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is_name(function, names[i])) return true;
    return false;
}

static void guard(struct arena *arena, struct node **place) {
    struct node *json = *place;
    if (json && json->kind != NODE_NULL_VALUE)
        *place = make_case_of(arena, make_call_of(arena, LITERAL("json_valid"), json), json, NULL);
}

static void guard_first(struct arena *arena, struct node *name, struct node *arguments) {
    if (arguments && arguments->count && reads_json(name->text)) guard(arena, &arguments->child[0]);
}

void predicate_guard_json(struct arena *arena, struct node *node) {
    if (!node) return;
    for (uint32_t i = 0; i < node->count; i++) predicate_guard_json(arena, node->child[i]);
    if (node->kind == NODE_FUNCTION) guard_first(arena, node->child[FUNCTION_NAME], node->child[FUNCTION_ARGUMENTS]);
    if (node->kind == NODE_TABLE_FUNCTION)
        guard_first(arena, node->child[TABLE_FUNCTION_NAME], node->child[TABLE_FUNCTION_ARGUMENTS]);
    bool is_arrow =
        node->kind == NODE_BINARY && (NODE_CHOICE(node) == OPERATOR_JSON || NODE_CHOICE(node) == OPERATOR_JSON_TEXT);
    if (is_arrow) guard(arena, &node->child[BINARY_LEFT]);
}
