/*
 * The statements that a scope's definer wrote: SIGNUP, SIGNIN, CONNECT and what stands in ON. They run with the
 * database's full rights, within the transaction that is open.
 */
#ifndef AUTH_SCOPE_CLAUSE_H
#define AUTH_SCOPE_CLAUSE_H

#include "auth/params.h"

struct scope_clause {
    struct conn *conn;
    const struct snapshot *snapshot;
    const struct definition *scope;
    struct params *params; /* definer and missing_is_null are set */
};

/* Runs one and gives its row, copied into the params' arena. ERROR_INVALID_VALUE unless there is exactly one. */
bool scope_clause_row(const struct scope_clause *clause, const struct node *statement, struct named_values *ret_row,
                      struct error *err) MUST_CHECK;

/* Runs all of a list (NULL is fine) to their ends, whatever rows they give. */
bool scope_clause_all(const struct scope_clause *clause, const struct node *statements, struct error *err) MUST_CHECK;

#endif
