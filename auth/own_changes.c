#include "auth/own_changes.h"

void own_changes_watch(struct conn *conn, const struct plan *plan) {
    if (plan->inserted_table.length) conn_watch_inserted(conn);
}

bool own_changes_note(struct own_changes *own, struct arena *arena, struct conn *conn, const struct plan *plan,
                      struct error *err) {
    int64_t rowid;
    own->last = conn_changes(conn);
    own->total += own->last;
    if (!plan->inserted_table.length || !conn_inserted(conn, &rowid)) return true;
    own->rowid = rowid;
    if (str_same(own->inserted, plan->inserted_table)) return true;
    own->inserted = arena_copy(arena, plan->inserted_table);
    return own->inserted.text || fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
}
