/*
 * Replies of /sql for people: a table for each statement. They were asked for with Prefer: rows=array.
 */
#ifndef SERVER_TABLE_H
#define SERVER_TABLE_H

#include "base/json.h"

#include <stdio.h>

/* Prints a statement's object: its rows to `out`, or its failure to `errors`. False when the statement failed, or the
 * object is none of ours. */
bool table_print(struct arena *arena, const struct json *object, size_t number, FILE *out, FILE *errors);

/* Prints a text with its control characters as \xNN, so that data cannot drive a terminal. */
void table_print_text(struct str text, FILE *out);

#endif
