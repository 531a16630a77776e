/*
 * The REMOVE statements.
 */
#include "base/scope.h"
#include "server/admin/admin.h"
#include "server/orphans.h"
#include "sql/print.h"
#include "storage/catalog.h"

static bool not_found(const struct node *statement, const char *what, const struct node *name, struct error *err) {
    if (statement->flags & IF_EXISTS) return true;
    return fail(err, ERROR_NOT_FOUND, name->at, "no such %s: %.*s", what, STR(name->text));
}

/* Deletes a definition. */
static bool remove_definition(struct admin *admin, const struct node *statement, enum definition_kind kind,
                              struct str owner, const struct node *name, const char *what, struct error *err) {
    bool found;
    if (!definition_delete(admin->conn, kind, owner, name->text, &found, err)) return false;
    if (!found) return not_found(statement, what, name, err);
    admin->changed = true;
    return true;
}

bool remove_namespace(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[REMOVE_NAMESPACE_NAME];
    struct error failure = {0};
    if (store_name_is_valid(name->text) && store_remove_namespace(admin->store, name->text, &failure)) return true;
    if (failure.code == ERROR_NONE || failure.code == ERROR_NOT_FOUND)
        return not_found(statement, "namespace", name, err);
    *err = failure;
    return false;
}

bool remove_database(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[REMOVE_DATABASE_NAME];
    struct error failure = {0};
    struct str ns = admin->session->ns;
    if (!ns.length) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "no namespace is chosen: USE NS …");
    if (store_name_is_valid(name->text) && store_remove_database(admin->store, ns, name->text, &failure)) return true;
    if (failure.code == ERROR_NONE || failure.code == ERROR_NOT_FOUND)
        return not_found(statement, "database", name, err);
    *err = failure;
    return false;
}

bool remove_login(struct admin *admin, const struct node *statement, struct error *err) {
    return remove_definition(admin, statement, DEFINITION_LOGIN, (struct str){0}, statement->child[REMOVE_LOGIN_NAME],
                             "login", err);
}

bool remove_token(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *level = statement->child[REMOVE_TOKEN_LEVEL];
    const struct node *scope = level->child[LEVEL_NAME];
    return remove_definition(admin, statement, DEFINITION_TOKEN, scope ? scope->text : (struct str){0},
                             statement->child[REMOVE_TOKEN_NAME], "token", err);
}

bool remove_scope(struct admin *admin, const struct node *statement, struct error *err) {
    return remove_definition(admin, statement, DEFINITION_SCOPE, (struct str){0}, statement->child[REMOVE_SCOPE_NAME],
                             "scope", err);
}

bool remove_role(struct admin *admin, const struct node *statement, struct error *err) {
    return remove_definition(admin, statement, DEFINITION_ROLE, (struct str){0}, statement->child[REMOVE_ROLE_NAME],
                             "role", err);
}

bool remove_field(struct admin *admin, const struct node *statement, struct error *err) {
    return remove_definition(admin, statement, DEFINITION_FIELD, statement->child[REMOVE_FIELD_TABLE]->text,
                             statement->child[REMOVE_FIELD_NAME], "field", err);
}

static bool drop(struct admin *admin, const struct table_schema *table, struct error *err) {
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, 0);
    buf_add_text(&sql, table->kind == TABLE_VIEW ? "DROP VIEW main." : "DROP TABLE main.");
    print_name(&sql, table->name);
    buf_add_char(&sql, 0);
    if (sql.failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    return conn_run(admin->conn, sql.data, err);
}

/* The table and what was defined of it, in the one transaction. */
bool remove_table(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[REMOVE_TABLE_NAME];
    const struct table_schema *table = schema_find_table(&admin->snapshot->schema, name->text);
    bool had_definition = snapshot_find(admin->snapshot, DEFINITION_TABLE, (struct str){0}, name->text);
    if (!orphans_remove_table(admin->conn, admin->snapshot, name->text, err)) return false;
    if (table && !drop(admin, table, err)) return false;
    if (!table && !had_definition) return not_found(statement, "table", name, err);
    admin->changed = true;
    return true;
}
