/*
 * Refusing credentials: one message for everything that can be wrong with them, and the reason for the log.
 */
#ifndef AUTH_REFUSE_H
#define AUTH_REFUSE_H

#include "base/error.h"

/* ERROR_UNAUTHENTICATED with `why` as its detail. Returns false. */
bool refuse(struct error *err, const char *why);

/* The same, where `cause` is why. */
bool refuse_because(struct error *err, const char *what, const struct error *cause);

/* Hands on a failure that has nothing to do with the credentials: the server is busy, out of memory … Returns false. */
bool hand_on(struct error *err, const struct error *cause);

/* Whether a failure says that something which was named is not there, so that whoever named it is refused; every other
 * one is handed on. */
bool refuse_missing(struct error *err, const struct error *cause);

#endif
