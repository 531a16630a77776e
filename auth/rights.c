/*
 * rights.def made to answer: a statement has a power, a level has a right to it, and the right has a reach.
 */
#include "auth/rights.h"

#include "auth/denial.h"

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

#define STATEMENT(kind, power)
#define STATEMENT_BY(kind, function)
#define PART(kind)
static const enum right rights[POWER_COUNT][LEVEL_COUNT] = {
#define POWER(name, root, namespace, database, scope, guest, owner, editor, viewer, structure, own)                    \
    [POWER_##name] = {[LEVEL_ROOT] = RIGHT_##root,                                                                     \
                      [LEVEL_NAMESPACE] = RIGHT_##namespace,                                                           \
                      [LEVEL_DATABASE] = RIGHT_##database,                                                             \
                      [LEVEL_SCOPE] = RIGHT_##scope,                                                                   \
                      [LEVEL_GUEST] = RIGHT_##guest},
#include "auth/rights.def"
#undef POWER
};

#define NO false
#define YES true
static const bool grants[POWER_COUNT][ROLE_COUNT] = {
#define POWER(name, root, namespace, database, scope, guest, owner, editor, viewer, structure, own)                    \
    [POWER_##name] = {[ROLE_OWNER] = owner,                                                                            \
                      [ROLE_EDITOR] = editor,                                                                          \
                      [ROLE_VIEWER] = viewer,                                                                          \
                      [ROLE_STRUCTURE] = structure,                                                                    \
                      [ROLE_OWN] = own},
#include "auth/rights.def"
#undef POWER
#undef NO
#undef YES
#undef STATEMENT
#undef STATEMENT_BY
#undef PART
};

static_assert(LEVEL_COUNT == 5 && ROLE_COUNT == 5, "rights.def names five levels and five roles");

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

static enum power power_of_structure(const struct node *statement) {
    return is_temporary(statement) ? POWER_FORBIDDEN : POWER_STRUCTURE;
}

static bool holds_constraint(const struct node *node, enum node_constraint choice) {
    if (!node) return false;
    if (node->kind == NODE_CONSTRAINT && NODE_CHOICE(node) == choice) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (holds_constraint(node->child[i], choice)) return true;
    return false;
}

/* A table that is made of rows that are there, or whose columns are computed, can tell of what is in them: by a
 * run-time error of an expression, and a computed column by a UNIQUE index on it. */
static enum power power_of_create_table(const struct node *statement) {
    bool computes = statement->child[CREATE_TABLE_SELECT] || holds_constraint(statement, CONSTRAINT_GENERATED);
    return computes ? power_of_schema(statement) : power_of_structure(statement);
}

/* So can an index on an expression, or on the rows of which one is true. */
static enum power power_of_create_index(const struct node *statement) {
    const struct node *terms = statement->child[CREATE_INDEX_TERMS];
    bool computes = statement->child[CREATE_INDEX_WHERE] || !terms;
    for (uint32_t i = 0; terms && i < terms->count; i++) {
        const struct node *expression = terms->child[i]->child[TERM_EXPRESSION];
        if (expression->kind == NODE_COLLATE) expression = expression->child[COLLATE_OPERAND];
        computes = computes || expression->kind != NODE_COLUMN;
    }
    return computes ? power_of_schema(statement) : power_of_structure(statement);
}

/* A column that is added is checked against the rows that are there. */
static enum power power_of_alter(const struct node *statement) {
    const struct node *column = statement->child[ALTER_DEFINITION];
    bool computes = holds_constraint(column, CONSTRAINT_CHECK) || holds_constraint(column, CONSTRAINT_GENERATED);
    return computes ? power_of_schema(statement) : power_of_structure(statement);
}

static enum power power_of_drop(const struct node *statement) {
    bool is_structure = NODE_CHOICE(statement) == OBJECT_TABLE || NODE_CHOICE(statement) == OBJECT_INDEX;
    return is_structure ? power_of_structure(statement) : power_of_schema(statement);
}

static enum power power_of_pragma(const struct node *statement) {
    static const char *const structure[] = {"table_info",  "table_xinfo",      "index_info",   "index_list",
                                            "index_xinfo", "foreign_key_list", "user_version", "application_id"};
    static const char *const check[] = {"foreign_key_check", "integrity_check", "quick_check"};
    struct str name = statement->child[PRAGMA_NAME]->text;
    if (is_temporary(statement)) return POWER_FORBIDDEN;
    for (size_t i = 0; i < sizeof structure / sizeof *structure; i++)
        if (str_is_name(name, structure[i])) {
            bool sets = statement->child[PRAGMA_VALUE] &&
                        (str_is_name(name, "user_version") || str_is_name(name, "application_id"));
            return sets ? POWER_STRUCTURE : POWER_SEE_STRUCTURE;
        }
    for (size_t i = 0; i < sizeof check / sizeof *check; i++)
        if (str_is_name(name, check[i])) return POWER_SEE_SCHEMA;
    return POWER_SCHEMA;
}

/* What may not be run may not be explained; and a restricted principal has nothing explained. */
static enum power power_of_explain(const struct node *statement) {
    const struct node *explained = statement->child[EXPLAIN_STATEMENT];
    if (!explained || explained->kind == NODE_EXPLAIN) return POWER_FORBIDDEN;
    return power_of(explained) == POWER_FORBIDDEN ? POWER_FORBIDDEN : POWER_SEE_SCHEMA;
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

static enum power power_to_see(enum power power) {
    if (power == POWER_LOGINS_ON_ROOT) return POWER_SEE_LOGIN_ON_ROOT;
    if (power == POWER_LOGINS_ON_NAMESPACE) return POWER_SEE_LOGIN_ON_NAMESPACE;
    return power == POWER_LOGINS_ON_DATABASE ? POWER_SEE_LOGIN_ON_DATABASE : POWER_FORBIDDEN;
}

static enum power power_of_info(const struct node *statement) {
    switch ((enum node_info)NODE_CHOICE(statement)) {
    case INFO_ROOT:
        return POWER_SEE_NAMESPACES;
    case INFO_NAMESPACE:
        return POWER_SEE_DATABASES;
    case INFO_SCOPE:
        return POWER_SEE_SCHEMA;
    case INFO_DATABASE: /* info.c shows tables alone to who may not see the rest */
    case INFO_TABLE:
        return POWER_SEE_STRUCTURE;
    case INFO_USER:
        return power_to_see(power_of_login(statement));
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

/* Whether a role that the session holds has a power where it works now. Moving is how one comes to where a role
 * reaches. */
static bool is_granted(const struct session *session, enum power power) {
    for (enum role role = ROLE_OWNER; role < ROLE_COUNT; role++) {
        if (!grants[power][role] || !(session->roles.held & ROLE_BIT(role))) continue;
        if (power == POWER_MOVE || roles_reach(&session->roles, role, session->ns, session->db)) return true;
    }
    return false;
}

bool rights_check(const struct session *session, const struct node *statement, struct error *err) {
    enum power power = power_of(statement);
    enum right right = session->level < LEVEL_COUNT ? rights[power][session->level] : RIGHT_NONE;
    if (power == POWER_FORBIDDEN)
        return fail(err, ERROR_PERMISSION_DENIED, statement->at, "nobody may run this statement");
    if (!is_in_reach(session, right))
        return fail(err, ERROR_PERMISSION_DENIED, statement->at, "this statement is not for the %s level",
                    level_name(session->level));
    if (!is_granted(session, power))
        return fail(err, ERROR_PERMISSION_DENIED, statement->at, "your roles do not allow this statement");
    if (session_is_restricted(session) && !denial_check(statement, err)) return false;
    return statement->kind != NODE_EXPLAIN || rights_check(session, statement->child[EXPLAIN_STATEMENT], err);
}

bool rights_see_schema(const struct session *session) {
    return is_granted(session, POWER_SEE_SCHEMA);
}

bool rights_give_permissions(const struct session *session) {
    return is_granted(session, POWER_SCHEMA);
}
