/*
 * Signing out: ending tokens before they expire.
 */
#ifndef AUTH_SIGNOUT_H
#define AUTH_SIGNOUT_H

#include "auth/session.h"

/* Ends the token of a session and the refresh tokens that it came with, or all tokens of its principal (`all`), from
 * the next request on. ERROR_MALFORMED where there is no token that could end and not all are meant,
 * ERROR_UNAUTHENTICATED for a guest. */
bool signout(struct store *store, struct arena *arena, const struct session *session, bool all, int64_t deadline,
             struct error *err) MUST_CHECK;

#endif
