/*
 * Bailiwick's own statements: DEFINE, REMOVE, INFO. Who may run them was checked before (auth/rights.h); each file here
 * runs one, or one family.
 */
#ifndef SERVER_ADMIN_ADMIN_H
#define SERVER_ADMIN_ADMIN_H

#include "auth/session.h"
#include "server/respond.h"
#include "sql/ast.h"

/* Where a statement works. */
enum admin_place {
    ADMIN_STORE,     /* namespaces and databases: on the data folder, in no transaction */
    ADMIN_ROOT,      /* root.db */
    ADMIN_NAMESPACE, /* the session's namespace */
    ADMIN_DATABASE,  /* the session's database */
    ADMIN_ON_LEVEL,  /* what its ON says */
    ADMIN_FOR_LEVEL, /* INFO: what its FOR says */
};

struct admin {
    struct store *store;
    const struct session *session;
    struct arena *arena;             /* of the request */
    struct str text;                 /* the script */
    struct conn *conn;               /* of the file it works on, in a transaction; NULL for ADMIN_STORE */
    const struct snapshot *snapshot; /* of that file, as the transaction has it */
    struct result *result;           /* for what INFO tells */
    bool changed;                    /* set where definitions or tables have changed */
};

struct admin_statement {
    enum node_kind kind;
    enum admin_place place;
    bool writes; /* in a transaction that takes the write lock */
    bool (*run)(struct admin *admin, const struct node *statement, struct error *err);
};

/* The row of statements.def; NULL for what is no statement of ours. */
const struct admin_statement *admin_find(enum node_kind kind);

/* Where this statement works; ADMIN_ON_LEVEL and ADMIN_FOR_LEVEL are resolved. */
enum admin_place admin_place_of(const struct admin_statement *own, const struct node *statement);

#define ADMIN(kind, place, writes, function)                                                                           \
    bool function(struct admin *admin, const struct node *statement, struct error *err) MUST_CHECK;
#include "server/admin/statements.def"
#undef ADMIN

#endif
