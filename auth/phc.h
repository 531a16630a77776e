/*
 * PHC strings of Argon2id, as `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH` (https://github.com/P-H-C/phc-string-format),
 * with bounds on what verifying one may cost.
 */
#ifndef AUTH_PHC_H
#define AUTH_PHC_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* One verification must take neither the machine's memory nor seconds. */
#define PHC_MEMORY_MAX 65536 /* KiB */
#define PHC_PASSES_MAX 10
#define PHC_LANES_MAX 4
#define PHC_MEMORY_MIN 8 /* KiB for each lane: Argon2's own bound */
#define PHC_SALT_MIN 8   /* bytes: Argon2's own bound */
#define PHC_SALT_MAX 64
#define PHC_HASH_MIN 16
#define PHC_HASH_MAX 64
#define PHC_LENGTH_MAX 256 /* more than the longest within these bounds */

struct phc {
    uint32_t memory; /* KiB */
    uint32_t passes;
    uint32_t lanes;
    struct str salt; /* bytes */
    struct str hash;
};

/* Strict. False for what is no such string or not within the bounds, and when the arena is full: it needs
 * PHC_LENGTH_MAX bytes. */
bool phc_read(struct arena *arena, struct str text, struct phc *ret_phc) MUST_CHECK;

/* False when memory is short. */
bool phc_write(struct arena *arena, const struct phc *phc, struct str *ret_text) MUST_CHECK;

#endif
