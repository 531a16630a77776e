/*
 * What permissions rest on. Who makes tables and may not give rights (the role `structure`) must not give any by
 * putting something else where a predicate, or a scope's clause, looks.
 */
#ifndef SERVER_KEPT_H
#define SERVER_KEPT_H

#include "sql/ast.h"
#include "storage/catalog.h"

/* Whoever alters a table: ERROR_INVALID_VALUE where the statement renames it, or renames or drops a column of it, and a
 * predicate reads it in a sub-select. A name there that is not found in it any more is looked for further out, and
 * would silently mean the row that is judged. Also where it adds a column whose name a sub-select that reads the table
 * has without saying of which table: it would mean that one from then on. */
bool kept_names_stay(const struct snapshot *snapshot, const struct node *statement, struct error *err) MUST_CHECK;

/* ERROR_PERMISSION_DENIED where the statement changes a table that a predicate reads in a sub-select (or any, where it
 * reads a view), whose columns decide what the names there mean, or takes something away from one that a scope's clause
 * names. */
bool kept_may_change(const struct snapshot *snapshot, const struct node *statement, struct error *err) MUST_CHECK;

/* ERROR_PERMISSION_DENIED where a permission could be used before and cannot be now, or the other way round. */
bool kept_is_same(const struct snapshot *before, const struct snapshot *after, const struct node *statement,
                  struct error *err) MUST_CHECK;

#endif
