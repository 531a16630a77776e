/*
 * Parsing: a script in, trees out. Nothing is run, and nothing is looked up.
 */
#ifndef SQL_PARSE_H
#define SQL_PARSE_H

#include "base/arena.h"
#include "base/error.h"
#include "sql/ast.h"

struct statement {
    struct node *node;
    uint32_t at; /* its text is [at, end) of the script's */
    uint32_t end;
    uint32_t depth;       /* how deep it is nested: the most that the parser's stack held */
    uint32_t reserved_at; /* a name in it that begins with `_bailiwick`, which nobody may use; NOWHERE: none */
};

struct script {
    struct str text;
    struct statement *statements;
    size_t count;
};

/* Parses all statements of a script. The first error stands: ERROR_PARSE with its place, or ERROR_LIMIT_EXCEEDED. The
 * trees live in the arena and point into `text`, which must live as long. */
bool parse_script(struct arena *arena, struct str text, struct script *ret_script, struct error *err) MUST_CHECK;

/* Parses exactly one statement as the catalogue stores it: a DEFINE LOGIN there has no password. */
struct node *parse_one(struct arena *arena, struct str text, struct error *err) MUST_CHECK;

/* Where parsing may go on after an error at `at`: behind the next `;` that ends a statement. */
uint32_t parse_resume_at(struct str text, uint32_t at);

#endif
