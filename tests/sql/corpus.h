/*
 * The corpus of statements: a file is one statement a line; a line that begins with a space goes on with the one
 * before, and one that begins with "-- " is a heading.
 */
#ifndef TESTS_SQL_CORPUS_H
#define TESTS_SQL_CORPUS_H

#include "base/arena.h"

#include <sqlite3.h>

struct corpus {
    struct str *statements; /* each ends in a NUL byte that is not counted */
    size_t count;
};

/* Reads folder/name; ends the program where it cannot. */
struct corpus corpus_read(struct arena *arena, const char *folder, const char *name);

/* A database in memory with the tables of schema.sql, and strings only in single quotes, as Bailiwick opens it. */
sqlite3 *corpus_open(struct arena *arena, const char *folder);

/* Random numbers that are the same for the same seed everywhere. */
uint32_t corpus_random(uint64_t *state, uint32_t below);

#endif
