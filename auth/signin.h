/*
 * Signing in and up: names and passwords in, tokens out.
 */
#ifndef AUTH_SIGNIN_H
#define AUTH_SIGNIN_H

#include "auth/issue.h"
#include "auth/session.h"
#include "auth/throttle.h"

struct signin_request {
    struct named_values
        values; /* everything in the body: NS, DB, SC (any of them also in lower case), user, pass and the rest */
    struct str ip;
    struct str origin;
    bool root_may_enter;       /* from the address that asks; logins of root are refused otherwise */
    struct throttle *throttle; /* NULL: nothing is throttled */
    bool wants_refresh;        /* whether the client can take a refresh token */
    int64_t deadline;          /* clock_steady(); 0: none */
};

/* Signs in on root, a namespace, a database or a scope, as the keys say. ERROR_MALFORMED when keys are missing (no
 * level fits) or NS, DB, SC, user or pass is no string; ERROR_UNAUTHENTICATED for everything that is wrong, with one
 * and the same message and the same work done: an unknown namespace, database, scope or user costs one Argon2
 * verification like a wrong password, and so does a SIGNIN clause that never reached one. ERROR_THROTTLED, before any
 * of that, where too many have failed. */
bool signin(struct store *store, struct arena *arena, const struct signin_request *request, struct issued *ret_issued,
            struct error *err) MUST_CHECK;

/* Signs up in a scope. ERROR_MALFORMED unless NS, DB and SC are there; every failure of the clause is
 * ERROR_UNAUTHENTICATED (the reason goes to the detail). */
bool signup(struct store *store, struct arena *arena, const struct signin_request *request, struct issued *ret_issued,
            struct error *err) MUST_CHECK;

#endif
