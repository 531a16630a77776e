/*
 * Issuing tokens: for a login or a scope, signed with the key of its definition.
 */
#ifndef AUTH_ISSUE_H
#define AUTH_ISSUE_H

#include "base/value.h"
#include "storage/catalog.h"

/* A token that begins now and lives as long as the definition says: a scope's SESSION, a login's DURATION, or an hour.
 * `ns` and `db` are folded; empty above their level. */
bool issue_token(struct arena *arena, const struct definition *definition, struct str ns, struct str db,
                 const struct value *subject, struct str *ret_token, struct error *err) MUST_CHECK;

#endif
