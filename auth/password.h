/*
 * Passwords: Argon2id (19 MiB, t=2, p=1), as PHC strings. The Argon2 library is included in password.c alone.
 *
 * At most so many hashes are computed at once as the machine has processors, so that sign-ins do not starve queries;
 * and only so many more may wait, so that they do not take all the places of requests. Whoever comes then gets
 * ERROR_OVERLOADED.
 */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define PASSWORD_LENGTH_MAX 1024

/* Of a login; what somebody knows of a scope's users is its definer's business. */
#define PASSWORD_CHARACTERS_MIN 8

/* Whether a login may have this password: ERROR_INVALID_VALUE for one of fewer characters than that. */
bool password_check(struct str password, uint32_t at, struct error *err) MUST_CHECK;

/* The PHC string of a password. ERROR_INVALID_VALUE when it is longer than PASSWORD_LENGTH_MAX. */
bool password_hash(struct arena *arena, struct str password, struct str *ret_phc, struct error *err) MUST_CHECK;

/* Whether the password is the one of the PHC string. A phc that is empty, or not one of Argon2id with bounded
 * parameters, is never right and costs the same time as one that is wrong. */
bool password_verify(struct str password, struct str phc, bool *ret_is_right, struct error *err) MUST_CHECK;

/* How many may wait until a hash is computed for them; 64 where nobody says so. */
void password_limit_waiting(int64_t most);

/* Whether a text is a PHC string that password_verify can check (for PASSHASH): Argon2id, bounded parameters. */
bool password_is_phc(struct str text);

/* How many verifications this thread has made since it began: sign-in tells by it whether a SIGNIN clause reached
 * password_verify at all, and pays for one if not. */
uint64_t password_verify_count(void);

#endif
