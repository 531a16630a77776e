/*
 * A session: who a request runs as, and where.
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include "auth/level.h"
#include "auth/token.h"
#include "base/arena.h"
#include "sql/policy.h"
#include "storage/store.h"

struct session {
    enum level level;
    struct str home_ns; /* the principal's own namespace and database; empty above its level */
    struct str home_db;
    struct str ns; /* the ones it works in now (headers NS and DB, USE); may be empty for root and namespace logins */
    struct str db;
    struct str scope;                 /* LEVEL_SCOPE */
    struct str login;                 /* the logins' levels; empty with another issuer's token */
    struct str issuer;                /* the DEFINE TOKEN that vouches for it; empty: this server itself */
    struct value auth_id;             /* LEVEL_SCOPE: the auth record's primary key; otherwise VALUE_NULL */
    struct str auth_table;            /* LEVEL_SCOPE: the table of the auth record */
    const struct token_claims *token; /* NULL without a token */
    const struct known_token *known;  /* whose claims these are; session_done gives it back */
    struct store_file *file;          /* of its home, borrowed by the way, for who goes there next; may be NULL */
    bool was_verified;                /* by this request: a name and password, which were not remembered */
    struct str ip;
    struct str origin; /* the Origin header; empty without one */
};

/* Gives back what a session of credential_check holds. Bears a zeroed one. */
void session_done(struct session *session);

/* Whether table and field permissions apply to it: scope users and guests. */
bool session_is_restricted(const struct session *session);

/* What the rewriter may know of it. */
struct policy session_policy(const struct session *session);

/* Moves the session to a namespace and database; an empty name leaves that part (but a new ns clears db when db is
 * empty). Another NS or DB than its own is ERROR_PERMISSION_DENIED (so also where it does not exist), a missing one
 * ERROR_NOT_FOUND. */
bool session_use(struct session *session, struct store *store, struct arena *arena, struct str ns, struct str db,
                 struct error *err) MUST_CHECK;

#endif
