/*
 * The catalogue: what has been defined, in the file that it protects.
 *
 * Each file holds one table, `_bailiwick_definition`, one row a definition. A row's `statement` is the canonical DEFINE
 * text without any password, hash or key: it is what INFO shows, and it is parsed back when the catalogue is loaded.
 * In memory a snapshot is immutable and counted; a change is one transaction, then the next snapshot is published.
 */
#ifndef STORAGE_CATALOG_H
#define STORAGE_CATALOG_H

#include "base/error.h"
#include "base/str.h"
#include "sql/policy.h"
#include "sql/schema.h"
#include "storage/conn.h"

enum definition_kind {
    DEFINITION_NAMESPACE, /* root.db */
    DEFINITION_DATABASE,  /* namespace.db */
    DEFINITION_LOGIN,     /* all three */
    DEFINITION_TOKEN,     /* namespace.db, databases; owner: the scope, or empty */
    DEFINITION_SCOPE,     /* databases */
    DEFINITION_TABLE,     /* databases: a table's permissions */
    DEFINITION_FIELD,     /* databases; owner: the table */
    DEFINITION_ROLE,      /* all three; tables in databases only */
};

struct definition {
    enum definition_kind kind;
    struct str owner;
    struct str name;
    struct str statement;
    struct str secret;       /* LOGIN: the password's PHC string; TOKEN: the key that verifies */
    struct str key;          /* LOGIN, SCOPE: 64 random bytes that sign its tokens */
    const struct node *node; /* the statement's tree; NULL where it no longer parses: then it gives nothing */
    bool is_unusable;        /* it, or a predicate in it, gives nothing, because something that it names is not there */
};

struct snapshot {
    uint64_t version;                     /* unique in this process: a key for caches */
    const struct definition *definitions; /* sorted by kind, owner, name (ASCII without case) */
    size_t definition_count;
    struct schema schema; /* databases only: tables with their permissions, and roles */
    /* The rest is private to catalog_load.c. */
};

const struct snapshot *snapshot_ref(const struct snapshot *snapshot);
void snapshot_unref(const struct snapshot *snapshot); /* takes NULL */

/* NULL where there is none. Names compare ASCII without case, but those of logins byte for byte. */
const struct definition *snapshot_find(const struct snapshot *snapshot, enum definition_kind kind, struct str owner,
                                       struct str name);

/* Reads the catalogue and, for a database, SQLite's schema, as this connection sees them, uncommitted changes
 * included. A stored statement that no longer parses, or a predicate that no longer resolves, leaves its table without
 * rights for restricted principals and is logged; it does not fail the load. */
const struct snapshot *snapshot_load(struct conn *conn, bool is_database, struct error *err) MUST_CHECK;

/* What these sources come to in the snapshot's database. It lives as long as the snapshot, or, where there are too many
 * of them to be kept, as the arena. */
bool snapshot_policy(const struct snapshot *snapshot, struct arena *arena, const struct policy_sources *sources,
                     struct policy *ret_policy, struct error *err) MUST_CHECK;

enum definition_mode {
    DEFINITION_CREATE,        /* there already: ERROR_ALREADY_EXISTS */
    DEFINITION_IF_NOT_EXISTS, /* there already: nothing happens */
    DEFINITION_OVERWRITE,     /* there already: replaced */
};

/* Writes a definition within the connection's transaction. `definition->node` is not used. *ret_changed tells whether
 * a row was written. */
bool definition_put(struct conn *conn, const struct definition *definition, enum definition_mode mode,
                    bool *ret_changed, struct error *err) MUST_CHECK;

/* Deletes a definition and those it owns (a table's fields, a scope's tokens) within the connection's transaction.
 * *ret_found tells whether it was there. */
bool definition_delete(struct conn *conn, enum definition_kind kind, struct str owner, struct str name, bool *ret_found,
                       struct error *err) MUST_CHECK;

/* Makes the tables of the catalogue in a new file: that of the definitions, and those in which auth keeps tokens that
 * have ended (auth/ended.h) and families of refresh tokens (auth/family.h). */
bool catalog_make(struct conn *conn, struct error *err) MUST_CHECK;

#endif
