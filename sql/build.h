/*
 * What the grammar's actions call. Not for others.
 *
 * Every function bears NULL nodes: after a failure (p->failed) the parse is over, and what is still built is thrown
 * away.
 */
#ifndef SQL_BUILD_H
#define SQL_BUILD_H

#include "sql/ast.h"
#include "sql/lexer.h"
#include "sql/parse.h"
#include "sql/schema.h"

#include <string.h>

struct parse {
    struct arena *arena;
    struct str text;
    struct error *err;
    bool failed;
    bool stored; /* a stored definition: secrets are left out */
    bool syntax; /* it failed on a token that cannot stand where it stands */
    struct script script;
    uint32_t previous_end; /* end of the last token that was shifted */
    uint32_t reserved_at;  /* in the statement that is being read */
    uint32_t depth;        /* of the stack at most, in it */
    uint32_t windows;      /* window functions in it */
    uint32_t insert_at;    /* where the INSERT or REPLACE just read begins */
};

/* MAKE(BINARY, at, OPERATOR_ADD, left, right): a node that ends where the parser stands, with all its slots. */
#define MAKE(kind, at, flags, ...)                                                                                     \
    make_node(p, NODE_##kind, at, flags, (struct node * [NODE_##kind##_SLOT_COUNT]){__VA_ARGS__},                      \
              NODE_##kind##_SLOT_COUNT)
#define MAKE0(kind, at, flags) make_node(p, NODE_##kind, at, flags, NULL, 0)

static inline uint32_t at(const struct node *node) {
    return node ? node->at : NOWHERE;
}
static inline void set_end(struct node *node, const struct node *last) {
    if (node && last) node->end = last->end;
}

struct node *make_node(struct parse *p, enum node_kind kind, uint32_t at, uint32_t flags, struct node **children,
                       uint32_t count);
struct node *make_list(struct parse *p, struct node *list, struct node *child);
struct node *list_prepend(struct parse *p, struct node *child, struct node *list);
struct node *make_name(struct parse *p, const struct token *token);
struct node *plain_column_name(struct parse *p, struct node *name, bool has_more);
struct node *make_literal(struct parse *p, enum node_kind kind, const struct token *token);
struct node *make_number(struct parse *p, const struct token *token, uint32_t at);
struct node *make_variable(struct parse *p, const struct token *token);
struct node *make_duration(struct parse *p, const struct token *token);
struct node *or_duration(struct parse *p, struct node *duration, uint32_t where, const char *otherwise);
struct node *make_column(struct parse *p, struct node *schema, struct node *table, struct node *name);
struct node *make_call(struct parse *p, const struct token *name, uint32_t flags, struct node *arguments,
                       struct node *filter, struct node *over);
struct node *make_row(struct parse *p, uint32_t at, struct node *values, struct node *last);
struct node *make_table(struct parse *p, struct node *schema, struct node *name, struct node *alias, struct node *hint);
struct node *table_hint(struct node *table, struct node *hint);
struct node *make_select(struct parse *p, struct node *arm, struct node *order, struct node *limit,
                         struct node *offset);
struct node *select_compound(struct parse *p, struct node *left, uint32_t compound, struct node *right);
struct node *select_with(struct parse *p, struct node *select, uint32_t at, uint32_t flags, struct node *ctes);
struct node *values_add(struct parse *p, struct node *values, uint32_t at, struct node *row);
struct node *make_literal_rows(struct parse *p, const struct token *token);
struct node *join_add(struct parse *p, struct node *from, uint32_t join, struct node *source, struct node *on,
                      struct node *using);
uint32_t join_words(struct parse *p, const struct token *first, const struct node *second, const struct node *third);
struct node *parenthesised(struct parse *p, struct node *expression, uint32_t at);
uint32_t like_operator(const struct token *token);
struct node *window_name(struct node *window, struct node *name);
struct node *frame_finish(struct parse *p, uint32_t kind, uint32_t exclude, struct node *start, struct node *end);
struct node *type_finish(struct parse *p, struct node *type);
struct node *table_finish(struct parse *p, struct node *body, uint32_t at, uint32_t flags, struct node *schema,
                          struct node *name);
uint32_t table_option_flag(struct parse *p, const struct node *name, bool without);
struct node *part(struct parse *p, struct node *parts, uint32_t slot, struct node *value, const char *word);
struct node *login_disabled(struct parse *p, struct node *parts, uint32_t where);
struct node *login_finish(struct parse *p, struct node *parts, uint32_t at, uint32_t flags, struct node *name,
                          struct node *level);
struct node *token_finish(struct parse *p, struct node *parts, uint32_t where, uint32_t flags, struct node *name,
                          struct node *level, struct node *type);
struct node *scope_finish(struct parse *p, struct node *parts, uint32_t at, uint32_t flags, struct node *name);
struct node *full_word(struct parse *p, const struct token *token);
struct node *permissions_all(struct parse *p, uint32_t at, uint32_t kind, struct node *predicate);
struct node *permission_add(struct parse *p, struct node *list, struct node *permission);
/* Adds to what is said of the last table or field of a role. */
void role_permission(struct parse *p, struct node *list, uint32_t slot, struct node *permission);
void role_fields(struct parse *p, struct node *tables, uint32_t at, struct node *fields);
void parse_add_statement(struct parse *p, struct node *statement, uint32_t end);

/* Failures: the first one stands. */
void report_error(struct parse *p, uint32_t at, const char *format, ...) PRINTF_LIKE(3, 4);
void report_limit(struct parse *p, uint32_t at, const char *what);
/* `expected[kind]` tells for each token kind whether it could have stood there. expected.c */
void report_unexpected(struct parse *p, const struct token *token, const bool *expected, int count);

#endif
