/*
 * Random bytes, hashes and comparisons that take the same time whatever they find (on mbedTLS).
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/error.h"
#include "base/str.h"

#include <stddef.h>

/* Seeds the generator; once, before any thread. */
bool secret_init(struct error *err) MUST_CHECK;
void secret_done(void);

/* Cryptographic random bytes; safe from any thread. */
bool secret_random(void *ret_bytes, size_t length, struct error *err) MUST_CHECK;

/* `length` lower-case hexadecimal digits of randomness and a NUL into ret_text (length + 1 bytes). */
bool secret_random_hex(char *ret_text, size_t length, struct error *err) MUST_CHECK;

/* Whether two strings are equal, in a time that depends on their lengths alone. */
bool secret_same(struct str a, struct str b);

/* HMAC-SHA-256 of data under key. */
bool secret_hmac(struct str key, struct str data, unsigned char ret_mac[32], struct error *err) MUST_CHECK;

/* Overwrites memory, and is not optimised away. */
void secret_wipe(void *memory, size_t length);

#endif
