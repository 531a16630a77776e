/*
 * `bailiwick check`: parses scripts without a server.
 */
#ifndef SERVER_CHECK_H
#define SERVER_CHECK_H

#include <stdbool.h>
#include <stdio.h>

/* Parses a file, or standard input where the path is "-". Writes to `out` one line FILE:LINE:COL: message for the first
 * error of each statement. With jsonl each line of the file is a JSON string that holds a script, and `out` gets a line
 * for each: `ok`, or `error LINE:COL MESSAGE`. What keeps the file from being read goes to `err`. Returns the exit
 * status: 0, or 1 if there was any error. */
int check_file(const char *path, bool jsonl, FILE *out, FILE *err);

#endif
