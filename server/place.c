#include "server/place.h"

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
        struct conn *conn = file ? store_borrow_conn(file, err) : NULL;
        if (!conn) {
            store_give_back(file);
            return false;
        }
        *place = (struct place){.file = file, .conn = conn, .ns = ns, .db = db};
    }
    set_snapshot(place, store_snapshot(place->file));
    return true;
}

void place_refresh(struct place *place, bool *ret_changed) {
    uint64_t before = place->snapshot->version;
    set_snapshot(place, store_snapshot(place->file));
    *ret_changed = place->snapshot->version != before;
}

bool place_load(struct place *place, struct error *err) {
    const struct snapshot *snapshot = snapshot_load(place->conn, place->db.length > 0, err);
    if (snapshot) set_snapshot(place, snapshot);
    return snapshot != NULL;
}

void place_leave(struct place *place) {
    snapshot_unref(place->snapshot);
    if (place->file) store_give_back_conn(place->file, place->conn);
    store_give_back(place->file);
    *place = (struct place){0};
}
