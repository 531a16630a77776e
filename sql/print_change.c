/* INSERT, UPDATE and DELETE. */
#include "sql/print_private.h"

static void print_with(struct printer *p, const struct node *with) {
    print_part(p, with);
    if (with) buf_add_char(p->out, ' ');
}

static void print_conflict(struct printer *p, const struct node *node) {
    static const char *const words[] = {
        [CONFLICT_NONE] = "",         [CONFLICT_ROLLBACK] = " OR ROLLBACK", [CONFLICT_ABORT] = " OR ABORT",
        [CONFLICT_FAIL] = " OR FAIL", [CONFLICT_IGNORE] = " OR IGNORE",     [CONFLICT_REPLACE] = " OR REPLACE"};
    buf_add_text(p->out, words[NODE_CHOICE(node)]);
}

/* Whether a SELECT ends in a table, so that an ON behind it would be the join's. */
static bool ends_in_table(const struct printer *p, const struct node *select) {
    if (!select || select->child[SELECT_ORDER] || select->child[SELECT_LIMIT]) return false;
    const struct node *arms = select->child[SELECT_ARMS], *last = arms->child[arms->count - 1];
    if (last->kind == NODE_LITERAL_ROWS) return p->variables; /* printed as a SELECT */
    if (last->kind != NODE_CORE || !last->child[CORE_FROM]) return false;
    return !last->child[CORE_WHERE] && !last->child[CORE_GROUP] && !last->child[CORE_HAVING] &&
           !last->child[CORE_WINDOWS];
}

static void print_insert(struct printer *p, const struct node *node) {
    const struct node *upserts = node->child[INSERT_UPSERTS];
    print_with(p, node->child[INSERT_WITH]);
    if (node->flags & REPLACE_WORD) {
        buf_add_text(p->out, "REPLACE");
    } else {
        buf_add_text(p->out, "INSERT");
        print_conflict(p, node);
    }
    print_clause(p, "INTO", node->child[INSERT_TABLE]);
    if (node->child[INSERT_COLUMNS]) buf_add_char(p->out, ' ');
    print_parenthesised_list(p, node->child[INSERT_COLUMNS]);
    buf_add_text(p->out, node->child[INSERT_SOURCE] ? " " : " DEFAULT VALUES");
    print_part(p, node->child[INSERT_SOURCE]);
    if (upserts && ends_in_table(p, node->child[INSERT_SOURCE])) buf_add_text(p->out, " WHERE 1");
    for (uint32_t i = 0; upserts && i < upserts->count; i++) print_part(p, upserts->child[i]);
    print_clause(p, "RETURNING", node->child[INSERT_RETURNING]);
}

static void print_upsert(struct printer *p, const struct node *node) {
    buf_add_text(p->out, " ON CONFLICT");
    if (node->child[UPSERT_TARGET]) buf_add_char(p->out, ' ');
    print_parenthesised_list(p, node->child[UPSERT_TARGET]);
    print_clause(p, "WHERE", node->child[UPSERT_TARGET_WHERE]);
    buf_add_text(p->out, node->child[UPSERT_SETS] ? " DO UPDATE" : " DO NOTHING");
    print_clause(p, "SET", node->child[UPSERT_SETS]);
    print_clause(p, "WHERE", node->child[UPSERT_WHERE]);
}

static void print_update(struct printer *p, const struct node *node) {
    print_with(p, node->child[UPDATE_WITH]);
    buf_add_text(p->out, "UPDATE");
    print_conflict(p, node);
    buf_add_char(p->out, ' ');
    print_part(p, node->child[UPDATE_TABLE]);
    print_clause(p, "SET", node->child[UPDATE_SETS]);
    print_clause(p, "FROM", node->child[UPDATE_FROM]);
    print_clause(p, "WHERE", node->child[UPDATE_WHERE]);
    print_clause(p, "RETURNING", node->child[UPDATE_RETURNING]);
    print_clause(p, "ORDER BY", node->child[UPDATE_ORDER]);
    print_limit(p, node->child[UPDATE_LIMIT], node->child[UPDATE_OFFSET]);
}

static void print_set(struct printer *p, const struct node *node) {
    if (node->flags & HAS_PARENTHESES)
        print_parenthesised_list(p, node->child[SET_COLUMNS]);
    else
        print_part(p, node->child[SET_COLUMNS]);
    buf_add_text(p->out, " = ");
    print_part(p, node->child[SET_VALUE]);
}

static void print_delete(struct printer *p, const struct node *node) {
    print_with(p, node->child[DELETE_WITH]);
    buf_add_text(p->out, "DELETE FROM ");
    print_part(p, node->child[DELETE_TABLE]);
    print_clause(p, "WHERE", node->child[DELETE_WHERE]);
    print_clause(p, "RETURNING", node->child[DELETE_RETURNING]);
    print_clause(p, "ORDER BY", node->child[DELETE_ORDER]);
    print_limit(p, node->child[DELETE_LIMIT], node->child[DELETE_OFFSET]);
}

void print_change(struct printer *p, const struct node *node) {
    if (node->kind == NODE_INSERT)
        print_insert(p, node);
    else if (node->kind == NODE_UPSERT)
        print_upsert(p, node);
    else if (node->kind == NODE_UPDATE)
        print_update(p, node);
    else if (node->kind == NODE_SET)
        print_set(p, node);
    else if (node->kind == NODE_DELETE)
        print_delete(p, node);
}
