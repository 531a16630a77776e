/*
 * A row that is about to be written, judged before it is: what is known of it takes the place of the table.
 *
 *     _bailiwick_check((SELECT create's predicate FROM (SELECT "v"."owner" AS "owner" FROM "MAIN"."v" WHERE 0 UNION ALL
 * SELECT "‹new›"."‹column0›" LIMIT 1) AS "v"))
 *
 * The first arm gives its columns the affinity and collation of the table's; LIMIT keeps SQLite from merging it.
 */
#include "sql/rewrite_private.h"

#include <string.h>

bool rewrite_note_columns(const struct node *node, const struct table_schema *table, bool *reads) {
    if (!node) return true;
    if (node->kind == NODE_COLUMN && node->source && node->source->is_target && node->source->table == table) {
        const struct column_schema *column = schema_find_column(table, node->child[COLUMN_NAME]->text);
        if (!column) return false;
        reads[column - table->columns] = true;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (!rewrite_note_columns(node->child[i], table, reads)) return false;
    return true;
}

/* SELECT … UNION ALL SELECT … LIMIT 1 */
static struct node *join_arms(struct rewrite *w, struct node *first, struct node *second) {
    if (!first || !second) return NULL;
    struct node *arm = second->child[SELECT_ARMS]->child[0];
    arm->flags = COMPOUND_UNION_ALL;
    first->child[SELECT_ARMS] = node_append(w->arena, first->child[SELECT_ARMS], arm);
    first->child[SELECT_LIMIT] = make_integer_of(w->arena, 1);
    return first;
}

struct node *rewrite_known_row(struct rewrite *w, const struct table_schema *table, const bool *reads,
                               struct node *const *values) {
    struct node *shape = NULL, *row = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        struct str name = table->columns[i].name;
        if (!reads[i]) continue;
        shape = rewrite_add_result(w, shape, make_column_of(w->arena, table->name, name), name);
        row = rewrite_add_result(w, row, values[i], name);
        if (!footprint_add_read(w, (struct str){0}, table->name, name, false)) return NULL;
    }
    struct node *item = make_table_of(w->arena, LITERAL("MAIN"), table->name, (struct str){0}),
                *derived = node_new(w->arena, NODE_DERIVED, NOWHERE, NOWHERE);
    if (!derived) return NULL;
    derived->child[DERIVED_SELECT] =
        join_arms(w, make_select_of(w->arena, shape, make_from_of(w->arena, item), make_integer_of(w->arena, 0)),
                  make_select_of(w->arena, row, NULL, NULL));
    derived->child[DERIVED_ALIAS] = make_name_of(w->arena, table->name);
    return derived;
}

bool rewrite_check_proposed(struct rewrite *w, const struct table_schema *table, struct node *check,
                            struct node *const *values, struct node **ret_check) {
    bool *reads = arena_array(w->arena, table->column_count, sizeof *reads);
    bool any = false;
    *ret_check = NULL;
    if (!check) return true;
    if (!reads) return rewrite_too_large(w);
    if (!rewrite_note_columns(check, table, reads)) return true;
    for (size_t i = 0; i < table->column_count; i++) {
        if (reads[i] && !values[i]) return true;
        any = any || reads[i];
    }
    if (!footprint_add_predicate(w, (struct str){0}, check)) return false;
    if (any) {
        struct node *derived = rewrite_known_row(w, table, reads, values);
        if (!derived) return rewrite_too_large(w);
        check = rewrite_select_value(w, check, make_from_of(w->arena, derived), NULL);
        if (!check) return rewrite_too_large(w);
    }
    *ret_check = rewrite_check_call(w, check);
    return *ret_check || rewrite_too_large(w);
}

bool rewrite_propose(struct rewrite *w, struct node *insert, const struct table_schema *table, struct node *check) {
    struct str rows = rewrite_reserved_name(w, "new", (struct str){0});
    struct node *names = NULL, *results = NULL, *condition,
                **values = arena_array(w->arena, table->column_count, sizeof *values);
    const struct node *columns = insert->child[INSERT_COLUMNS];
    if (!values) return rewrite_too_large(w);
    const struct node *first = insert->child[INSERT_SOURCE]->child[SELECT_ARMS]->child[0];
    uint32_t width = node_row_width(first);
    if (width > 0 && width != columns->count)
        return fail(w->err, ERROR_SQLITE, insert->at, "%u values for %u columns", width, columns->count);
    for (size_t i = 0; i < table->column_count; i++) values[i] = rewrite_unsaid_value(w, table, &table->columns[i]);
    for (uint32_t i = 0; i < columns->count; i++) {
        struct str name = rewrite_numbered_name(w, "column", i);
        const struct column_schema *column = schema_find_column(table, columns->child[i]->text);
        names = node_append(w->arena, names, make_name_of(w->arena, name));
        results = rewrite_add_result(w, results, make_column_of(w->arena, rows, name), name);
        if (column && (int)(column - table->columns) != table->rowid_alias)
            values[column - table->columns] =
                rewrite_stored_value(w, table, column, make_column_of(w->arena, rows, name));
    }
    if (!rewrite_check_proposed(w, table, check, values, &condition)) return false;
    if (!condition && table->kind != TABLE_VIEW) return true;
    struct node *cte = make_cte_of(w->arena, rows, insert->child[INSERT_SOURCE], MATERIALIZED);
    if (!cte) return rewrite_too_large(w);
    cte->child[CTE_COLUMNS] = names;
    insert->child[INSERT_WITH] = make_with_of(w->arena, insert->child[INSERT_WITH], cte);
    insert->child[INSERT_SOURCE] = make_select_of(
        w->arena, results, make_from_of(w->arena, make_table_of(w->arena, (struct str){0}, rows, (struct str){0})),
        condition);
    return !arena_exhausted(w->arena) || rewrite_too_large(w);
}

static bool is_word_in(struct str type, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= type.length; i++)
        if (str_is_name(str_slice(type, i, i + length), word)) return true;
    return false;
}

/* The affinity of a column, as https://www.sqlite.org/datatype3.html#determination_of_column_affinity has it: of a
 * table that is STRICT the same rules fit, but for ANY. */
const char *rewrite_affinity_of(const struct table_schema *table, struct str type) {
    if (is_word_in(type, "INT")) return "NUMERIC"; /* they differ in CAST alone */
    if (is_word_in(type, "CHAR") || is_word_in(type, "CLOB") || is_word_in(type, "TEXT")) return "TEXT";
    if (is_word_in(type, "BLOB") || type.length == 0) return NULL;
    if (is_word_in(type, "REAL") || is_word_in(type, "FLOA") || is_word_in(type, "DOUB")) return "REAL";
    return table->strict ? NULL : "NUMERIC";
}

struct node *rewrite_stored_value(struct rewrite *w, const struct table_schema *table,
                                  const struct column_schema *column, struct node *value) {
    if (table->kind == TABLE_VIEW) return value;
    const char *affinity = rewrite_affinity_of(table, column->type);
    struct node *call = affinity ? make_call_of(w->arena, LITERAL("_bailiwick_stored"), value) : NULL;
    if (!call) return affinity ? NULL : value;
    call->child[FUNCTION_ARGUMENTS] = node_append(w->arena, call->child[FUNCTION_ARGUMENTS],
                                                  node_new_text(w->arena, NODE_STRING, str_of(affinity), 0));
    return call;
}

static bool is_literal(const struct node *node) {
    switch (node->kind) {
    case NODE_NULL_VALUE:
    case NODE_INTEGER:
    case NODE_REAL:
    case NODE_STRING:
    case NODE_BLOB:
        return true;
    case NODE_UNARY:
        return NODE_CHOICE(node) != OPERATOR_NOT && is_literal(node->child[0]);
    default:
        return false;
    }
}

struct node *rewrite_unsaid_value(struct rewrite *w, const struct table_schema *table,
                                  const struct column_schema *column) {
    struct node *nothing = node_new(w->arena, NODE_NULL_VALUE, NOWHERE, NOWHERE);
    bool is_known = !column->generated && !(table->rowid_alias >= 0 && column == &table->columns[table->rowid_alias]);
    if (!is_known) return NULL;
    if (table->kind == TABLE_VIEW || !column->has_default) return nothing;
    struct error failure = {0};
    struct str text = arena_format(w->arena, "SELECT %.*s", STR(column->default_text));
    const struct node *select = text.text ? parse_one(w->arena, text, &failure) : NULL;
    if (!select || select->kind != NODE_SELECT) return NULL;
    const struct node *core = select->child[SELECT_ARMS]->child[0];
    if (core->kind != NODE_CORE || core->child[CORE_COLUMNS]->count != 1 ||
        core->child[CORE_COLUMNS]->child[0]->kind != NODE_RESULT)
        return NULL;
    struct node *value = core->child[CORE_COLUMNS]->child[0]->child[RESULT_EXPRESSION];
    return is_literal(value) ? rewrite_stored_value(w, table, column, value) : NULL;
}

bool rewrite_may_conflict(const struct table_schema *table) {
    for (int operation = 0; operation < OPERATION_COUNT; operation++)
        if (table->has_triggers[operation]) return false;
    return table->kind == TABLE_ORDINARY &&
           (table->has_unique || table->without_rowid || table->foreign_read_count > 0);
}
