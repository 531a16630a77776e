/*
 * A session: who a request runs as, and where.
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include "auth/level.h"
#include "auth/roles.h"
#include "auth/token.h"
#include "base/arena.h"
#include "sql/policy.h"
#include "storage/store.h"

struct session {
    enum level level;
    struct roles roles; /* which of its level's rights it holds */
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
    struct str certificate;           /* that it was let in by, in DER; empty: by something else */
    struct str ip;
    struct str origin; /* the Origin header; empty without one */
};

/* Gives back what a session of credential_check holds. Bears a zeroed one. */
void session_done(struct session *session);

/* Whether it writes nothing but what table and field permissions allow: scope users, guests, and logins without a
 * built-in role, or with `viewer` alone. */
bool session_is_restricted(const struct session *session);

/* What the rewriter may know of it, for a statement of this kind (that rights_check has let pass): what its roles come
 * to in the snapshot, which is that of the database where it works. */
bool session_policy(const struct session *session, const struct snapshot *snapshot, const struct node *statement,
                    struct arena *arena, struct policy *ret_policy, struct error *err) MUST_CHECK;

/* Whether the principal, which works on a database now, has anything to do there: who has own roles alone needs one
 * that is defined there. `snapshot` is the database's, or NULL where it is missing. ERROR_PERMISSION_DENIED otherwise,
 * the same for what is there and what is not. */
bool session_enter(const struct session *session, const struct snapshot *snapshot, struct error *err) MUST_CHECK;

/* Moves the session to a namespace and database; an empty name leaves that part (but a new ns clears db when db is
 * empty). Another NS or DB than its own is ERROR_PERMISSION_DENIED (so also where it does not exist), a missing one
 * ERROR_NOT_FOUND. */
bool session_use(struct session *session, struct store *store, struct arena *arena, struct str ns, struct str db,
                 struct error *err) MUST_CHECK;

#endif
