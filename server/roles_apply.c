#include "server/roles_apply.h"

#include "base/buf.h"
#include "base/scope.h"
#include "server/admin/admin.h"
#include "server/admin/define.h"
#include "sql/ast.h"
#include "sql/schema.h"

#include <string.h>

#define ROLES_MEMORY ((size_t)256 << 20)
#define FILES_MAX 64

DEFINE_CLEANUP(struct arena *, arena_free)
DEFINE_CLEANUP(const struct snapshot *, snapshot_unref)

/* One file on its way into the store. */
struct application {
    struct store *store;
    struct arena *arena;
    const struct roles_file *file;
    bool only_try;
    struct error *err;
};

/* --- DEFINE ROLE as a tree, whose places are those of the file --- */

static struct node *make(struct arena *arena, enum node_kind kind, uint32_t flags, const struct yaml *from) {
    struct node *node = node_new(arena, kind, from->at, from->at);
    if (node) node->flags = flags;
    return node;
}

static struct node *make_name(struct arena *arena, struct str name, const struct yaml *from) {
    struct node *node = node_new_text(arena, NODE_NAME, name, NAME_DOUBLE);
    if (node) node->at = node->end = from->at;
    return node;
}

static bool says(const struct yaml *rights, const char *word) {
    const struct yaml *right = yaml_member(rights, word);
    bool value = false;
    return right && yaml_to_bool(right, &value) && value;
}

/* FOR … FULL of what is true; NONE where nothing is. */
static struct node *make_permissions(struct arena *arena, const struct yaml *rights) {
    static const char *const words[OPERATION_COUNT] = {"read", "insert", "update", "delete"};
    uint32_t given = 0, all = 0;
    for (int operation = 0; operation < OPERATION_COUNT; operation++) {
        all |= PERMISSION_BIT(operation);
        if (says(rights, words[operation])) given |= PERMISSION_BIT(operation);
    }
    struct node *permission =
        make(arena, NODE_PERMISSION, given ? given | PERMISSION_FULL : all | PERMISSION_NONE, rights);
    return permission ? node_append(arena, NULL, permission) : NULL;
}

static struct node *make_field(struct arena *arena, const struct yaml *field) {
    struct node *node = make(arena, NODE_ROLE_FIELD, 0, field);
    if (!node) return NULL;
    node->child[ROLE_FIELD_NAME] = make_name(arena, field->name, field);
    node->child[ROLE_FIELD_PERMISSIONS] = make_permissions(arena, field);
    return node;
}

static struct node *make_table(struct arena *arena, const struct yaml *table) {
    const struct yaml *attributes = yaml_member(table, "attributes");
    struct node *node = make(arena, NODE_ROLE_TABLE, 0, table), *fields = NULL;
    for (const struct yaml *field = attributes ? attributes->first : NULL; field; field = field->next)
        fields = node_append(arena, fields, make_field(arena, field));
    if (!node) return NULL;
    node->child[ROLE_TABLE_NAME] = make_name(arena, table->name, table);
    node->child[ROLE_TABLE_PERMISSIONS] = make_permissions(arena, table);
    node->child[ROLE_TABLE_FIELDS] = fields;
    return node;
}

static struct node *make_built_in(struct arena *arena, const char *name, const struct yaml *from) {
    struct node *role = make(arena, NODE_ROLE, 0, from);
    if (role) role->child[ROLE_NAME] = make_name(arena, str_of(name), from);
    return role;
}

/* What super_user and structure_user say; NULL: nothing. */
static struct node *make_included(struct arena *arena, const struct yaml *role) {
    const struct yaml *structure = yaml_member(role, "structure_user");
    struct node *databases = NULL;
    if (says(role, "super_user")) return node_append(arena, NULL, make_built_in(arena, "owner", role));
    bool is_list = structure && structure->kind == YAML_SEQUENCE;
    if (!is_list && !says(role, "structure_user")) return NULL;
    for (const struct yaml *item = is_list ? structure->first : NULL; item; item = item->next) {
        struct node *database = make(arena, NODE_TABLE, 0, structure);
        if (database) database->child[TABLE_NAME] = make_name(arena, item->text, structure);
        databases = node_append(arena, databases, database);
    }
    struct node *included = make_built_in(arena, "structure", structure);
    if (included) included->child[ROLE_DATABASES] = databases;
    return node_append(arena, NULL, included);
}

static struct node *make_role(struct arena *arena, const struct yaml *role, enum node_level where) {
    struct node *node = make(arena, NODE_DEFINE_ROLE, OVERWRITE, role);
    struct node *level = make(arena, NODE_LEVEL, where, role);
    if (!node) return NULL;
    node->child[DEFINE_ROLE_NAME] = make_name(arena, role->name, role);
    node->child[DEFINE_ROLE_LEVEL] = level;
    return node;
}

/* --- into a file of the store --- */

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the roles need too much memory");
}

/* Defines a role unless it is defined so already. */
static bool put(struct admin *admin, const struct node *statement, struct error *err) {
    struct str text, name = statement->child[DEFINE_ROLE_NAME]->text;
    const struct definition *old = snapshot_find(admin->snapshot, DEFINITION_ROLE, (struct str){0}, name);
    if (!define_text(admin->arena, statement, (struct str){0}, &text, err)) return false;
    bool is_same = old && str_same(old->statement, text) && str_same(old->name, name);
    struct admin trial = *admin;
    if (!define_role(&trial, statement, err)) return false;
    if (!is_same) admin->changed = true;
    return true;
}

static bool put_on_namespace(struct admin *admin, const struct yaml *role, struct error *err) {
    struct node *statement = make_role(admin->arena, role, LEVEL_ON_NAMESPACE);
    if (!statement) return out_of_memory(err);
    statement->child[DEFINE_ROLE_ROLES] = make_included(admin->arena, role);
    return arena_exhausted(admin->arena) ? out_of_memory(err) : put(admin, statement, err);
}

/* What the role says of a database; what it says nothing of it does not have there. */
static bool put_on_database(struct admin *admin, const struct yaml *role, const struct yaml *database,
                            struct error *err) {
    bool found;
    if (!database) {
        if (!definition_delete(admin->conn, DEFINITION_ROLE, (struct str){0}, role->name, &found, err)) return false;
        admin->changed = admin->changed || found;
        return true;
    }
    struct node *statement = make_role(admin->arena, role, LEVEL_ON_DATABASE), *tables = NULL;
    for (const struct yaml *table = database->first; table; table = table->next)
        tables = node_append(admin->arena, tables, make_table(admin->arena, table));
    if (!statement || arena_exhausted(admin->arena)) return out_of_memory(err);
    statement->child[DEFINE_ROLE_TABLES] = tables;
    return put(admin, statement, err);
}

static const struct yaml *find_database(const struct yaml *role, struct str db) {
    const struct yaml *database = roles_file_database(role->first);
    while (database && !str_same_name(database->name, db)) database = roles_file_database(database->next);
    return database;
}

static bool put_all(struct admin *admin, const struct roles_file *file, struct str db, struct error *err) {
    for (const struct yaml *role = roles_file_role(file->root->first); role; role = roles_file_role(role->next))
        if (!(db.length ? put_on_database(admin, role, find_database(role, db), err)
                        : put_on_namespace(admin, role, err)))
            return false;
    return true;
}

static bool run(const struct application *application, struct store_file *file, struct conn *conn, struct str db,
                struct error *err) {
    struct admin admin = {.store = application->store, .arena = application->arena, .conn = conn};
    if (!conn_begin(conn, true, err)) return false;
    CLEANUP(snapshot_unref_at) const struct snapshot *snapshot = snapshot_load(conn, db.length > 0, err);
    admin.snapshot = snapshot;
    bool fine = snapshot && put_all(&admin, application->file, db, err);
    if (fine && admin.changed && !application->only_try)
        return conn_commit(conn, err) && store_publish(file, conn, err);
    conn_rollback(conn);
    return fine;
}

/* A namespace (db empty) or a database. */
static bool apply_to(const struct application *application, struct str db, struct error *err) {
    struct store_file *file = store_borrow(application->store, application->file->ns, db, err);
    struct conn *conn = file ? store_borrow_conn(file, err) : NULL;
    bool fine = conn && run(application, file, conn, db, err);
    if (file) store_give_back_conn(file, conn);
    store_give_back(file);
    return fine;
}

/* --- a whole file --- */

/* Each database that the file names is there. */
static bool check_databases(const struct application *application, const struct snapshot *ns, struct error *err) {
    const struct yaml *root = application->file->root;
    const struct str nobody = {0};
    for (const struct yaml *role = roles_file_role(root->first); role; role = roles_file_role(role->next)) {
        const struct yaml *structure = yaml_member(role, "structure_user");
        for (const struct yaml *database = roles_file_database(role->first); database;
             database = roles_file_database(database->next))
            if (!snapshot_find(ns, DEFINITION_DATABASE, nobody, database->name))
                return fail(err, ERROR_NOT_FOUND, database->at, "no such database: %.*s", STR(database->name));
        for (const struct yaml *item = structure ? structure->first : NULL; item; item = item->next)
            if (!snapshot_find(ns, DEFINITION_DATABASE, nobody, item->text))
                return fail(err, ERROR_NOT_FOUND, structure->at, "no such database: %.*s", STR(item->text));
    }
    return true;
}

/* One pass over the namespace and all its databases. */
static bool pass(const struct application *application, struct error *err) {
    struct str nobody = {0};
    if (!application->file->ns.length)
        return fail(err, ERROR_INVALID_VALUE, 0,
                    "which namespace is this about? Say `namespace: name` here, or use "
                    "--roles-namespace");
    struct store_file *file = store_borrow(application->store, application->file->ns, nobody, err);
    if (!file) return false;
    CLEANUP(snapshot_unref_at) const struct snapshot *ns = store_snapshot(file);
    store_give_back(file);
    if (!check_databases(application, ns, err) || !apply_to(application, nobody, err)) return false;
    for (size_t i = 0; i < ns->definition_count; i++)
        if (ns->definitions[i].kind == DEFINITION_DATABASE && !apply_to(application, ns->definitions[i].name, err))
            return false;
    return true;
}

static bool pass_files(struct store *store, struct arena *arena, const struct roles_file *files, size_t count,
                       bool only_try, struct error *err) {
    for (size_t i = 0; i < count; i++) {
        struct error cause = {0};
        const struct application application = {store, arena, &files[i], only_try, &cause};
        if (!pass(&application, &cause)) return roles_file_fail(&files[i], &cause, err);
    }
    return true;
}

/* No role is in two files of one namespace, or twice in one. */
static bool check_twice(const struct roles_file *files, size_t count, struct error *err) {
    const struct roles_file *last = &files[count - 1];
    for (const struct yaml *role = roles_file_role(last->root->first); role; role = roles_file_role(role->next))
        for (size_t i = 0; i < count; i++)
            for (const struct yaml *other = roles_file_role(files[i].root->first); other && other != role;
                 other = roles_file_role(other->next))
                if (str_same_name(files[i].ns, last->ns) && str_same_name(other->name, role->name)) {
                    struct error cause = {0};
                    fail(&cause, ERROR_INVALID_VALUE, role->at, "this role is in %s, line %u too", files[i].path,
                         (unsigned)other->line);
                    return roles_file_fail(last, &cause, err);
                }
    return true;
}

static bool read_all(struct arena *arena, const char *paths, const char *ns, struct roles_file *files,
                     size_t *ret_count, struct error *err) {
    size_t count = 0;
    for (const char *path = paths; *path;) {
        size_t length = strcspn(path, ",");
        struct str name = arena_copy(arena, (struct str){path, length});
        if (!name.text) return out_of_memory(err);
        if (count == FILES_MAX) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "there may be %d files", FILES_MAX);
        if (length &&
            (!roles_file_read(arena, name.text, str_of(ns), &files[count], err) || !check_twice(files, ++count, err)))
            return false;
        path += length + (path[length] == ',');
    }
    *ret_count = count;
    return true;
}

bool roles_apply(struct store *store, const char *paths, const char *ns, bool only_try, struct error *err) {
    struct roles_file files[FILES_MAX];
    size_t count = 0;
    CLEANUP(arena_free_at) struct arena *arena = arena_new(ROLES_MEMORY);
    if (!arena) return out_of_memory(err);
    if (!read_all(arena, paths, ns, files, &count, err)) return false;
    if (!store) return true;
    return pass_files(store, arena, files, count, true, err) &&
           (only_try || pass_files(store, arena, files, count, false, err));
}
