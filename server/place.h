/*
 * Where a request works: a file, a connection of it, and the catalogue that holds there. A request keeps its connection
 * from one statement to the next, as long as they are on the same file.
 */
#ifndef SERVER_PLACE_H
#define SERVER_PLACE_H

#include "storage/store.h"

struct place {
    struct store_file *file; /* NULL: nowhere yet */
    struct conn *conn;       /* NULL: none was needed yet */
    const struct snapshot *snapshot;
    struct str ns; /* folded; they live as long as the request */
    struct str db;
};

/* Goes to the file of root (both names empty), of a namespace (db empty) or of a database, with the snapshot that holds
 * now. */
bool place_go(struct place *place, struct store *store, struct str ns, struct str db, struct error *err) MUST_CHECK;

/* Borrows a connection, where it has none. */
bool place_connect(struct place *place, struct error *err) MUST_CHECK;

/* Gives the connection back and stays: others may use it meanwhile. */
void place_disconnect(struct place *place);

/* Begins a transaction whose snapshot of the catalogue knows of all that it sees. *ret_changed tells whether that is
 * another snapshot than before. */
bool place_begin(struct place *place, bool write, bool *ret_changed, struct error *err) MUST_CHECK;

/* Takes a file that has been borrowed (NULL: none) as where the request works, until it goes elsewhere. */
void place_take(struct place *place, struct store_file *file, struct str ns, struct str db);
/* Within a write transaction, whoever began it: the snapshot that knows of all that it sees. *ret_changed tells whether
 * that is another one than before. */
bool place_settle(struct place *place, bool *ret_changed, struct error *err) MUST_CHECK;

/* Whether the snapshot knows of all that a statement sees which has begun to read. */
bool place_is_settled(const struct place *place);

/* Takes the snapshot that holds when no change is on its way. True when it is another one. */
bool place_renew(struct place *place);

/* ERROR_BUSY: the catalogue changes faster than it can be read. Returns false. */
bool place_fail_unsettled(struct error *err);

/* Reads the catalogue as the open transaction has it. */
bool place_load(struct place *place, struct error *err) MUST_CHECK;

/* Gives everything back; rolls back what is open. Bears a zeroed place. */
void place_leave(struct place *place);

#endif
