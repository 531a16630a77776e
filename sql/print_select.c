/* SELECT and what it is made of. */
#include "sql/lexer.h"
#include "sql/literal_rows.h"
#include "sql/print_private.h"

static void print_alias(struct printer *p, const struct node *alias) {
    print_clause(p, "AS", alias);
}

static void print_dotted_name(struct printer *p, const struct node *schema, const struct node *name) {
    if (schema) {
        print_quoted_name(p, schema);
        buf_add_char(p->out, '.');
    }
    print_quoted_name(p, name);
}

/* The text that SQLite names a result after: from its first token to what follows it, comments included. */
static struct str result_text(const struct printer *p, const struct node *result) {
    if (result->at == NOWHERE || result->end == NOWHERE || result->end > p->text.length) return (struct str){0};
    struct lexer lexer = {.text = p->text, .at = result->end};
    return str_trim(str_slice(p->text, result->at, lexer_next(&lexer).at));
}

/* Whether SQLite names a result after the column that it is, however it is written. */
static bool is_named_by_column(const struct printer *p, const struct node *expression) {
    while (p->nested > 0 && expression->kind == NODE_COLLATE) expression = expression->child[COLLATE_OPERAND];
    return expression->kind == NODE_COLUMN && !(expression->flags & NAMED_BY_TEXT);
}

static void print_result(struct printer *p, const struct node *node) {
    const struct node *expression = node->child[RESULT_EXPRESSION];
    print_part(p, expression);
    print_alias(p, node->child[RESULT_ALIAS]);
    if (node->child[RESULT_ALIAS] || is_named_by_column(p, expression)) return;
    struct str name = result_text(p, node);
    if (name.length == 0) return;
    buf_add_text(p->out, " AS ");
    print_name(p->out, name);
}

static void print_compound_word(struct printer *p, const struct node *arm) {
    static const char *const words[] = {[COMPOUND_FIRST] = " ",
                                        [COMPOUND_UNION] = " UNION ",
                                        [COMPOUND_UNION_ALL] = " UNION ALL ",
                                        [COMPOUND_INTERSECT] = " INTERSECT ",
                                        [COMPOUND_EXCEPT] = " EXCEPT "};
    buf_add_text(p->out, words[NODE_CHOICE(arm)]);
}

void print_limit(struct printer *p, const struct node *limit, const struct node *offset) {
    /* Written as LIMIT offset, limit it is printed so: the variables keep their order. */
    bool reversed = limit && offset && offset->at < limit->at;
    print_clause(p, "LIMIT", reversed ? offset : limit);
    if (reversed) buf_add_text(p->out, ", ");
    if (reversed)
        print_part(p, limit);
    else
        print_clause(p, "OFFSET", offset);
}

static void print_select(struct printer *p, const struct node *node) {
    if (node->child[SELECT_WITH]) {
        print_part(p, node->child[SELECT_WITH]);
        buf_add_char(p->out, ' ');
    }
    const struct node *arms = node->child[SELECT_ARMS];
    for (uint32_t i = 0; i < arms->count; i++) {
        if (i > 0) print_compound_word(p, arms->child[i]);
        print_part(p, arms->child[i]);
    }
    print_clause(p, "ORDER BY", node->child[SELECT_ORDER]);
    print_limit(p, node->child[SELECT_LIMIT], node->child[SELECT_OFFSET]);
}

static void print_core(struct printer *p, const struct node *node) {
    buf_add_text(p->out, "SELECT ");
    if (node->flags & DISTINCT) buf_add_text(p->out, "DISTINCT ");
    if (node->flags & ALL) buf_add_text(p->out, "ALL ");
    print_part(p, node->child[CORE_COLUMNS]);
    print_clause(p, "FROM", node->child[CORE_FROM]);
    print_clause(p, "WHERE", node->child[CORE_WHERE]);
    print_clause(p, "GROUP BY", node->child[CORE_GROUP]);
    print_clause(p, "HAVING", node->child[CORE_HAVING]);
    const struct node *windows = node->child[CORE_WINDOWS];
    for (uint32_t i = 0; windows && i < windows->count; i++) {
        buf_add_text(p->out, i == 0 ? " WINDOW " : ", ");
        print_quoted_name(p, windows->child[i]->child[WINDOW_NAME]);
        print_clause(p, "AS", windows->child[i]);
    }
}

static void print_values(struct printer *p, const struct node *node) {
    buf_add_text(p->out, "VALUES ");
    for (uint32_t i = 0; i < node->count; i++) {
        if (i > 0) buf_add_text(p->out, ", ");
        print_parenthesised_list(p, node->child[i]);
    }
}

/* SELECT "0", "1" FROM _bailiwick_literal_rows(?1), which is given the rows. */
static void print_literal_rows(struct printer *p, const struct node *node) {
    if (!p->variables) {
        buf_add_text(p->out, "VALUES");
        buf_add(p->out, node->text.text, node->text.length);
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        buf_add_text(p->out, i ? ", " : "SELECT ");
        if (node->child[i])
            print_part(p, node->child[i]);
        else
            buf_format(p->out, "\"%u\"", i);
    }
    buf_format(p->out, " FROM " LITERAL_ROWS_TABLE "(?%d)", p->variables->number(p->variables->context, node));
}

static void print_join(struct printer *p, const struct node *node) {
    uint32_t join = NODE_CHOICE(node);
    if (join == JOIN_COMMA) {
        buf_add_text(p->out, ", ");
    } else if (join != JOIN_FIRST) {
        if (join & JOIN_NATURAL) buf_add_text(p->out, " NATURAL");
        if (join & JOIN_CROSS) buf_add_text(p->out, " CROSS");
        if ((join & JOIN_LEFT) && (join & JOIN_RIGHT))
            buf_add_text(p->out, " FULL");
        else if (join & JOIN_LEFT)
            buf_add_text(p->out, " LEFT");
        else if (join & JOIN_RIGHT)
            buf_add_text(p->out, " RIGHT");
        if (join & JOIN_OUTER) buf_add_text(p->out, " OUTER");
        buf_add_text(p->out, " JOIN ");
    }
    print_part(p, node->child[JOIN_SOURCE]);
    print_clause(p, "ON", node->child[JOIN_ON]);
    if (node->child[JOIN_USING]) buf_add_text(p->out, " USING ");
    print_parenthesised_list(p, node->child[JOIN_USING]);
}

static void print_term(struct printer *p, const struct node *node) {
    print_part(p, node->child[TERM_EXPRESSION]);
    if (node->flags & SORT_ASC) buf_add_text(p->out, " ASC");
    if (node->flags & SORT_DESC) buf_add_text(p->out, " DESC");
    if (node->flags & SORT_NULLS_FIRST) buf_add_text(p->out, " NULLS FIRST");
    if (node->flags & SORT_NULLS_LAST) buf_add_text(p->out, " NULLS LAST");
}

/* What the statement around it sees as a table. */
static void print_nested(struct printer *p, const struct node *select) {
    p->nested++;
    buf_add_char(p->out, '(');
    print_part(p, select);
    buf_add_char(p->out, ')');
    p->nested--;
}

static void print_cte(struct printer *p, const struct node *node) {
    print_quoted_name(p, node->child[CTE_NAME]);
    print_parenthesised_list(p, node->child[CTE_COLUMNS]);
    buf_add_text(p->out, " AS ");
    if (node->flags & MATERIALIZED) buf_add_text(p->out, "MATERIALIZED ");
    if (node->flags & NOT_MATERIALIZED) buf_add_text(p->out, "NOT MATERIALIZED ");
    print_nested(p, node->child[CTE_SELECT]);
}

static void add_window_part(struct printer *p, bool *any, const char *word, const struct node *node) {
    if (!node) return;
    if (*any) buf_add_char(p->out, ' ');
    buf_add_text(p->out, word);
    print_part(p, node);
    *any = true;
}

static void print_window(struct printer *p, const struct node *node) {
    bool any = false;
    buf_add_char(p->out, '(');
    add_window_part(p, &any, "", node->child[WINDOW_BASE]);
    add_window_part(p, &any, "PARTITION BY ", node->child[WINDOW_PARTITION]);
    add_window_part(p, &any, "ORDER BY ", node->child[WINDOW_ORDER]);
    add_window_part(p, &any, "", node->child[WINDOW_FRAME]);
    buf_add_char(p->out, ')');
}

static void print_frame(struct printer *p, const struct node *node) {
    buf_add_text(p->out, node->flags & FRAME_RANGE ? "RANGE " : node->flags & FRAME_ROWS ? "ROWS " : "GROUPS ");
    if (node->child[FRAME_END]) buf_add_text(p->out, "BETWEEN ");
    print_part(p, node->child[FRAME_START]);
    print_clause(p, "AND", node->child[FRAME_END]);
    if (node->flags & FRAME_EXCLUDE_NO_OTHERS) buf_add_text(p->out, " EXCLUDE NO OTHERS");
    if (node->flags & FRAME_EXCLUDE_CURRENT_ROW) buf_add_text(p->out, " EXCLUDE CURRENT ROW");
    if (node->flags & FRAME_EXCLUDE_GROUP) buf_add_text(p->out, " EXCLUDE GROUP");
    if (node->flags & FRAME_EXCLUDE_TIES) buf_add_text(p->out, " EXCLUDE TIES");
}

static void print_bound(struct printer *p, const struct node *node) {
    static const char *const words[] = {[BOUND_UNBOUNDED_PRECEDING] = "UNBOUNDED PRECEDING",
                                        [BOUND_PRECEDING] = " PRECEDING",
                                        [BOUND_CURRENT_ROW] = "CURRENT ROW",
                                        [BOUND_FOLLOWING] = " FOLLOWING",
                                        [BOUND_UNBOUNDED_FOLLOWING] = "UNBOUNDED FOLLOWING"};
    if (node->child[BOUND_EXPRESSION]) print_expression(p, node->child[BOUND_EXPRESSION], BINDS_EQUAL + 1);
    buf_add_text(p->out, words[NODE_CHOICE(node)]);
}

void print_select_part(struct printer *p, const struct node *node) {
    if (node->kind == NODE_SELECT)
        print_select(p, node);
    else if (node->kind == NODE_CORE)
        print_core(p, node);
    else if (node->kind == NODE_VALUES)
        print_values(p, node);
    else if (node->kind == NODE_LITERAL_ROWS)
        print_literal_rows(p, node);
    else if (node->kind == NODE_RESULT)
        print_result(p, node);
    else if (node->kind == NODE_JOIN)
        print_join(p, node);
    else if (node->kind == NODE_TERM)
        print_term(p, node);
    else if (node->kind == NODE_CTE)
        print_cte(p, node);
    else if (node->kind == NODE_WINDOW)
        print_window(p, node);
    else if (node->kind == NODE_FRAME)
        print_frame(p, node);
    else if (node->kind == NODE_BOUND)
        print_bound(p, node);
    else if (node->kind == NODE_FROM) {
        for (uint32_t i = 0; i < node->count; i++) print_part(p, node->child[i]);
    } else if (node->kind == NODE_STAR) {
        print_part(p, node->child[STAR_TABLE]);
        buf_add_text(p->out, node->child[STAR_TABLE] ? ".*" : "*");
    } else if (node->kind == NODE_TABLE) {
        print_dotted_name(p, node->child[TABLE_SCHEMA], node->child[TABLE_NAME]);
        print_alias(p, node->child[TABLE_ALIAS]);
        if (node->child[TABLE_HINT]) buf_add_char(p->out, ' ');
        print_part(p, node->child[TABLE_HINT]);
    } else if (node->kind == NODE_HINT) {
        buf_add_text(p->out, node->child[HINT_NAME] ? "INDEXED BY " : "NOT INDEXED");
        print_part(p, node->child[HINT_NAME]);
    } else if (node->kind == NODE_TABLE_FUNCTION) {
        print_dotted_name(p, node->child[TABLE_FUNCTION_SCHEMA], node->child[TABLE_FUNCTION_NAME]);
        buf_add_char(p->out, '(');
        print_part(p, node->child[TABLE_FUNCTION_ARGUMENTS]);
        buf_add_char(p->out, ')');
        print_alias(p, node->child[TABLE_FUNCTION_ALIAS]);
    } else if (node->kind == NODE_DERIVED) {
        print_nested(p, node->child[DERIVED_SELECT]);
        print_alias(p, node->child[DERIVED_ALIAS]);
    } else if (node->kind == NODE_NESTED) {
        buf_add_char(p->out, '(');
        print_part(p, node->child[NESTED_FROM]);
        buf_add_char(p->out, ')');
        print_alias(p, node->child[NESTED_ALIAS]);
    } else if (node->kind == NODE_WITH) {
        buf_add_text(p->out, node->flags & RECURSIVE ? "WITH RECURSIVE " : "WITH ");
        print_part(p, node->child[WITH_CTES]);
    }
}
