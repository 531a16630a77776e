#include "auth/roles.h"

#include "sql/ast.h"

bool role_is_built_in(struct str name, enum role *ret_role) {
    static const char *const names[] = {
        [ROLE_OWNER] = "owner", [ROLE_EDITOR] = "editor", [ROLE_VIEWER] = "viewer", [ROLE_STRUCTURE] = "structure"};
    for (enum role role = ROLE_OWNER; role < ROLE_OWN; role++)
        if (str_is_name(name, names[role])) {
            *ret_role = role;
            return true;
        }
    return false;
}

/* Roles while they are gathered. */
struct gathering {
    struct arena *arena;
    struct roles roles;
    struct role_place *structure;
    struct str *own;
    struct error *err;
};

static bool out_of_memory(struct gathering *gathering) {
    return fail(gathering->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
}

static struct str copy(struct gathering *gathering, const struct node *name) {
    return name ? arena_copy(gathering->arena, name->text) : (struct str){0};
}

static bool add_structure(struct gathering *gathering, const struct node *databases) {
    struct roles *roles = &gathering->roles;
    if (!databases) roles->structure_is_everywhere = true;
    for (uint32_t i = 0; databases && i < databases->count; i++) {
        const struct node *database = databases->child[i];
        struct role_place *places =
            arena_grow(gathering->arena, gathering->structure, roles->structure_count, sizeof *places);
        if (!places) return out_of_memory(gathering);
        gathering->structure = places;
        places[roles->structure_count++] = (struct role_place){.ns = copy(gathering, database->child[TABLE_SCHEMA]),
                                                               .db = copy(gathering, database->child[TABLE_NAME])};
    }
    return true;
}

static bool add_built_in(struct gathering *gathering, enum role role, const struct node *node) {
    gathering->roles.held |= ROLE_BIT(role);
    return role != ROLE_STRUCTURE || add_structure(gathering, node->child[ROLE_DATABASES]);
}

static bool add_own(struct gathering *gathering, const struct definition *definition) {
    struct roles *roles = &gathering->roles;
    struct str *own = arena_grow(gathering->arena, gathering->own, roles->own_count, sizeof *own);
    if (!own) return out_of_memory(gathering);
    gathering->own = own;
    own[roles->own_count++] = arena_copy(gathering->arena, definition->name);
    roles->held |= ROLE_BIT(ROLE_OWN);
    return true;
}

/* What an own role includes: built-in ones, and no others. */
static bool add_included(struct gathering *gathering, const struct node *list) {
    enum role role;
    for (uint32_t i = 0; list && i < list->count; i++)
        if (role_is_built_in(list->child[i]->child[ROLE_NAME]->text, &role) &&
            !add_built_in(gathering, role, list->child[i]))
            return false;
    return true;
}

static bool gather(struct gathering *gathering, const struct snapshot *snapshot, const struct node *list,
                   bool own_alone) {
    for (uint32_t i = 0; list && i < list->count; i++) {
        struct str name = list->child[i]->child[ROLE_NAME]->text;
        enum role role;
        if (role_is_built_in(name, &role)) {
            if (!own_alone && !add_built_in(gathering, role, list->child[i])) return false;
            continue;
        }
        const struct definition *own = snapshot_find(snapshot, DEFINITION_ROLE, (struct str){0}, name);
        if (!own || !own->node) continue;
        if (!add_own(gathering, own)) return false;
        if (!own_alone && !add_included(gathering, own->node->child[DEFINE_ROLE_ROLES])) return false;
    }
    gathering->roles.structure = gathering->structure;
    gathering->roles.own = gathering->own;
    return !arena_exhausted(gathering->arena) || out_of_memory(gathering);
}

/* NULL: it has no ROLES. */
static const struct node *list_of(const struct definition *login) {
    if (!login->node) return NULL;
    bool is_token = login->kind == DEFINITION_TOKEN;
    return login->node->child[is_token ? (int)DEFINE_TOKEN_ROLES : (int)DEFINE_LOGIN_ROLES];
}

bool roles_of_login(struct arena *arena, const struct snapshot *snapshot, const struct definition *login,
                    struct roles *ret_roles, struct error *err) {
    struct gathering gathering = {.arena = arena, .err = err};
    const struct node *list = list_of(login);
    if (login->node && !list) gathering.roles.held = ROLE_BIT(ROLE_OWNER);
    if (!gather(&gathering, snapshot, list, false)) return false;
    *ret_roles = gathering.roles;
    return true;
}

bool roles_of_scope(struct arena *arena, const struct snapshot *snapshot, const struct definition *scope,
                    struct roles *ret_roles, struct error *err) {
    struct gathering gathering = {.arena = arena, .err = err, .roles = {.held = ROLE_BIT(ROLE_OWN)}};
    const struct node *list = scope->node ? scope->node->child[DEFINE_SCOPE_ROLES] : NULL;
    if (!gather(&gathering, snapshot, list, true)) return false;
    *ret_roles = gathering.roles;
    return true;
}

bool roles_reach(const struct roles *roles, enum role role, struct str ns, struct str db) {
    if (!(roles->held & ROLE_BIT(role))) return false;
    if (role != ROLE_STRUCTURE || roles->structure_is_everywhere) return true;
    for (size_t i = 0; i < roles->structure_count; i++) {
        const struct role_place *place = &roles->structure[i];
        if ((!place->ns.length || str_same_name(place->ns, ns)) && str_same_name(place->db, db)) return true;
    }
    return false;
}

bool roles_are_own_alone(const struct roles *roles, struct str ns, struct str db) {
    for (enum role role = ROLE_OWNER; role < ROLE_OWN; role++)
        if (roles_reach(roles, role, ns, db)) return false;
    return true;
}

bool roles_are_defined_in(const struct roles *roles, const struct snapshot *snapshot) {
    for (size_t i = 0; i < roles->own_count; i++)
        if (snapshot_find(snapshot, DEFINITION_ROLE, (struct str){0}, roles->own[i])) return true;
    return false;
}
