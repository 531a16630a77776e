/*
 * Failed sign-ins, counted by the name that was tried and by the address that tried it.
 *
 * A name (a login of a level, or what a scope's SIGNIN looks for) may fail so often in a row; then once in every so
 * much time; and an address likewise, whatever names it tries. A name that does not exist is counted like one that
 * does. An address from which a name was once right has a count of its own for that name, and is asked for nothing
 * else: so its owner gets in while others try the name.
 *
 * The memory is fixed: tables of buckets, found by a hash under a random key. Where a place is full, the bucket that is
 * the nearest to empty goes, so that a flood of names and addresses drives out those that failed once, and not those
 * that are hammered.
 *
 * The algorithm is the generic cell rate algorithm: of a bucket one moment is kept, the one at which it will be empty.
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/error.h"
#include "base/str.h"

#include <stddef.h>

struct throttle_limits {
    int64_t name_failures; /* in a row, at least 1 */
    int64_t name_interval; /* nanoseconds after which one more is allowed */
    int64_t address_failures;
    int64_t address_interval;
};

#define THROTTLE_NAMES_MAX 8

/* Who somebody at an address says to be. Begun with throttle_begin, then names are added, then it is asked and told. */
struct throttle_attempt {
    struct throttle *throttle; /* NULL: nothing is throttled */
    uint64_t address[2];
    uint64_t names[THROTTLE_NAMES_MAX][2];
    uint64_t pairs[THROTTLE_NAMES_MAX][2]; /* each name at this address */
    size_t count;
};

struct throttle *throttle_new(const struct throttle_limits *limits, struct error *err) MUST_CHECK;
void throttle_free(struct throttle *throttle); /* takes NULL */

/* An address counts as a whole, of IPv6 its network of 64 bits. */
void throttle_begin(struct throttle_attempt *attempt, struct throttle *throttle, struct str address);

/* A name is a list of parts: its level, namespace, database … Case of ASCII letters makes no other name. What there is
 * no room for is not counted by name. */
void throttle_add_name(struct throttle_attempt *attempt, const struct str *parts, size_t count);

/* Whether it may be tried at `now` (clock_steady): ERROR_THROTTLED, with err->retry_after, unless all its names may be.
 * An attempt without names is judged by its address alone. */
bool throttle_may_try(const struct throttle_attempt *attempt, int64_t now, struct error *err) MUST_CHECK;

/* What came of it. A failure that is nobody's fault is not told. */
void throttle_failed(const struct throttle_attempt *attempt, int64_t now);
void throttle_succeeded(const struct throttle_attempt *attempt, int64_t now);

/* Bytes that it holds, whatever happens: for tests. */
size_t throttle_memory(const struct throttle *throttle);

#endif
