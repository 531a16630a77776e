#include "server/place.h"

#define ATTEMPTS 10

static bool is_at(const struct place *place, struct str ns, struct str db) {
    return place->file && str_same_name(place->ns, ns) && str_same_name(place->db, db) &&
           store_file_is_current(place->file);
}

static void set_snapshot(struct place *place, const struct snapshot *snapshot) {
    snapshot_unref(place->snapshot);
    place->snapshot = snapshot;
}

bool place_go(struct place *place, struct store *store, struct str ns, struct str db, struct error *err) {
    if (!is_at(place, ns, db)) {
        place_leave(place);
        struct store_file *file = store_borrow(store, ns, db, err);
        if (!file) return false;
        place_take(place, file, ns, db);
    }
    set_snapshot(place, store_snapshot(place->file));
    return true;
}

void place_take(struct place *place, struct store_file *file, struct str ns, struct str db) {
    *place = (struct place){.file = file, .ns = ns, .db = db};
}

bool place_connect(struct place *place, struct error *err) {
    if (!place->conn) place->conn = store_borrow_conn(place->file, err);
    return place->conn != NULL;
}

void place_disconnect(struct place *place) {
    if (place->file) store_give_back_conn(place->file, place->conn);
    place->conn = NULL;
}

bool place_is_settled(const struct place *place) {
    return store_is_settled(place->file, place->snapshot);
}

/* The file's current snapshot, once no change is on its way. */
static void refresh(struct place *place, bool *ret_changed) {
    uint64_t before = place->snapshot->version;
    store_await_settled(place->file);
    set_snapshot(place, store_snapshot(place->file));
    *ret_changed = *ret_changed || place->snapshot->version != before;
}

bool place_settle(struct place *place, bool *ret_changed, struct error *err) {
    *ret_changed = false;
    if (!place_is_settled(place)) refresh(place, ret_changed);
    return place_is_settled(place) || place_fail_unsettled(err);
}

bool place_begin(struct place *place, bool write, bool *ret_changed, struct error *err) {
    *ret_changed = false;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!conn_begin(place->conn, write, err)) return false;
        /* a read transaction begins with the first read */
        if (!write && !conn_run(place->conn, "SELECT 1 FROM main.sqlite_schema LIMIT 1", err)) return false;
        if (place_is_settled(place)) return true;
        refresh(place, ret_changed);
        if (write && place_is_settled(place)) return true; /* nobody else can change it now */
        conn_rollback(place->conn);
    }
    return place_fail_unsettled(err);
}

bool place_renew(struct place *place) {
    bool changed = false;
    refresh(place, &changed);
    return changed;
}

bool place_fail_unsettled(struct error *err) {
    return fail(err, ERROR_BUSY, NOWHERE, "the permissions are being changed");
}

bool place_load(struct place *place, struct error *err) {
    const struct snapshot *snapshot = snapshot_load(place->conn, place->db.length > 0, err);
    if (snapshot) set_snapshot(place, snapshot);
    return snapshot != NULL;
}

void place_leave(struct place *place) {
    place_disconnect(place);
    snapshot_unref(place->snapshot);
    store_give_back(place->file);
    *place = (struct place){0};
}
