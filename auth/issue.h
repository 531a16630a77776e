/*
 * Issuing tokens: for a login or a scope, signed with the key of its definition.
 */
#ifndef AUTH_ISSUE_H
#define AUTH_ISSUE_H

#include "auth/principal.h"

/* What a sign-in gives. */
struct issued {
    struct str token;
    struct str refresh; /* empty: the definition has no REFRESH, or the client cannot take it */
};

/* Whom it is for. */
struct issue {
    const struct definition *definition;
    struct str ns; /* folded; empty above their level */
    struct str db;
    struct value subject; /* ID */
    struct str ip;
    bool wants_refresh;
};

/* Whether issuing writes: then it needs a connection. */
bool issue_writes(const struct issue *issue);

/* A token that begins now and lives as long as the definition says: a scope's SESSION, a login's DURATION, or an hour;
 * and, where the definition has REFRESH, a refresh token, whose family is written within the transaction of conn (NULL
 * where nothing is written). */
bool issue_tokens(struct arena *arena, struct conn *conn, const struct issue *issue, struct issued *ret_issued,
                  struct error *err) MUST_CHECK;

/* The same in a transaction of its own. */
bool issue_alone(struct arena *arena, struct conn *conn, const struct issue *issue, struct issued *ret_issued,
                 struct error *err) MUST_CHECK;

/* The access token alone; `tag` is that of its family (empty: it has none). */
bool issue_token(struct arena *arena, const struct issue *issue, struct str tag, struct str *ret_token,
                 struct error *err) MUST_CHECK;

/* How long the tokens of a definition live, in seconds. */
int64_t issue_lifetime(const struct definition *definition);

#endif
