/*
 * The second lock: an authorizer that holds every statement to its footprint while SQLite prepares it, and prepares it
 * again when the schema has changed. It is set once on a connection and reads what the guard says at that moment.
 *
 * It shares nothing with the parser and the rewriter but sql/footprint.h and the list of functions.
 */
#ifndef STORAGE_GUARD_H
#define STORAGE_GUARD_H

#include "base/error.h"
#include "sql/footprint.h"

/* How the rewriter writes the database's name where a guard or a predicate reads a base table; elsewhere it is `main`.
 * SQLite tells a read of no column (`count(*)`) with the name as it was written, and with no other trace of the guard.
 */
#define GUARD_DATABASE "MAIN"

struct guard {
    const struct footprint *footprint; /* NULL: nothing is allowed */
    bool runs;                         /* false while a statement is prepared for the first time */
    bool vacuums;                      /* the statement that runs is a plain VACUUM */
    bool changes_schema;               /* the statement is seen to be an ALTER or a DROP */
    uint64_t *writes;                  /* what it may write to is added here (commit_tables_written); NULL: nowhere */
    int64_t deadline;                  /* clock_steady() at which to stop preparing; 0: none */
    bool is_late;                      /* it was */
    bool refused;
    char refusal[256]; /* the first refusal's details, for the log */
    char reason[128];  /* what the principal is told; empty: no more than that. A restricted one is told of what the
                          owner's views and triggers do, and of nothing else: that is a bug */
};

/* SQLite's callback; its first argument is a struct guard. */
int guard_authorize(void *guard, int action, const char *first, const char *second, const char *database,
                    const char *accessor);

/* A copy in one block of memory that the caller frees; NULL when memory is short. */
struct footprint *footprint_copy(const struct footprint *footprint) MUST_CHECK;

/* How large that block is. */
size_t footprint_size(const struct footprint *footprint);

#endif
