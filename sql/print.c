#include "sql/print_private.h"

#include <string.h>

/* Text between quotes that are doubled within it. */
static void print_quoted(struct buf *out, struct str s, char quote) {
    buf_add_char(out, quote);
    while (s.length > 0) {
        const char *found = memchr(s.text, quote, s.length);
        size_t length = found ? (size_t)(found - s.text) + 1 : s.length;
        buf_add(out, s.text, length);
        if (found) buf_add_char(out, quote);
        s.text += length;
        s.length -= length;
    }
    buf_add_char(out, quote);
}

void print_name(struct buf *out, struct str name) {
    print_quoted(out, name, '"');
}

void print_string(struct buf *out, struct str string) {
    print_quoted(out, string, '\'');
}

void print_quoted_name(struct printer *p, const struct node *name) {
    print_name(p->out, name->text);
}

void print_clause(struct printer *p, const char *word, const struct node *node) {
    if (!node) return;
    buf_format(p->out, " %s ", word);
    print_part(p, node);
}

void print_list(struct printer *p, const struct node *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0) buf_add_text(p->out, ", ");
        print_part(p, list->child[i]);
    }
}

void print_parenthesised_list(struct printer *p, const struct node *list) {
    if (!list) return;
    buf_add_char(p->out, '(');
    print_list(p, list);
    buf_add_char(p->out, ')');
}

/* A statement whose detail the tree does not keep, as it was written. */
static void print_source(struct printer *p, const struct node *node) {
    if (node->at != NOWHERE && node->end != NOWHERE)
        buf_add_str(p->out, str_trim(str_slice(p->text, node->at, node->end)));
}

static void print_transaction(struct printer *p, const struct node *node) {
    static const char *const kinds[] = {[TRANSACTION_DEFERRED] = "BEGIN",
                                        [TRANSACTION_IMMEDIATE] = "BEGIN IMMEDIATE",
                                        [TRANSACTION_EXCLUSIVE] = "BEGIN EXCLUSIVE"};
    if (node->kind == NODE_BEGIN) {
        buf_add_text(p->out, kinds[NODE_CHOICE(node)]);
    } else if (node->kind == NODE_COMMIT) {
        buf_add_text(p->out, "COMMIT");
    } else if (node->kind == NODE_ROLLBACK) {
        buf_add_text(p->out, "ROLLBACK");
        print_clause(p, "TO", node->child[ROLLBACK_SAVEPOINT]);
    } else {
        buf_add_text(p->out, node->kind == NODE_SAVEPOINT ? "SAVEPOINT " : "RELEASE ");
        print_quoted_name(p, node->child[SAVEPOINT_NAME]);
    }
}

void print_part(struct printer *p, const struct node *node) {
    if (!node) return;
    switch (node->kind) {
    case NODE_LIST:
        print_list(p, node);
        return;
    case NODE_NAME:
        print_quoted_name(p, node);
        return;

    case NODE_INTEGER:
    case NODE_REAL:
    case NODE_STRING:
    case NODE_BLOB:
    case NODE_NULL_VALUE:
    case NODE_CURRENT:
    case NODE_VARIABLE:
    case NODE_COLUMN:
    case NODE_UNARY:
    case NODE_BINARY:
    case NODE_LIKE:
    case NODE_IS_NULL:
    case NODE_BETWEEN:
    case NODE_IN_LIST:
    case NODE_IN_SELECT:
    case NODE_IN_TABLE:
    case NODE_EXISTS:
    case NODE_SUBQUERY:
    case NODE_ROW:
    case NODE_CASE:
    case NODE_WHEN:
    case NODE_CAST:
    case NODE_COLLATE:
    case NODE_FUNCTION:
    case NODE_RAISE:
    case NODE_TYPE:
        print_expression(p, node, BINDS_ANY);
        return;

    case NODE_SELECT:
    case NODE_CORE:
    case NODE_VALUES:
    case NODE_LITERAL_ROWS:
    case NODE_RESULT:
    case NODE_STAR:
    case NODE_FROM:
    case NODE_JOIN:
    case NODE_TABLE:
    case NODE_HINT:
    case NODE_TABLE_FUNCTION:
    case NODE_DERIVED:
    case NODE_NESTED:
    case NODE_TERM:
    case NODE_WITH:
    case NODE_CTE:
    case NODE_WINDOW:
    case NODE_FRAME:
    case NODE_BOUND:
        print_select_part(p, node);
        return;

    case NODE_INSERT:
    case NODE_UPSERT:
    case NODE_UPDATE:
    case NODE_SET:
    case NODE_DELETE:
        print_change(p, node);
        return;

    case NODE_CREATE_TABLE:
    case NODE_COLUMN_DEFINITION:
    case NODE_CONSTRAINT:
    case NODE_FOREIGN:
    case NODE_CREATE_INDEX:
    case NODE_CREATE_VIEW:
    case NODE_CREATE_TRIGGER:
    case NODE_CREATE_VIRTUAL:
    case NODE_DROP:
    case NODE_ALTER:
    case NODE_REINDEX:
    case NODE_ANALYZE:
    case NODE_ATTACH:
    case NODE_DETACH:
    case NODE_PRAGMA:
    case NODE_VACUUM:
        print_source(p, node);
        return;
    case NODE_EXPLAIN:
        buf_add_text(p->out, node->flags & QUERY_PLAN ? "EXPLAIN QUERY PLAN " : "EXPLAIN ");
        print_part(p, node->child[EXPLAIN_STATEMENT]);
        return;
    case NODE_BEGIN:
    case NODE_COMMIT:
    case NODE_ROLLBACK:
    case NODE_SAVEPOINT:
    case NODE_RELEASE:
        print_transaction(p, node);
        return;

    case NODE_USE:
    case NODE_DEFINE_NAMESPACE:
    case NODE_DEFINE_DATABASE:
    case NODE_DEFINE_LOGIN:
    case NODE_DEFINE_TOKEN:
    case NODE_DEFINE_SCOPE:
    case NODE_DEFINE_TABLE:
    case NODE_DEFINE_FIELD:
    case NODE_DEFINE_ROLE:
    case NODE_ALTER_LOGIN:
    case NODE_REMOVE_NAMESPACE:
    case NODE_REMOVE_DATABASE:
    case NODE_REMOVE_LOGIN:
    case NODE_REMOVE_TOKEN:
    case NODE_REMOVE_SCOPE:
    case NODE_REMOVE_TABLE:
    case NODE_REMOVE_FIELD:
    case NODE_REMOVE_ROLE:
    case NODE_INFO:
    case NODE_EXPLAIN_PERMISSIONS:
    case NODE_LEVEL:
    case NODE_ROLE:
    case NODE_ROLE_TABLE:
    case NODE_ROLE_FIELD:
    case NODE_DURATION:
    case NODE_PERMISSION:
        print_own(p, node);
        return;
    case NODE_KIND_COUNT:
        return;
    }
}

void print_node(struct buf *out, const struct node *node, struct str text, const struct print_variables *variables) {
    struct printer p = {.out = out, .text = text, .variables = variables};
    print_part(&p, node);
}
