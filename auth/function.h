/*
 * The SQL functions that Bailiwick has beside SQLite's.
 */
#ifndef AUTH_FUNCTION_H
#define AUTH_FUNCTION_H

#include "storage/conn.h"

/* Ends with a NULL name.
 *
 *     password_hash(text)          a PHC string; anything but text is ERROR_INVALID_VALUE
 *     password_verify(text, hash)  1 or 0, never NULL: what is no text, or no hash, costs the time of a wrong password
 *     uuid()                       a random UUID (version 4), in lower case
 *     now()                        the time in UTC, "2026-11-24T08:45:57.123Z"
 */
extern const struct sql_function auth_sql_functions[];

#endif
