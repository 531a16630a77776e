/*
 * What the outermost SELECT says of its guards: where that is enough to keep the order of rows from telling
 * (rewrite_guard.c), they need to do nothing for it.
 *
 * 1. The only table of its FROM is scanned alone: SQLite makes no automatic index for the outermost loop.
 * 2. A column that is surely read, in the result list or in a condition, is one that an index on another field does not
 *    cover, so that such an index is not scanned.
 * 3. Where a field is compared with nothing, its affinity is of no matter.
 */
#include "sql/rewrite_private.h"

static bool is_of(const struct node *node, const struct source *source) {
    return node && node->kind == NODE_COLUMN && node->source == source;
}

/* --- affinity --- */

static bool passes_affinity_on(const struct node *call) {
    struct str name = call->child[FUNCTION_NAME]->text;
    return str_is_name(name, "likely") || str_is_name(name, "unlikely") || str_is_name(name, "likelihood");
}

/* What becomes of an operand's affinity in a node whose own affinity matters, or does not. */
static bool operand_matters(const struct node *node, bool matters) {
    switch (node->kind) {
    case NODE_BINARY:
        return NODE_CHOICE(node) >= OPERATOR_IS && NODE_CHOICE(node) <= OPERATOR_GREATER_EQUAL;
    case NODE_UNARY:
        return matters && NODE_CHOICE(node) == OPERATOR_PLUS;
    case NODE_FUNCTION:
        return passes_affinity_on(node) && matters;
    case NODE_LIKE:
    case NODE_IS_NULL:
        return false;
    case NODE_LIST:
    case NODE_RESULT:
    case NODE_TERM:
    case NODE_COLLATE:
        return matters;
    default:
        return true;
    }
}

/* A field that is hidden row by row; or it may be one: a name of which it is not known what it means may be that of a
 * result. */
static bool may_be_masked(const struct rewrite *w, const struct node *column, const struct source *source) {
    if (!column->source) return true;
    const struct column_schema *field =
        is_of(column, source) ? schema_find_column(source->table, column->child[COLUMN_NAME]->text) : NULL;
    return field && policy_field_rule(w->policy, field, OPERATION_SELECT).kind == RULE_WHERE;
}

/* Whether the affinity of one of a source's masked fields may make a difference to an expression. */
static bool affinity_matters(const struct rewrite *w, const struct node *node, const struct source *source,
                             bool matters) {
    if (!node) return false;
    if (node->kind == NODE_COLUMN) return matters && may_be_masked(w, node, source);
    bool of_operand = operand_matters(node, matters);
    for (uint32_t i = 0; i < node->count; i++)
        if (affinity_matters(w, node->child[i], source, of_operand)) return true;
    return false;
}

/* --- what is surely read --- */

static void note_column(struct rewrite *w, struct guard *guard, const struct node *node, const struct source *source) {
    if (!is_of(node, source)) return;
    const struct column_schema *column = schema_find_column(guard->table, node->child[COLUMN_NAME]->text);
    if (!column || !rewrite_is_fetched(guard->table, column)) return;
    enum rule_kind rule = policy_field_rule(w->policy, column, OPERATION_SELECT).kind;
    if (rule == RULE_FULL) guard->reads_shown = true;
    if (rule == RULE_WHERE && column->indexed == INDEXED_NOT) guard->reads_masked = true;
}

static void note_star(struct guard *guard, const struct node *star, const struct source *source) {
    if (star->child[STAR_TABLE] && !str_same_name(star->child[STAR_TABLE]->text, source->name)) return;
    guard->reads_shown = true; /* whatever is shown, if anything is */
}

/* SQLite leaves out no comparison that AND joins to others, unless it leaves out all rows. */
static void note_condition(struct rewrite *w, struct guard *guard, const struct node *node,
                           const struct source *source) {
    if (!node) return;
    if (node->kind == NODE_BINARY && NODE_CHOICE(node) == OPERATOR_AND) {
        note_condition(w, guard, node->child[BINARY_LEFT], source);
        note_condition(w, guard, node->child[BINARY_RIGHT], source);
    } else if (node->kind == NODE_BINARY && NODE_CHOICE(node) >= OPERATOR_EQUAL &&
               NODE_CHOICE(node) <= OPERATOR_GREATER_EQUAL) {
        note_column(w, guard, node->child[BINARY_LEFT], source);
        note_column(w, guard, node->child[BINARY_RIGHT], source);
    } else if (node->kind == NODE_LIKE) {
        note_column(w, guard, node->child[LIKE_LEFT], source);
    }
}

static void note_guard(struct rewrite *w, const struct node *select, const struct node *core,
                       const struct source *source) {
    struct guard *guard = source->guard;
    bool is_compound = select->child[SELECT_ARMS]->count > 1;
    const struct node *results = core->child[CORE_COLUMNS];
    guard->is_alone = core->child[CORE_FROM]->count == 1;
    guard->needs_affinity = is_compound || affinity_matters(w, select->child[SELECT_ORDER], source, false);
    for (uint32_t i = 0; i < core->count; i++)
        guard->needs_affinity =
            guard->needs_affinity || (i != CORE_FROM && affinity_matters(w, core->child[i], source, false));
    for (uint32_t i = 0; i < results->count; i++) {
        const struct node *result = results->child[i];
        if (result->kind == NODE_STAR)
            note_star(guard, result, source);
        else
            note_column(w, guard, result->child[RESULT_EXPRESSION], source);
    }
    note_condition(w, guard, core->child[CORE_WHERE], source);
}

void rewrite_note_outermost(struct rewrite *w, const struct node *select) {
    const struct node *arms = select->child[SELECT_ARMS];
    for (uint32_t i = 0; i < arms->count; i++) {
        const struct node *core = arms->child[i], *from = core->kind == NODE_CORE ? core->child[CORE_FROM] : NULL;
        for (uint32_t j = 0; from && j < from->count; j++) {
            const struct node *item = from->child[j]->child[JOIN_SOURCE];
            if (item->kind == NODE_TABLE && item->source && item->source->guard && item->source->guard->references == 1)
                note_guard(w, select, core, item->source);
        }
    }
}
