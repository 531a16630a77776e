#include "auth/password.h"
#include "auth/refuse.h"
#include "auth/scope_entry.h"
#include "auth/signin.h"
#include "auth/signin_keys.h"
#include "base/clock.h"

/* Failures count against the address alone: whoever signs up with a name must not keep its owner from signing in. A
 * namespace, database or scope that is not there costs what a clause costs that hashes a password. */
bool signup(struct store *store, struct arena *arena, const struct signin_request *request, struct issued *ret_issued,
            struct error *err) {
    struct signin_keys keys;
    struct throttle_attempt attempt;
    struct error cause = {0};
    bool clause_ran, is_right;
    if (!signin_keys_read(&request->values, &keys, err)) return false;
    if (keys.level != LEVEL_SCOPE) return fail(err, ERROR_MALFORMED, NOWHERE, "signing up needs NS, DB and SC");
    throttle_begin(&attempt, request->throttle, request->ip);
    if (!throttle_may_try(&attempt, clock_steady(), err)) return false;
    if (scope_enter(store, arena, request, &keys, ENTRY_SIGNUP, &clause_ran, ret_issued, &cause)) return true;
    if (cause.code == ERROR_UNAUTHENTICATED) throttle_failed(&attempt, clock_steady());
    if (!clause_ran && !password_verify((struct str){0}, (struct str){0}, &is_right, err)) return false;
    return hand_on(err, &cause);
}
