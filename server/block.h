/*
 * A transaction of several statements, BEGIN … COMMIT, in one request. What its statements gave is held back until it
 * is known whether it holds: when one of them fails, all others report `cancelled`.
 */
#ifndef SERVER_BLOCK_H
#define SERVER_BLOCK_H

#include "server/respond.h"

struct block_item {
    struct outcome outcome;
    size_t from; /* its result is [from, to) of the block's values */
    size_t to;
};

struct block {
    size_t limit; /* bytes of results that may be held back */
    bool is_open;
    bool has_failed;          /* rolled back; what follows until COMMIT is not run */
    bool holds;               /* committed */
    bool changed_catalog;     /* to be published when it is committed */
    int64_t deadline;         /* of the whole block: it holds the write lock */
    struct block_item *items; /* room for every statement of the request */
    size_t count;
    struct buf values;
};

/* For blocks of at most `statements` statements, whose results take at most `limit` bytes. */
bool block_init(struct block *block, struct arena *arena, size_t statements, size_t limit,
                struct error *err) MUST_CHECK;
void block_done(struct block *block);

/* Begins a block: its BEGIN is the first item to add. */
void block_open(struct block *block, int64_t deadline);

/* How many bytes the next result may take; at least 1. */
size_t block_room(const struct block *block);

/* Adds a statement that is over. A failure fails the block. */
void block_add(struct block *block, const struct outcome *outcome, struct str value);

/* Adds one that is not run because the block has failed. */
void block_skip(struct block *block);

/* Ends the block and reports all its statements: as they ran where `holds`, else as cancelled but the ones that failed.
 * `why` is the message of the cancelled ones. */
void block_close(struct block *block, struct respond *respond, bool holds, const char *why);

#endif
