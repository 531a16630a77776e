/*
 * RETURNING, and the checks that stand in it.
 *
 * SQLite 3.40 takes the affinity, collation and NOT NULL of the table's first column for every column that an
 * expression in RETURNING names, so a predicate there may be true of a row of which it is false. Nothing is therefore
 * computed from RETURNING's own row but its key: the row is looked up.
 *
 *     RETURNING (SELECT "post"."title" FROM (SELECT "post"."id" AS "‹key0›") AS "‹written›" CROSS JOIN "‹table›post" AS
 * "post" WHERE "post"."id" = "‹written›"."‹key0›"), _bailiwick_check((SELECT update's predicate FROM (SELECT
 * "post"."id" AS "‹key0›") AS "‹written›" CROSS JOIN "MAIN"."post" WHERE …))
 *
 * What the user asks for is looked up through the guard, so it shows what select would show. Of a DELETE it comes from
 * the rows that were picked before.
 */
#include "sql/rewrite_private.h"

/* (SELECT value FROM (SELECT the written row's key) AS "‹written›", item WHERE its key is that one) */
static struct node *look_up(struct rewrite *w, const struct table_schema *table, struct node *value, struct node *item,
                            struct str item_name, const struct str *item_keys) {
    struct str keys[KEY_COLUMNS_MAX], written = rewrite_reserved_name(w, "written", (struct str){0});
    size_t count = rewrite_key_columns(table, keys);
    struct node *key_results = NULL, *condition = NULL;
    for (size_t i = 0; i < count; i++) {
        bool is_view = table->kind == TABLE_VIEW;
        struct node *own = is_view ? rewrite_key_value(w, table, keys[i], table->name, keys[i])
                                   : make_column_of(w->arena, table->name, keys[i]);
        key_results = rewrite_add_result(w, key_results, own, rewrite_numbered_name(w, "key", i));
        /* the item's column on the left, for its affinity and collation */
        condition = make_and_of(w->arena, condition,
                                make_binary_of(w->arena, OPERATOR_EQUAL,
                                               rewrite_key_value(w, table, keys[i], item_name, item_keys[i]),
                                               make_column_of(w->arena, written, rewrite_numbered_name(w, "key", i))));
    }
    struct node *derived = node_new(w->arena, NODE_DERIVED, NOWHERE, NOWHERE),
                *join = node_new(w->arena, NODE_JOIN, NOWHERE, NOWHERE);
    if (!derived || !join) return NULL;
    derived->child[DERIVED_SELECT] = make_select_of(w->arena, key_results, NULL, NULL);
    derived->child[DERIVED_ALIAS] = make_name_of(w->arena, written);
    join->flags = JOIN_CROSS; /* then SQLite makes no table of the one key for each row */
    join->child[JOIN_SOURCE] = item;
    struct node *from = make_from_of(w->arena, derived);
    if (from) from = node_append(w->arena, from, join);
    return rewrite_select_value(w, value, from, condition);
}

struct node *rewrite_check_call(struct rewrite *w, struct node *condition) {
    return make_call_of(w->arena, LITERAL("_bailiwick_check"), condition);
}

/* The name that SQLite gives a result that is a column: as the table spells it. */
static void name_result(struct rewrite *w, const struct table_schema *table, struct node *result) {
    const struct node *expression = result->child[RESULT_EXPRESSION];
    if (result->child[RESULT_ALIAS] || expression->kind != NODE_COLUMN) return;
    struct str name = expression->child[COLUMN_NAME]->text;
    const struct column_schema *column = schema_find_column(table, name);
    if (!column && table->rowid_alias >= 0) column = &table->columns[table->rowid_alias];
    result->child[RESULT_ALIAS] = make_name_of(w->arena, column                        ? column->name
                                                         : resolve_is_rowid_name(name) ? LITERAL("rowid")
                                                                                       : name);
    result->flags |= HAS_AS;
}

bool rewrite_returned_list(struct rewrite *w, const struct node *users, const struct table_schema *table,
                           struct str name, struct node **ret_list) {
    struct node *list = NULL;
    if (!rewrite_refuse_aggregates(w, users)) return false;
    for (uint32_t i = 0; i < users->count; i++) {
        struct node *result = users->child[i];
        if (result->kind == NODE_RESULT) {
            name_result(w, table, result);
            list = node_append(w->arena, list, result);
            continue;
        }
        if (result->child[STAR_TABLE])
            return fail(w->err, ERROR_PARSE, result->at, "RETURNING may not use \"TABLE.*\" wildcards");
        for (size_t j = 0; j < table->column_count; j++) {
            const struct column_schema *column = &table->columns[j];
            if (column->hidden || !resolve_column_is_visible(w->policy, column)) continue;
            list = rewrite_add_result(w, list, make_column_of(w->arena, name, column->name), column->name);
        }
    }
    if (!list) return arena_exhausted(w->arena) ? rewrite_too_large(w) : rewrite_shows_nothing(w, users->at);
    *ret_list = list;
    return true;
}

/* Whether the rows would come in the order of a key that is hidden. */
static bool has_hidden_key(const struct rewrite *w, const struct table_schema *table) {
    for (size_t i = 0; i < table->column_count; i++) {
        bool is_key = table->without_rowid ? table->columns[i].primary_key > 0 : (int)i == table->rowid_alias;
        if (is_key && policy_field_rule(w->policy, &table->columns[i], OPERATION_SELECT).kind != RULE_FULL) return true;
    }
    return false;
}

/* Whether the order in which rows are changed can tell of something hidden: it is the key's, or the view's. */
static bool has_hidden_order(const struct rewrite *w, const struct table_schema *table) {
    if (table->kind != TABLE_VIEW) return has_hidden_key(w, table);
    for (size_t i = 0; i < table->column_count; i++)
        if (policy_field_rule(w->policy, &table->columns[i], OPERATION_SELECT).kind != RULE_FULL) return true;
    return false;
}

/* Whether the owner's triggers and foreign keys may write other tables while a statement changes this one. */
static bool may_write_others(const struct table_schema *table) {
    bool may = table->is_foreign_parent || table->kind != TABLE_ORDINARY;
    for (int operation = 0; operation < OPERATION_COUNT; operation++) may = may || table->has_triggers[operation];
    return may;
}

/* Whether a table, as it may be seen, is the same for each row that is changed; what its rules read besides may not be
 * so. */
static bool is_still(const struct rewrite *w, const struct table_schema *table) {
    struct rule rule = policy_table_rule(w->policy, table, OPERATION_SELECT);
    if (table->kind != TABLE_ORDINARY || (rule.predicate && node_has_kind(rule.predicate, NODE_SELECT))) return false;
    for (size_t i = 0; i < table->column_count; i++) {
        rule = policy_field_rule(w->policy, &table->columns[i], OPERATION_SELECT);
        if (rule.predicate && node_has_kind(rule.predicate, NODE_SELECT)) return false;
    }
    return true;
}

/* Something whose value depends on how many rows have been changed before: what triggers, or the statement itself, have
 * written, and the time. A common table expression of the sub-select's own is looked through, no other. */
static const struct node *find_progress(const struct rewrite *w, const struct node *node, struct scope *with,
                                        const struct table_schema *changed) {
    if (!node) return NULL;
    if (node->kind == NODE_FUNCTION && str_is_name(node->child[FUNCTION_NAME]->text, "now")) return node;
    if (node->kind == NODE_TABLE || node->kind == NODE_TABLE_FUNCTION) {
        bool is_table = node->kind == NODE_TABLE;
        struct str name = node->child[is_table ? TABLE_NAME : TABLE_FUNCTION_NAME]->text;
        const struct table_schema *table = schema_find_table(w->schema, name);
        struct scope *home;
        if (resolve_find_cte(with, name, &home)) return node;
        if (table && (!is_table || table == changed || may_write_others(changed) || !is_still(w, table))) return node;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *found = find_progress(w, node->child[i], with, changed);
        if (found) return found;
    }
    return NULL;
}

bool rewrite_may_return(struct rewrite *w, const struct node *users, struct scope *with,
                        const struct table_schema *table) {
    if (policy_table_rule(w->policy, table, OPERATION_SELECT).kind == RULE_NONE)
        return fail(w->err, ERROR_PERMISSION_DENIED, users->at,
                    "no permission to select from %.*s, so nothing can be returned", STR(table->name));
    /* an INSERT returns its rows in its own order */
    if (w->operation == OPERATION_CREATE) return true;
    bool is_hidden = has_hidden_order(w, table);
    w->plan->sorts_rows = is_hidden || table->kind == TABLE_VIEW;
    /* what a DELETE returns is computed before the first row goes */
    const struct node *progress =
        is_hidden && w->operation == OPERATION_UPDATE ? find_progress(w, users, with, table) : NULL;
    if (progress)
        return fail(w->err, ERROR_PERMISSION_DENIED, progress->at,
                    "the order of the rows of %.*s is hidden, and this would tell it: RETURNING cannot have it here",
                    STR(table->name));
    return true;
}

/* Gives the source a guard that is asked for one row at a time, and the names under which it shows the key. */
static bool ask_by_key(struct rewrite *w, struct source *source, struct str *ret_keys) {
    const struct table_schema *table = source->table;
    size_t count = rewrite_key_columns(table, ret_keys);
    if (!source->guard) return true;
    struct guard *guard = rewrite_own_guard(w, source);
    if (!guard) return rewrite_too_large(w);
    guard->is_by_key = true;
    if (!has_hidden_key(w, table) && (table->without_rowid || table->rowid_alias >= 0)) return true;
    if (table->without_rowid) {
        guard->shows_key = true;
        for (size_t i = 0; i < count; i++) ret_keys[i] = rewrite_numbered_name(w, "key", i);
    } else {
        ret_keys[0] = guard->rowid = rewrite_reserved_name(w, "rowid_of", guard->name);
    }
    return true;
}

/* The user's results, each looked up through the guard. */
static bool look_up_results(struct rewrite *w, const struct node *users, struct scope *with,
                            const struct table_schema *table, struct str name, struct node **ret_list) {
    struct node *list, *item = make_table_of(w->arena, (struct str){0}, table->name, name);
    struct source *source = arena_alloc(w->arena, sizeof *source);
    struct scope scope = {.outer = with, .strict = true, .survivors = true};
    struct str keys[KEY_COLUMNS_MAX];
    if (!item || !source) return rewrite_too_large(w);
    *source = (struct source){.kind = SOURCE_TABLE, .name = name, .table = table, .node = item};
    item->source = source;
    if (!rewrite_may_return(w, users, with, table) || !rewrite_returned_list(w, users, table, name, &list) ||
        !rewrite_on_table(w, item, source) || !scope_add(&w->resolver, &scope, source) ||
        !resolve_expression(&w->resolver, list, &scope) || !rewrite_refuse_outer_aggregates(w, list, &scope) ||
        !rewrite_finish_rowids(w, list) || !ask_by_key(w, source, keys))
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        struct node *copy = node_copy(w->arena, item);
        if (!copy) return rewrite_too_large(w);
        list->child[i]->child[RESULT_EXPRESSION] =
            look_up(w, table, list->child[i]->child[RESULT_EXPRESSION], copy, name, keys);
    }
    *ret_list = list;
    return true;
}

bool rewrite_note_key(struct rewrite *w, const struct table_schema *table, uint32_t at) {
    struct str keys[KEY_COLUMNS_MAX];
    size_t count = rewrite_key_columns(table, keys);
    if (count == 0)
        return fail(w->err, ERROR_PERMISSION_DENIED, at, "the rows of %.*s cannot be told apart", STR(table->name));
    if (table->kind == TABLE_VIEW) return footprint_add_read(w, (struct str){0}, table->name, (struct str){0}, false);
    for (size_t i = 0; i < count; i++)
        if (!footprint_add_read(w, (struct str){0}, table->name,
                                schema_find_column(table, keys[i]) ? keys[i] : LITERAL("rowid"), false))
            return false;
    return true;
}

/* Adds something of the written row to every sub-select of a check. */
static void tie_to_row(struct rewrite *w, struct node *node) {
    if (!node) return;
    if (node->kind == NODE_CORE) {
        struct str written = rewrite_reserved_name(w, "written", (struct str){0}),
                   key = rewrite_numbered_name(w, "key", 0);
        struct node *same = make_binary_of(w->arena, OPERATOR_IS, make_column_of(w->arena, written, key),
                                           make_column_of(w->arena, written, key));
        node->child[CORE_WHERE] = make_and_of(w->arena, node->child[CORE_WHERE], same);
    }
    for (uint32_t i = 0; i < node->count; i++) tie_to_row(w, node->child[i]);
}

/* SQLite runs a sub-select that depends on no row once for the whole statement. Where triggers or foreign keys of the
 * owner's may change what it sees from one row to the next, it must run again. */
static struct node *ask_each_time(struct rewrite *w, const struct table_schema *table, struct node *check) {
    bool may_change = table->is_foreign_parent;
    for (int operation = 0; operation < OPERATION_COUNT; operation++)
        may_change = may_change || table->has_triggers[operation];
    struct node *copy = may_change ? node_copy(w->arena, check) : check;
    if (may_change) tie_to_row(w, copy);
    return copy;
}

bool rewrite_returning(struct rewrite *w, struct node **returning, struct scope *with, const struct table_schema *table,
                       struct str name, struct node *check) {
    struct node *list = NULL;
    if (!*returning && !check) return true;
    if (table->kind == TABLE_VIRTUAL)
        return fail(
            w->err, ERROR_PERMISSION_DENIED, *returning ? (*returning)->at : NOWHERE,
            *returning
                ? "RETURNING cannot be used with the full-text table %.*s"
                : "a full-text table cannot have predicates for what is written: make create and update of %.*s, "
                  "and of its fields, FULL or NONE",
            STR(table->name));
    if (!rewrite_note_key(w, table, NOWHERE) ||
        (*returning && !look_up_results(w, *returning, with, table, name, &list)))
        return false;
    if (check) {
        struct str keys[KEY_COLUMNS_MAX];
        rewrite_key_columns(table, keys);
        if (!footprint_add_predicate(w, (struct str){0}, check)) return false;
        struct node *item = make_table_of(w->arena, LITERAL("MAIN"), table->name, (struct str){0});
        struct node *looked_up = look_up(w, table, ask_each_time(w, table, check), item, table->name, keys);
        list = rewrite_add_result(w, list, rewrite_check_call(w, looked_up),
                                  rewrite_reserved_name(w, "check", (struct str){0}));
        w->plan->hidden_columns = 1;
    }
    *returning = list;
    return !arena_exhausted(w->arena) || rewrite_too_large(w);
}

bool rewrite_returning_picked(struct rewrite *w, struct node **returning, struct scope *rows,
                              const struct table_schema *table, struct str name, struct node **values,
                              struct str picked, const struct str *picked_keys) {
    struct node *list;
    if (table->kind == TABLE_VIRTUAL)
        return fail(w->err, ERROR_PERMISSION_DENIED, (*returning)->at,
                    "RETURNING cannot be used with the full-text table %.*s", STR(table->name));
    if (!rewrite_may_return(w, *returning, rows, table) || !rewrite_returned_list(w, *returning, table, name, &list))
        return false;
    bool strict = rows->strict;
    rows->strict = rows->survivors = true;
    bool fine = resolve_expression(&w->resolver, list, rows) && rewrite_refuse_outer_aggregates(w, list, rows) &&
                rewrite_finish_rowids(w, list);
    rows->strict = strict;
    rows->survivors = false;
    for (uint32_t i = 0; fine && i < list->count; i++) {
        struct node *result = list->child[i];
        struct str value = rewrite_numbered_name(w, "value", i);
        *values = rewrite_add_result(w, *values, result->child[RESULT_EXPRESSION], value);
        struct node *item = make_table_of(w->arena, (struct str){0}, picked, (struct str){0});
        result->child[RESULT_EXPRESSION] =
            look_up(w, table, make_column_of(w->arena, picked, value), item, picked, picked_keys);
    }
    *returning = list;
    return fine && (!arena_exhausted(w->arena) || rewrite_too_large(w));
}
