/*
 * INSERT:
 *
 *     INSERT INTO "main"."post" ("author", "title") SELECT … over guards …
 *       ON CONFLICT ("id") DO UPDATE SET "title" = … WHERE CASE WHEN _bailiwick_check(update's predicate) THEN
 * _bailiwick_mark() END RETURNING …, _bailiwick_check(create's predicate)
 *
 * A row that DO UPDATE has changed is marked, and then checked by update's predicate instead of create's.
 */
#include "sql/rewrite_private.h"

/* The columns that an INSERT without a list fills: those that `*` shows. */
static struct node *default_columns(struct rewrite *w, const struct table_schema *table, uint32_t at) {
    struct node *list = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column_schema *column = &table->columns[i];
        if (column->hidden || column->generated || !resolve_column_is_visible(w->policy, column)) continue;
        struct node *name = make_name_of(w->arena, column->name);
        if (name) name->at = at;
        list = node_append(w->arena, list, name);
    }
    return list;
}

static bool rewrite_columns(struct rewrite *w, struct node *insert, const struct table_schema *table,
                            struct node **check) {
    if (!insert->child[INSERT_COLUMNS] && insert->child[INSERT_SOURCE]) {
        insert->child[INSERT_COLUMNS] = default_columns(w, table, insert->at);
        if (!insert->child[INSERT_COLUMNS])
            return fail(w->err, ERROR_PERMISSION_DENIED, insert->at,
                        "no column of %.*s can be filled without being named", STR(table->name));
    }
    struct node *columns = insert->child[INSERT_COLUMNS];
    for (uint32_t i = 0; columns && i < columns->count; i++) {
        struct str name;
        if (!rewrite_written_column(w, table, columns->child[i], OPERATION_CREATE, check, &name)) return false;
        columns->child[i] = make_name_of(w->arena, name);
    }
    return true;
}

/* ON CONFLICT (…): names columns of an index, not values; it stays as it is, but what is not there cannot be named. */
static bool rewrite_conflict_target(struct rewrite *w, struct node *upsert, struct scope *scope) {
    return resolve_expression(&w->resolver, upsert->child[UPSERT_TARGET], scope) &&
           resolve_expression(&w->resolver, upsert->child[UPSERT_TARGET_WHERE], scope) &&
           footprint_add_predicate(w, (struct str){0}, upsert->child[UPSERT_TARGET]) &&
           footprint_add_predicate(w, (struct str){0}, upsert->child[UPSERT_TARGET_WHERE]);
}

/* Resolves what an upsert says of the row that is there; *fields are the rules of those that are set. */
static bool resolve_upsert(struct rewrite *w, struct node *upsert, struct scope *with, const struct table_schema *table,
                           struct str name, struct node **fields) {
    struct source *row = arena_alloc(w->arena, sizeof *row), *excluded = arena_alloc(w->arena, sizeof *excluded);
    if (!row || !excluded) return rewrite_too_large(w);
    *row = (struct source){.kind = SOURCE_TABLE, .name = name, .table = table, .is_target = true};
    *excluded = (struct source){.kind = SOURCE_EXCLUDED, .name = LITERAL("excluded"), .table = table};
    struct scope scope = {.outer = with, .strict = true, .survivors = true};
    if (!scope_add(&w->resolver, &scope, row) || !rewrite_conflict_target(w, upsert, &scope)) return false;
    struct node *sets = upsert->child[UPSERT_SETS];
    if (!sets) return true;
    struct rule update = policy_table_rule(w->policy, table, OPERATION_UPDATE);
    if (update.kind == RULE_NONE)
        return fail(w->err, ERROR_PERMISSION_DENIED, upsert->at, "no permission to update %.*s", STR(table->name));
    if (table->has_triggers[OPERATION_UPDATE] && !rewrite_note_triggers(w, table)) return false;
    if (table->is_foreign_parent) w->plan->footprint.definer_cascades = w->needs_definers = true;
    for (uint32_t i = 0; i < sets->count; i++) {
        struct node *columns = sets->child[i]->child[SET_COLUMNS];
        for (uint32_t j = 0; j < columns->count; j++) {
            struct str column;
            if (!rewrite_written_column(w, table, columns->child[j], OPERATION_UPDATE, fields, &column) ||
                !footprint_add_update(w, table, column))
                return false;
            columns->child[j] = make_name_of(w->arena, column);
        }
    }
    /* Unqualified names mean the row before `excluded`: SQLite finds both and calls it ambiguous only where both are in
     * FROM. */
    if (!scope_add(&w->resolver, &scope, excluded)) return false;
    for (uint32_t i = 0; i < sets->count; i++)
        if (!rewrite_resolve_over_row(w, sets->child[i]->child[SET_VALUE], &scope)) return false;
    return rewrite_resolve_over_row(w, upsert->child[UPSERT_WHERE], &scope);
}

/* What the user calls the table's columns in ON CONFLICT (…): SQLite knows the table by another name. */
static bool name_target(struct rewrite *w, struct node *node, struct str name) {
    if (!node) return true;
    if (node->kind == NODE_COLUMN && node->source && node->source->is_target && node->child[COLUMN_TABLE]) {
        node->child[COLUMN_TABLE] = make_name_of(w->arena, name);
        if (!node->child[COLUMN_TABLE]) return rewrite_too_large(w);
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (!name_target(w, node->child[i], name)) return false;
    return true;
}

static bool rewrite_upsert(struct rewrite *w, struct node *upsert, const struct table_schema *table,
                           struct node *fields, struct node **check_after) {
    struct node *sets = upsert->child[UPSERT_SETS];
    struct str name = w->row.length ? w->row : table->name;
    if (!name_target(w, upsert->child[UPSERT_TARGET], name) ||
        !name_target(w, upsert->child[UPSERT_TARGET_WHERE], name))
        return false;
    if (!sets) return true;
    struct rule update = policy_table_rule(w->policy, table, OPERATION_UPDATE);
    for (uint32_t i = 0; i < sets->count; i++)
        if (!rewrite_over_row(w, &sets->child[i]->child[SET_VALUE])) return false;
    if (!rewrite_over_row(w, &upsert->child[UPSERT_WHERE])) return false;

    struct node *after = make_and_of(w->arena, rewrite_condition(w, update), fields);
    struct node *before =
        make_and_of(w->arena, rewrite_condition(w, policy_table_rule(w->policy, table, OPERATION_SELECT)), after);
    struct node *mark = make_call_of(w->arena, LITERAL("_bailiwick_mark"), NULL);
    struct node *where = upsert->child[UPSERT_WHERE];
    if (where) mark = make_case_of(w->arena, where, mark, NULL);
    if (before) {
        if (!footprint_add_predicate(w, (struct str){0}, before)) return false;
        mark = make_case_of(w->arena, rewrite_check_call(w, rewrite_named_row(w, table, before)), mark, NULL);
    }
    upsert->child[UPSERT_WHERE] = mark;
    *check_after = make_and_of(w->arena, *check_after, after);
    return mark || rewrite_too_large(w);
}

/* VALUES of a single row, which SQLite computes by itself, where it takes no aggregate; of several rows it makes a
 * SELECT too. */
static const struct node *single_row(const struct node *source) {
    const struct node *arms = source ? source->child[SELECT_ARMS] : NULL;
    if (!arms || arms->count > 1 || arms->child[0]->kind != NODE_VALUES || arms->child[0]->count > 1) return NULL;
    return arms->child[0];
}

/* INSERT into a view: what its INSTEAD OF triggers get is checked before the first of them runs. */
static bool insert_into_view(struct rewrite *w, struct node *insert, struct scope *with,
                             const struct table_schema *view, struct node *check) {
    struct node **returning = &insert->child[INSERT_RETURNING];
    if (*returning) /* what select hides cannot be returned */
        check =
            make_and_of(w->arena, check, rewrite_condition(w, policy_table_rule(w->policy, view, OPERATION_SELECT)));
    if (!rewrite_returning_of_view(w, returning, with, view, view->name, NULL)) return false;
    if (!insert->child[INSERT_SOURCE]) { /* DEFAULT VALUES */
        struct str first = view->columns[0].name;
        struct node *nothing = node_new(w->arena, NODE_NULL_VALUE, NOWHERE, NOWHERE);
        insert->child[INSERT_COLUMNS] = node_append(w->arena, NULL, make_name_of(w->arena, first));
        insert->child[INSERT_SOURCE] =
            make_select_of(w->arena, rewrite_add_result(w, NULL, nothing, first), NULL, NULL);
    }
    insert->child[INSERT_WITH] = rewrite_with_guards(w, insert->child[INSERT_WITH]);
    insert->child[INSERT_TABLE] = make_table_of(w->arena, LITERAL("main"), view->name, (struct str){0});
    return rewrite_propose(w, insert, view, check);
}

static bool has_triggers(const struct table_schema *table) {
    for (int operation = 0; operation < OPERATION_COUNT; operation++)
        if (table->has_triggers[operation]) return true;
    return false;
}

/* Whether the new rows are checked before the first of them can meet a key, so that a row which may not be made does
 * not tell that the key is there. One that DO UPDATE turns into another is never made. */
static bool is_checked_before(const struct node *insert, const struct table_schema *table, bool updates) {
    const struct node *columns = insert->child[INSERT_COLUMNS];
    if (!insert->child[INSERT_SOURCE] || updates || table->kind != TABLE_ORDINARY || has_triggers(table)) return false;
    if (rewrite_may_conflict(table)) return true;
    for (uint32_t i = 0; columns && i < columns->count; i++) {
        const struct column_schema *column = schema_find_column(table, columns->child[i]->text);
        if (!column || (int)(column - table->columns) == table->rowid_alias) return true;
    }
    return false;
}

bool rewrite_insert(struct rewrite *w, struct node *insert) {
    struct node *target = insert->child[INSERT_TABLE];
    const struct table_schema *table = rewrite_target(w, target, OPERATION_CREATE);
    if (!table || !footprint_add_write(w, FOOTPRINT_INSERT, table->name, (struct str){0}) ||
        !rewrite_conflict(w, insert, table))
        return false;
    struct str name = (target->child[TABLE_ALIAS] ? target->child[TABLE_ALIAS] : target->child[TABLE_NAME])->text;
    struct scope with = {.with = insert->child[INSERT_WITH]};
    struct node *check = rewrite_condition(w, policy_table_rule(w->policy, table, OPERATION_CREATE)),
                *check_updated = NULL;
    if (!resolve_with(&w->resolver, insert->child[INSERT_WITH], &with) || !rewrite_columns(w, insert, table, &check))
        return false;
    if (!rewrite_refuse_aggregates(w, single_row(insert->child[INSERT_SOURCE]))) return false;
    if (insert->child[INSERT_SOURCE] && (!resolve_outermost(&w->resolver, insert->child[INSERT_SOURCE], &with) ||
                                         !rewrite_finish_rowids(w, insert->child[INSERT_SOURCE])))
        return false;
    struct node *upserts = insert->child[INSERT_UPSERTS];
    if (upserts && table->kind == TABLE_VIRTUAL)
        return fail(w->err, ERROR_PERMISSION_DENIED, upserts->at,
                    "ON CONFLICT cannot be used with the full-text table %.*s", STR(table->name));
    if (table->kind == TABLE_VIEW) {
        if (upserts) return fail(w->err, ERROR_INVALID_VALUE, upserts->at, "ON CONFLICT is not for views");
        return rewrite_finish_rowids(w, insert->child[INSERT_WITH]) && insert_into_view(w, insert, &with, table, check);
    }
    bool updates = false;
    struct node **fields = arena_array(w->arena, upserts ? upserts->count : 1, sizeof *fields);
    if (!fields) return rewrite_too_large(w);
    for (uint32_t i = 0; upserts && i < upserts->count; i++)
        if (!resolve_upsert(w, upserts->child[i], &with, table, name, &fields[i])) return false;
    for (uint32_t i = 0; upserts && i < upserts->count; i++) {
        if (!rewrite_upsert(w, upserts->child[i], table, fields[i], &check_updated)) return false;
        updates = updates || upserts->child[i]->child[UPSERT_SETS];
    }
    struct node *before = is_checked_before(insert, table, updates) ? check : NULL;
    if (updates && (check || check_updated)) {
        struct node *marked = make_call_of(w->arena, LITERAL("_bailiwick_marked"), NULL);
        struct node *one = make_integer_of(w->arena, 1);
        check = make_case_of(w->arena, marked, check_updated ? check_updated : one, check ? check : one);
    }
    if (insert->child[INSERT_RETURNING])
        check =
            make_and_of(w->arena, check, rewrite_condition(w, policy_table_rule(w->policy, table, OPERATION_SELECT)));
    if (!rewrite_returning(w, &insert->child[INSERT_RETURNING], &with, table, table->name, check) ||
        !rewrite_finish_rowids(w, insert->child[INSERT_WITH]))
        return false;
    insert->child[INSERT_TABLE] = make_table_of(w->arena, LITERAL("main"), table->name, w->row);
    insert->child[INSERT_WITH] = rewrite_with_guards(w, insert->child[INSERT_WITH]);
    return !before || rewrite_propose(w, insert, table, before);
}
