/*
 * Roles: what a login may do of what its level could. The built-in ones are powers (rights.def); own ones, which DEFINE
 * ROLE makes, are rights on tables, and who has no other is restricted.
 */
#ifndef AUTH_ROLES_H
#define AUTH_ROLES_H

#include "base/arena.h"
#include "storage/catalog.h"

enum role {
    ROLE_OWNER,     /* everything */
    ROLE_EDITOR,    /* all but logins, tokens, scopes and roles */
    ROLE_VIEWER,    /* reads everything but secrets */
    ROLE_STRUCTURE, /* tables and indexes, no data */
    ROLE_OWN,       /* what permissions give: own roles, and for scope users and guests those of the tables */
    ROLE_COUNT,
};

#define ROLE_BIT(role) (1u << (role))

/* The database that a `structure(…)` names. */
struct role_place {
    struct str ns; /* empty: in the login's own namespace */
    struct str db;
};

/* What a principal holds. Zero-initialised: nothing. */
struct roles {
    unsigned held;                /* bits of ROLE_BIT */
    bool structure_is_everywhere; /* otherwise in these places alone */
    const struct role_place *structure;
    size_t structure_count;
    const struct str *own; /* the names of own roles */
    size_t own_count;
};

/* Whether a name is that of a built-in role; *ret_role is which. */
bool role_is_built_in(struct str name, enum role *ret_role);

/* The roles of a login, or of whom a DEFINE TOKEN vouches for, as its definition and those of its roles are in the
 * snapshot of its level: owner where it has no ROLES. A role that is not defined gives nothing. All is copied into the
 * arena. */
bool roles_of_login(struct arena *arena, const struct snapshot *snapshot, const struct definition *login,
                    struct roles *ret_roles, struct error *err) MUST_CHECK;

/* Those of a scope's users: own ones alone. */
bool roles_of_scope(struct arena *arena, const struct snapshot *snapshot, const struct definition *scope,
                    struct roles *ret_roles, struct error *err) MUST_CHECK;

/* Whether a role that is held reaches a database. */
bool roles_reach(const struct roles *roles, enum role role, struct str ns, struct str db);

/* Whether what the principal sees of a database depends on the roles that are defined there. */
bool roles_are_own_alone(const struct roles *roles, struct str ns, struct str db);

/* Whether a database defines one of the own roles that are held. */
bool roles_are_defined_in(const struct roles *roles, const struct snapshot *snapshot);

#endif
