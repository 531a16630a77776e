/*
 * The claims of our tokens: their JSON and the rules that both making and reading one obey.
 */
#ifndef AUTH_TOKEN_CLAIMS_H
#define AUTH_TOKEN_CLAIMS_H

#include "auth/token.h"
#include "base/buf.h"

/* Reads and checks them. Refuses as token_refuse does. */
bool token_claims_read(struct arena *arena, struct str text, struct token_claims *ret_claims,
                       struct error *err) MUST_CHECK;

/* Adds their JSON to buf. ERROR_INVALID_VALUE for claims that token_claims_read would refuse. */
bool token_claims_write(struct buf *buf, const struct token_claims *claims, struct error *err) MUST_CHECK;

/* Refuses a token: ERROR_UNAUTHENTICATED with one and the same message, and `why` for the log. */
bool token_refuse(struct error *err, const char *why);

/* Parses JSON from a token. What is wrong with it refuses the token; only an arena that is full is a failure of its
 * own. */
const struct json *token_parse(struct arena *arena, struct str text, const char *why, struct error *err) MUST_CHECK;

#endif
