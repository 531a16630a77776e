/*
 * Permissions whose table or column a DROP or ALTER has taken away. They must not wait there for whatever is made under
 * that name next, and a hidden column must not come into sight by being renamed.
 */
#ifndef SERVER_ORPHANS_H
#define SERVER_ORPHANS_H

#include "server/place.h"
#include "sql/ast.h"

/* After such a statement, in its transaction: what is gone takes its permissions along; renaming what has permissions
 * is ERROR_INVALID_VALUE. Does nothing for other statements. */
bool orphans_settle(struct place *place, const struct node *statement, struct error *err) MUST_CHECK;

/* The same for a table that REMOVE TABLE takes away. */
bool orphans_remove_table(struct conn *conn, const struct snapshot *snapshot, struct str name,
                          struct error *err) MUST_CHECK;

#endif
