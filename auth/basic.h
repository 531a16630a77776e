/*
 * `Authorization: Basic`: tried as a login of root, then of the namespace, then of the database that the request names.
 */
#ifndef AUTH_BASIC_H
#define AUTH_BASIC_H

#include "auth/credential.h"

/* `encoded` is what follows the word. Fills level, login and home of the session. A failure costs one verification for
 * each level that was tried, whether it has such a login or not. */
bool basic_check(struct store *store, struct arena *arena, const struct credential_request *request, struct str encoded,
                 struct session *ret_session, struct error *err) MUST_CHECK;

/* The name that the credentials are for, right or not; false where they are not well formed. */
bool basic_read_name(struct arena *arena, struct str encoded, struct str *ret_name) MUST_CHECK;

#endif
