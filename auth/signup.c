#include "auth/password.h"
#include "auth/scope_entry.h"
#include "auth/signin.h"
#include "auth/signin_keys.h"

/* A namespace, database or scope that is not there costs what a clause costs that hashes a password. */
bool signup(struct store *store, struct arena *arena, const struct signin_request *request, struct str *ret_token,
            struct error *err) {
    struct signin_keys keys;
    bool clause_ran;
    if (!signin_keys_read(&request->values, &keys, err)) return false;
    if (keys.level != LEVEL_SCOPE) return fail(err, ERROR_MALFORMED, NOWHERE, "signing up needs NS, DB and SC");
    if (scope_enter(store, arena, request, &keys, ENTRY_SIGNUP, &clause_ran, ret_token, err)) return true;
    if (!clause_ran) (void)password_verify((struct str){0}, (struct str){0});
    return false;
}
