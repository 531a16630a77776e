/*
 * Tokens that have ended before they expire: signed out, one by one or all of a principal's, or taken for stolen.
 *
 * They are kept in the file of their principal, so that a restart changes nothing, until they would have expired.
 *
 * The rule for whoever remembers that a token is good: a token whose signature is right is still good exactly if
 *   1. what vouches for it (a login, a scope, a DEFINE TOKEN) is in the file's current snapshot with the key that made
 *      the signature, is not disabled, and names the token's algorithm, issuer and audience;
 *   2. the time is within nbf and exp;
 *   3. with a scope, the auth record is there, and CONNECT, where there is one, lets it in now;
 *   4. ended_check finds nothing.
 * bearer_check asks all of it. 1 and 2 are asked of the current snapshot and clock on each request. 3 (but for CONNECT)
 * and 4 are facts of the file alone: whatever makes them false is a commit in that file, to the table of what has
 * ended, to that of the auth records, or to what is defined. So an answer that was asked after store_commits of these
 * had been read holds as long as it is the same, and not longer.
 */
#ifndef AUTH_ENDED_H
#define AUTH_ENDED_H

#include "auth/principal.h"

/* Of one principal, so many single tokens are kept. One more, and all that are as old as these end with them: what is
 * kept is bounded, and nothing revives. */
#define ENDED_MAX 64

/* How a token is known here. Tokens of one family (auth/family.h) have the same tag: they end together. */
struct token_mark {
    struct str tag;
    int64_t stamp; /* microseconds since 1970: when it was made; 0 where another issuer does not say */
};

/* The mark of a token. Of ours it is in jti; of another issuer's it is made of what its signature is about, so that
 * another signature of the same claims is the same token. */
bool ended_mark(struct arena *arena, const struct token_claims *claims, struct str token, struct token_mark *ret_mark,
                struct error *err) MUST_CHECK;

/* A jti with a tag that is new (tag empty) or given: it is later than all that this process has made before. */
#define TOKEN_STAMP_LENGTH 14 /* hexadecimal digits */
#define TOKEN_TAG_LENGTH 18
bool ended_make_id(struct arena *arena, struct str tag, struct str *ret_id, struct error *err) MUST_CHECK;

/* Whether the token has ended. */
bool ended_check(struct conn *conn, struct arena *arena, const struct principal *principal,
                 const struct token_mark *mark, bool *ret_ended, struct error *err) MUST_CHECK;

/* Ends the tokens of one tag, or all that were made until now; `until` (seconds): when the last of them expires. Within
 * the connection's transaction. */
bool ended_add(struct conn *conn, struct arena *arena, const struct principal *principal, struct str tag, int64_t until,
               struct error *err) MUST_CHECK;
bool ended_add_all(struct conn *conn, const struct principal *principal, int64_t until, struct error *err) MUST_CHECK;

#endif
