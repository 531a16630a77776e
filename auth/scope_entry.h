/*
 * Entering a scope: signing in or up runs a clause and its ON statements in one transaction, and the clause's one row
 * is the auth record, for which a token is made.
 */
#ifndef AUTH_SCOPE_ENTRY_H
#define AUTH_SCOPE_ENTRY_H

#include "auth/signin.h"
#include "auth/signin_keys.h"

enum scope_entry {
    ENTRY_SIGNIN,
    ENTRY_SIGNUP,
};

/* ERROR_UNAUTHENTICATED whatever is wrong with the scope's names, the clause, its row, or the ON statements (the detail
 * tells); anything else means that the server could not try. *ret_clause_ran tells, on failure too, whether the clause
 * was begun. */
bool scope_enter(struct store *store, struct arena *arena, const struct signin_request *request,
                 const struct signin_keys *keys, enum scope_entry entry, bool *ret_clause_ran,
                 struct issued *ret_issued, struct error *err) MUST_CHECK;

#endif
