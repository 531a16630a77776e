/*
 * A refresh token for the next pair of tokens.
 */
#ifndef AUTH_REFRESH_H
#define AUTH_REFRESH_H

#include "auth/family.h"
#include "auth/issue.h"

struct refresh_request {
    struct str token;
    struct str ip;
    bool root_may_enter; /* from the address that asks; families of root are refused otherwise */
    int64_t deadline;    /* clock_steady(); 0: none */
};

/* Takes the newest refresh token of a family for a new pair; what was shown is spent. A spent one that is shown again
 * ends its family and the access tokens that came of it. Of two who show the same one at the same moment, the second
 * shows a spent one. ERROR_UNAUTHENTICATED for everything that is wrong, with one message; where it was a spent one,
 * *ret_ended is the family that ended by it, for the audit log, and otherwise has no id. */
bool refresh(struct store *store, struct arena *arena, const struct refresh_request *request, struct issued *ret_issued,
             struct family *ret_ended, struct error *err) MUST_CHECK;

#endif
