/*
 * `Authorization: Bearer`: a token, checked against what is defined now.
 */
#ifndef AUTH_BEARER_H
#define AUTH_BEARER_H

#include "auth/credential.h"

/* Fills level, home, scope or login, auth record and token of the session. The scope or login must still have the key
 * that signed the token, the auth record must still be there, and CONNECT, where the scope has it, must give one row.
 */
bool bearer_check(struct store *store, struct arena *arena, const struct credential_request *request, struct str token,
                  struct session *ret_session, struct error *err) MUST_CHECK;

#endif
