/*
 * What the parts of the catalogue share: the snapshot while it is being made, and the names of the kinds.
 */
#ifndef STORAGE_CATALOG_PRIVATE_H
#define STORAGE_CATALOG_PRIVATE_H

#include "base/arena.h"
#include "base/keep.h"
#include "storage/catalog.h"

#include <pthread.h>
#include <stdatomic.h>

/* A snapshot is the first member of this, which owns what it points to. */
struct loaded_snapshot {
    struct snapshot snapshot;
    struct definition *definitions; /* the same as in `snapshot`, while they may still be changed */
    struct table_schema *tables;
    struct arena *arena;
    atomic_size_t references;
    struct policies {
        pthread_mutex_t lock;
        struct arena *arena; /* NULL until the first one is kept */
        struct kept_policy *items;
        size_t count;
    } policies;                   /* what somebody's roles come to, made once */
    _Atomic(struct keep *) plans; /* plans.c; NULL: none yet */
};

/* Counting, and keeping policies and plans, is all that ever writes to a snapshot once it is made. */
static inline struct loaded_snapshot *loaded_of(const struct snapshot *snapshot) {
    return (struct loaded_snapshot *)(uintptr_t)snapshot;
}

/* How `kind` is spelt in the table. */
const char *definition_kind_name(enum definition_kind kind);

/* The kind that is spelt so; false for what this version does not know. */
bool definition_kind_of(struct str name, enum definition_kind *ret_kind);

/* The order of a snapshot's definitions. */
int definition_compare(const struct definition *a, const struct definition *b);

/* catalog_schema.c: reads SQLite's schema into `loaded`. */
bool catalog_load_schema(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) MUST_CHECK;

/* catalog_full_text.c: what `CREATE VIRTUAL TABLE name USING fts5(…)` says of the text's place, from the arguments on;
 * NULL when memory is short. */
struct full_text *catalog_full_text(struct arena *arena, struct str arguments) MUST_CHECK;

/* The tables that FTS5 tables read and write by themselves; after the columns are known. */
bool catalog_finish_full_text(struct loaded_snapshot *loaded, struct error *err) MUST_CHECK;

/* catalog_view.c: whether no column of a view can fail, as far as its own text tells; notes what it reads. */
bool catalog_read_view(struct arena *arena, struct table_schema *view, struct str sql) MUST_CHECK;
/* Views of views, and how many tables they come to; once all are read. */
bool catalog_finish_views(struct loaded_snapshot *loaded, struct error *err) MUST_CHECK;

/* catalog_trigger.c: the event in `CREATE TRIGGER name [BEFORE | AFTER | INSTEAD OF] event …`, as SQLite stores it,
 * which is without TEMP, IF NOT EXISTS and schema. OPERATION_COUNT when it is not found. *ret_names_columns is whether
 * it is UPDATE OF columns. */
enum operation catalog_trigger_event(struct str text, bool *ret_names_columns);

/* catalog_reach.c: what OR REPLACE and OR IGNORE come to in triggers, and in those that these set off; once the tables
 * are known. In the snapshot's arena; NULL when that is full. */
struct catalog_reach;
struct catalog_reach *catalog_reach_new(struct loaded_snapshot *loaded) MUST_CHECK;
void catalog_reach_trigger(struct catalog_reach *reach, struct table_schema *owner, enum operation event,
                           struct str sql);
void catalog_reach_finish(struct catalog_reach *reach);

/* Puts a PERMISSIONS list on rows of `table` into rules that are all NONE. A predicate that no longer resolves gives no
 * rights. */
void catalog_set_rules(struct loaded_snapshot *loaded, const struct table_schema *table,
                       const struct definition *definition, struct rule rules[OPERATION_COUNT],
                       const struct node *permissions);

/* catalog_roles.c: puts the roles into the schema. */
bool catalog_load_roles(struct loaded_snapshot *loaded, struct error *err) MUST_CHECK;

/* catalog_policy.c */
void policies_init(struct policies *policies);
void policies_done(struct policies *policies);

/* catalog_rules.c: parses the statements of the definitions and puts their permissions into the schema. */
bool catalog_load_rules(struct loaded_snapshot *loaded, struct error *err) MUST_CHECK;

#endif
