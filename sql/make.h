/*
 * Making tree by hand: what the rewriter puts into a statement. Every function bears NULL children and gives NULL when
 * the arena is full, so that a whole tree can be made and checked once (arena_exhausted).
 */
#ifndef SQL_MAKE_H
#define SQL_MAKE_H

#include "sql/ast.h"

struct node *make_name_of(struct arena *arena, struct str name);
struct node *make_integer_of(struct arena *arena, int64_t value);
/* "table"."name"; an empty table leaves it out */
struct node *make_column_of(struct arena *arena, struct str table, struct str name);
struct node *make_binary_of(struct arena *arena, enum node_operator operator, struct node * left, struct node *right);
/* left AND right, where either may be NULL, meaning true */
struct node *make_and_of(struct arena *arena, struct node *left, struct node *right);
struct node *make_call_of(struct arena *arena, struct str name, struct node *argument);
struct node *make_collate_of(struct arena *arena, struct node *value, struct str collation);
/* CASE WHEN condition THEN result END */
struct node *make_case_of(struct arena *arena, struct node *condition, struct node *result, struct node *otherwise);
/* expression AS alias */
struct node *make_result_of(struct arena *arena, struct node *expression, struct str alias);
/* schema.name AS alias; empty parts are left out */
struct node *make_table_of(struct arena *arena, struct str schema, struct str name, struct str alias);
struct node *make_from_of(struct arena *arena, struct node *source);
/* SELECT results FROM from WHERE condition */
struct node *make_select_of(struct arena *arena, struct node *results, struct node *from, struct node *condition);
/* (select), as a value; NULL where that is */
struct node *make_subquery_of(struct arena *arena, struct node *select);
/* WITH with one more; NULL for the first */
struct node *make_with_of(struct arena *arena, struct node *with, struct node *cte);
struct node *make_cte_of(struct arena *arena, struct str name, struct node *select, uint32_t flags);

#endif
