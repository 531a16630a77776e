/*
 * Resolving: what each name in a statement means, by SQLite's rules of scope.
 *
 * Tables first: a name in FROM, behind IN, or as the target of a change is a common table expression that is in sight,
 * or a table of the database; a name with a schema is never a common table expression. Then columns: each COLUMN is
 * bound to the source that it is read from, where that is known. What a principal may not see is not there to be found,
 * so the columns of a guarded table are those that its guard shows.
 */
#ifndef SQL_RESOLVE_H
#define SQL_RESOLVE_H

#include "base/arena.h"
#include "base/error.h"
#include "sql/ast.h"
#include "sql/policy.h"
#include "sql/schema.h"

struct guard; /* the rewriter's */
struct scope;

enum source_kind {
    SOURCE_TABLE, /* a table or view of the database */
    SOURCE_CTE,
    SOURCE_DERIVED,  /* a sub-select, or a table-valued function */
    SOURCE_EXCLUDED, /* `excluded` in ON CONFLICT DO UPDATE */
};

/* Something that columns are read from: an item of FROM, or the target of a change. */
struct source {
    enum source_kind kind;
    struct str name;                  /* what qualifies its columns: its alias or its name */
    const struct table_schema *table; /* SOURCE_TABLE, SOURCE_EXCLUDED */
    const struct str *columns;        /* the others: their columns' names */
    size_t column_count;
    size_t weight;                 /* SOURCE_CTE's definition: tables that it reads, expanded */
    bool may_fail;                 /* the same: it can end in a run-time error, itself or by what it reads */
    bool is_target;                /* the table that is changed, read directly and not through a guard */
    bool is_target_guard;          /* the same, read through the guard of the rows that may be reached */
    const struct node *definition; /* SOURCE_CTE: its CTE node */
    struct node *node;   /* its node in FROM; NULL for the target of a change and for table-valued functions */
    bool is_optional;    /* an outer join, or one in parentheses, may make its rows up */
    struct guard *guard; /* what the rewriter reads it through */
};

struct resolver {
    struct arena *arena;
    const struct schema *schema;
    const struct policy *policy;
    struct error *err;
    /* Called for each TABLE node (in FROM, or behind IN) that means a table of the database, and not for targets of
     * changes. It may change the node. source->table is NULL where there is no such table. False stops. */
    bool (*on_table)(void *context, struct node *node, struct source *source);
    /* Called for each COLUMN node that is bound to a rowid (by any of its names) of `source`. It may change the node.
     */
    bool (*on_rowid)(void *context, struct node *node, struct source *source);
    /* Called for each COLUMN that is bound to one of those that FTS5 adds. It may change the node. */
    bool (*on_full_text)(void *context, struct node *node, struct source *source);
    /* Called for each pattern that a full-text table is searched for, and may read other tables. */
    bool (*on_pattern)(void *context, struct node *pattern, struct scope *scope);
    /* Called for each expression that can end in a run-time error (leakproof.h) and may run on rows that a guard hides.
     * `term` is the condition in which it stands, or NULL: of the terms that AND joins in WHERE, ON and HAVING, each is
     * evaluated as soon as the tables that it reads are there. It may change the node. NULL: not wanted. */
    bool (*on_failing)(void *context, struct node *node, struct scope *scope, const struct node *term);
    /* Called for each sub-select of an expression that can fail and may run, or not, because of rows that a guard
     * hides: after it has been resolved, and before the rest of the expression is. It may put in its place another that
     * cannot fail, and needs no resolving: then *ret_moved is true. NULL: not wanted. */
    bool (*on_sub_select)(void *context, struct node *node, struct scope *scope, bool *ret_moved);
    /* Called for each such term, and with NULL for the columns that a JOIN compares by USING or NATURAL. */
    bool (*on_term)(void *context, struct node *term, const struct node *join, struct scope *scope);
    void *context;
    size_t expansion; /* tables read so far, each mention of a CTE counted as all that it reads (LIMIT_EXPANSION) */
    bool searches;    /* a full-text table's own column may be named: by MATCH, and by functions of the row found */
    bool tables_only; /* the principal is unrestricted: columns are SQLite's business */
};

/* Flags of a COLUMN that stands for more than a column that is known. */
#define READS_ALIAS (1u << 26)  /* a result's alias: it reads what the result reads */
#define READS_UNSEEN (1u << 27) /* something that only SQLite finds, or an alias of what may fail: it may fail, too */

/* A place that names are looked up in; lives on the stack of the walk. */
struct scope {
    struct scope *outer;
    struct source **sources;
    size_t source_count;
    size_t reach_from; /* the sources that an ON clause can mean are [reach_from, reach_to); reach_to is 0 outside of
                          one */
    size_t reach_to;
    size_t joined_from;         /* within an ON clause: the first source of the item that it joins */
    const struct node *join;    /* within an ON clause: its JOIN */
    bool has_right_join;        /* RIGHT or FULL JOIN */
    bool is_nested;             /* a join in parentheses */
    const struct node *with;    /* the CTEs that begin here */
    const struct node *results; /* the result list whose aliases are in sight */
    const struct node
        *compound;           /* in ORDER BY of a compound SELECT, that: names mean results, and SQLite looks them up */
    struct pending *pending; /* within a term: what of it can fail, so far */
    bool survivors;          /* what is resolved runs on rows that have passed every condition */
    const struct node *core; /* whose names these are; NULL where it is none */
    bool strict;             /* a name that is found nowhere is an error here, and is not left to SQLite */
};

/* A SELECT that is a whole statement, or the source of an INSERT: its results, GROUP BY and ORDER BY run on surviving
 * rows only. */
bool resolve_outermost(struct resolver *resolver, struct node *select, struct scope *outer) MUST_CHECK;
/* Any other: SQLite may merge it into what surrounds it. */
bool resolve_select(struct resolver *resolver, struct node *select, struct scope *outer) MUST_CHECK;
/* A condition of WHERE or ON: its terms may be MATCH. */
bool resolve_condition(struct resolver *resolver, struct node *condition, struct scope *scope) MUST_CHECK;
bool resolve_expression(struct resolver *resolver, struct node *expression, struct scope *scope) MUST_CHECK;
/* Adds the items of a FROM to a scope, and resolves what they hold. */
bool resolve_from(struct resolver *resolver, struct node *from, struct scope *scope) MUST_CHECK;
/* Resolves the bodies of a WITH (NULL is fine) whose CTEs are in sight in `scope`. */
bool resolve_with(struct resolver *resolver, struct node *with, struct scope *scope) MUST_CHECK;
/* Adds a source to a scope. */
bool scope_add(struct resolver *resolver, struct scope *scope, struct source *source) MUST_CHECK;
/* Whether a source is one of a scope, not of those around it; NULL is none. */
bool scope_has(const struct scope *scope, const struct source *source);

/* What a `*` stands for. */
struct star_column {
    const struct source *source;
    struct str name;
    struct str label; /* what the result is called */
    bool is_bare;     /* shown by its name alone: what an outer join has made up is taken from another table */
};
struct star_columns {
    struct star_column *items;
    size_t count;
    bool knows_all; /* false: some have no name, or one that others have too, or are not resolved yet */
};
bool resolve_star(struct resolver *resolver, const struct node *from, const struct node *star,
                  struct star_columns *ret_columns) MUST_CHECK;
/* Marks the results of a core that mean what a FULL JOIN has merged of several columns. */
bool resolve_merged(struct resolver *resolver, struct node *core) MUST_CHECK;

/* Whether a principal can name a column of a table in an expression. */
bool resolve_column_is_visible(const struct policy *policy, const struct column_schema *column);

/* The common table expression that an unqualified name means in a scope, and where it is defined; NULL where it means
 * none. */
struct node *resolve_find_cte(struct scope *scope, struct str name, struct scope **ret_home);

/* Whether what is resolved reads a view or a common table expression that can end in a run-time error. */
bool resolve_reads_failing(const struct node *node);

/* rowid, oid or _rowid_ */
bool resolve_is_rowid_name(struct str name);

#endif
