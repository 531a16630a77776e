/*
 * Everything that a client can make large and the front end bounds, in one place. At or under SQLite's own limits, and
 * safe on the 8 MiB stack that statements run on.
 */
#ifndef SQL_LIMITS_H
#define SQL_LIMITS_H

/* Bytes of a script. Positions are 32 bits wide; the request body is bounded long before (4 MiB). */
#define LIMIT_TEXT (64u << 20)

/* Statements in one script. */
#define LIMIT_STATEMENTS 1000

/* Height of a statement's tree: walkers recurse once for each level (about 200 bytes of stack a level). SQLite's own
 * bound on an expression is 1,000; a nested SELECT is five levels of ours. */
#define LIMIT_HEIGHT 1500

/* What SQLite's parser keeps on its stack for what is begun and not ended: fixed when it is built. Ours has the same
 * grammar and the same stack, so that both refuse the same statements. What the rewriter adds to a statement is a dozen
 * at most (rewrite.c). */
#define LIMIT_DEPTH 100

/* Arms of a compound SELECT, tables in a join, columns of a result, arguments of a function: SQLite's defaults. */
#define LIMIT_COMPOUND 500
#define LIMIT_JOIN 64
#define LIMIT_COLUMNS 2000
#define LIMIT_ARGUMENTS 127

/* ?1 … ?32766, as in SQLite. */
#define LIMIT_VARIABLE_NUMBER 32766

/* Bytes of a LIKE or GLOB pattern: a pattern is matched in a time that grows with its wildcards. storage/conn.c sets
 * SQLite to the same. */
#define LIMIT_PATTERN 1000

/* Window functions of one statement: SQLite takes a time to prepare that grows with their cube where the windows
 * differ. */
#define LIMIT_WINDOWS 100

/* Common table expressions of one WITH: SQLite looks each name up among all of them. */
#define LIMIT_CTES 500

/* Tables that a statement reads when each mention of a common table expression stands for all that it reads: SQLite
 * makes a copy for each, and WITH a AS (…), b AS (SELECT … FROM a, a), c AS (SELECT … FROM b, b) … doubles. */
#define LIMIT_EXPANSION 4096

/* Tables that a view comes to, with those that the views in it come to. SQLite expands them all before anything can
 * stop it, for whoever reads the view and for each change of tables, in a time that grows faster than their number. */
#define LIMIT_VIEW_TABLES 1000

#endif
