/*
 * The log: lines on stderr, each written at once.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"

/* A line "bailiwick: …" for the operator. Control characters in it are shown as \xNN. */
void log_line(const char *format, ...) PRINTF_LIKE(1, 2);

/* The same for a failure: its message and, where there is one, its detail. `request` may be NULL. */
void log_error(const char *request, const struct error *err);

#endif
