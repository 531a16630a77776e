/*
 * What the fuzz targets share. A target is one function, libFuzzer's entry; with regress.c beside it, it is a program
 * that tries the inputs of files instead, and needs no libFuzzer.
 *
 * A target aborts where a promise is broken; what a sanitizer finds aborts by itself.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An empty arena, the same one each time. */
struct arena *fuzz_arena(void);

/* Says what is wrong, with the text that it is about, and aborts. */
_Noreturn void fuzz_stop(const char *what, struct str about);

/* Stops unless the promise holds. */
#define FUZZ_PROMISE(holds, what, about)                                                                               \
    do {                                                                                                               \
        if (!(holds)) fuzz_stop(what, about);                                                                          \
    } while (0)

/* Cuts the first line off an input: what stands before its line feed, or all of it. */
struct str fuzz_take_line(struct str *input);

#endif
