/*
 * Refresh tokens. Each sign-in begins a family: its refresh token is good for one use, which gives the next one. Of a
 * family only the newest token is good; who shows a spent one has stolen it, or was stolen from, and ends the family.
 *
 * A token says where its family is kept, `bwr.NS.DB.FAMILY.SECRET`, so nothing is looked for in other files. What is
 * kept of it is a keyed hash, in the file of its principal; it dies with the key of the login or scope.
 */
#ifndef AUTH_FAMILY_H
#define AUTH_FAMILY_H

#include "auth/principal.h"

/* Of one principal: the family that was not used for the longest time makes room. */
#define FAMILIES_MAX 32

#define FAMILY_ID_LENGTH 32     /* hexadecimal digits: 128 bits */
#define FAMILY_SECRET_LENGTH 64 /* 256 bits */
#define REFRESH_LENGTH_MAX 256

struct refresh_token {
    struct str ns; /* empty above their level */
    struct str db;
    struct str family;
    struct str secret;
};

/* Takes a token to pieces; false for what is none. They point into the text. */
bool family_read(struct str text, struct refresh_token *ret_token) MUST_CHECK;

struct family {
    struct str id;
    struct str kind; /* the principal */
    struct str owner;
    struct value subject;
    struct str tag; /* that its access tokens bear in jti */
    struct str hash;
    struct str made_by;
    int64_t created; /* milliseconds */
    int64_t used;
    int64_t expires; /* seconds */
    struct str ip;   /* that used it last */
};

/* Begins one for a principal of a login or scope that has REFRESH. *ret_family->tag is for the access token;
 * *ret_refresh is the token's text. Within the connection's transaction. */
bool family_begin(struct conn *conn, struct arena *arena, const struct definition *definition, struct str ns,
                  struct str db, const struct principal *principal, struct str ip, struct str *ret_tag,
                  struct str *ret_refresh, struct error *err) MUST_CHECK;

/* Finds a family by its id, whatever it is worth. */
bool family_find(struct conn *conn, struct arena *arena, struct str id, struct family *ret_family, bool *ret_found,
                 struct error *err) MUST_CHECK;

/* Whether the key of the definition has made the family, and it has not expired. */
bool family_is_alive(const struct family *family, const struct definition *definition, int64_t now);

/* Whether the secret is that of its newest token. */
bool family_is_newest(const struct family *family, const struct definition *definition, struct str secret);

/* Gives the next token of a family. */
bool family_renew(struct conn *conn, struct arena *arena, const struct family *family,
                  const struct definition *definition, const struct refresh_token *spent, struct str ip,
                  struct str *ret_refresh, struct error *err) MUST_CHECK;

/* Ends one, the one with a tag, or all of a principal's. */
bool family_end(struct conn *conn, struct str id, struct error *err) MUST_CHECK;
bool family_end_tag(struct conn *conn, const struct principal *principal, struct str tag, struct error *err) MUST_CHECK;
bool family_end_all(struct conn *conn, const struct principal *principal, struct error *err) MUST_CHECK;

/* Adds the members of a JSON object to buf: the families of a login that are alive, numbered from the oldest: when they
 * were made and used and expire, and the address. Nothing that could be used. */
bool family_list(struct conn *conn, const struct definition *login, struct buf *buf, struct error *err) MUST_CHECK;

/* How long its refresh tokens live, in seconds; 0: the definition has no REFRESH. */
int64_t family_lifetime(const struct definition *definition);

#endif
