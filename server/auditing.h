/*
 * What of a request goes to the audit log.
 */
#ifndef SERVER_AUDITING_H
#define SERVER_AUDITING_H

#include "auth/credential.h"
#include "auth/family.h"
#include "server/client.h"
#include "server/run.h"

/* Signing in or up (`action`): the body that came, and the token that it gave; where err says that it gave none, who
 * tried. A body that says of nobody is no attempt. */
void auditing_entry(struct server *server, struct http_exchange *exchange, struct arena *arena,
                    const struct client *client, const char *action, const struct named_values *values,
                    struct str token, const struct error *err);

/* A refresh token for a pair: the new access token, or where err says that there is none, whose it claims to be, and
 * the family that has ended by it (without an id: none). */
void auditing_refresh(struct server *server, struct http_exchange *exchange, struct arena *arena,
                      const struct client *client, struct str refresh, const struct family *ended, struct str token,
                      const struct error *err);

/* Signing out of one token, or of all. */
void auditing_signout(struct server *server, struct http_exchange *exchange, const struct session *session, bool all,
                      const struct error *err);

/* Credentials on a request that were refused. */
void auditing_refusal(struct server *server, struct http_exchange *exchange, struct arena *arena,
                      const struct client *client, const struct credential_request *request, const struct error *err);

/* A name and password on a request that were right, unless they are remembered from a moment ago; a certificate, where
 * the connection works as its login for the first time, or has worked as another one. */
void auditing_session(const struct run *run);

/* A statement that has run or was refused, if it is one that changes definitions or the schema. */
void auditing_statement(struct run *run, const struct statement *statement, const struct error *err);

/* The end of a transaction; nothing where it has done none of these. */
void auditing_transaction(struct run *run, bool holds);

#endif
