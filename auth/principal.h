/*
 * Whose tokens: a login, an auth record of a scope, or whom another issuer names. It is the key by which a file keeps
 * what it knows of somebody's tokens: those that have ended, and the families of refresh tokens.
 */
#ifndef AUTH_PRINCIPAL_H
#define AUTH_PRINCIPAL_H

#include "auth/session.h"

struct principal {
    const char *kind; /* "login", "scope", "token" */
    struct str owner; /* the scope, or the DEFINE TOKEN, in lower case; empty for a login */
    struct value id;  /* the login's name, the auth record's key as it is stored, or ID; never VALUE_NULL */
};

/* Columns of the tables: kind, owner, id. */
#define PRINCIPAL_VALUES 3

struct principal principal_of_login(struct str name);
bool principal_of_record(struct arena *arena, struct str scope, const struct value *id, struct principal *ret_principal,
                         struct error *err) MUST_CHECK;

/* Of a session with a token, or of a login with its password. */
bool principal_of_session(struct arena *arena, const struct session *session, struct principal *ret_principal,
                          struct error *err) MUST_CHECK;

/* The condition that they are put into. */
#define WHERE_PRINCIPAL " WHERE kind = ?1 AND owner = ?2 AND id = ?3 "

/* Writes PRINCIPAL_VALUES values. */
void principal_values(const struct principal *principal, struct value *ret_values);

#endif
