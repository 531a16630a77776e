/*
 * REPLACE deletes what is in the way, wherever the conflict is: only SQLite knows, at the moment when it deletes. So
 * beside the statement goes a query that is asked of each such row before it goes (conn_watch_replaced): may it be
 * seen, and deleted?
 *
 *     SELECT min(CASE WHEN select's predicate AND delete's THEN 1 ELSE 0 END) FROM "MAIN"."post" WHERE "post"."id" =
 * _bailiwick_replaced(-1)
 */
#include "sql/rewrite_private.h"

#include "sql/limits.h"
#include "sql/print.h"

static struct node *make_query(struct rewrite *w, const struct table_schema *table) {
    struct str keys[KEY_COLUMNS_MAX];
    size_t count = rewrite_key_columns(table, keys);
    struct node *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct column_schema *column = table->without_rowid ? schema_find_column(table, keys[i]) : NULL;
        struct node *number = make_integer_of(w->arena, column ? column - table->columns : -1);
        found = make_and_of(w->arena, found,
                            make_binary_of(w->arena, OPERATOR_EQUAL,
                                           rewrite_key_value(w, table, keys[i], table->name, keys[i]),
                                           make_call_of(w->arena, LITERAL("_bailiwick_replaced"), number)));
    }
    struct node *may =
        make_and_of(w->arena, rewrite_condition(w, policy_table_rule(w->policy, table, OPERATION_SELECT)),
                    rewrite_condition(w, policy_table_rule(w->policy, table, OPERATION_DELETE)));
    struct node *all =
        make_call_of(w->arena, LITERAL("min"),
                     make_case_of(w->arena, may, make_integer_of(w->arena, 1), make_integer_of(w->arena, 0)));
    struct node *select = make_select_of(
        w->arena, rewrite_add_result(w, NULL, all, rewrite_reserved_name(w, "may", (struct str){0})),
        make_from_of(w->arena, make_table_of(w->arena, LITERAL("MAIN"), table->name, (struct str){0})), found);
    if (!may || !footprint_add_predicate(w, (struct str){0}, may)) return NULL;
    return select;
}

bool rewrite_replaced(struct rewrite *w, struct plan *plan) {
    const struct table_schema *table = w->replaced;
    struct plan *made = arena_alloc(w->arena, sizeof *made);
    if (!made) return rewrite_too_large(w);
    struct rewrite inner = {
        .arena = w->arena, .schema = w->schema, .policy = w->policy, .text = w->text, .err = w->err, .plan = made};
    *made = (struct plan){.kind = PLAN_READ};
    if (!rewrite_note_key(&inner, table, NOWHERE)) return false;
    struct node *query = make_query(&inner, table);
    if (!query) return w->err->code == ERROR_NONE ? rewrite_too_large(w) : false;
    if (!rewrite_finish_plan(&inner, query)) return false;
    plan->replaced_table = table->name;
    plan->replaced = made;
    return true;
}
