/*
 * Making the guards. In its simplest form a guard is
 *
 *     "‹table›post" AS NOT MATERIALIZED (SELECT "post"."id" AS "id", … FROM "MAIN"."post" WHERE select's predicate)
 *
 * Rows come in the order in which SQLite finds them, and that order must not tell of hidden values: in the order of an
 * index, of an automatic index (whose last columns are all that the statement uses), of the table itself. So where a
 * table has fields that are hidden from somebody,
 *
 * 1. a field that is hidden row by row is looked up by the row's key, so that what is scanned does not use it, unless
 * SQLite cannot make an automatic index of what is scanned:
 *
 *     SELECT "‹row›"."id" AS "id", (SELECT "post"."secret" FROM "MAIN"."post" WHERE "post"."id" = "‹row›"."‹key0›" AND
 * field's predicate) AS "secret" FROM (SELECT "post"."id" AS "id", "post"."id" AS "‹key0›" FROM "MAIN"."post" WHERE
 * select's predicate) AS "‹row›"
 *
 * 2. an index on a hidden field alone is of use only to a scan that needs no other column: the guard reads another one
 * (CASE WHEN 1 THEN 1 ELSE x END), unless the statement does;
 * 3. where hidden fields are in an index with others, or in a predicate, the table is read NOT INDEXED;
 * 4. where they are in the key, or in a view, or 3 would be right but the table is WITHOUT ROWID, the rows are sorted
 * by what is shown.
 */
#include "sql/rewrite_private.h"

static bool is_shown(const struct rewrite *w, const struct column_schema *column) {
    return policy_field_rule(w->policy, column, OPERATION_SELECT).kind == RULE_FULL;
}

static bool is_masked(const struct rewrite *w, const struct column_schema *column) {
    return policy_field_rule(w->policy, column, OPERATION_SELECT).kind == RULE_WHERE;
}

/* Whether an expression reads a field of the table that is hidden from somebody. */
static bool reads_hidden(const struct rewrite *w, const struct table_schema *table, const struct node *node) {
    if (!node) return false;
    if (node->kind == NODE_COLUMN && node->source && node->source->is_target) {
        const struct column_schema *column = schema_find_column(table, node->child[COLUMN_NAME]->text);
        if (column && !is_shown(w, column)) return true;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (reads_hidden(w, table, node->child[i])) return true;
    return false;
}

static bool rule_reads_hidden(const struct rewrite *w, const struct table_schema *table, enum operation operation) {
    struct rule rule = policy_table_rule(w->policy, table, operation);
    return rule.kind == RULE_WHERE && reads_hidden(w, table, rule.predicate);
}

bool rewrite_is_fetched(const struct table_schema *table, const struct column_schema *column) {
    bool is_rowid = table->rowid_alias >= 0 && column == &table->columns[table->rowid_alias];
    return !is_rowid && !column->hidden && !column->generated;
}

/* A column that is in none of the indexes that a hidden field is in, and must be fetched from the table; NULL where
 * there is none. */
static const struct column_schema *uncovered_column(const struct rewrite *w, const struct table_schema *table) {
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column_schema *column = &table->columns[i];
        if (is_shown(w, column) && rewrite_is_fetched(table, column)) return column;
    }
    return NULL;
}

static void set_order(struct plan_guard *told, enum guard_order order, const struct column_schema *because,
                      const char *why) {
    /* SQLite pays no heed to NOT INDEXED where the table is itself an index */
    if (order == ORDER_UNINDEXED && told->table->without_rowid) order = ORDER_SORTED;
    if (told->order >= order) return;
    told->order = order;
    told->order_because = because;
    told->order_why = why;
}

static bool is_key(const struct table_schema *table, const struct column_schema *column) {
    bool is_rowid = table->rowid_alias >= 0 && column == &table->columns[table->rowid_alias];
    return is_rowid || (table->without_rowid && column->primary_key > 0);
}

/* Whether an index on a hidden field alone cannot be all that the statement reads. */
static bool surely_reads_more(const struct rewrite *w, const struct guard *guard) {
    return (guard->reads_shown && uncovered_column(w, guard->table)) || (guard->is_alone && guard->reads_masked);
}

static void set_order_for_field(const struct rewrite *w, const struct guard *guard, const struct column_schema *column,
                                struct plan_guard *told) {
    const struct table_schema *table = guard->table;
    if (table->kind == TABLE_VIEW)
        set_order(told, ORDER_SORTED, column, "is hidden, and this is a view");
    else if (is_key(table, column))
        set_order(told, ORDER_SORTED, column, "is hidden, and part of the key");
    else if (column->indexed == INDEXED_WITH_OTHERS)
        set_order(told, ORDER_UNINDEXED, column, "is hidden, and in an index with others");
    else if (column->indexed == INDEXED_ALONE && table->without_rowid)
        set_order(told, ORDER_UNINDEXED, column, "is hidden, and has an index, in a table WITHOUT ROWID");
    else if (column->indexed == INDEXED_ALONE && !surely_reads_more(w, guard))
        set_order(told, uncovered_column(w, table) ? ORDER_UNCOVERED : ORDER_UNINDEXED, column,
                  "is hidden, and has an index");
}

static void find_order(const struct rewrite *w, const struct guard *guard, struct plan_guard *told) {
    const struct table_schema *table = guard->table;
    bool any = false;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column_schema *column = &table->columns[i];
        if (is_shown(w, column)) continue;
        any = true;
        set_order_for_field(w, guard, column, told);
    }
    if (!any) return;
    if (table->has_expression_index)
        set_order(told, ORDER_UNINDEXED, NULL, "fields are hidden, and an index is partial or on an expression");
    if (rule_reads_hidden(w, table, OPERATION_SELECT) ||
        (guard->is_target && rule_reads_hidden(w, table, w->operation)))
        set_order(told, ORDER_UNINDEXED, NULL, "the table's predicate reads a field that is hidden");
}

/* Whether a row passes the predicate of an operation, as 1 or 0: that of select, and what an UPDATE or DELETE may
 * change. */
static struct node *passes(struct rewrite *w, const struct table_schema *table, enum operation operation) {
    struct rule rule = policy_table_rule(w->policy, table, operation);
    if (rule.kind == RULE_FULL) return make_integer_of(w->arena, 1);
    struct node *condition = rewrite_shown_condition(w, table, rule);
    return condition ? make_case_of(w->arena, condition, make_integer_of(w->arena, 1), make_integer_of(w->arena, 0))
                     : NULL;
}

/* (SELECT "post"."secret" FROM "MAIN"."post" WHERE its key is the row's AND field's predicate) */
static struct node *look_up(struct rewrite *w, const struct table_schema *table, const struct column_schema *column,
                            struct str row, const struct str *keys, size_t key_count) {
    struct node *condition = NULL;
    for (size_t i = 0; i < key_count; i++)
        condition = make_and_of(w->arena, condition,
                                make_binary_of(w->arena, OPERATOR_EQUAL,
                                               rewrite_key_value(w, table, keys[i], table->name, keys[i]),
                                               make_column_of(w->arena, row, rewrite_numbered_name(w, "key", i))));
    condition =
        make_and_of(w->arena, condition, rewrite_condition(w, policy_field_rule(w->policy, column, OPERATION_SELECT)));
    struct node *results =
        rewrite_add_result(w, NULL, make_column_of(w->arena, table->name, column->name), column->name);
    struct node *from = make_from_of(w->arena, make_table_of(w->arena, LITERAL("MAIN"), table->name, (struct str){0}));
    struct node *subquery = make_subquery_of(w->arena, make_select_of(w->arena, results, from, condition));
    return subquery ? rewrite_with_collation(w, subquery, column) : NULL;
}

/* Everything about the rows that needs no look-up. */
static struct node *row_columns(struct rewrite *w, const struct guard *guard, bool looks_up, const struct str *keys,
                                size_t key_count) {
    const struct table_schema *table = guard->table;
    struct node *results = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column_schema *column = &table->columns[i];
        if (column->hidden || !resolve_column_is_visible(w->policy, column)) continue;
        if (looks_up && is_masked(w, column)) continue;
        results = rewrite_add_result(w, results,
                                     rewrite_masked_column(w, table, column, !guard->is_alone || guard->needs_affinity),
                                     column->name);
    }
    for (size_t i = 0; (looks_up || guard->is_target || guard->shows_key) && i < key_count; i++)
        results = rewrite_add_result(w, results, rewrite_key_value(w, table, keys[i], table->name, keys[i]),
                                     rewrite_numbered_name(w, "key", i));
    if (guard->is_target)
        results = rewrite_add_result(w, results, passes(w, table, w->operation),
                                     rewrite_reserved_name(w, "may", (struct str){0}));
    if (guard->rowid.length > 0)
        results = rewrite_add_result(w, results, make_column_of(w->arena, table->name, keys[0]), guard->rowid);
    if (guard->match.length > 0)
        results = rewrite_add_result(w, results, make_column_of(w->arena, table->name, table->name), guard->match);
    if (guard->passed.length > 0)
        results = rewrite_add_result(w, results, passes(w, table, OPERATION_SELECT), guard->passed);
    if (results) return results;
    /* every column is hidden, yet the rows can be counted */
    return rewrite_add_result(w, NULL, make_integer_of(w->arena, 1), rewrite_reserved_name(w, "row", (struct str){0}));
}

/* The rows as the guard gives them, from the derived table `row`: fields that are hidden row by row are looked up here.
 */
static struct node *looked_up_columns(struct rewrite *w, const struct guard *guard, struct str row,
                                      const struct str *keys, size_t key_count) {
    const struct table_schema *table = guard->table;
    struct node *results = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column_schema *column = &table->columns[i];
        if (column->hidden || !resolve_column_is_visible(w->policy, column)) continue;
        struct node *value = is_masked(w, column) ? look_up(w, table, column, row, keys, key_count)
                                                  : make_column_of(w->arena, row, column->name);
        results = rewrite_add_result(w, results, value, column->name);
    }
    struct str may = rewrite_reserved_name(w, "may", (struct str){0});
    for (size_t i = 0; (guard->is_target || guard->shows_key) && i < key_count; i++)
        results = rewrite_add_result(w, results, make_column_of(w->arena, row, rewrite_numbered_name(w, "key", i)),
                                     rewrite_numbered_name(w, "key", i));
    if (guard->is_target) results = rewrite_add_result(w, results, make_column_of(w->arena, row, may), may);
    if (guard->rowid.length > 0)
        results = rewrite_add_result(w, results, make_column_of(w->arena, row, guard->rowid), guard->rowid);
    if (guard->passed.length > 0)
        results = rewrite_add_result(w, results, make_column_of(w->arena, row, guard->passed), guard->passed);
    return results;
}

/* CASE WHEN 1 THEN 1 ELSE column END: SQLite counts the column as read, and never reads it */
static struct node *reads_table(struct rewrite *w, const struct table_schema *table) {
    struct node *column = make_column_of(w->arena, table->name, uncovered_column(w, table)->name);
    return make_case_of(w->arena, make_integer_of(w->arena, 1), make_integer_of(w->arena, 1), column);
}

/* Whether fields that are hidden row by row can be read where the row is: what is scanned is the table or an index that
 * find_order has thought of, and never an automatic one, of which they would be a part. */
static bool is_read_in_place(const struct guard *guard, enum guard_order order) {
    return guard->is_alone || order >= ORDER_UNINDEXED || guard->table->without_rowid;
}

/* ORDER BY everything that is shown: rows that still have no order are the same to whoever looks at them. */
static struct node *order_by_all(struct rewrite *w, const struct node *results) {
    struct node *order = NULL;
    for (uint32_t i = 0; results && i < results->count; i++) {
        struct node *term = node_new(w->arena, NODE_TERM, NOWHERE, NOWHERE);
        if (!term) return NULL;
        term->child[TERM_EXPRESSION] = make_integer_of(w->arena, i + 1);
        order = node_append(w->arena, order, term);
    }
    return order;
}

static bool note_reads(struct rewrite *w, const struct guard *guard) {
    const struct table_schema *table = guard->table;
    if (!footprint_add_read(w, guard->name, table->name, (struct str){0}, false) ||
        !footprint_add_predicate(w, guard->name, policy_table_rule(w->policy, table, OPERATION_SELECT).predicate))
        return false;
    for (size_t i = 0; i < table->column_count; i++)
        if ((table->columns[i].name.length == 0 &&
             !footprint_add_read(w, guard->name, table->name, LITERAL(""), false)) ||
            !footprint_add_predicate(w, guard->name,
                                     policy_field_rule(w->policy, &table->columns[i], OPERATION_SELECT).predicate))
            return false;
    return !guard->is_target ||
           footprint_add_predicate(w, guard->name, policy_table_rule(w->policy, table, w->operation).predicate);
}

/* Adds a guard to those of the plan. */
static struct plan_guard *tell(struct rewrite *w, const struct guard *guard) {
    struct plan *plan = w->plan;
    struct plan_guard *guards = arena_grow(w->arena, plan->guards, plan->guard_count, sizeof *guards);
    if (!guards) return NULL;
    plan->guards = guards;
    guards[plan->guard_count] = (struct plan_guard){.name = guard->name, .table = guard->table};
    return &guards[plan->guard_count++];
}

static struct node *make_guard(struct rewrite *w, const struct guard *guard) {
    const struct table_schema *table = guard->table;
    struct rule rule = policy_table_rule(w->policy, table, OPERATION_SELECT);
    struct plan_guard *told = tell(w, guard);
    struct str keys[KEY_COLUMNS_MAX], row = rewrite_reserved_name(w, "row", (struct str){0});
    bool has_key = table->kind != TABLE_VIEW || guard->is_target;
    size_t key_count = has_key ? rewrite_key_columns(table, keys) : 0;
    bool looks_up = false;
    for (size_t i = 0; i < table->column_count; i++) looks_up = looks_up || is_masked(w, &table->columns[i]);
    if (!told || !note_reads(w, guard)) return NULL;
    if (!guard->is_by_key) find_order(w, guard, told);
    looks_up = looks_up && !is_read_in_place(guard, told->order);
    bool can_look_up = key_count > 0 && table->kind != TABLE_VIEW;
    if (looks_up && !can_look_up) set_order(told, ORDER_SORTED, NULL, "the rows cannot be told apart");
    looks_up = looks_up && can_look_up;
    enum guard_order order = told->order;

    struct node *source = make_table_of(w->arena, LITERAL("MAIN"), table->name, (struct str){0}),
                *condition = rewrite_condition(w, rule);
    if (source && order == ORDER_UNINDEXED) source->child[TABLE_HINT] = node_new(w->arena, NODE_HINT, NOWHERE, NOWHERE);
    if (order == ORDER_UNCOVERED) condition = make_and_of(w->arena, condition, reads_table(w, table));
    struct node *results = row_columns(w, guard, looks_up, keys, key_count);
    struct node *select = make_select_of(w->arena, results, make_from_of(w->arena, source), condition);
    if (looks_up) {
        struct node *derived = node_new(w->arena, NODE_DERIVED, NOWHERE, NOWHERE);
        if (!derived) return NULL;
        derived->child[DERIVED_SELECT] = select;
        derived->child[DERIVED_ALIAS] = make_name_of(w->arena, row);
        results = looked_up_columns(w, guard, row, keys, key_count);
        select = make_select_of(w->arena, results, make_from_of(w->arena, derived), NULL);
    }
    told->fenced = guard->is_fenced && !guard->is_by_key;
    bool is_whole = told->fenced || order == ORDER_SORTED;
    if (is_whole && guard->narrowed_by) select = rewrite_narrowed(w, guard, select);
    if (select && order == ORDER_SORTED) {
        select->child[SELECT_ORDER] = order_by_all(w, results);
        select->child[SELECT_LIMIT] =
            make_integer_of(w->arena, INT64_MAX); /* SQLite leaves out an ORDER BY in a sub-select that has no LIMIT */
    } else if (select && is_whole && guard->is_alone) {
        select->child[SELECT_LIMIT] = make_integer_of(w->arena, -1); /* a fence, as in rewrite_shield.c */
        is_whole = false;
    }
    return make_cte_of(w->arena, guard->name, select, is_whole ? MATERIALIZED : NOT_MATERIALIZED);
}

static struct node *make_schema_guard(struct rewrite *w) {
    struct node *select = parse_one(
        w->arena,
        LITERAL("SELECT type, name, tbl_name, rootpage, sql FROM main.sqlite_schema "
                "WHERE name NOT LIKE '$_bailiwick%' ESCAPE '$' AND tbl_name NOT LIKE '$_bailiwick%' ESCAPE '$'"),
        w->err);
    return select ? make_cte_of(w->arena, rewrite_reserved_name(w, "schema", (struct str){0}), select, NOT_MATERIALIZED)
                  : NULL;
}

struct node *rewrite_with_guards(struct rewrite *w, struct node *with) {
    struct node *ctes = NULL, *own = with ? with->child[WITH_CTES] : NULL;
    /* what stands first in a WITH is nested least */
    for (uint32_t i = 0; w->fences_all && own && i < own->count; i++) ctes = node_append(w->arena, ctes, own->child[i]);
    if (w->reads_schema) ctes = node_append(w->arena, ctes, make_schema_guard(w));
    for (struct guard *guard = w->guards; guard; guard = guard->next) {
        struct node *cte = guard->references > 0 || guard->is_target ? make_guard(w, guard) : NULL;
        if (cte) ctes = node_append(w->arena, ctes, cte);
    }
    if (!ctes) return with;
    for (uint32_t i = 0; !w->fences_all && own && i < own->count; i++)
        ctes = node_append(w->arena, ctes, own->child[i]);
    struct node *longer = node_new(w->arena, NODE_WITH, NOWHERE, NOWHERE);
    if (!longer) return NULL;
    longer->flags = with ? with->flags : 0;
    longer->child[WITH_CTES] = ctes;
    return longer;
}
