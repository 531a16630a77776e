/*
 * Functions that the operator has taken from restricted principals, beyond those that they may never call. What
 * definers wrote (predicates, views, triggers, clauses of scopes) may call them.
 */
#ifndef SQL_DENIED_H
#define SQL_DENIED_H

#include "base/error.h"
#include "sql/ast.h"

/* The names between commas; once, before any statement is rewritten. A name denies its synonyms too (substr and
 * substring), and the operators and words that stand for it: `like`, `glob`, `->`, `->>`, `current_date` … Fails with
 * ERROR_INVALID_VALUE on a name that is no function of restricted principals, and changes nothing then. */
bool denied_set_functions(struct str list, struct error *err) MUST_CHECK;

/* Whether this node, without its children, calls one of them; *ret_name is its name then. */
bool denied_is_call(const struct node *node, struct str *ret_name);

#endif
