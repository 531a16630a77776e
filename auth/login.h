/*
 * Logins: named users with a password or a certificate on root, a namespace or a database.
 */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "auth/throttle.h"
#include "base/certificate_identity.h"
#include "storage/store.h"

/* A login that was looked for, with what keeps it alive. */
struct login {
    struct store_file *file;
    const struct snapshot *snapshot;
    const struct definition *definition; /* NULL: there is none */
};

/* Looks for a login on root (both names empty), a namespace (db empty) or a database. A namespace or database that is
 * missing has no logins; any other failure is the server's. */
bool login_find(struct store *store, struct str ns, struct str db, struct str name, struct login *ret_login,
                struct error *err) MUST_CHECK;

/* Looks there for the login whose CERTIFICATE this is. Where more than one claims it, *ret_is_claimed_twice, and the
 * login is none of them. */
bool login_find_by_certificate(struct store *store, struct str ns, struct str db,
                               const struct certificate_identity *identity, struct login *ret_login,
                               bool *ret_is_claimed_twice, struct error *err) MUST_CHECK;

void login_done(struct login *login); /* bears a zeroed one */

/* Adds its name to an attempt, whether there is such a login or not; ns and db are folded. */
void login_name_add(struct throttle_attempt *attempt, struct str ns, struct str db, struct str name);

/* Whether ALTER LOGIN has disabled it: it has no right password, and no good token. */
bool login_is_disabled(const struct definition *login);

/* Whether the password is the login's. Costs one Argon2 verification in any case. */
bool login_verify(const struct login *login, struct str password, bool *ret_is_right, struct error *err) MUST_CHECK;

#endif
