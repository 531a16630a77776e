/*
 * What the front end knows of a database: its tables and columns, and the permissions on them. Plain data, filled by
 * storage/catalog_load.c, immutable once published in a snapshot.
 *
 * Zero-initialised means no rights.
 */
#ifndef SQL_SCHEMA_H
#define SQL_SCHEMA_H

#include "base/str.h"
#include "sql/footprint.h"

#include <stdbool.h>
#include <stddef.h>

struct node;

enum operation {
    OPERATION_SELECT,
    OPERATION_CREATE,
    OPERATION_UPDATE,
    OPERATION_DELETE,
    OPERATION_COUNT,
};

enum rule_kind {
    RULE_NONE, /* denied */
    RULE_FULL,
    RULE_WHERE, /* where the predicate is true */
};

struct rule {
    enum rule_kind kind;
    const struct node *predicate; /* RULE_WHERE: an expression, checked and resolved by rule_resolve (resolve.h) */
};

enum column_index {
    INDEXED_NOT,
    INDEXED_ALONE,       /* in indexes of this one column only */
    INDEXED_WITH_OTHERS, /* in an index with other columns */
};

struct column_schema {
    struct str name;
    struct str type;          /* as declared; may be empty */
    struct str collation;     /* "BINARY" where none was declared */
    struct str key_collation; /* by which the primary key of a table WITHOUT ROWID tells its values apart, where that is
                                 another one; empty: the same */
    int primary_key;          /* its place in the primary key, from 1; 0: not in it */
    enum column_index indexed;
    bool not_null;
    bool has_default;
    struct str default_text; /* SQL */
    bool generated;          /* GENERATED ALWAYS, stored or virtual: cannot be written */
    bool hidden;             /* a virtual table's hidden column: not in `*` */
    size_t index;            /* among all columns of the schema */
    bool has_rules;          /* whether DEFINE FIELD named it; otherwise it follows its table */
    struct rule rules[OPERATION_COUNT];
};

enum table_kind {
    TABLE_ORDINARY,
    TABLE_VIEW,
    TABLE_VIRTUAL,
    TABLE_SHADOW, /* belongs to a virtual table */
};

/* What ON CONFLICT clauses of a table's own constraints say. */
enum conflict_clauses {
    CLAUSES_ABORT,   /* nothing, or ABORT */
    CLAUSES_REPLACE, /* REPLACE, and nothing else */
    CLAUSES_OTHER,
};

/* What OR REPLACE and OR IGNORE come to in the owner's triggers: SQLite uses the outer statement's for what these
 * insert and update, and for what that sets off. */
struct trigger_reach {
    bool replaces; /* OR REPLACE: rows may be deleted to make room */
    bool ignores;  /* OR IGNORE: rows may be left out without a word */
};

/* A virtual table of FTS5. Its module reads and writes tables by itself, while a statement runs and through no name. */
struct full_text {
    struct str content; /* the table or view that it takes its text from; empty: it keeps the text itself, or none */
    struct str content_rowid; /* the key of that table */
    bool is_contentless;      /* it keeps no text */
    bool is_usable;           /* for restricted principals: what it reads is known */
    bool reads_view;
    const struct footprint_read *reads;
    size_t read_count;
    const struct footprint_write *writes;
    size_t write_count;
};

/* An index, also that of a UNIQUE or PRIMARY KEY. */
struct index_schema {
    struct str name;
    bool reads_more;       /* than its columns: it is partial, or on an expression */
    const size_t *columns; /* in the table's `columns` */
    size_t column_count;
};

struct table_schema {
    struct str name;
    enum table_kind kind;
    const struct full_text *full_text; /* NULL: it is none */
    bool without_rowid;
    bool strict;
    bool has_expression_index; /* an index on an expression, whatever columns that reads, or a partial one */
    const struct index_schema *indexes;
    size_t index_count;
    enum conflict_clauses conflict_clauses;
    bool has_unique; /* a unique index, also that of a primary key */
    int rowid_alias; /* the INTEGER PRIMARY KEY column's index in `columns`; -1: none */
    struct column_schema *columns;
    size_t column_count;
    bool has_triggers[OPERATION_COUNT]; /* owner's triggers on INSERT (create), UPDATE, DELETE; those on views too */
    struct trigger_reach reach[OPERATION_COUNT]; /* of these triggers */
    bool has_check;                              /* it may have a CHECK */
    bool has_update_of;                          /* a trigger on UPDATE names columns (UPDATE OF a, b) */
    bool is_foreign_parent; /* another table's foreign key refers to it with an action other than NO ACTION or
                               RESTRICT, so that writing it may write others */
    /* The key columns, of this table and of those beside it in a foreign key, that SQLite reads through no name when
     * this table is written; the reads' accessors are empty. */
    const struct footprint_read *foreign_reads;
    size_t foreign_read_count;
    bool may_fail;           /* a view: what its columns stand for can fail, or what another view's do that it reads */
    const struct str *reads; /* a view: the names of tables in its text */
    size_t read_count;
    uint32_t comes_to;    /* a view: how many tables, with those of its views; LIMIT_VIEW_TABLES + 1: too many */
    bool has_permissions; /* whether DEFINE TABLE named it */
    struct rule rules[OPERATION_COUNT];
};

/* What a role gives on one table. */
struct role_table {
    const struct table_schema *table;
    struct rule rules[OPERATION_COUNT];
    /* one for each column, RULE_FULL where it follows the table; NULL: all do */
    struct rule (*fields)[OPERATION_COUNT];
};

struct role_schema {
    struct str name;
    const struct role_table *tables;
    size_t table_count;
};

struct schema {
    const struct table_schema *tables; /* sorted by name, ASCII without case */
    size_t table_count;
    const struct str *definers; /* names of all views and triggers */
    size_t definer_count;
    size_t column_count;             /* of all tables */
    const struct role_schema *roles; /* sorted by name, ASCII without case */
    size_t role_count;
};

/* NULL where there is none; names compare as SQLite's do. */
const struct table_schema *schema_find_table(const struct schema *schema, struct str name);
const struct column_schema *schema_find_column(const struct table_schema *table, struct str name);
/* A name for the rowid of a table that has one, which no column hides; NULL where all three are hidden. */
struct str schema_rowid_name(const struct table_schema *table);

#endif
