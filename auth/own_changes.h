/*
 * What a principal has changed itself in a request: what changes(), total_changes() and last_insert_rowid() mean in its
 * text. SQLite's own functions are a connection's, which others use too.
 */
#ifndef AUTH_OWN_CHANGES_H
#define AUTH_OWN_CHANGES_H

#include "base/arena.h"
#include "sql/rewrite.h"
#include "storage/conn.h"

/* Of the statements before, those that went well. Zero-initialised: none has changed anything. */
struct own_changes {
    int64_t last;        /* rows of the last INSERT, UPDATE or DELETE */
    int64_t total;       /* of all of them */
    struct str inserted; /* the table of the last row that was inserted; empty: there is none */
    int64_t rowid;       /* of that row */
};

/* Before a change of rows runs. */
void own_changes_watch(struct conn *conn, const struct plan *plan);
/* After one that went well. */
bool own_changes_note(struct own_changes *own, struct arena *arena, struct conn *conn, const struct plan *plan,
                      struct error *err) MUST_CHECK;

#endif
