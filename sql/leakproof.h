/*
 * What can fail: a predicate in a guard is no fence. SQLite may run a user's own term on a row that the predicate would
 * hide, and a run-time error is then a message about hidden data. So every term that can fail is found here, and the
 * guards of a statement that has one are fenced (rewrite_read.c).
 */
#ifndef SQL_LEAKPROOF_H
#define SQL_LEAKPROOF_H

#include "sql/ast.h"

enum function_kind {
    FUNCTION_UNKNOWN, /* not to be called by a restricted principal */
    FUNCTION_SAFE,
    FUNCTION_MAY_FAIL,
};

/* What leakproof.def says of a function. */
enum function_kind leakproof_function(struct str name);

/* bm25, highlight, snippet: functions of a row that a full-text table has found. */
bool leakproof_is_auxiliary(struct str name);

/* Whether this node, without its children, can end in a run-time error that depends on its operands. */
bool leakproof_may_fail(const struct node *node);

/* The same of a node or anything below it. */
bool leakproof_any_may_fail(const struct node *node);

/* Whether a function call is an aggregate or window function, as far as its name and form tell: what it computes, it
 * computes from surviving rows. */
bool leakproof_is_aggregate(const struct node *call);

#endif
