/*
 * RETURNING of a change to a view. A view's row is nowhere to be looked up by a key: what is returned is what its
 * triggers got, as select would show it.
 *
 *     RETURNING (SELECT expression FROM (SELECT "v"."id" AS "id", (SELECT "v"."secret" WHERE the field's rule) AS
 * "secret" FROM (SELECT … FROM "MAIN"."v" WHERE 0 UNION ALL SELECT "v"."id", … LIMIT 1) AS "v") AS "v")
 *
 * All of it is the user's own in an INSERT. An UPDATE also has what the row held before, which must be shown no further
 * than it was before.
 */
#include "sql/rewrite_private.h"

#include <string.h>

/* A row of a view, for one expression: what its triggers got, as select would show it. */
struct view_row {
    const struct table_schema *view;
    struct str name;             /* what the user calls the view */
    const struct source *source; /* what its columns are bound to */
    const struct node *assigned; /* of an UPDATE; NULL: it is an INSERT */
    bool *shown;                 /* the columns that the expression reads */
    bool *read;                  /* those, and what their rules read */
    bool *of_rule;               /* what one of these rules reads */
    struct node **values;
};

static void note_shown(const struct node *node, const struct view_row *row) {
    if (!node) return;
    if (node->kind == NODE_COLUMN && node->source == row->source)
        row->shown[schema_find_column(row->view, node->child[COLUMN_NAME]->text) - row->view->columns] = true;
    for (uint32_t i = 0; i < node->count; i++) note_shown(node->child[i], row);
}

static bool is_assigned(const struct node *assigned, struct str name) {
    for (uint32_t i = 0; i < assigned->count; i++)
        if (str_same_name(assigned->child[i]->child[SET_COLUMNS]->child[0]->text, name)) return true;
    return false;
}

/* A field that the UPDATE leaves as it is holds what the row held before: whether its rule says of the new row what it
 * said of that one. It would not where the user changes what it reads, or a trigger may. */
static bool rule_stays(const struct view_row *row, const struct node *rule) {
    size_t count = row->view->column_count;
    memset(row->of_rule, 0, count * sizeof *row->of_rule);
    if (node_has_kind(rule, NODE_SELECT) || !rewrite_note_columns(rule, row->view, row->of_rule)) return false;
    for (size_t i = 0; i < count; i++)
        if (row->of_rule[i] && is_assigned(row->assigned, row->view->columns[i].name)) return false;
    return true;
}

/* The columns that an expression reads, and their rules. */
static bool read_row(struct rewrite *w, const struct node *expression, struct view_row *row, bool *ret_any) {
    const struct table_schema *view = row->view;
    memset(row->shown, 0, view->column_count * sizeof *row->shown);
    note_shown(expression, row);
    memcpy(row->read, row->shown, view->column_count * sizeof *row->shown);
    *ret_any = false;
    for (size_t i = 0; i < view->column_count; i++) {
        const struct column_schema *column = &view->columns[i];
        struct rule rule = policy_field_rule(w->policy, column, OPERATION_SELECT);
        if (!row->shown[i]) continue;
        *ret_any = true;
        if (rule.kind == RULE_FULL) continue;
        if (row->assigned && !is_assigned(row->assigned, column->name) && !rule_stays(row, rule.predicate))
            return fail(w->err, ERROR_PERMISSION_DENIED, expression->at,
                        "what %.*s shows may depend on this change, so it cannot be returned", STR(column->name));
        if (!rewrite_note_columns(rule.predicate, view, row->read) ||
            !footprint_add_predicate(w, (struct str){0}, rule.predicate))
            return w->err->code != ERROR_NONE ? false : rewrite_too_large(w);
    }
    return true;
}

/* (SELECT expression FROM (SELECT the columns as they may be seen FROM the row) AS name) */
static struct node *over_view_row(struct rewrite *w, struct node *expression, const struct view_row *row) {
    const struct table_schema *view = row->view;
    struct node *known = rewrite_known_row(w, view, row->read, row->values), *results = NULL;
    struct node *derived = node_new(w->arena, NODE_DERIVED, NOWHERE, NOWHERE);
    for (size_t i = 0; i < view->column_count; i++)
        if (row->shown[i])
            results = rewrite_add_result(w, results, rewrite_masked_column(w, view, &view->columns[i], true),
                                         view->columns[i].name);
    if (!known || !derived) return NULL;
    derived->child[DERIVED_SELECT] = make_select_of(w->arena, results, make_from_of(w->arena, known), NULL);
    derived->child[DERIVED_ALIAS] = make_name_of(w->arena, row->name);
    return rewrite_select_value(w, expression, make_from_of(w->arena, derived), NULL);
}

/* SQLite gives RETURNING only those columns of a view that are set, or that a trigger uses: so all are. */
static bool assign_all(struct rewrite *w, const struct table_schema *view, uint32_t at, struct node *assigned) {
    if (view->has_update_of)
        return fail(w->err, ERROR_PERMISSION_DENIED, at,
                    "%.*s has a trigger on UPDATE OF some columns, so nothing can be returned", STR(view->name));
    for (size_t i = 0; i < view->column_count; i++) {
        struct str name = view->columns[i].name;
        if (is_assigned(assigned, name)) continue;
        struct node *set = node_new(w->arena, NODE_SET, NOWHERE, NOWHERE);
        if (!set || !footprint_add_update(w, view, name)) return rewrite_too_large(w);
        set->child[SET_COLUMNS] = node_append(w->arena, NULL, make_name_of(w->arena, name));
        set->child[SET_VALUE] = make_column_of(w->arena, view->name, name);
        if (!node_append(w->arena, assigned, set)) return rewrite_too_large(w);
    }
    return true;
}

bool rewrite_returning_of_view(struct rewrite *w, struct node **returning, struct scope *with,
                               const struct table_schema *view, struct str name, struct node *assigned) {
    struct node *list;
    struct source *source = arena_alloc(w->arena, sizeof *source);
    size_t count = view->column_count;
    struct view_row row = {.view = view,
                           .name = name,
                           .source = source,
                           .assigned = assigned,
                           .shown = arena_array(w->arena, count, sizeof(bool)),
                           .read = arena_array(w->arena, count, sizeof(bool)),
                           .of_rule = arena_array(w->arena, count, sizeof(bool)),
                           .values = arena_array(w->arena, count, sizeof *row.values)};
    struct scope scope = {.outer = with, .strict = true, .survivors = true};
    if (!*returning) return true;
    if (!source || !row.shown || !row.read || !row.of_rule || !row.values) return rewrite_too_large(w);
    *source = (struct source){.kind = SOURCE_TABLE, .name = name, .table = view};
    for (size_t i = 0; i < count; i++) row.values[i] = make_column_of(w->arena, view->name, view->columns[i].name);
    if (!rewrite_may_return(w, *returning, with, view) || !rewrite_note_key(w, view, (*returning)->at) ||
        !rewrite_returned_list(w, *returning, view, name, &list) || !scope_add(&w->resolver, &scope, source) ||
        !resolve_expression(&w->resolver, list, &scope) || !rewrite_refuse_outer_aggregates(w, list, &scope) ||
        !rewrite_finish_rowids(w, list))
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        struct node *result = list->child[i];
        bool any;
        if (!read_row(w, result->child[RESULT_EXPRESSION], &row, &any)) return false;
        if (any) result->child[RESULT_EXPRESSION] = over_view_row(w, result->child[RESULT_EXPRESSION], &row);
    }
    if (assigned && !assign_all(w, view, (*returning)->at, assigned)) return false;
    *returning = list;
    return !arena_exhausted(w->arena) || rewrite_too_large(w);
}
