#include "server/roles_file.h"

#include "base/scope.h"
#include "server/file_text.h"
#include "storage/store.h"

static bool fail_at(const struct yaml *node, struct error *err, const char *what) {
    return fail(err, ERROR_INVALID_VALUE, node->at, "%s", what);
}

const struct yaml *roles_file_role(const struct yaml *member) {
    while (member && str_is(member->name, "namespace")) member = member->next;
    return member;
}

const struct yaml *roles_file_database(const struct yaml *member) {
    while (member && (str_is(member->name, "super_user") || str_is(member->name, "structure_user")))
        member = member->next;
    return member;
}

static bool check_mapping(const struct yaml *node, const char *what, struct error *err) {
    if (node->kind == YAML_MAPPING && node->first) return true;
    return fail(err, ERROR_INVALID_VALUE, node->at, "%s is expected here", what);
}

static bool check_bool(const struct yaml *node, struct error *err) {
    bool value;
    return yaml_to_bool(node, &value) || fail_at(node, err, "this is either true or false");
}

/* What may be said of a table or field; `attributes` is left to the caller. */
static bool check_right(const struct yaml *node, bool is_table, struct error *err) {
    static const char *const words[] = {"read", "insert", "update", "delete"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_is(node->name, words[i])) continue;
        if (i == 3 && !is_table) return fail_at(node, err, "delete belongs to tables alone");
        return check_bool(node, err);
    }
    return fail_at(node, err,
                   is_table ? "this is no right: read, insert, update, delete or attributes is"
                            : "this is no right: read, insert or update is");
}

/* Whether a mapping of rights gives one. */
static bool gives(const struct yaml *node, struct str word) {
    const struct yaml *right = node->first;
    bool value = false;
    while (right && !str_same(right->name, word)) right = right->next;
    return right && yaml_to_bool(right, &value) && value;
}

static bool check_field(const struct yaml *table, const struct yaml *field, struct error *err) {
    if (!check_mapping(field, "a mapping of rights", err)) return false;
    for (const struct yaml *right = field->first; right; right = right->next) {
        if (!check_right(right, false, err)) return false;
        if (gives(field, right->name) && !gives(table, right->name))
            return fail_at(right, err, "this gives what its table does not");
    }
    return true;
}

static bool check_table(const struct yaml *table, struct error *err) {
    if (!check_mapping(table, "a mapping of rights", err)) return false;
    for (const struct yaml *right = table->first; right; right = right->next) {
        if (!str_is(right->name, "attributes")) {
            if (!check_right(right, true, err)) return false;
            continue;
        }
        if (!check_mapping(right, "a mapping of attributes", err)) return false;
        for (const struct yaml *field = right->first; field; field = field->next)
            if (!check_field(table, field, err)) return false;
    }
    return true;
}

static bool check_structure(const struct yaml *node, struct error *err) {
    if (node->kind != YAML_SEQUENCE) {
        bool value;
        return yaml_to_bool(node, &value) || fail_at(node, err, "this is true, false or a list of databases");
    }
    if (!node->first) return fail_at(node, err, "the list is empty: false would say so");
    for (const struct yaml *item = node->first; item; item = item->next)
        if (item->kind != YAML_SCALAR || !store_name_is_valid(item->text))
            return fail_at(node, err, "an item of the list is no name of a database");
    return true;
}

static bool check_role(const struct yaml *role, struct error *err) {
    bool is_super = false;
    if (!check_mapping(role, "a mapping of super_user, structure_user and databases", err)) return false;
    const struct yaml *super = yaml_member(role, "super_user"), *structure = yaml_member(role, "structure_user");
    if (super && !yaml_to_bool(super, &is_super)) return check_bool(super, err);
    if (is_super && role->first->next) return fail_at(super, err, "who is super_user has all rights: say nothing else");
    if (structure && !check_structure(structure, err)) return false;
    for (const struct yaml *database = roles_file_database(role->first); database;
         database = roles_file_database(database->next)) {
        if (!store_name_is_valid(database->name)) return fail_at(database, err, "no database can have this name");
        if (!check_mapping(database, "a mapping of tables", err)) return false;
        for (const struct yaml *table = database->first; table; table = table->next)
            if (!check_table(table, err)) return false;
    }
    return true;
}

static bool check_file(struct roles_file *file, struct error *err) {
    if (file->root->kind != YAML_MAPPING) return fail_at(file->root, err, "a mapping of roles is expected here");
    const struct yaml *ns = yaml_member(file->root, "namespace");
    if (ns && (ns->kind != YAML_SCALAR || !store_name_is_valid(ns->text)))
        return fail_at(ns, err, "this is no name of a namespace");
    if (ns) file->ns = ns->text;
    for (const struct yaml *role = roles_file_role(file->root->first); role; role = roles_file_role(role->next))
        if (!check_role(role, err)) return false;
    return true;
}

/* The keys from the document down to a place, with points between them. */
static bool find_key(const struct yaml *node, uint32_t at, struct buf *out) {
    size_t length = out->length;
    for (const struct yaml *member = node->first; member; member = member->next) {
        if (!member->name.length) continue;
        if (length) buf_add_char(out, '.');
        buf_add_str(out, member->name);
        if (member->at == at || find_key(member, at, out)) return true;
        out->length = length;
    }
    return false;
}

bool roles_file_fail(const struct roles_file *file, const struct error *cause, struct error *err) {
    uint32_t line, column;
    CLEANUP(buf_done) struct buf key;
    buf_init(&key, 0);
    if (cause->detail[0]) error_detail(err, "%s", cause->detail);
    if (cause->at == NOWHERE) return fail(err, cause->code, NOWHERE, "%s: %s", file->path, cause->message);
    str_position(file->text, cause->at, &line, &column);
    if (file->root && find_key(file->root, cause->at, &key) && !key.failed)
        return fail(err, cause->code, NOWHERE, "%s:%u: %.*s: %s", file->path, line, STR(buf_str(&key)), cause->message);
    return fail(err, cause->code, NOWHERE, "%s:%u: %s", file->path, line, cause->message);
}

bool roles_file_read(struct arena *arena, const char *path, struct str ns, struct roles_file *ret_file,
                     struct error *err) {
    struct roles_file file = {.path = path, .ns = ns};
    struct error cause = {0};
    CLEANUP(buf_done) struct buf bytes;
    buf_init(&bytes, YAML_SIZE_MAX);
    if (!file_text_read(path, YAML_SIZE_MAX, &bytes, err)) return false;
    file.text = arena_copy(arena, buf_str(&bytes));
    if (!file.text.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "%s: this needs too much memory", path);
    file.root = yaml_parse(arena, file.text, &cause);
    if (!file.root || !check_file(&file, &cause)) return roles_file_fail(&file, &cause, err);
    *ret_file = file;
    return true;
}
