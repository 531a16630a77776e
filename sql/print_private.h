/*
 * What the files of the printer share. Not for others.
 */
#ifndef SQL_PRINT_PRIVATE_H
#define SQL_PRINT_PRIVATE_H

#include "sql/print.h"

struct printer {
    struct buf *out;
    struct str text;
    const struct print_variables *variables; /* NULL: as written */
    int nested; /* depth of DERIVED and CTE: a result's name there is what the statement around it may use */
};

/* From OR, which binds least, to what needs no parentheses anywhere. */
enum precedence {
    BINDS_ANY,
    BINDS_OR,
    BINDS_AND,
    BINDS_NOT,
    BINDS_EQUAL, /* also IS, LIKE, BETWEEN, IN, ISNULL */
    BINDS_LESS,
    BINDS_ESCAPE,
    BINDS_BITS,
    BINDS_SUM,
    BINDS_PRODUCT,
    BINDS_CONCATENATE,
    BINDS_COLLATE,
    BINDS_SIGN,
    BINDS_WHOLE,
};

/* Any node; NULL prints nothing. print.c */
void print_part(struct printer *p, const struct node *node);

/* " WORD " and the node, or nothing where the node is NULL. */
void print_clause(struct printer *p, const char *word, const struct node *node);

/* The children of a list with ", " between them. */
void print_list(struct printer *p, const struct node *list);

/* A list in parentheses: nothing where it is NULL. */
void print_parenthesised_list(struct printer *p, const struct node *list);

void print_quoted_name(struct printer *p, const struct node *name);

/* An expression, in parentheses unless it binds at least so tightly. print_expression.c */
void print_expression(struct printer *p, const struct node *node, enum precedence least);

/* SELECT and its parts. print_select.c */
void print_select_part(struct printer *p, const struct node *node);
void print_limit(struct printer *p, const struct node *limit, const struct node *offset);

/* INSERT, UPDATE, DELETE and their parts. print_change.c */
void print_change(struct printer *p, const struct node *node);

/* Bailiwick's own statements. print_own.c */
void print_own(struct printer *p, const struct node *node);

#endif
