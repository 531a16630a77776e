/*
 * Predicates do not fail on a row whose text is no JSON.
 */
#ifndef SQL_PREDICATE_JSON_H
#define SQL_PREDICATE_JSON_H

#include "sql/ast.h"

/* Makes everything in the tree that reads a value as JSON read NULL where it is none. It may then hold a node in two
 * places; where memory is short it holds NULL in some, and the arena is exhausted. */
void predicate_guard_json(struct arena *arena, struct node *node);

#endif
