/*
 * DEFINE ROLE, and the ROLES of logins and scopes.
 */
#include "auth/roles.h"
#include "server/admin/admin.h"
#include "server/admin/define.h"

#define ROLES_MAX 16 /* of one login: their predicates are joined by OR in each statement */

/* The databases of structure(…): their names alone in a namespace, with their namespaces on root. */
static bool check_places(const struct node *role, const struct node *level, struct error *err) {
    const struct node *databases = role->child[ROLE_DATABASES];
    for (uint32_t i = 0; i < databases->count; i++) {
        const struct node *database = databases->child[i], *ns = database->child[TABLE_SCHEMA];
        bool is_root = NODE_CHOICE(level) == LEVEL_ON_ROOT;
        if (NODE_CHOICE(level) == LEVEL_ON_DATABASE)
            return fail(err, ERROR_INVALID_VALUE, database->at, "on a database a role is about that database");
        if (is_root != (ns != NULL))
            return fail(err, ERROR_INVALID_VALUE, database->at, "%s",
                        is_root ? "on root a database is named as namespace.database"
                                : "in a namespace a database is named without one");
        if (!store_name_is_valid(database->child[TABLE_NAME]->text) || (ns && !store_name_is_valid(ns->text)))
            return fail(err, ERROR_INVALID_VALUE, database->at, "no database can have this name");
    }
    return true;
}

/* A built-in role; level is NULL for a scope, which has none. */
static bool check_built_in(const struct node *role, enum role which, const struct node *level, struct error *err) {
    if (!level)
        return fail(err, ERROR_INVALID_VALUE, role->at, "the role %.*s is for logins alone",
                    STR(role->child[ROLE_NAME]->text));
    return !role->child[ROLE_DATABASES] || which != ROLE_STRUCTURE || check_places(role, level, err);
}

static bool check_count(const struct node *roles, struct error *err) {
    return roles->count <= ROLES_MAX ||
           fail(err, ERROR_LIMIT_EXCEEDED, roles->child[ROLES_MAX]->at, "there may be %d roles", ROLES_MAX);
}

/* Only structure(…) has a list. */
static bool check_list(const struct node *role, bool is_structure, struct error *err) {
    const struct node *databases = role->child[ROLE_DATABASES];
    return !databases || is_structure ||
           fail(err, ERROR_INVALID_VALUE, databases->child[0]->at, "only the role structure has a list of databases");
}

bool define_check_roles(const struct admin *admin, const struct node *roles, const struct node *level,
                        struct error *err) {
    if (roles && !check_count(roles, err)) return false;
    for (uint32_t i = 0; roles && i < roles->count; i++) {
        const struct node *role = roles->child[i];
        struct str name = role->child[ROLE_NAME]->text;
        enum role which = ROLE_OWN;
        bool is_built_in = role_is_built_in(name, &which);
        if (!check_list(role, which == ROLE_STRUCTURE, err)) return false;
        if (is_built_in && !check_built_in(role, which, level, err)) return false;
        if (!is_built_in && !snapshot_find(admin->snapshot, DEFINITION_ROLE, (struct str){0}, name))
            return fail(err, ERROR_NOT_FOUND, role->at, "no such role: %.*s", STR(name));
    }
    return true;
}

/* What a role includes. */
static bool check_included(const struct node *roles, const struct node *level, struct error *err) {
    if (roles && !check_count(roles, err)) return false;
    for (uint32_t i = 0; roles && i < roles->count; i++) {
        const struct node *role = roles->child[i];
        enum role which = ROLE_OWN;
        if (!role_is_built_in(role->child[ROLE_NAME]->text, &which))
            return fail(err, ERROR_INVALID_VALUE, role->at, "a role includes built-in roles and no others");
        if (!check_list(role, which == ROLE_STRUCTURE, err) || !check_built_in(role, which, level, err)) return false;
    }
    return true;
}

static bool gives(const struct node *permissions, enum operation operation) {
    for (uint32_t i = 0; permissions && i < permissions->count; i++)
        if (permissions->child[i]->flags & PERMISSION_BIT(operation))
            return PERMISSION_KIND(permissions->child[i]) != PERMISSION_NONE;
    return false;
}

static bool check_field(struct admin *admin, const struct table_schema *table, const struct node *of_table,
                        const struct node *field, struct error *err) {
    static const char *const words[OPERATION_COUNT] = {"select", "create", "update", "delete"};
    const struct node *name = field->child[ROLE_FIELD_NAME], *permissions = field->child[ROLE_FIELD_PERMISSIONS];
    if (!schema_find_column(table, name->text))
        return fail(err, ERROR_NOT_FOUND, name->at, "no such column: %.*s", STR(name->text));
    if (!define_check_permissions(admin, table, permissions, PERMISSION_BIT(OPERATION_DELETE),
                                  "delete belongs to tables alone", err))
        return false;
    bool is_of_all = permissions && gives(permissions, OPERATION_DELETE); /* FULL or WHERE: as far as the table goes */
    for (enum operation operation = 0; operation < OPERATION_COUNT; operation++)
        if (!is_of_all && gives(permissions, operation) && !gives(of_table, operation))
            return fail(err, ERROR_INVALID_VALUE, name->at, "the field %.*s gives %s, which its table does not",
                        STR(name->text), words[operation]);
    return true;
}

/* No table or field twice: who reads the role should find all of it in one place. */
static bool check_once(const struct node *list, uint32_t at, uint32_t slot, struct error *err) {
    const struct node *name = list->child[at]->child[slot];
    for (uint32_t i = 0; i < at; i++)
        if (str_same_name(list->child[i]->child[slot]->text, name->text))
            return fail(err, ERROR_INVALID_VALUE, name->at, "%.*s is there twice", STR(name->text));
    return true;
}

static bool check_table(struct admin *admin, const struct node *given, struct error *err) {
    const struct node *name = given->child[ROLE_TABLE_NAME], *permissions = given->child[ROLE_TABLE_PERMISSIONS];
    const struct node *fields = given->child[ROLE_TABLE_FIELDS];
    const struct table_schema *table = define_find_table(admin, name, err);
    if (!table) return false;
    if (!permissions)
        return fail(err, ERROR_INVALID_VALUE, name->at, "say what the role may do with %.*s", STR(name->text));
    if (!define_check_permissions(admin, table, permissions, 0, "", err)) return false;
    for (uint32_t i = 0; fields && i < fields->count; i++)
        if (!check_once(fields, i, ROLE_FIELD_NAME, err) ||
            !check_field(admin, table, permissions, fields->child[i], err))
            return false;
    return true;
}

bool define_role(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[DEFINE_ROLE_NAME], *level = statement->child[DEFINE_ROLE_LEVEL];
    const struct node *tables = statement->child[DEFINE_ROLE_TABLES];
    enum role which;
    if (role_is_built_in(name->text, &which))
        return fail(err, ERROR_INVALID_VALUE, name->at, "the role %.*s is built in", STR(name->text));
    if (!define_is_login_name(name->text))
        return fail(err, ERROR_INVALID_VALUE, name->at, "the name of a role is 1 to 128 printable characters");
    if (!check_included(statement->child[DEFINE_ROLE_ROLES], level, err)) return false;
    if (tables && NODE_CHOICE(level) != LEVEL_ON_DATABASE)
        return fail(err, ERROR_INVALID_VALUE, tables->child[0]->at,
                    "what a role may do with tables is said in each database, by a role of the same name there");
    for (uint32_t i = 0; tables && i < tables->count; i++)
        if (!check_once(tables, i, ROLE_TABLE_NAME, err) || !check_table(admin, tables->child[i], err)) return false;
    return define_put(admin, statement, (struct definition){.kind = DEFINITION_ROLE, .name = name->text}, err);
}
