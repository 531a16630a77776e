#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_LIMIT ((size_t)64 << 20) /* as a request has */

struct arena *fuzz_arena(void) {
    static struct arena *arena;
    if (!arena) arena = arena_new(ARENA_LIMIT);
    if (!arena) fuzz_stop("out of memory", (struct str){0});
    arena_reset(arena);
    return arena;
}

void fuzz_stop(const char *what, struct str about) {
    fprintf(stderr, "fuzz: %s: %.*s\n", what, STR(about));
    abort();
}

struct str fuzz_take_line(struct str *input) {
    const char *newline = input->length ? memchr(input->text, '\n', input->length) : NULL;
    size_t end = newline ? (size_t)(newline - input->text) : input->length;
    struct str line = str_slice(*input, 0, end);
    *input = str_slice(*input, end + (newline ? 1 : 0), input->length);
    return line;
}
