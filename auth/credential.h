/*
 * Credentials on a request: `Authorization: Bearer …`, `Authorization: Basic …`, a client's certificate, or none. The
 * header beats the certificate.
 */
#ifndef AUTH_CREDENTIAL_H
#define AUTH_CREDENTIAL_H

#include "auth/session.h"
#include "auth/throttle.h"

struct credential_request {
    struct str authorization; /* the header; .text NULL where it is missing */
    struct str certificate;   /* the client's, verified, in DER; empty where there is none, or it must not count */
    struct str ns;            /* headers NS or Surreal-NS, DB or Surreal-DB; empty where missing */
    struct str db;
    struct str ip;
    struct str origin;
    bool root_may_enter; /* from the address that asks; logins of root are refused otherwise */
    bool allow_guests;
    struct throttle *throttle; /* NULL: nothing is throttled */
};

/* Finds out who a request runs as. ERROR_UNAUTHENTICATED for anything that does not fit, with one message;
 * ERROR_THROTTLED where a name and password are sent and too many have failed; ERROR_FORBIDDEN when the principal names
 * a namespace or database that is not its own; ERROR_NOT_FOUND never (a missing namespace shows when it is used). What
 * the session points to lives in the arena, or until session_done. */
bool credential_check(struct store *store, struct arena *arena, const struct credential_request *request,
                      struct session *ret_session, struct error *err) MUST_CHECK;

#endif
