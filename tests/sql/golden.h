/*
 * Golden files: the schema of a database with its permissions, a line "----", and cases. Whoever has cases of another
 * form still reads the schema with this.
 *
 *     CREATE TABLE …; DEFINE TABLE …; DEFINE FIELD …; DEFINE ROLE … ON DATABASE …
 *     ----
 *     ? SELECT …                  of a scope's user
 *     ?[clerk driver] SELECT …    of a login with these roles; [permissions clerk] of a scope's user with a role
 *     ?? SELECT …                 of an owner
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

/* Of a line that begins with a question mark: the statement, and who asks. False: it is another line. */
bool golden_case(const struct golden *golden, struct str line, struct str *ret_sql, struct policy *ret_policy);

/* What the rewriter makes of one statement of a principal. */
bool golden_rewrite(const struct golden *golden, struct arena *arena, struct str sql, const struct policy *policy,
                    struct plan *ret_plan, struct error *err) MUST_CHECK;

/* The next line from *at on, which it moves; false at the end. */
bool golden_line(const struct golden *golden, size_t *at, struct str *ret_line);

#endif
