/*
 * The keys of a body of /signin and /signup: which level they choose, and whose.
 */
#ifndef AUTH_SIGNIN_KEYS_H
#define AUTH_SIGNIN_KEYS_H

#include "auth/level.h"
#include "auth/signin.h"

struct signin_keys {
    enum level level; /* LEVEL_ROOT to LEVEL_SCOPE */
    struct str ns;
    struct str db;
    struct str scope;
    struct str user; /* not of LEVEL_SCOPE, where user and pass are variables like the rest */
    struct str pass;
    bool names_nothing; /* NS, DB or SC is there but empty: that is nobody's name */
};

/* ERROR_MALFORMED when no level fits, or a key that counts is no string. */
bool signin_keys_read(const struct named_values *values, struct signin_keys *ret_keys, struct error *err) MUST_CHECK;

/* What is left for the clause of a scope: all but NS, DB and SC. */
bool signin_keys_rest(struct arena *arena, const struct named_values *values, struct named_values *ret_rest,
                      struct error *err) MUST_CHECK;

#endif
