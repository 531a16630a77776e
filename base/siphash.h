/*
 * A hash for tables whose keys strangers choose: SipHash-1-3 (Aumasson and Bernstein, https://www.aumasson.jp/siphash)
 * under a key made at random by each process, so that nobody can choose keys that fall together. It hides nothing: what
 * it finds is to be compared as a whole.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/str.h"

#include <stdint.h>

uint64_t siphash(struct str bytes);

/* The same under a key of the caller's, of random bits. */
uint64_t siphash_keyed(const uint64_t key[2], struct str bytes);

#endif
