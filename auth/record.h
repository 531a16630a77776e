/*
 * Auth records: the rows that the end users of a scope are.
 */
#ifndef AUTH_RECORD_H
#define AUTH_RECORD_H

#include "storage/catalog.h"

/* The table of the auth records of a SIGNUP or SIGNIN clause: the target of an INSERT, the first table in the FROM of a
 * SELECT. Empty where it has none (a sub-select or a common table expression stands first). */
struct str record_table_of_clause(const struct node *clause);

/* The table of a scope's auth records: that of its SIGNIN clause, or of SIGNUP where there is no SIGNIN. Empty where
 * there is none. */
struct str record_table_of_scope(const struct definition *scope);

struct record_place {
    const struct table_schema *table;
    const struct column_schema *key; /* the one column of the primary key */
};

/* Finds the table in the schema. ERROR_INVALID_VALUE unless it is a table whose primary key is one column. */
bool record_locate(const struct snapshot *snapshot, struct str table, struct record_place *ret_place,
                   struct error *err) MUST_CHECK;

/* What decides which row a principal's auth record is, and what is in it, as commit_count_get counts it: its table,
 * which no module writes to (record_locate), and what is defined. */
static inline uint64_t record_depends_on(struct str table) {
    return commit_tables_of(table) | COMMIT_OWN_TABLES;
}

/* Whether the record is in the database now: one read by the primary key. *ret_key is that key as it is stored: what
 * compares equal with it (7 and '7', or another case) is one and the same record. Left alone where there is none. */
bool record_find(struct conn *conn, struct arena *arena, const struct record_place *place, const struct value *id,
                 struct value *ret_key, bool *ret_found, struct error *err) MUST_CHECK;

/* The whole record, whatever permissions say; no items where it is gone. Copied into the arena. */
bool record_read(struct conn *conn, struct arena *arena, const struct record_place *place, const struct value *id,
                 struct named_values *ret_record, struct error *err) MUST_CHECK;

/* The columns of a query's row but the last `hidden` ones, copied into the arena. */
bool record_copy_row(struct arena *arena, const struct query *query, size_t hidden, struct named_values *ret_row,
                     struct error *err) MUST_CHECK;

/* A column by its name, as SQLite compares names; NULL where there is none. */
const struct value *record_column(const struct named_values *record, struct str name);

#endif
