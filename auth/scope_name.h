/*
 * Who somebody says to be that wants to enter a scope: what its SIGNIN looks for. Only failed sign-ins are counted by
 * it.
 */
#ifndef AUTH_SCOPE_NAME_H
#define AUTH_SCOPE_NAME_H

#include "auth/signin_keys.h"
#include "auth/throttle.h"

/*
 * Adds the names to an attempt. `WHERE tenant = $tenant AND email = $email AND password_verify($password, hash)` looks
 * for one name, made of the two values; what a variable in another term (`email = $name OR phone = $name`) adds to
 * these is a name for itself. A variable within password_verify, or called like a secret, is no part of a name. Where
 * the scope is not there, a name is guessed from what such variables are usually called, so that it is counted alike.
 */
void scope_names_add(struct throttle_attempt *attempt, struct store *store, struct arena *arena, struct str ns,
                     struct str db, struct str scope, const struct named_values *values);

#endif
