/*
 * A client's certificate as a credential: the login whose CERTIFICATE it is, on root, then on the namespace, then on
 * the database that the request names.
 */
#ifndef AUTH_CERTIFICATE_H
#define AUTH_CERTIFICATE_H

#include "auth/credential.h"

/* Looks for the login of request->certificate, which was verified. *ret_found is false where there is none. Where two
 * logins of one level claim it, it is nobody's: ERROR_UNAUTHENTICATED. */
bool certificate_check(struct store *store, struct arena *arena, const struct credential_request *request,
                       struct session *ret_session, bool *ret_found, struct error *err) MUST_CHECK;

#endif
