/*
 * Tokens that were found right are remembered by their bytes, so that the next request with one need neither read nor
 * verify it anew.
 *
 * What is remembered is what no change can make wrong: that these bytes say these claims, and that this key made their
 * signature. Whether that key is still the one that is defined, and whether the time is right, is asked on each
 * request; so is what the file knows, whether the auth record lives and the token has not been ended (auth/ended.h).
 * That answer is kept with the count of commits to the tables that it rests on (store_commits): as long as there was
 * none, it holds.
 */
#ifndef AUTH_KNOWN_TOKEN_H
#define AUTH_KNOWN_TOKEN_H

#include "auth/ended.h"
#include "base/keep.h"

struct known_token {
    struct kept kept;
    struct arena *arena; /* of its own: the claims live in it */
    struct token_claims claims;
    struct token_mark mark;
};

/* A token that has not been read yet; NULL when memory is short. Everything here is counted. */
struct known_token *known_token_new(void) MUST_CHECK;
void known_token_unref(const struct known_token *known); /* takes NULL */

/* The token of these bytes, if it is remembered; NULL where it is not. */
const struct known_token *known_token_find(struct str token);

/* Remembers a token that `key` has verified. It is not changed any more. */
void known_token_remember(const struct known_token *known, struct str token, struct str key);

/* Whether this key is the one that has verified it. */
bool known_token_is_by(const struct known_token *known, struct str key);

/* Ends it: the next request with these bytes reads and verifies them anew. */
void known_token_forget(const struct known_token *known);

/* Whether the file held it for good at this count of commits. 0 is no count. */
bool known_token_was_good(const struct known_token *known, uint64_t commits);
void known_token_is_good(const struct known_token *known, uint64_t commits);

/* Its auth record as it was at this count of commits, copied into the arena; false where that is not remembered, or the
 * arena is full. */
bool known_token_record(const struct known_token *known, uint64_t commits, struct arena *arena,
                        struct named_values *ret_record);
void known_token_keep_record(const struct known_token *known, uint64_t commits, const struct named_values *record);

#endif
