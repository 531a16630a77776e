/*
 * What SQLite tells of a table's columns through its C interface alone.
 */
#ifndef STORAGE_TABLE_H
#define STORAGE_TABLE_H

#include "base/arena.h"
#include "sql/schema.h"
#include "storage/conn.h"

/* The declared collation of every column of a table, "BINARY" where there is none. */
bool table_collations(struct conn *conn, struct arena *arena, struct table_schema *table, struct error *err) MUST_CHECK;

/* The same for a view: the collation of the column that each of its columns shows, "BINARY" where it shows none. */
bool table_view_collations(struct conn *conn, struct arena *arena, struct table_schema *view,
                           struct error *err) MUST_CHECK;

#endif
