#include "server/admin/define.h"

#include "auth/token.h"
#include "base/scope.h"
#include "base/secret.h"
#include "server/admin/admin.h"
#include "sql/print.h"
#include "sql/rewrite.h"

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement needs too much memory");
}

enum definition_mode define_mode(const struct node *statement) {
    if (statement->flags & OVERWRITE) return DEFINITION_OVERWRITE;
    return statement->flags & IF_NOT_EXISTS ? DEFINITION_IF_NOT_EXISTS : DEFINITION_CREATE;
}

bool define_text(struct arena *arena, const struct node *statement, struct str script, struct str *ret_text,
                 struct error *err) {
    CLEANUP(buf_done) struct buf out;
    buf_init(&out, 0);
    struct node plain = *statement;
    plain.flags &= ~(uint32_t)(IF_NOT_EXISTS | OVERWRITE);
    print_node(&out, &plain, script, NULL);
    struct str text = out.failed ? (struct str){0} : arena_copy(arena, buf_str(&out));
    if (!text.text) return out_of_memory(err);
    *ret_text = text;
    return true;
}

bool define_key(struct arena *arena, struct str *ret_key, struct error *err) {
    char *key = arena_alloc(arena, TOKEN_KEY_LENGTH);
    if (!key) return out_of_memory(err);
    if (!secret_random(key, TOKEN_KEY_LENGTH, err)) return false;
    *ret_key = (struct str){key, TOKEN_KEY_LENGTH};
    return true;
}

bool define_check_duration(const struct node *duration, struct error *err) {
    int64_t seconds;
    if (!duration || str_to_duration(duration->text, &seconds)) return true;
    return fail(err, ERROR_INVALID_VALUE, duration->at, "this is no duration such as 30s, 15m or 1h30m");
}

bool define_put(struct admin *admin, const struct node *statement, struct definition definition, struct error *err) {
    bool changed;
    if (!define_text(admin->arena, statement, admin->text, &definition.statement, err)) return false;
    if (!definition_put(admin->conn, &definition, define_mode(statement), &changed, err)) return false;
    if (changed) admin->changed = true;
    return true;
}

static int one_variable(void *context, const struct node *variable) {
    (void)context;
    (void)variable;
    return 1;
}

/* Lets SQLite compile a resolved predicate: it knows of aggregates, row values and numbers of arguments. */
static bool try_predicate(struct admin *admin, const struct table_schema *table, const struct node *predicate,
                          struct error *err) {
    static const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
    const struct print_variables variables = {.number = one_variable};
    struct error failure = {0};
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, 0);
    buf_add_text(&sql, "SELECT 1 FROM main.");
    print_name(&sql, table->name);
    buf_add_text(&sql, " WHERE (");
    print_node(&sql, predicate, admin->text, &variables);
    buf_add_text(&sql, ")");
    if (sql.failed) return out_of_memory(err);
    struct query *query = query_prepare(admin->conn, buf_str(&sql), &internal, false, 0, &failure);
    query_finish(query);
    return query || fail(err, ERROR_INVALID_VALUE, predicate->at, "the predicate is not valid: %s", failure.message);
}

static bool check_predicate(struct admin *admin, const struct table_schema *table, const struct node *permission,
                            struct error *err) {
    const struct node *predicate = permission->child[PERMISSION_PREDICATE];
    bool is_of_new_rows = permission->flags & (PERMISSION_BIT(OPERATION_CREATE) | PERMISSION_BIT(OPERATION_UPDATE));
    /* a copy: checking resolves the tree, and what is stored is the tree as it was written */
    struct node *copy = node_copy(admin->arena, predicate);
    if (!copy) return out_of_memory(err);
    if (!rewrite_check_predicate(admin->arena, &admin->snapshot->schema, table, copy, err)) return false;
    if (is_of_new_rows && rewrite_reads_own_table(copy, table))
        return fail(err, ERROR_INVALID_VALUE, predicate->at,
                    "a predicate for create or update cannot read %.*s itself, or a view, in a sub-select: a new row "
                    "would vouch for itself",
                    STR(table->name));
    return try_predicate(admin, table, copy, err);
}

bool define_check_permissions(struct admin *admin, const struct table_schema *table, const struct node *permissions,
                              uint32_t unfit, const char *unfit_message, struct error *err) {
    uint32_t all = 0;
    for (int operation = 0; operation < OPERATION_COUNT; operation++) all |= PERMISSION_BIT(operation);
    for (uint32_t i = 0; permissions && i < permissions->count; i++) {
        const struct node *permission = permissions->child[i];
        if ((permission->flags & all) != all && permission->flags & unfit)
            return fail(err, ERROR_INVALID_VALUE, permission->at, "%s", unfit_message);
        if (permission->child[PERMISSION_PREDICATE] && !check_predicate(admin, table, permission, err)) return false;
    }
    return true;
}

const struct table_schema *define_find_table(const struct admin *admin, const struct node *name, struct error *err) {
    const struct table_schema *table = schema_find_table(&admin->snapshot->schema, name->text);
    if (table && table->kind != TABLE_SHADOW) return table;
    return fail_null(err, ERROR_NOT_FOUND, name->at, "no such table: %.*s", STR(name->text));
}
