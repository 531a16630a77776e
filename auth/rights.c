/*
 * rights.def made to answer: a statement has a power, a level has a right to it, and the right has a reach.
 */
#include "auth/rights.h"

#include <assert.h>

enum right {
    RIGHT_NONE, /* zero-initialised: nothing */
    RIGHT_OWN_DATABASE,
    RIGHT_OWN_NAMESPACE,
    RIGHT_ALL,
};

enum power {
#define POWER(name, ...) POWER_##name,
#define STATEMENT(kind, power)
#define STATEMENT_BY(kind, function)
#define PART(kind)
#include "auth/rights.def"
#undef POWER
    POWER_COUNT
};

static const enum right rights[POWER_COUNT][LEVEL_COUNT] = {
#define POWER(name, root, namespace, database, scope, guest)                                                           \
    [POWER_##name] = {[LEVEL_ROOT] = RIGHT_##root,                                                                     \
                      [LEVEL_NAMESPACE] = RIGHT_##namespace,                                                           \
                      [LEVEL_DATABASE] = RIGHT_##database,                                                             \
                      [LEVEL_SCOPE] = RIGHT_##scope,                                                                   \
                      [LEVEL_GUEST] = RIGHT_##guest},
#include "auth/rights.def"
#undef POWER
#undef STATEMENT
#undef STATEMENT_BY
#undef PART
};

static_assert(LEVEL_COUNT == 5, "rights.def names five levels");

static enum power power_of(const struct node *statement);

static bool is_temp(const struct node *name) {
    return name && (str_is_name(name->text, "temp") || str_is_name(name->text, "temporary"));
}

/* Whether a statement names something in the schema `temp`. */
static bool is_temporary(const struct node *statement) {
    if (statement->flags & TEMPORARY) return true;
    if (statement->kind == NODE_PRAGMA && is_temp(statement->child[PRAGMA_SCHEMA])) return true;
    for (uint32_t i = 0; i < statement->count; i++) {
        const struct node *child = statement->child[i];
        if (child && child->kind == NODE_TABLE && is_temp(child->child[TABLE_SCHEMA])) return true;
    }
    return false;
}

static enum power power_of_schema(const struct node *statement) {
    return is_temporary(statement) ? POWER_FORBIDDEN : POWER_SCHEMA;
}

static enum power power_of_vacuum(const struct node *statement) {
    bool is_plain = !statement->child[VACUUM_INTO] && !is_temp(statement->child[VACUUM_SCHEMA]);
    return is_plain ? POWER_SCHEMA : POWER_FORBIDDEN;
}

/* What may not be run may not be explained; and a restricted principal has nothing explained. */
static enum power power_of_explain(const struct node *statement) {
    const struct node *explained = statement->child[EXPLAIN_STATEMENT];
    if (!explained || explained->kind == NODE_EXPLAIN) return POWER_FORBIDDEN;
    return power_of(explained) == POWER_FORBIDDEN ? POWER_FORBIDDEN : POWER_SCHEMA;
}

static enum power power_of_rollback(const struct node *statement) {
    return statement->child[ROLLBACK_SAVEPOINT] ? POWER_SAVEPOINTS : POWER_TRANSACTIONS;
}

static enum power power_on_level(const struct node *level) {
    switch ((enum node_level)NODE_CHOICE(level)) {
    case LEVEL_ON_ROOT:
        return POWER_LOGINS_ON_ROOT;
    case LEVEL_ON_NAMESPACE:
        return POWER_LOGINS_ON_NAMESPACE;
    case LEVEL_ON_DATABASE:
    case LEVEL_ON_SCOPE:
        return POWER_LOGINS_ON_DATABASE;
    }
    return POWER_FORBIDDEN;
}

static enum power power_of_login(const struct node *statement) {
    for (uint32_t i = 0; i < statement->count; i++) {
        const struct node *child = statement->child[i];
        if (child && child->kind == NODE_LEVEL) return power_on_level(child);
    }
    return POWER_FORBIDDEN;
}

static enum power power_of_info(const struct node *statement) {
    switch ((enum node_info)NODE_CHOICE(statement)) {
    case INFO_ROOT:
        return POWER_NAMESPACES;
    case INFO_NAMESPACE:
        return POWER_DATABASES;
    case INFO_DATABASE:
    case INFO_SCOPE:
    case INFO_TABLE:
        return POWER_SCHEMA;
    case INFO_USER:
        return power_of_login(statement);
    }
    return POWER_FORBIDDEN;
}

/* Without `default`: a kind without a row in rights.def stops the build. */
static enum power power_of(const struct node *statement) {
    switch (statement->kind) {
#define POWER(...)
#define STATEMENT(kind, power)                                                                                         \
    case NODE_##kind:                                                                                                  \
        return POWER_##power;
#define STATEMENT_BY(kind, function)                                                                                   \
    case NODE_##kind:                                                                                                  \
        return function(statement);
#define PART(kind) case NODE_##kind:
#include "auth/rights.def"
#undef POWER
#undef STATEMENT
#undef STATEMENT_BY
#undef PART
    case NODE_KIND_COUNT:
        break;
    }
    return POWER_FORBIDDEN;
}

/* Whether the session works within its right's reach now. */
static bool is_in_reach(const struct session *session, enum right right) {
    switch (right) {
    case RIGHT_NONE:
        return false;
    case RIGHT_OWN_DATABASE:
        return str_same_name(session->ns, session->home_ns) && str_same_name(session->db, session->home_db);
    case RIGHT_OWN_NAMESPACE:
        return str_same_name(session->ns, session->home_ns);
    case RIGHT_ALL:
        return true;
    }
    return false;
}

bool rights_check(const struct session *session, const struct node *statement, struct error *err) {
    enum power power = power_of(statement);
    enum right right = session->level < LEVEL_COUNT ? rights[power][session->level] : RIGHT_NONE;
    if (is_in_reach(session, right)) return true;
    if (power == POWER_FORBIDDEN)
        return fail(err, ERROR_PERMISSION_DENIED, statement->at, "nobody may run this statement");
    return fail(err, ERROR_PERMISSION_DENIED, statement->at, "this statement is not for the %s level",
                level_name(session->level));
}
