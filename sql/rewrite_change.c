/*
 * UPDATE and DELETE reach rows through the target's guard, which shows what select shows, the row's key, and whether
 * the operation may change it:
 *
 *     WITH "‹target›post" AS NOT MATERIALIZED (SELECT …, "post"."rowid" AS "‹key0›", CASE WHEN update's predicate THEN
 * 1 ELSE 0 END AS "‹may›" FROM "MAIN"."post" WHERE select's predicate), "‹rows›" AS MATERIALIZED (SELECT
 * "post"."‹key0›" AS "‹key0›", title || '!' AS "‹value0›", _bailiwick_allow("post"."‹may›") AS "‹may›" FROM
 * "‹target›post" AS "post" WHERE the user's condition) UPDATE "main"."post" SET "title" = "‹rows›"."‹value0›"
 * FROM "‹rows›" WHERE "post"."rowid" = "‹rows›"."‹key0›" AND "‹rows›"."‹may›" RETURNING …, _bailiwick_check(update's
 * predicate)
 *
 *     DELETE FROM "main"."post" WHERE "rowid" IN (SELECT "‹key0›" FROM "‹rows›" WHERE "‹may›") RETURNING …
 *
 * _bailiwick_allow counts the rows that are seen but may not be changed.
 */
#include "sql/rewrite_private.h"

/* What an UPDATE or DELETE is made of. */
struct change {
    const struct table_schema *table;
    struct str name; /* what the user calls the target */
    struct str keys[KEY_COLUMNS_MAX];
    size_t key_count;
    struct node *with, *from, *where, *order, *limit, *offset, **returning;
    struct node *values; /* RESULTs: what SET computes, for the rows */
    struct node *before; /* what must hold of a row that may be changed, or the statement fails; NULL: nothing */
    struct scope scope;  /* the WITH */
    struct scope rows;   /* the target's guard, and FROM */
};

/* Refuses aggregates of what is resolved in sub-selects of an expression. With a FROM, SQLite itself has the changed
 * rows selected, and takes them. */
static bool refuse_outer_aggregates(struct rewrite *w, const struct change *change, const struct node *node) {
    return change->from || rewrite_refuse_outer_aggregates(w, node, &change->rows);
}

static bool begin(struct rewrite *w, struct change *change, struct node *target, enum operation operation) {
    change->table = rewrite_target(w, target, operation);
    if (!change->table || !rewrite_take_hint(w, target, change->table)) return false;
    change->name = (target->child[TABLE_ALIAS] ? target->child[TABLE_ALIAS] : target->child[TABLE_NAME])->text;
    change->key_count = rewrite_key_columns(change->table, change->keys);
    if (!rewrite_note_key(w, change->table, target->at)) return false;
    struct guard *guard = rewrite_guard(w, change->table, true);
    struct source *source = arena_alloc(w->arena, sizeof *source);
    if (!guard || !source) return rewrite_too_large(w);
    *source = (struct source){
        .kind = SOURCE_TABLE, .name = change->name, .table = change->table, .is_target_guard = true, .guard = guard};
    change->scope = (struct scope){.with = change->with};
    change->rows = (struct scope){.outer = &change->scope};
    return resolve_with(&w->resolver, change->with, &change->scope) && rewrite_finish_rowids(w, change->with) &&
           scope_add(&w->resolver, &change->rows, source) && resolve_from(&w->resolver, change->from, &change->rows) &&
           rewrite_finish_rowids(w, change->from) && rewrite_refuse_aggregates(w, change->where) &&
           resolve_condition(&w->resolver, change->where, &change->rows) && rewrite_finish_rowids(w, change->where) &&
           refuse_outer_aggregates(w, change, change->where) &&
           resolve_expression(&w->resolver, change->order, &change->rows) && rewrite_finish_rowids(w, change->order) &&
           refuse_outer_aggregates(w, change, change->order) &&
           resolve_expression(&w->resolver, change->limit, &change->scope) && rewrite_finish_rowids(w, change->limit) &&
           resolve_expression(&w->resolver, change->offset, &change->scope) && rewrite_finish_rowids(w, change->offset);
}

/* SELECT keys, values, may FROM the target's guard, the user's FROM WHERE the user's condition … */
static struct node *pick_rows(struct rewrite *w, struct change *change, bool allow) {
    struct node *results = NULL;
    for (size_t i = 0; i < change->key_count; i++)
        results = node_append(w->arena, results,
                              make_result_of(w->arena,
                                             make_column_of(w->arena, change->name, rewrite_numbered_name(w, "key", i)),
                                             rewrite_numbered_name(w, "key", i)));
    for (uint32_t i = 0; change->values && i < change->values->count; i++)
        results = node_append(w->arena, results, change->values->child[i]);
    struct str may = rewrite_reserved_name(w, "may", (struct str){0});
    struct node *may_column = make_column_of(w->arena, change->name, may);
    if (allow) may_column = make_call_of(w->arena, LITERAL("_bailiwick_allow"), may_column);
    results = node_append(w->arena, results, make_result_of(w->arena, may_column, may));
    struct guard *guard = rewrite_guard(w, change->table, true);
    if (!guard) return NULL;
    struct node *from = make_from_of(w->arena, make_table_of(w->arena, (struct str){0}, guard->name, change->name));
    for (uint32_t i = 0; from && change->from && i < change->from->count; i++) {
        struct node *join = change->from->child[i];
        if (i == 0) join->flags = JOIN_COMMA;
        from = node_append(w->arena, from, join);
    }
    struct node *select = make_select_of(w->arena, results, from, change->where);
    if (!select) return NULL;
    select->child[SELECT_ORDER] = change->order;
    select->child[SELECT_LIMIT] = change->limit;
    select->child[SELECT_OFFSET] = change->offset;
    return select;
}

/* _bailiwick_check(count(*) = (SELECT count(*) FROM the target's guard WHERE its key is that of the picked ones)): rows
 * of a view that are the same in every column are told apart by nothing, so LIMIT takes all of them or none. In a join
 * one of them may be there several times, so that there may be only one. */
static struct node *picks_all(struct rewrite *w, const struct change *change, struct str picked) {
    struct str key = rewrite_numbered_name(w, "key", 0), all = rewrite_reserved_name(w, "all", (struct str){0});
    struct guard *guard = rewrite_guard(w, change->table, true);
    if (!guard) return NULL;
    struct node *same = make_binary_of(w->arena, OPERATOR_EQUAL, make_column_of(w->arena, all, key),
                                       make_column_of(w->arena, picked, key));
    struct node *results = rewrite_add_result(w, NULL, make_call_of(w->arena, LITERAL("count"), NULL),
                                              rewrite_reserved_name(w, "count", (struct str){0}));
    struct node *from = make_from_of(w->arena, make_table_of(w->arena, (struct str){0}, guard->name, all));
    struct node *subquery = make_subquery_of(w->arena, make_select_of(w->arena, results, from, same));
    if (!subquery) return NULL;
    struct node *count = change->from ? make_integer_of(w->arena, 1) : make_call_of(w->arena, LITERAL("count"), NULL);
    struct node *check = rewrite_check_call(w, make_binary_of(w->arena, OPERATOR_EQUAL, count, subquery));
    if (!check) return NULL;
    struct str message = LITERAL("rows of the view are the same in every column, and LIMIT takes only some of them");
    check->child[FUNCTION_ARGUMENTS] =
        node_append(w->arena, check->child[FUNCTION_ARGUMENTS], node_new_text(w->arena, NODE_STRING, message, 0));
    return check;
}

/* The same rows once each, where a join may give one several times or LIMIT leaves some out after they were looked at.
 */
static struct node *pick_again(struct rewrite *w, const struct change *change, struct str picked) {
    struct node *results = NULL, *group = NULL;
    for (size_t i = 0; i < change->key_count; i++) {
        struct str key = rewrite_numbered_name(w, "key", i);
        results = node_append(w->arena, results, make_result_of(w->arena, make_column_of(w->arena, picked, key), key));
        group = node_append(w->arena, group, rewrite_key_value(w, change->table, change->keys[i], picked, key));
    }
    for (uint32_t i = 0; change->values && i < change->values->count; i++) {
        struct str value = rewrite_numbered_name(w, "value", i);
        results =
            node_append(w->arena, results, make_result_of(w->arena, make_column_of(w->arena, picked, value), value));
    }
    struct str may = rewrite_reserved_name(w, "may", (struct str){0});
    struct node *allow = make_column_of(w->arena, picked, may);
    bool is_view = change->table->kind == TABLE_VIEW;
    if (!is_view || w->operation != OPERATION_DELETE) /* where it does, allow_of_view stands in the condition */
        allow = make_call_of(w->arena, LITERAL("_bailiwick_allow"), allow);
    results = node_append(w->arena, results, make_result_of(w->arena, allow, may));
    struct node *select =
        make_select_of(w->arena, results,
                       make_from_of(w->arena, make_table_of(w->arena, (struct str){0}, picked, (struct str){0})), NULL);
    if (!select) return NULL;
    select->child[SELECT_ARMS]->child[0]->child[CORE_GROUP] = group;
    if (is_view && change->limit)
        select->child[SELECT_ARMS]->child[0]->child[CORE_HAVING] = picks_all(w, change, picked);
    return select;
}

/* The whole WITH: guards, the user's CTEs, and the rows. */
static struct node *make_with(struct rewrite *w, struct change *change, struct str rows) {
    bool is_view = change->table->kind == TABLE_VIEW, deletes = w->operation == OPERATION_DELETE;
    bool again = change->from || change->limit || (is_view && !deletes);
    struct node *pick = pick_rows(w, change, !again && !(is_view && deletes)), *more = NULL;
    if (again) {
        struct str picked = rewrite_reserved_name(w, "picked", (struct str){0});
        more = make_cte_of(w->arena, picked, pick, MATERIALIZED);
        pick = pick_again(w, change, picked);
    }
    struct node *with = rewrite_with_guards(w, change->with);
    if (more) with = make_with_of(w->arena, with, more);
    return make_with_of(w->arena, with, make_cte_of(w->arena, rows, pick, MATERIALIZED));
}

/* --- UPDATE --- */

/* One column of a row-valued sub-select, as a value of its own: (WITH d(c0, c1) AS (SELECT …) SELECT c1 FROM d). */
static struct node *column_of_row(struct rewrite *w, const struct node *subquery, size_t column, size_t count) {
    struct node *select = node_copy(w->arena, subquery->child[SUBQUERY_SELECT]), *names = NULL;
    struct str table = rewrite_reserved_name(w, "row", (struct str){0});
    for (size_t i = 0; i < count; i++)
        names = node_append(w->arena, names, make_name_of(w->arena, rewrite_numbered_name(w, "column", i)));
    struct node *cte = make_cte_of(w->arena, table, select, 0);
    struct str name = rewrite_numbered_name(w, "column", column);
    struct node *results =
        node_append(w->arena, NULL, make_result_of(w->arena, make_column_of(w->arena, table, name), name));
    struct node *outer =
        make_select_of(w->arena, results,
                       make_from_of(w->arena, make_table_of(w->arena, (struct str){0}, table, (struct str){0})), NULL);
    if (!cte || !outer) return NULL;
    cte->child[CTE_COLUMNS] = names;
    outer->child[SELECT_WITH] = make_with_of(w->arena, NULL, cte);
    return make_subquery_of(w->arena, outer);
}

static bool add_value(struct rewrite *w, struct change *change, struct node *set, struct node *assigned) {
    const struct node *columns = set->child[SET_COLUMNS];
    struct node *value = set->child[SET_VALUE];
    size_t first = change->values ? change->values->count : 0;
    bool is_row = columns->count > 1;
    if (is_row && value->kind != NODE_SUBQUERY && (value->kind != NODE_ROW || value->count != columns->count))
        return fail(w->err, ERROR_INVALID_VALUE, set->at, "%u columns assigned %u values", columns->count,
                    value->kind == NODE_ROW ? value->count : 1);
    for (uint32_t i = 0; i < columns->count; i++) {
        struct node *one = !is_row                   ? value
                           : value->kind == NODE_ROW ? value->child[i]
                                                     : column_of_row(w, value, i, columns->count);
        change->values = node_append(w->arena, change->values,
                                     make_result_of(w->arena, one, rewrite_numbered_name(w, "value", first + i)));
        struct node *new_set = node_new(w->arena, NODE_SET, NOWHERE, NOWHERE);
        if (!new_set) return rewrite_too_large(w);
        struct str rows = rewrite_reserved_name(w, "rows", (struct str){0});
        new_set->child[SET_COLUMNS] = node_append(w->arena, NULL, columns->child[i]);
        new_set->child[SET_VALUE] = make_column_of(w->arena, rows, rewrite_numbered_name(w, "value", first + i));
        if (!node_append(w->arena, assigned, new_set)) return rewrite_too_large(w);
    }
    return true;
}

static bool rewrite_sets(struct rewrite *w, struct change *change, struct node *update, struct node *assigned) {
    struct node *sets = update->child[UPDATE_SETS];
    for (uint32_t i = 0; i < sets->count; i++) {
        struct node *set = sets->child[i], *columns = set->child[SET_COLUMNS];
        change->rows.survivors = true; /* values are results of the rows */
        for (uint32_t j = 0; j < columns->count; j++) {
            struct str column;
            if (!rewrite_written_column(w, change->table, columns->child[j], OPERATION_UPDATE, &change->before,
                                        &column) ||
                !footprint_add_update(w, change->table, column))
                return false;
            columns->child[j] = make_name_of(w->arena, column);
        }
        if (!rewrite_refuse_aggregates(w, set->child[SET_VALUE]) ||
            !resolve_expression(&w->resolver, set->child[SET_VALUE], &change->rows) ||
            !refuse_outer_aggregates(w, change, set->child[SET_VALUE]) ||
            !rewrite_finish_rowids(w, set->child[SET_VALUE]) || !add_value(w, change, set, assigned))
            return false;
    }
    return true;
}

/* rows.may, and where it is true what must hold of the fields that are written, as they are before the change, and then
 * `proposed` (which may be NULL). */
static struct node *change_condition(struct rewrite *w, const struct change *change, struct str rows,
                                     struct node *proposed) {
    struct node *may = make_column_of(w->arena, rows, rewrite_reserved_name(w, "may", (struct str){0}));
    struct node *check = change->before ? rewrite_check_call(w, change->before) : NULL;
    if (check && proposed)
        check = make_case_of(w->arena, check, proposed, NULL);
    else if (proposed)
        check = proposed;
    return check ? make_case_of(w->arena, may, check, NULL) : may;
}

/* The check of the row as it will be: what SET computes, and the rest as it is. */
static bool check_proposed(struct rewrite *w, const struct change *change, const struct node *assigned,
                           struct node *check, struct node **ret_check) {
    const struct table_schema *table = change->table;
    struct node **values = arena_array(w->arena, table->column_count, sizeof *values);
    if (!values) return rewrite_too_large(w);
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].generated) values[i] = make_column_of(w->arena, table->name, table->columns[i].name);
    for (uint32_t i = 0; i < assigned->count; i++) {
        const struct node *set = assigned->child[i];
        const struct column_schema *column = schema_find_column(table, set->child[SET_COLUMNS]->child[0]->text);
        if (column) values[column - table->columns] = rewrite_stored_value(w, table, column, set->child[SET_VALUE]);
    }
    return rewrite_check_proposed(w, table, check, values, ret_check);
}

bool rewrite_update(struct rewrite *w, struct node **statement) {
    struct node *update = *statement;
    struct change change = {.with = update->child[UPDATE_WITH],
                            .from = update->child[UPDATE_FROM],
                            .where = update->child[UPDATE_WHERE],
                            .order = update->child[UPDATE_ORDER],
                            .limit = update->child[UPDATE_LIMIT],
                            .offset = update->child[UPDATE_OFFSET]};
    struct node *assigned = node_new(w->arena, NODE_LIST, NOWHERE, NOWHERE);
    if (!assigned) return rewrite_too_large(w);
    if (!begin(w, &change, update->child[UPDATE_TABLE], OPERATION_UPDATE) ||
        !rewrite_conflict(w, update, change.table) || !rewrite_sets(w, &change, update, assigned))
        return false;
    struct node *check = make_and_of(
        w->arena, rewrite_condition(w, policy_table_rule(w->policy, change.table, OPERATION_UPDATE)), change.before);
    struct node *returning = update->child[UPDATE_RETURNING], *after = check;
    if (returning)
        check = make_and_of(w->arena, check,
                            rewrite_condition(w, policy_table_rule(w->policy, change.table, OPERATION_SELECT)));
    struct node *proposed = NULL;
    bool is_view = change.table->kind == TABLE_VIEW;
    if ((is_view && !check_proposed(w, &change, assigned, check, &proposed)) ||
        (!is_view && rewrite_may_conflict(change.table) && !check_proposed(w, &change, assigned, after, &proposed)) ||
        (is_view &&
         !rewrite_returning_of_view(w, &returning, &change.scope, change.table, change.table->name, assigned)) ||
        (!is_view && !rewrite_returning(w, &returning, &change.scope, change.table, change.table->name, check)) ||
        !footprint_add_predicate(w, (struct str){0}, change.before))
        return false;
    struct str rows = rewrite_reserved_name(w, "rows", (struct str){0});
    struct node *condition = NULL;
    for (size_t i = 0; i < change.key_count; i++)
        condition = make_and_of(
            w->arena, condition,
            make_binary_of(w->arena, OPERATOR_EQUAL,
                           rewrite_key_value(w, change.table, change.keys[i], change.table->name, change.keys[i]),
                           make_column_of(w->arena, rows, rewrite_numbered_name(w, "key", i))));
    struct node *made = node_new(w->arena, NODE_UPDATE, update->at, update->end);
    if (!made) return rewrite_too_large(w);
    made->flags = update->flags;
    made->child[UPDATE_WITH] = make_with(w, &change, rows);
    made->child[UPDATE_TABLE] = make_table_of(w->arena, LITERAL("main"), change.table->name, (struct str){0});
    made->child[UPDATE_SETS] = assigned;
    made->child[UPDATE_FROM] = make_from_of(w->arena, make_table_of(w->arena, (struct str){0}, rows, (struct str){0}));
    struct node *then = change_condition(w, &change, rows, proposed);
    if (is_view) then = make_case_of(w->arena, condition, then, NULL); /* a view's rows are found by a scan */
    made->child[UPDATE_WHERE] = make_and_of(w->arena, condition, then);
    made->child[UPDATE_RETURNING] = returning;
    *statement = made;
    return !arena_exhausted(w->arena) || rewrite_too_large(w);
}

/* --- DELETE --- */

/* SQLite asks the condition of a DELETE on a view twice: _bailiwick_allow stands where it counts a row that may not be
 * deleted the first time only, when it is then left out. */
static struct node *allow_of_view(struct rewrite *w, const struct change *change, struct node *in) {
    struct node *rule = rewrite_condition(w, policy_table_rule(w->policy, change->table, OPERATION_DELETE));
    if (!rule) return in;
    if (!footprint_add_predicate(w, (struct str){0}, rule)) return NULL;
    return make_case_of(w->arena, in, make_call_of(w->arena, LITERAL("_bailiwick_allow"), rule), NULL);
}

/* Whether something in a sub-select, but not in those within it, may bear the name. */
static bool gives_name(const struct node *node, struct str name) {
    if (node->kind == NODE_COLUMN) return false;
    if (node->kind == NODE_NAME && str_same_name(node->text, name)) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && node->child[i]->kind != NODE_SELECT && gives_name(node->child[i], name)) return true;
    return false;
}

/* RETURNING calls the table by its own name, also where the statement has given it another, by which its rows are
 * picked. */
static void call_by_alias(struct node *node, struct str own, struct str alias) {
    if (!node || (node->kind == NODE_SELECT && (gives_name(node, own) || gives_name(node, alias)))) return;
    struct node *table = node->kind == NODE_COLUMN ? node->child[COLUMN_TABLE] : NULL;
    if (table && str_same_name(table->text, own)) {
        table->text = alias;
        node->child[COLUMN_SCHEMA] = NULL;
    }
    for (uint32_t i = 0; i < node->count; i++) call_by_alias(node->child[i], own, alias);
}

bool rewrite_delete(struct rewrite *w, struct node **statement) {
    struct node *delete = *statement;
    struct change change = {.with = delete->child[DELETE_WITH],
                            .where = delete->child[DELETE_WHERE],
                            .order = delete->child[DELETE_ORDER],
                            .limit = delete->child[DELETE_LIMIT],
                            .offset = delete->child[DELETE_OFFSET]};
    struct node *target = delete->child[DELETE_TABLE], *returning = delete->child[DELETE_RETURNING];
    if (!begin(w, &change, target, OPERATION_DELETE) ||
        !footprint_add_write(w, FOOTPRINT_DELETE, change.table->name, (struct str){0}))
        return false;
    bool is_view = change.table->kind == TABLE_VIEW;
    struct str rows = rewrite_reserved_name(w, "rows", (struct str){0}), picked_keys[KEY_COLUMNS_MAX];
    for (size_t i = 0; i < change.key_count; i++) picked_keys[i] = rewrite_numbered_name(w, "key", i);
    if (!str_same_name(change.name, change.table->name)) call_by_alias(returning, change.table->name, change.name);
    if (returning && !rewrite_returning_picked(w, &returning, &change.rows, change.table, change.name, &change.values,
                                               rows, picked_keys))
        return false;
    struct node *keys = NULL, *row = node_new(w->arena, NODE_ROW, NOWHERE, NOWHERE);
    for (size_t i = 0; i < change.key_count; i++) {
        struct str key = rewrite_numbered_name(w, "key", i);
        keys = node_append(w->arena, keys, make_result_of(w->arena, make_column_of(w->arena, rows, key), key));
        if (row)
            row = node_append(w->arena, row,
                              rewrite_key_value(w, change.table, change.keys[i], change.table->name, change.keys[i]));
    }
    struct node *chosen = make_select_of(
        w->arena, keys, make_from_of(w->arena, make_table_of(w->arena, (struct str){0}, rows, (struct str){0})),
        is_view ? NULL : make_column_of(w->arena, rows, rewrite_reserved_name(w, "may", (struct str){0})));
    struct node *in = node_new(w->arena, NODE_IN_SELECT, NOWHERE, NOWHERE),
                *made = node_new(w->arena, NODE_DELETE, delete->at, delete->end);
    if (!row || !in || !made) return rewrite_too_large(w);
    in->child[IN_SELECT_OPERAND] = change.key_count == 1 ? row->child[0] : row;
    in->child[IN_SELECT_SELECT] = chosen;
    made->child[DELETE_WITH] = make_with(w, &change, rows);
    made->child[DELETE_TABLE] = make_table_of(w->arena, LITERAL("main"), change.table->name, (struct str){0});
    made->child[DELETE_WHERE] = is_view ? allow_of_view(w, &change, in) : in;
    made->child[DELETE_RETURNING] = returning;
    *statement = made;
    return !arena_exhausted(w->arena) || rewrite_too_large(w);
}
