/*
 * The audit log: a line of JSON for each sign-in, sign-up, refusal, ending, and change of definitions or schema.
 * Whatever is written to it passes audit_write. It never holds a secret.
 *
 * A line that cannot be written is counted and told in the log; what it is about goes on.
 */
#ifndef SERVER_AUDIT_H
#define SERVER_AUDIT_H

#include "auth/session.h"

struct audit;

/* Appends to a file, which is made with mode 0600 where it is missing; without a path to stderr. */
struct audit *audit_open(const char *path, struct error *err) MUST_CHECK;
void audit_close(struct audit *audit); /* takes NULL */

/* Opens the file anew by its name, for who has moved it away. The old one is kept where that fails. */
void audit_reopen(struct audit *audit);

/* Who somebody is, or says to be: what is empty is left out. */
struct audit_who {
    bool is_claimed; /* says to be */
    const char *level;
    struct str ns;
    struct str db;
    struct str scope;
    struct str login;
    struct str issuer; /* of the token, where that is another one's */
    struct value id;   /* of a scope's user */
};

struct audit_event {
    const char *action;  /* signin, signup, request, statement, transaction … */
    const char *request; /* its X-Request-Id */
    struct str ip;
    struct str origin;
    struct audit_who who;
    struct str certificate; /* the client's, in DER, where it was to say who; its fingerprint is shown */
    struct str place_ns;    /* where the statement works */
    struct str place_db;
    struct str statement; /* without secrets; empty: none */
    bool is_pending;      /* done in a transaction whose end is an event of its own */
    const struct error *err;
};

/* The outcome is `ok`, `pending`, `refused` or `failed`, with the error's code. */
void audit_write(struct audit *audit, const struct audit_event *event);

#endif
