/*
 * Golden files: the schema of a database with its permissions, a line "----", and cases. Whoever has cases of another
 * form still reads the schema with this.
 *
 *     CREATE TABLE …; DEFINE TABLE …; DEFINE FIELD …
 *     ----
 *     ? SELECT …
 *
 * What goes wrong ends the program: these are tests.
 */
#ifndef TESTS_SQL_GOLDEN_H
#define TESTS_SQL_GOLDEN_H

#include "sql/rewrite.h"
#include "storage/catalog.h"

struct golden {
    const char *path;
    struct arena *arena; /* what lives as long as the file is open */
    struct str text;     /* the whole file; ends in a NUL byte that is not counted */
    size_t cases_at;     /* where the cases begin in it */
    int cases_line;      /* and on which line */
    struct conn *conn;   /* a database in memory with that schema */
    const struct snapshot *snapshot;
};

/* Sets the library up as the server does, with guards' names that are always the same. Once. */
void golden_init(void);

/* Opens a golden file. `functions` are added to SQL; NULL: none. */
void golden_open(struct golden *golden, const char *path, const struct sql_function *functions);
void golden_close(struct golden *golden);

/* What the rewriter makes of one statement of a restricted principal, or of an owner. */
bool golden_rewrite(const struct golden *golden, struct arena *arena, struct str sql, bool owner, struct plan *ret_plan,
                    struct error *err) MUST_CHECK;

/* The next line from *at on, which it moves; false at the end. */
bool golden_line(const struct golden *golden, size_t *at, struct str *ret_line);

#endif
