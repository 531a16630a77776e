/*
 * Who may do what: the contract's table as data (rights.def), asked in one place.
 */
#ifndef AUTH_RIGHTS_H
#define AUTH_RIGHTS_H

#include "auth/session.h"
#include "sql/ast.h"

/* Whether the session may run this statement, judged by its kind alone and where it works now. Statements on namespaces
 * need root; on databases root or the own namespace; and so on. ERROR_PERMISSION_DENIED otherwise, the same for what
 * exists and what does not. Every node kind that can be a statement has a row in rights.def; a missing row stops the
 * build. */
bool rights_check(const struct session *session, const struct node *statement, struct error *err) MUST_CHECK;

/* Whether the session sees all that is defined in its database, and not its tables alone. */
bool rights_see_schema(const struct session *session);

/* Whether the session may give rights to others, by permissions, views and triggers. */
bool rights_give_permissions(const struct session *session);

#endif
