/*
 * Kinds of statements that the operator has taken from restricted principals.
 */
#ifndef AUTH_DENIAL_H
#define AUTH_DENIAL_H

#include "base/error.h"
#include "sql/ast.h"

/* Their names between commas, of `select`, `insert`, `replace`, `update`, `delete`, `begin` and `use`. Once, before any
 * is checked. What a denied kind does is denied in whatever form: `update` also ON CONFLICT DO UPDATE, `delete` and
 * `replace` also OR REPLACE. ERROR_INVALID_VALUE on another name; nothing is changed then. */
bool denial_set_statements(struct str list, struct error *err) MUST_CHECK;

/* ERROR_PERMISSION_DENIED where the statement is one of them. */
bool denial_check(const struct node *statement, struct error *err) MUST_CHECK;

#endif
