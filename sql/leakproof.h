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

/* Whether this node, without its children, can end in a run-time error that depends on its operands. */
bool leakproof_may_fail(const struct node *node);

/* Whether anything in the statement that may run on a hidden row can fail. The results, GROUP BY and ORDER BY of the
 * outermost query (and the source of an INSERT, the values of an UPDATE) run on surviving rows only, and are left out.
 */
bool leakproof_statement_may_fail(const struct node *statement);

#endif
