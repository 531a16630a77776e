/*
 * The rewriter: a statement in, the SQL that SQLite runs out, with the permissions of the principal in it.
 *
 * Mechanism only: what is allowed is asked of policy.h. What is not parsed, not resolved or not listed is refused;
 * nothing is passed through. How it rewrites reads is told in rewrite_read.c, writes in rewrite_write.c, and
 * doc/permissions.md shows both.
 */
#ifndef SQL_REWRITE_H
#define SQL_REWRITE_H

#include "base/arena.h"
#include "base/error.h"
#include "sql/footprint.h"
#include "sql/literal_rows.h"
#include "sql/parse.h"
#include "sql/policy.h"
#include "sql/schema.h"

enum plan_kind {
    PLAN_READ,   /* SELECT, VALUES, EXPLAIN, PRAGMA: no write lock */
    PLAN_WRITE,  /* INSERT, UPDATE, DELETE: in a transaction, rolled back when it fails */
    PLAN_SCHEMA, /* CREATE, DROP, ALTER, REINDEX, ANALYZE …: as PLAN_WRITE; the catalogue is to be read anew */
    PLAN_VACUUM, /* VACUUM: in no transaction, and under FOOTPRINT_INTERNAL (SQLite attaches a file of its own for it)
                  */
};

/* A variable, or a literal that is bound: they are ?1, ?2 … in the order of this list. */
struct plan_parameter {
    unsigned literal;                /* its number (lift.h); 0: it is a variable */
    const struct literal_rows *rows; /* all rows of an INSERT; NULL: it is one value */
    struct str name;                 /* "title", "auth.id"; of a positional `?` its number */
    bool definer; /* stands in a permission's predicate: $auth shows the whole record there. In the user's own text it
                     shows what the user may select of it */
    bool is_own_change; /* what the principal itself has changed in this request; its name is "changes",
                           "total_changes" or "last_insert_rowid" */
    bool is_pattern; /* a LIKE or GLOB pattern: its value must not be longer than LIMIT_PATTERN, whatever rows there are
                      */
    uint32_t at;
};

/* How the rows of a guard are kept from telling of hidden fields by their order; rewrite_guard.c tells more. */
enum guard_order {
    ORDER_HARMLESS,
    ORDER_UNCOVERED, /* a visible column is read too */
    ORDER_UNINDEXED, /* NOT INDEXED */
    ORDER_SORTED,
};

/* What there is to tell of a guard (explain.h). */
struct plan_guard {
    struct str name;
    const struct table_schema *table;
    bool fenced; /* AS MATERIALIZED, because a term can fail */
    enum guard_order order;
    const char *order_why;                     /* behind the field's name, where that is not NULL */
    const struct column_schema *order_because; /* the hidden field that asks for that order */
};

/* A term of the statement's text that can fail and may meet hidden rows (explain.h). */
struct plan_term {
    const struct node *node; /* as it stands in the plan */
    uint32_t at;
    uint32_t end;
    bool shielded; /* CASE WHEN the row passes THEN term END */
    bool fenced;   /* what it reads through has a LIMIT, or guards AS MATERIALIZED, because of it */
    bool is_ahead; /* it is a sub-select that runs, once and always, before any row is looked for */
};

struct plan {
    struct str sql;
    enum plan_kind kind;
    const struct plan_parameter *parameters;
    size_t parameter_count;
    size_t hidden_columns; /* so many columns at the end of each row are for the server alone: not shown */
    bool sorts_rows;       /* the order of the rows tells what is hidden: they are sorted by what they show */
    bool returns_rows;     /* SELECT, or a write with RETURNING by the user: columns are shown */
    struct footprint footprint;
    struct str inserted_table;   /* INSERT: its target; else empty */
    struct str replaced_table;   /* every row of this table that the statement deletes to make room (OR REPLACE) … */
    const struct plan *replaced; /* … must be one of which this gives 1 (conn_watch_replaced); NULL: any may go */
    struct plan_guard *guards;
    size_t guard_count;
    struct plan_term *terms;
    size_t term_count;
};

/* Makes the plan of one statement of SQLite's language (not of Bailiwick's, and not of transactions: that is
 * ERROR_INTERNAL). `text` is the script that it was parsed from. The plan lives in the arena, and points into schema
 * and text.
 *
 * ERROR_PERMISSION_DENIED, ERROR_NOT_FOUND … as the contract's section 5 says, with the place in the text. */
bool rewrite_statement(struct arena *arena, const struct schema *schema, const struct policy *policy,
                       const struct statement *statement, struct str text, struct plan *ret_plan,
                       struct error *err) MUST_CHECK;

/* Checks the predicate of a permission when it is defined: every column is there, it reads only, its subqueries
 * resolve. `table` is whose rows it is about. Resolves the tree in place (columns of the row are qualified with their
 * table). Also used when the catalogue is loaded. */
bool rewrite_check_predicate(struct arena *arena, const struct schema *schema, const struct table_schema *table,
                             struct node *predicate, struct error *err) MUST_CHECK;

/* Whether a resolved predicate reads, in a sub-select, the table that it is about, or a view, which may. For create and
 * update that is refused: such a predicate would be asked after the row has been written, and find the row itself. */
bool rewrite_reads_own_table(const struct node *predicate, const struct table_schema *table);

/* What the names of guards begin with: "_bailiwick_" and a part made at random at start-up (tests may set a fixed one).
 * Copied; at most 31 bytes. */
void rewrite_set_guard_prefix(const char *prefix);
const char *rewrite_guard_prefix(void);

#endif
