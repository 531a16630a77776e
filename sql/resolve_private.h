/*
 * What the resolver's files share. Not for others.
 */
#ifndef SQL_RESOLVE_PRIVATE_H
#define SQL_RESOLVE_PRIVATE_H

#include "sql/resolve.h"

/* The names of a source's columns while they are gathered; an empty one is named after the text of an expression, which
 * only a quoted name can mean. */
struct column_names {
    struct str *items;
    size_t count;
};

/* What can fail in a term, until all of the term is resolved. */
struct pending {
    struct node *node;
    struct pending *next;
};

/* A term of a condition, whole. */
bool resolve_term(struct resolver *resolver, struct node *term, struct scope *scope) MUST_CHECK;

bool column_names_add(struct resolver *resolver, struct column_names *names, struct str name) MUST_CHECK;
bool column_names_of_source(struct resolver *resolver, struct column_names *names,
                            const struct source *source) MUST_CHECK;
/* Of a core whose FROM is resolved. */
bool column_names_of_core(struct resolver *resolver, const struct node *core, struct column_names *names) MUST_CHECK;
bool column_names_of_values(struct resolver *resolver, const struct node *values,
                            struct column_names *names) MUST_CHECK;
/* Puts them into a source that the node carries. */
bool column_names_keep(struct resolver *resolver, struct node *select, struct column_names *names) MUST_CHECK;
/* The columns of a sub-select: of several that are called `a` one is, and the others `a:1`, `a:2`. What has no name
 * that could be told is left empty. */
bool column_names_make_unique(struct resolver *resolver, struct column_names *names) MUST_CHECK;

/* Binds a COLUMN to the source that it is read from. */
bool resolve_column(struct resolver *resolver, struct node *column, struct scope *scope) MUST_CHECK;

/* Whether resolved results call an aggregate of their own SELECT: one that reads columns of outer ones alone may be
 * theirs. */
bool resolve_gathers(const struct node *results, const struct scope *scope);

/* --- resolve_match.c --- */

/* bm25(search), highlight(search, …), snippet(search, …) */
bool resolve_auxiliary(struct resolver *resolver, struct node *call, struct scope *scope) MUST_CHECK;
/* What is given to a table-valued function, or to MATCH. */
bool resolve_pattern(struct resolver *resolver, struct node *pattern, struct scope *scope) MUST_CHECK;
/* Keeps what FTS5 means for its own tests, '*reads', from being said. */
bool resolve_plain_pattern(struct resolver *resolver, struct node **pattern) MUST_CHECK;
/* A column that has just been bound: those that FTS5 adds are for MATCH, rank and its functions. */
bool resolve_hidden_column(struct resolver *resolver, struct node *column, struct source *source) MUST_CHECK;
/* USING (…) compares columns that FTS5 adds as if they were searched. */
bool resolve_using(struct resolver *resolver, const struct node *join, const struct scope *scope) MUST_CHECK;
/* The column that an expression is, if it is the rank of a full-text table. */
bool resolve_is_rank(const struct node *node);

bool resolve_out_of_memory(struct resolver *resolver);

#endif
