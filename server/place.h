/*
 * Where a request works: a file, a connection of it, and the catalogue that holds there. A request keeps its connection
 * from one statement to the next, as long as they are on the same file.
 */
#ifndef SERVER_PLACE_H
#define SERVER_PLACE_H

#include "storage/store.h"

struct place {
    struct store_file *file; /* NULL: nowhere yet */
    struct conn *conn;
    const struct snapshot *snapshot;
    struct str ns; /* folded; they live as long as the request */
    struct str db;
};

/* Goes to the file of root (both names empty), of a namespace (db empty) or of a database, with the snapshot that holds
 * now. */
bool place_go(struct place *place, struct store *store, struct str ns, struct str db, struct error *err) MUST_CHECK;

/* Takes the snapshot that holds now. *ret_changed tells whether it is another one. */
void place_refresh(struct place *place, bool *ret_changed);

/* Reads the catalogue as the open transaction has it. */
bool place_load(struct place *place, struct error *err) MUST_CHECK;

/* Gives everything back; rolls back what is open. Bears a zeroed place. */
void place_leave(struct place *place);

#endif
