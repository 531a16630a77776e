/*
 * Changing the catalogue: making its table, writing and deleting definitions.
 *
 * A name is compared without case, a login's byte for byte, and what a definition is called is what its last DEFINE
 * called it.
 */
#include "storage/catalog_private.h"

#include "base/value.h"

bool catalog_make(struct conn *conn, struct error *err) {
    return conn_run(
        conn,
        "CREATE TABLE IF NOT EXISTS main._bailiwick_definition("
        "kind TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, statement TEXT NOT NULL, "
        "secret TEXT, key BLOB, PRIMARY KEY(kind, owner, name)) WITHOUT ROWID;"
        "CREATE TABLE IF NOT EXISTS main._bailiwick_ended("
        "kind TEXT NOT NULL, owner TEXT NOT NULL, id NOT NULL, token TEXT NOT NULL, before INTEGER NOT NULL, "
        "until INTEGER NOT NULL, PRIMARY KEY(kind, owner, id, token)) WITHOUT ROWID;"
        "CREATE INDEX IF NOT EXISTS main._bailiwick_ended_until ON _bailiwick_ended(until);"
        "CREATE TABLE IF NOT EXISTS main._bailiwick_family("
        "family TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, id NOT NULL, tag TEXT NOT NULL, "
        "hash BLOB NOT NULL, made_by BLOB NOT NULL, created INTEGER NOT NULL, used INTEGER NOT NULL, "
        "expires INTEGER NOT NULL, ip TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX IF NOT EXISTS main._bailiwick_family_principal ON _bailiwick_family(kind, owner, id, "
        "used);"
        "CREATE INDEX IF NOT EXISTS main._bailiwick_family_expires ON _bailiwick_family(expires)",
        err);
}

/* The WHERE that finds a definition by ?1 kind, ?2 owner, ?3 name. */
#define WHERE_NAME "WHERE kind = ?1 AND owner = ?2 COLLATE NOCASE AND name = ?3 COLLATE NOCASE"
#define WHERE_LOGIN "WHERE kind = ?1 AND owner = ?2 AND name = ?3"

static bool is_there(struct conn *conn, enum definition_kind kind, const struct value key[3], bool *ret_there,
                     struct error *err) {
    struct arena *arena = arena_new(4096);
    if (!arena) return fail(err, ERROR_INTERNAL, NOWHERE, "out of memory");
    struct value one;
    bool fine = conn_read_row(conn, arena,
                              kind == DEFINITION_LOGIN ? "SELECT 1 FROM main._bailiwick_definition " WHERE_LOGIN
                                                       : "SELECT 1 FROM main._bailiwick_definition " WHERE_NAME,
                              key, 3, &one, 1, ret_there, err);
    arena_free(arena);
    return fine;
}

static bool delete_row(struct conn *conn, enum definition_kind kind, const struct value key[3], struct error *err) {
    return conn_execute(conn,
                        kind == DEFINITION_LOGIN ? "DELETE FROM main._bailiwick_definition " WHERE_LOGIN
                                                 : "DELETE FROM main._bailiwick_definition " WHERE_NAME,
                        key, 3, err);
}

static struct value text_of(struct str s) {
    return value_text(s.text ? s : LITERAL(""));
}

static struct value text_or_null(struct str s) {
    return s.length ? value_text(s) : value_null();
}

static struct value blob_or_null(struct str s) {
    return s.length ? value_blob(s) : value_null();
}

bool definition_put(struct conn *conn, const struct definition *definition, enum definition_mode mode,
                    bool *ret_changed, struct error *err) {
    const char *kind = definition_kind_name(definition->kind);
    const struct value values[] = {
        value_text(str_of(kind)),       text_of(definition->owner),       text_of(definition->name),
        text_of(definition->statement), text_or_null(definition->secret), blob_or_null(definition->key),
    };
    bool there;
    if (!is_there(conn, definition->kind, values, &there, err)) return false;
    if (there) {
        switch (mode) {
        case DEFINITION_CREATE:
            return fail(err, ERROR_ALREADY_EXISTS, NOWHERE, "%s already exists: %.*s", kind, STR(definition->name));
        case DEFINITION_IF_NOT_EXISTS:
            *ret_changed = false;
            return true;
        case DEFINITION_OVERWRITE:
            if (!delete_row(conn, definition->kind, values, err)) return false;
        }
    }
    if (!conn_execute(conn,
                      "INSERT INTO main._bailiwick_definition(kind, owner, name, statement, secret, key) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      values, sizeof values / sizeof *values, err))
        return false;
    *ret_changed = true;
    return true;
}

/* Deletes what belongs to a definition that goes. */
static bool delete_owned(struct conn *conn, enum definition_kind kind, struct str name, struct error *err) {
    const struct value owner[] = {text_of(name)};
    switch (kind) {
    case DEFINITION_NAMESPACE:
    case DEFINITION_DATABASE:
    case DEFINITION_LOGIN:
    case DEFINITION_TOKEN:
    case DEFINITION_FIELD:
    case DEFINITION_ROLE:
        return true;
    case DEFINITION_SCOPE:
        return conn_execute(conn,
                            "DELETE FROM main._bailiwick_definition WHERE kind = 'token' AND owner = ?1 COLLATE NOCASE",
                            owner, 1, err);
    case DEFINITION_TABLE:
        return conn_execute(conn,
                            "DELETE FROM main._bailiwick_definition WHERE kind = 'field' AND owner = ?1 COLLATE NOCASE",
                            owner, 1, err);
    }
    return fail(err, ERROR_INTERNAL, NOWHERE, "no such kind of definition");
}

bool definition_delete(struct conn *conn, enum definition_kind kind, struct str owner, struct str name, bool *ret_found,
                       struct error *err) {
    const struct value key[] = {value_text(str_of(definition_kind_name(kind))), text_of(owner), text_of(name)};
    bool found;
    if (!is_there(conn, kind, key, &found, err)) return false;
    if (found && !delete_row(conn, kind, key, err)) return false;
    if (!delete_owned(conn, kind, name, err)) return false;
    *ret_found = found;
    return true;
}
