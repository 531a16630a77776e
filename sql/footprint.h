/*
 * The footprint of a statement: what SQLite may be seen to touch while it prepares it.
 *
 * The rewriter writes it down, the authorizer in storage/guard.c holds SQLite to it. The two share nothing but this
 * list, so a table that the rewriter forgot to guard stops the statement instead of leaking.
 */
#ifndef SQL_FOOTPRINT_H
#define SQL_FOOTPRINT_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum footprint_kind {
    FOOTPRINT_NOTHING,    /* zero-initialised: not even SELECT */
    FOOTPRINT_RESTRICTED, /* exactly what is listed here */
    FOOTPRINT_OWNER,      /* an unrestricted principal: everything within one database but what contract §4 forbids */
    FOOTPRINT_INTERNAL,   /* our own statements: everything */
};

/* A column that may be read: SQLITE_READ(table, column) arriving through `accessor`. */
struct footprint_read {
    struct str accessor; /* the CTE, view or trigger through which it must arrive; empty: through none */
    struct str table;
    struct str column;     /* empty: every column */
    bool is_unnamed;       /* no: the one whose name is empty */
    bool through_any_name; /* an unguarded table: whatever the accessor is */
    bool by_module;        /* only while the statement runs: what the module of a virtual table asks for by itself */
};

enum footprint_action {
    FOOTPRINT_INSERT,
    FOOTPRINT_UPDATE,
    FOOTPRINT_DELETE,
};

struct footprint_write {
    enum footprint_action action;
    struct str table;
    struct str column; /* FOOTPRINT_UPDATE only */
    bool by_module;    /* as in footprint_read; every column */
};

struct footprint {
    enum footprint_kind kind;
    const struct footprint_read *reads;
    size_t read_count;
    const struct footprint_write *writes;
    size_t write_count;
    const struct str *guards; /* the names of the guards: they may be read as if they were tables */
    size_t guard_count;
    const struct str *definers; /* views and triggers that may run here with their definer's rights: whatever arrives
                                   through one of these names is allowed */
    size_t definer_count;
    bool definer_cascades; /* foreign key actions of the target may touch other tables through no name */
};

#endif
