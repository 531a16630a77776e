/*
 * An arena: memory that is freed all at once. A request owns one with a limit; what it makes dies with
 * it. Not thread-safe: one owner at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/error.h"
#include "base/str.h"

#include <stddef.h>

struct arena;

/* A new arena that gives out at most `limit` bytes; NULL when memory is short. */
struct arena *arena_new(size_t limit) MUST_CHECK;
/* The same with a first block of so many bytes: for what lives long and is small. */
struct arena *arena_new_small(size_t first, size_t limit) MUST_CHECK;
void arena_free(struct arena *arena); /* takes NULL */

/* Gives everything back to the arena but keeps its first block, for the next request of a thread. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type; NULL at the limit or when memory is short. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;

/* count objects of `size` bytes, guarded against overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size) MUST_CHECK;

/* Room for one more item at the end of a growing array: `items` itself while it has room, otherwise a larger copy. The
 * array must have been made by this function alone (NULL at first), one item at a time. */
void *arena_grow(struct arena *arena, void *items, size_t count, size_t size) MUST_CHECK;

/* Copies that end in a NUL byte which is not counted; .text is NULL on failure (never otherwise). */
struct str arena_copy(struct arena *arena, struct str s) MUST_CHECK;
struct str arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/* Whether an allocation has failed since arena_new or arena_reset; for builders that check once at the end. */
bool arena_exhausted(const struct arena *arena);

/* Bytes given out so far, and bytes that it takes itself. */
size_t arena_used(const struct arena *arena);
size_t arena_size(const struct arena *arena);

#endif
