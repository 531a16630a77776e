#include "sql/lift.h"

struct lift {
    const struct literals *literals;
    bool marks;
    struct lifts found;
};

static bool is_literal(const struct node *node) {
    return node->kind == NODE_INTEGER || node->kind == NODE_REAL || node->kind == NODE_STRING ||
           node->kind == NODE_BLOB;
}

unsigned lift_number(const struct node *node) {
    return is_literal(node) ? NODE_CHOICE(node) : 0;
}

/* A literal that may be bound, or a number with a minus. */
static void lift_value(struct lift *lift, struct node *node, bool even_flags) {
    if (node->kind == NODE_UNARY && NODE_CHOICE(node) == OPERATOR_MINUS) {
        node = node->child[UNARY_OPERAND];
        if (node->kind != NODE_INTEGER && node->kind != NODE_REAL) return;
    }
    if (!is_literal(node)) return;
    const struct literals *literals = lift->literals;
    for (size_t i = 0; i < literals->count; i++) {
        if (literals->items[i].at != node->at || literals->items[i].end != node->end) continue;
        lift->found.all |= (uint64_t)1 << i;
        lift->found.flags |= (uint64_t)even_flags << i;
        if (lift->marks) node->flags = (node->flags & ~0xffu) | (uint32_t)(i + 1);
    }
}

static void lift_values(struct lift *lift, struct node *list, bool even_flags) {
    for (uint32_t i = 0; list && i < list->count; i++) lift_value(lift, list->child[i], even_flags);
}

/* What a value is compared with for the sake of a row: not another value, nor true or false, which may be the number.
 */
static bool is_judged(const struct node *node) {
    switch (node->kind) {
    case NODE_COLUMN:
        return node->child[COLUMN_TABLE] || !(str_is_name(node->child[COLUMN_NAME]->text, "true") ||
                                              str_is_name(node->child[COLUMN_NAME]->text, "false"));
    case NODE_FUNCTION:
    case NODE_CAST:
    case NODE_COLLATE:
    case NODE_CASE:
    case NODE_SUBQUERY:
    case NODE_VARIABLE:
        return true;
    case NODE_BINARY:
        return NODE_CHOICE(node) >= OPERATOR_BIT_AND; /* what computes */
    default:
        return false;
    }
}

static bool is_comparison(const struct node *node) {
    switch ((enum node_operator)NODE_CHOICE(node)) {
    case OPERATOR_IS:
    case OPERATOR_IS_NOT:
    case OPERATOR_IS_DISTINCT:
    case OPERATOR_IS_NOT_DISTINCT:
    case OPERATOR_EQUAL:
    case OPERATOR_NOT_EQUAL:
    case OPERATOR_LESS:
    case OPERATOR_LESS_EQUAL:
    case OPERATOR_GREATER:
    case OPERATOR_GREATER_EQUAL:
        return true;
    default:
        return false;
    }
}

static void lift_select(struct lift *lift, struct node *select);

/* Whether the planner looks at what a column is compared with. */
static bool finds_few(const struct node *comparison) {
    return NODE_CHOICE(comparison) == OPERATOR_EQUAL || NODE_CHOICE(comparison) == OPERATOR_IS ||
           NODE_CHOICE(comparison) == OPERATOR_IS_NOT_DISTINCT;
}

static void lift_operands(struct lift *lift, struct node *left, struct node *right, bool even_flags) {
    struct node *operands[] = {left, right};
    for (int i = 0; i < 2; i++) {
        if (operands[i]->kind == NODE_SUBQUERY) lift_select(lift, operands[i]->child[SUBQUERY_SELECT]);
        if (is_judged(operands[1 - i])) lift_value(lift, operands[i], even_flags);
    }
}

/* a = 5, (a, b) > (5, 6) */
static void lift_comparison(struct lift *lift, const struct node *node) {
    struct node *left = node->child[BINARY_LEFT], *right = node->child[BINARY_RIGHT];
    bool even_flags = !finds_few(node);
    if (left->kind == NODE_ROW && right->kind == NODE_ROW && left->count == right->count)
        for (uint32_t i = 0; i < left->count; i++) lift_operands(lift, left->child[i], right->child[i], even_flags);
    else
        lift_operands(lift, left, right, even_flags);
}

static void lift_condition(struct lift *lift, struct node *node) {
    if (!node) return;
    struct node **child = node->child;
    if (node->kind == NODE_BINARY && (NODE_CHOICE(node) == OPERATOR_AND || NODE_CHOICE(node) == OPERATOR_OR)) {
        lift_condition(lift, child[BINARY_LEFT]);
        lift_condition(lift, child[BINARY_RIGHT]);
    } else if (node->kind == NODE_UNARY && NODE_CHOICE(node) == OPERATOR_NOT) {
        lift_condition(lift, child[UNARY_OPERAND]);
    } else if (node->kind == NODE_BINARY && is_comparison(node)) {
        lift_comparison(lift, node);
    } else if (node->kind == NODE_BETWEEN && is_judged(child[BETWEEN_OPERAND])) {
        lift_value(lift, child[BETWEEN_LOW], true);
        lift_value(lift, child[BETWEEN_HIGH], true);
    } else if (node->kind == NODE_IN_LIST && is_judged(child[IN_LIST_OPERAND])) {
        const struct node *items = child[IN_LIST_ITEMS];
        lift_values(lift, child[IN_LIST_ITEMS], items && items->count > 1);
    } else if (node->kind == NODE_IN_SELECT) {
        lift_select(lift, child[IN_SELECT_SELECT]);
    } else if (node->kind == NODE_EXISTS) {
        lift_select(lift, child[EXISTS_SELECT]);
    }
}

static void lift_from(struct lift *lift, struct node *from) {
    for (uint32_t i = 0; from && i < from->count; i++) {
        struct node *join = from->child[i], *source = join->child[JOIN_SOURCE];
        if (source->kind == NODE_DERIVED) lift_select(lift, source->child[DERIVED_SELECT]);
        if (source->kind == NODE_NESTED) lift_from(lift, source->child[NESTED_FROM]);
        lift_condition(lift, join->child[JOIN_ON]);
    }
}

static void lift_with(struct lift *lift, struct node *with) {
    struct node *ctes = with ? with->child[WITH_CTES] : NULL;
    for (uint32_t i = 0; ctes && i < ctes->count; i++) lift_select(lift, ctes->child[i]->child[CTE_SELECT]);
}

static void lift_offset(struct lift *lift, struct node *offset) {
    if (offset && offset->kind == NODE_INTEGER) lift_value(lift, offset, true);
}

static void lift_select(struct lift *lift, struct node *select) {
    lift_with(lift, select->child[SELECT_WITH]);
    struct node *arms = select->child[SELECT_ARMS];
    for (uint32_t i = 0; i < arms->count; i++) {
        struct node *arm = arms->child[i];
        if (arm->kind != NODE_CORE) continue; /* VALUES have no place where a literal is not a result */
        lift_from(lift, arm->child[CORE_FROM]);
        lift_condition(lift, arm->child[CORE_WHERE]);
        lift_condition(lift, arm->child[CORE_HAVING]);
    }
    lift_offset(lift, select->child[SELECT_OFFSET]);
}

/* a = 5, a = b + 5 */
static void lift_sets(struct lift *lift, struct node *sets) {
    for (uint32_t i = 0; sets && i < sets->count; i++) {
        struct node *value = sets->child[i]->child[SET_VALUE];
        bool computes = value->kind == NODE_BINARY && NODE_CHOICE(value) >= OPERATOR_ADD &&
                        NODE_CHOICE(value) <= OPERATOR_MULTIPLY && value->child[BINARY_LEFT]->kind == NODE_COLUMN;
        lift_value(lift, computes ? value->child[BINARY_RIGHT] : value, true);
    }
}

static void lift_insert(struct lift *lift, struct node *insert) {
    struct node *source = insert->child[INSERT_SOURCE], *upserts = insert->child[INSERT_UPSERTS];
    lift_with(lift, insert->child[INSERT_WITH]);
    if (source) lift_select(lift, source);
    struct node *arms = source ? source->child[SELECT_ARMS] : NULL;
    bool is_plain = arms && arms->count == 1 && arms->child[0]->kind == NODE_VALUES;
    for (uint32_t i = 0; is_plain && i < arms->child[0]->count; i++) lift_values(lift, arms->child[0]->child[i], true);
    for (uint32_t i = 0; upserts && i < upserts->count; i++) {
        lift_sets(lift, upserts->child[i]->child[UPSERT_SETS]);
        lift_condition(lift, upserts->child[i]->child[UPSERT_WHERE]);
    }
}

static void lift_statement(struct lift *lift, struct node *node) {
    switch (node->kind) {
    case NODE_SELECT:
        lift_select(lift, node);
        return;
    case NODE_INSERT:
        lift_insert(lift, node);
        return;
    case NODE_UPDATE:
        lift_with(lift, node->child[UPDATE_WITH]);
        lift_sets(lift, node->child[UPDATE_SETS]);
        lift_from(lift, node->child[UPDATE_FROM]);
        lift_condition(lift, node->child[UPDATE_WHERE]);
        lift_offset(lift, node->child[UPDATE_OFFSET]);
        return;
    case NODE_DELETE:
        lift_with(lift, node->child[DELETE_WITH]);
        lift_condition(lift, node->child[DELETE_WHERE]);
        lift_offset(lift, node->child[DELETE_OFFSET]);
        return;
    default: /* what runs as it is written */
        return;
    }
}

static struct lifts lift(const struct script *script, const struct literals *literals, bool marks) {
    struct lift lift = {.literals = literals, .marks = marks};
    for (size_t i = 0; i < script->count; i++)
        if (!node_has_kind(script->statements[i].node, NODE_HINT)) lift_statement(&lift, script->statements[i].node);
    return lift.found;
}

struct lifts lift_find(const struct script *script, const struct literals *literals) {
    return lift(script, literals, false);
}

uint64_t lift_which(const struct lifts *lifts, const struct literals *literals) {
    return (lifts->all & ~literals->flags) | (lifts->flags & literals->flags);
}

uint64_t lift_mark(const struct script *script, const struct literals *literals) {
    return lift(script, literals, true).all;
}
