/*
 * Credentials that were right a moment ago: a bounded table of keyed hashes, so that a program that sends its password
 * with each request pays for Argon2 once a minute. It holds no password, and its key is made anew in each process.
 */
#ifndef AUTH_VERIFIED_H
#define AUTH_VERIFIED_H

#include "storage/catalog.h"

/* What is remembered. The definition's key and password are part of it, so that a login that was redefined, or removed
 * and made again, is not recognised; and so is the address, so that nobody gains from what somebody else has shown. */
struct verified {
    unsigned char mac[32];
    bool usable; /* false: no hash could be made; then nothing is recognised or remembered */
};

struct verified verified_make(const struct definition *login, struct str password, struct str address);

/* Whether it was remembered less than a minute ago. */
bool verified_knows(const struct verified *verified);
void verified_remember(const struct verified *verified);

#endif
