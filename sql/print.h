/*
 * Printing: a tree in, SQL out. SQLite sees this text and never the user's, so if we misread something it runs our
 * reading.
 *
 * Names are quoted, keywords upper case, parentheses where precedence asks for them (a chain such as a + b + c has
 * none, because SQLite's parser has a stack of 100). A printed statement compiles to the same bytecode as the original.
 */
#ifndef SQL_PRINT_H
#define SQL_PRINT_H

#include "base/buf.h"
#include "sql/ast.h"

/* How variables are printed, literals that are bound (lift.h), and the rows of literal_rows.h: as ?N. `number` gives N
 * (from 1) for such a node; NULL prints them as written. */
struct print_variables {
    int (*number)(void *context, const struct node *variable);
    void *context;
};

/* Prints a statement, an expression, or any part of one. `text` is the script that the tree was parsed from: an
 * expression in a result list that has no alias keeps its text as its column's name, as SQLite would name it (… AS
 * "count(*)"). The buffer's `failed` tells when memory ran out.
 *
 * Bailiwick's own statements are printed in their canonical form, which is what the catalogue stores; passwords, hashes
 * and keys are left out (so a DEFINE LOGIN is printed without PASSWORD or PASSHASH, a DEFINE TOKEN without VALUE). */
void print_node(struct buf *out, const struct node *node, struct str text, const struct print_variables *variables);

/* "name", with its quotes doubled. */
void print_name(struct buf *out, struct str name);

/* 'text', with its quotes doubled. */
void print_string(struct buf *out, struct str string);

#endif
