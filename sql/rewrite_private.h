/*
 * What the rewriter's files share. Not for others.
 */
#ifndef SQL_REWRITE_PRIVATE_H
#define SQL_REWRITE_PRIVATE_H

#include "sql/make.h"
#include "sql/resolve.h"
#include "sql/rewrite.h"

/* A guard: the common table expression through which one table is read. */
struct guard {
    const struct table_schema *table;
    struct str name;
    bool is_target; /* the rows that an UPDATE or DELETE may reach: with their keys, and whether they may be changed */
    bool is_own;    /* of one place in FROM alone: it shows more than the table's columns, under names of its own */
    struct str rowid;  /* the name under which it shows the rowid; empty: it does not */
    struct str match;  /* the name under which it shows a full-text table's own column; empty: it does not */
    struct str passed; /* the name under which it shows whether a row passes select's predicate; empty: it does not */
    bool is_by_key;    /* it is asked for one row at a time, in RETURNING: it must not be a picture of all, and has no
                          order to tell */
    bool shows_key;    /* it shows the key's columns, as the target's guard does */
    bool is_fenced;    /* what can fail may run on its rows, and cannot be shielded */
    /* of the only place that reads it; rewrite_outermost.c: */
    bool is_alone;       /* it is all that the outermost SELECT, or an arm of it, reads FROM */
    bool needs_affinity; /* fields that are hidden row by row may stand where it matters; of is_alone only */
    bool reads_shown;    /* a column that is shown is surely read, other than the rowid … */
    bool reads_masked;   /* … and one that is hidden row by row, and in no index */
    /* rewrite_narrow.c: */
    struct node *narrowed_by; /* what it can take along of the statement's conditions; NULL: nothing */
    struct str narrowed_as;   /* what it is called in these */
    size_t references;        /* places in the statement that read it */
    struct guard *next;
};

/* A growing list of one of the footprint's kinds. */
struct read_list {
    struct footprint_read *items;
    size_t count;
};

/* What a term reads, for all in it that can fail: asked for each of them, it would be walked once for each. */
struct term_reads {
    const struct node *term; /* NULL: nothing is known yet */
    const struct scope *scope;
    size_t from, to;    /* the sources of the scope that it can mean */
    bool *reads;        /* of these, by their places in the scope */
    bool reads_any;     /* of these */
    bool reads_unbound; /* something beside what its columns are bound to */
};

/* One statement at work. */
struct rewrite {
    struct arena *arena;
    const struct schema *schema;
    const struct policy *policy;
    struct str text;
    struct error *err;
    struct resolver resolver;
    struct plan *plan;
    struct guard *guards;
    enum operation operation; /* what the statement does to its target, for the target's guard */
    struct node *outermost;   /* the SELECT that is the statement, if parts of it may be moved; or NULL */
    struct node *ahead;       /* rewrite_ahead.c: common table expressions that run before it; NULL: none */
    size_t ahead_count;
    struct term_reads term_reads; /* rewrite_shield.c: of the last term that was asked about */
    bool fences_all;              /* nothing is shielded, which would nest the statement deeper, but fenced */
    bool reads_schema;            /* an unrestricted principal reads sqlite_schema */
    bool needs_definers;          /* views are read, or the owner's triggers run */
    struct read_list reads;
    struct footprint_write *writes;
    size_t write_count;
    struct plan_parameter *parameters;
    size_t parameter_count;
    size_t own_guards;
    size_t own_sources;                  /* sub-selects that were given a name */
    struct str row;                      /* ON CONFLICT: what the row that is there is called; empty: as its table */
    const struct table_schema *replaced; /* rows of it that are replaced must be asked about; NULL: there are none */
    int positional;                      /* the largest number of a variable so far */
};

/* Names that no user can write; the second is `what` and a number. */
struct str rewrite_reserved_name(struct rewrite *w, const char *what, struct str name);
struct str rewrite_numbered_name(struct rewrite *w, const char *what, size_t number);

/* Adds `expression AS name` to a list of results, which may be NULL. */
struct node *rewrite_add_result(struct rewrite *w, struct node *list, struct node *expression, struct str name);
/* (SELECT value FROM from WHERE condition); NULL: no FROM, no WHERE */
struct node *rewrite_select_value(struct rewrite *w, struct node *value, struct node *from, struct node *condition);

bool rewrite_too_large(struct rewrite *w);
/* Fails: `*` stands for no column at all. */
bool rewrite_shows_nothing(struct rewrite *w, uint32_t at);

/* Adds to the footprint. No column (NULL) means every one; "" is the column that is called so. */
bool footprint_add_read(struct rewrite *w, struct str accessor, struct str table, struct str column,
                        bool through_any_name);
bool footprint_add_write(struct rewrite *w, enum footprint_action action, struct str table, struct str column);
/* A column that is set; SQLite reports every name of a rowid as one. */
bool footprint_add_update(struct rewrite *w, const struct table_schema *table, struct str column);
/* What a full-text table's module does by itself; of all such tables, where views or triggers may use them. */
bool footprint_add_module(struct rewrite *w, const struct table_schema *table, bool writes);
bool footprint_add_modules(struct rewrite *w);
/* What a predicate reads, arriving through `accessor`: its own table's columns and those of its subqueries. */
bool footprint_add_predicate(struct rewrite *w, struct str accessor, const struct node *predicate);

/* rewrite_read.c: what a TABLE node in FROM becomes, and what a rowid becomes; for resolver.on_table and on_rowid. */
bool rewrite_on_table(void *context, struct node *node, struct source *source);
bool rewrite_on_rowid(void *context, struct node *node, struct source *source);
/* INDEXED BY on a TABLE node names an index of the table that the principal may know of, or ERROR_NOT_FOUND. What is
 * read through a guard needs no hint: the node has none afterwards. */
bool rewrite_take_hint(struct rewrite *w, struct node *node, const struct table_schema *table) MUST_CHECK;
struct guard *rewrite_guard(struct rewrite *w, const struct table_schema *table, bool is_target);
/* rewrite_match.c: for resolver.on_full_text and on_pattern. */
bool rewrite_on_full_text(void *context, struct node *node, struct source *source);
bool rewrite_on_pattern(void *context, struct node *pattern, struct scope *scope);
/* Whether a principal that may select from a virtual table can, or write to it. */
bool rewrite_may_search(struct rewrite *w, const struct table_schema *table, uint32_t at);
bool rewrite_may_fill(struct rewrite *w, const struct table_schema *table, enum operation operation, uint32_t at);
/* Fails where a guard through which MATCH must reach its table has to be materialised. */
bool rewrite_check_matches(struct rewrite *w);

/* rewrite_guard.c: puts the guards that were asked for before the CTEs of `with` (which may be NULL) and gives the
 * WITH. */
struct node *rewrite_with_guards(struct rewrite *w, struct node *with);
/* A guard that this place in FROM alone reads, so that it can show more; NULL when memory is short. */
struct guard *rewrite_own_guard(struct rewrite *w, struct source *source);

/* Whether a column is stored in the table itself: not the rowid, and not computed. */
bool rewrite_is_fetched(const struct table_schema *table, const struct column_schema *column);

/* rewrite_outermost.c: notes of the guards in FROM of a statement's SELECT what makes them cheaper; after resolving. */
void rewrite_note_outermost(struct rewrite *w, const struct node *select);

/* rewrite_narrow.c: notes what guards that are run as a whole can take along of the statement's conditions, if parts
 * of it may be moved; after resolving, before rowids are finished. Then: SELECT … FROM (select) AS its name WHERE these
 * conditions. */
void rewrite_narrow(struct rewrite *w);
struct node *rewrite_narrowed(struct rewrite *w, const struct guard *guard, struct node *select);

/* Whether the `*`s of a SELECT can be written out as the columns of each item of FROM. */
bool rewrite_can_expand_stars(struct rewrite *w, const struct node *core);

/* rewrite_shield.c: whether an expression reads a column of a source; materialises what a source reads through guards.
 */
bool rewrite_reads_source(const struct node *node, const struct source *source);
bool rewrite_fence_source(struct rewrite *w, const struct source *source);
/* Keeps an expression that can fail from running on hidden rows; for resolver.on_failing. */
bool rewrite_on_failing(void *context, struct node *node, struct scope *scope, const struct node *term);
/* The same for what a column of a sub-select stands for; for resolver.on_term. */
bool rewrite_on_term(void *context, struct node *term, const struct node *join, struct scope *scope);

/* Adds to what there is to tell: a sub-select of `node` runs ahead. */
bool rewrite_tell_ahead(struct rewrite *w, const struct node *node, const struct node *select);

/* rewrite_ahead.c: moves a sub-select that can fail out of the outermost SELECT, where it can run before; for
 * resolver.on_sub_select. Then: has the statement run them, after resolving and before rowids are finished. */
bool rewrite_on_sub_select(void *context, struct node *node, struct scope *scope, bool *ret_moved);
bool rewrite_place_ahead(struct rewrite *w, struct node *select);

/* `*` over a guard that shows more, and the names of such results; after resolving. */
bool rewrite_finish_rowids(struct rewrite *w, struct node *node);

/* The condition of a rule, NULL where it is always true; for RULE_NONE the literal 0. The tree is shared and must not
 * be changed. */
struct node *rewrite_condition(struct rewrite *w, struct rule rule);
/* The same, as a tree of its own, for where its value is shown beside the row's columns (rewrite_shown.c). */
struct node *rewrite_shown_condition(struct rewrite *w, const struct table_schema *table, struct rule rule);
/* "NUMERIC", "TEXT", "REAL", or NULL for none. */
const char *rewrite_affinity_of(const struct table_schema *table, struct str type);
/* table.column as the principal may see it: the column, or NULL where its rule is not true, with the column's
 * collation, and its affinity where that is needed. */
struct node *rewrite_masked_column(struct rewrite *w, const struct table_schema *table,
                                   const struct column_schema *column, bool needs_affinity);

/* value COLLATE the column's collation, where it is not BINARY. */
struct node *rewrite_with_collation(struct rewrite *w, struct node *value, const struct column_schema *column);

/* How rows of a table are told apart: the rowid under a name that no column hides, or the primary key. Gives 0 when
 * there is no way. Rows of a view are told apart by all that is in them; that has no name. */
#define KEY_COLUMNS_MAX 16
size_t rewrite_key_columns(const struct table_schema *table, struct str ret_names[KEY_COLUMNS_MAX]);
/* source.name, which holds the key's column `key`, as it is to be compared with another row's: by the key's own
 * collation. */
struct node *rewrite_key_value(struct rewrite *w, const struct table_schema *table, struct str key, struct str source,
                               struct str name);

/* rewrite_insert.c, rewrite_change.c: *statement may become another tree. */
bool rewrite_insert(struct rewrite *w, struct node *insert);
bool rewrite_update(struct rewrite *w, struct node **statement);
bool rewrite_delete(struct rewrite *w, struct node **statement);

/* --- rewrite_write.c: what all changes share --- */

/* The table that a statement changes, if the principal may do `operation` on it at all; also notes what its triggers
 * and foreign keys touch. */
const struct table_schema *rewrite_target(struct rewrite *w, const struct node *target, enum operation operation);
/* The owner's triggers run when the table is written. They may write any other, so any foreign key's actions may run,
 * on this table too. */
bool rewrite_note_triggers(struct rewrite *w, const struct table_schema *table) MUST_CHECK;

/* A column that SET or a column list names, if the principal may write it: adds its rule's predicate to *condition.
 * *ret_name is how SQLite is told. */
bool rewrite_written_column(struct rewrite *w, const struct table_schema *table, const struct node *name,
                            enum operation operation, struct node **condition, struct str *ret_name);

/* OR …: what a restricted principal's statement does on a conflict. REPLACE, also the table's own, needs to be allowed
 * to delete what is in the way. */
bool rewrite_conflict(struct rewrite *w, struct node *statement, const struct table_schema *table);

/* Resolves an expression over the row that is written (`name`, and `excluded` where it is in sight); gives w->row a
 * name where a sub-select has the table's. */
bool rewrite_resolve_over_row(struct rewrite *w, struct node *expression, struct scope *scope);
/* Puts what the principal may see of the row in its columns' place. */
bool rewrite_over_row(struct rewrite *w, struct node **expression);
/* A condition about the row, by the name that it has: a copy where that is not the table's. Bears NULL. */
struct node *rewrite_named_row(struct rewrite *w, const struct table_schema *table, struct node *condition);

/* rewrite_replaced.c: the query that is asked of each row of w->replaced before it goes. */
bool rewrite_replaced(struct rewrite *w, struct plan *plan);

/* rewrite.c: prints a statement into w->plan, with its footprint. */
bool rewrite_finish_plan(struct rewrite *w, struct node *statement);

/* --- rewrite_proposed.c --- */

/* Notes which columns of the row an expression reads. False where it reads one that has no place in the table. */
bool rewrite_note_columns(const struct node *node, const struct table_schema *table, bool *reads);
/* An item of FROM in the table's place, and by its name: one row of these values, of the columns that are in `reads`.
 */
struct node *rewrite_known_row(struct rewrite *w, const struct table_schema *table, const bool *reads,
                               struct node *const *values);
/* _bailiwick_check of a row that is not written yet: a value for each column of the table, NULL where it is not known.
 * *ret_check is NULL where there is nothing to check, or something that the check reads is not known. */
bool rewrite_check_proposed(struct rewrite *w, const struct table_schema *table, struct node *check,
                            struct node *const *values, struct node **ret_check);
/* Makes the rows of an INSERT, whose columns are listed, a common table expression, and checks them there: before the
 * first one is written. */
bool rewrite_propose(struct rewrite *w, struct node *insert, const struct table_schema *table, struct node *check);
/* Whether a row that is written can meet a key, unique or foreign, and no trigger of the owner's changes what the
 * predicates of later rows see. */
bool rewrite_may_conflict(const struct table_schema *table);
/* What a column gets for which there is no value, and what becomes of a value that is stored in it; NULL: that is not
 * known. */
struct node *rewrite_unsaid_value(struct rewrite *w, const struct table_schema *table,
                                  const struct column_schema *column);
struct node *rewrite_stored_value(struct rewrite *w, const struct table_schema *table,
                                  const struct column_schema *column, struct node *value);

/* --- rewrite_returning.c --- */

/* Notes that the key of the rows that are written is read. ERROR_PERMISSION_DENIED, at `at`, where they have none. */
bool rewrite_note_key(struct rewrite *w, const struct table_schema *table, uint32_t at);

/* RETURNING of an INSERT or UPDATE: the user's list (which may be NULL), and behind it a hidden column that fails
 * unless `check` (NULL: none needed) is true of the row as it was written. */
bool rewrite_returning(struct rewrite *w, struct node **returning, struct scope *with, const struct table_schema *table,
                       struct str name, struct node *check);

/* RETURNING of a DELETE: the list is added to *values, which are computed for the rows that are picked, and is looked
 * up there. `picked` is what these are called, and `picked_keys` their keys. */
bool rewrite_returning_picked(struct rewrite *w, struct node **returning, struct scope *rows,
                              const struct table_schema *table, struct str name, struct node **values,
                              struct str picked, const struct str *picked_keys);

/* _bailiwick_check(condition) */
struct node *rewrite_check_call(struct rewrite *w, struct node *condition);

/* Whether a change may return rows; in which order they do. */
bool rewrite_may_return(struct rewrite *w, const struct node *users, struct scope *with,
                        const struct table_schema *table);
/* The user's list with `*` written out and its columns named. */
bool rewrite_returned_list(struct rewrite *w, const struct node *users, const struct table_schema *table,
                           struct str name, struct node **ret_list);

/* --- rewrite_aggregate.c --- */

/* Fails if an expression about one row, to be moved into a SELECT, has an aggregate or a window function … */
bool rewrite_refuse_aggregates(struct rewrite *w, const struct node *node) MUST_CHECK;
/* … or an aggregate in one of its sub-selects that is about nothing but that row; after resolving. */
bool rewrite_refuse_outer_aggregates(struct rewrite *w, const struct node *node, const struct scope *row) MUST_CHECK;

/* --- rewrite_view.c --- */

/* RETURNING of an INSERT or UPDATE on a view: the row as its triggers got it. `assigned` are the SETs of an UPDATE,
 * to which the view's other columns are added; NULL: it is an INSERT. */
bool rewrite_returning_of_view(struct rewrite *w, struct node **returning, struct scope *with,
                               const struct table_schema *view, struct str name, struct node *assigned);

#endif
