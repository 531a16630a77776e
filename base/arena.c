/*
 * An arena is a list of blocks, each twice as large as the one before it up to a bound; what is too large for
 * a block of the usual size gets one of its own.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_BLOCK ((size_t)1 << 20)
#define ALIGNMENT _Alignof(max_align_t)

struct block {
    struct block *previous;
    size_t size;
    size_t used;
    _Alignas(max_align_t) char data[];
};

struct arena {
    struct block *newest;
    size_t next_size;
    size_t limit;
    size_t used;
    bool exhausted;
};

static struct block *block_new(size_t size) {
    struct block *block = malloc(sizeof *block + size);
    if (!block) return NULL;
    block->previous = NULL;
    block->size = size;
    block->used = 0;
    return block;
}

struct arena *arena_new(size_t limit) {
    return arena_new_small(FIRST_BLOCK, limit);
}

struct arena *arena_new_small(size_t first, size_t limit) {
    struct arena *arena = malloc(sizeof *arena);
    if (!arena) return NULL;
    *arena = (struct arena){.newest = block_new(first), .next_size = 2 * first, .limit = limit};
    if (!arena->newest) {
        free(arena);
        return NULL;
    }
    return arena;
}

/* Frees all blocks but the first one. */
static void free_later_blocks(struct arena *arena) {
    while (arena->newest->previous) {
        struct block *block = arena->newest;
        arena->newest = block->previous;
        free(block);
    }
}

void arena_free(struct arena *arena) {
    if (!arena) return;
    free_later_blocks(arena);
    free(arena->newest);
    free(arena);
}

void arena_reset(struct arena *arena) {
    free_later_blocks(arena);
    arena->newest->used = 0;
    arena->next_size = 2 * arena->newest->size;
    arena->used = 0;
    arena->exhausted = false;
}

static void *exhaust(struct arena *arena) {
    arena->exhausted = true;
    return NULL;
}

void *arena_alloc(struct arena *arena, size_t size) {
    if (size == 0) size = 1;
    if (size > arena->limit || arena->used > arena->limit - size) return exhaust(arena);
    if (size > SIZE_MAX / 2) return exhaust(arena);
    size_t padded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct block *block = arena->newest;
    if (block->size - block->used < padded) {
        block = block_new(padded > arena->next_size ? padded : arena->next_size);
        if (!block) return exhaust(arena);
        block->previous = arena->newest;
        arena->newest = block;
        if (arena->next_size < LARGEST_BLOCK) arena->next_size *= 2;
    }
    void *memory = block->data + block->used;
    block->used += padded;
    arena->used += padded < arena->limit - arena->used ? padded : arena->limit - arena->used;
    return memset(memory, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return exhaust(arena);
    return arena_alloc(arena, bytes);
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t size) {
    /* the room doubles at each power of two from 8 on */
    if (items && (count < 8 || (count & (count - 1)))) return items;
    if (count > SIZE_MAX / 2) return exhaust(arena);
    void *larger = arena_array(arena, count ? count * 2 : 8, size);
    if (larger && count) memcpy(larger, items, count * size);
    return larger;
}

struct str arena_copy(struct arena *arena, struct str s) {
    char *text = s.length < SIZE_MAX ? arena_alloc(arena, s.length + 1) : exhaust(arena);
    if (!text) return (struct str){NULL, 0};
    if (s.length) memcpy(text, s.text, s.length);
    return (struct str){text, s.length};
}

struct str arena_format(struct arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? exhaust(arena) : arena_alloc(arena, (size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return (struct str){text, text ? (size_t)length : 0};
}

bool arena_exhausted(const struct arena *arena) {
    return arena->exhausted;
}

size_t arena_used(const struct arena *arena) {
    return arena->used;
}

size_t arena_size(const struct arena *arena) {
    size_t size = sizeof *arena;
    for (const struct block *block = arena->newest; block; block = block->previous) size += sizeof *block + block->size;
    return size;
}
