#include "auth/record.h"

#include "base/buf.h"
#include "base/scope.h"
#include "sql/ast.h"
#include "sql/print.h"

DEFINE_CLEANUP(struct query *, query_finish)

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the auth record needs too much memory");
}

/* Whether a WITH defines the name. */
static bool is_common_table(const struct node *with, struct str name) {
    const struct node *ctes = with ? with->child[WITH_CTES] : NULL;
    for (uint32_t i = 0; ctes && i < ctes->count; i++)
        if (str_same_name(ctes->child[i]->child[CTE_NAME]->text, name)) return true;
    return false;
}

/* The name of a TABLE node that means a table of the database. */
static struct str table_name(const struct node *table, const struct node *with) {
    const struct node *schema = table->child[TABLE_SCHEMA];
    struct str name = table->child[TABLE_NAME]->text;
    bool is_ours = schema ? str_is_name(schema->text, "main") : !is_common_table(with, name);
    return is_ours ? name : (struct str){0};
}

static struct str first_table(const struct node *select) {
    const struct node *core = select->child[SELECT_ARMS]->child[0];
    const struct node *from = core->kind == NODE_CORE ? core->child[CORE_FROM] : NULL;
    while (from && from->count) {
        const struct node *source = from->child[0]->child[JOIN_SOURCE];
        if (source->kind == NODE_TABLE) return table_name(source, select->child[SELECT_WITH]);
        from = source->kind == NODE_NESTED ? source->child[NESTED_FROM] : NULL;
    }
    return (struct str){0};
}

struct str record_table_of_clause(const struct node *clause) {
    if (clause->kind == NODE_SELECT) return first_table(clause);
    if (clause->kind == NODE_INSERT) return table_name(clause->child[INSERT_TABLE], NULL);
    return (struct str){0};
}

struct str record_table_of_scope(const struct definition *scope) {
    if (!scope->node) return (struct str){0};
    const struct node *signin = scope->node->child[DEFINE_SCOPE_SIGNIN];
    const struct node *clause = signin ? signin : scope->node->child[DEFINE_SCOPE_SIGNUP];
    return clause ? record_table_of_clause(clause) : (struct str){0};
}

static const struct column_schema *key_of(const struct table_schema *table) {
    const struct column_schema *key = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].primary_key) continue;
        if (key) return NULL;
        key = &table->columns[i];
    }
    return key;
}

bool record_locate(const struct snapshot *snapshot, struct str name, struct record_place *ret_place,
                   struct error *err) {
    if (!name.length)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the clause does not begin with a table of the database");
    const struct table_schema *table = schema_find_table(&snapshot->schema, name);
    if (!table || table->kind != TABLE_ORDINARY)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "there is no table %.*s for auth records", STR(name));
    const struct column_schema *key = key_of(table);
    if (!key)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE,
                    "auth records need a primary key of one column, and the table %.*s has none", STR(table->name));
    *ret_place = (struct record_place){table, key};
    return true;
}

/* SELECT what FROM the table, of the record whose key is ?1; NULL: the key. No text when memory is short. */
static struct str select_record(struct arena *arena, const char *what, const struct record_place *place) {
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, 0);
    buf_add_text(&sql, "SELECT ");
    if (what)
        buf_add_text(&sql, what);
    else
        print_name(&sql, place->key->name);
    buf_add_text(&sql, " FROM main.");
    print_name(&sql, place->table->name);
    buf_add_text(&sql, " WHERE ");
    print_name(&sql, place->key->name);
    buf_add_text(&sql, " = ?1");
    return sql.failed ? (struct str){0} : arena_copy(arena, buf_str(&sql));
}

bool record_find(struct conn *conn, struct arena *arena, const struct record_place *place, const struct value *id,
                 struct value *ret_key, bool *ret_found, struct error *err) {
    struct value key;
    bool found;
    struct str sql = select_record(arena, NULL, place);
    if (!sql.text) return out_of_memory(err);
    if (!conn_read_row(conn, arena, sql.text, id, 1, &key, 1, &found, err)) return false;
    if (found) *ret_key = key;
    *ret_found = found;
    return true;
}

bool record_copy_row(struct arena *arena, const struct query *query, size_t hidden, struct named_values *ret_row,
                     struct error *err) {
    size_t all = (size_t)query_column_count(query), count = all > hidden ? all - hidden : 0;
    struct named_value *items = arena_array(arena, count, sizeof *items);
    if (!items) return out_of_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct value value = query_column(query, (int)i);
        if (value.kind == VALUE_TEXT || value.kind == VALUE_BLOB) value.text = arena_copy(arena, value.text);
        items[i] = (struct named_value){arena_copy(arena, query_column_name(query, (int)i)), value};
    }
    if (arena_exhausted(arena)) return out_of_memory(err);
    *ret_row = (struct named_values){items, count};
    return true;
}

bool record_read(struct conn *conn, struct arena *arena, const struct record_place *place, const struct value *id,
                 struct named_values *ret_record, struct error *err) {
    static const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
    struct str sql = select_record(arena, "*", place);
    if (!sql.text) return out_of_memory(err);
    CLEANUP(query_finish_at) struct query *query = query_prepare(conn, sql, &internal, true, 1, err);
    if (!query || !query_bind(query, 1, id, err)) return false;
    switch (query_step(query, err)) {
    case QUERY_FAILED:
        return false;
    case QUERY_DONE:
        *ret_record = (struct named_values){0};
        return true;
    case QUERY_ROW:
        break;
    }
    return record_copy_row(arena, query, 0, ret_record, err);
}

const struct value *record_column(const struct named_values *record, struct str name) {
    for (size_t i = 0; i < record->count; i++)
        if (str_same_name(record->items[i].name, name)) return &record->items[i].value;
    return NULL;
}
