/*
 * Reads: each guarded table of a statement becomes one common table expression, through which all of the statement
 * reads it.
 *
 *     WITH "‹prefix›post" AS NOT MATERIALIZED (
 *       SELECT "post"."id" AS "id", (SELECT "post"."secret" WHERE "post"."author" = ?1) AS "secret"
 *       FROM "MAIN"."post" WHERE "post"."draft" = 0)
 *     SELECT "title" FROM "‹prefix›post" AS "post" WHERE "id" = ?2
 *
 * SQLite flattens it, so it plans as if the predicate had been written by hand. "MAIN" in capitals marks to
 * storage/guard.c what the rewriter itself has put there. Where something that may run on a hidden row can fail
 * (leakproof.h), the guard is a fence: AS MATERIALIZED.
 */
#include "sql/rewrite_private.h"

#include <string.h>

struct node *rewrite_condition(struct rewrite *w, struct rule rule) {
    switch (rule.kind) {
    case RULE_FULL:
        return NULL;
    case RULE_WHERE:
        return (struct node *)rule.predicate;
    case RULE_NONE:
        break;
    }
    return make_integer_of(w->arena, 0);
}

struct node *rewrite_masked_column(struct rewrite *w, const struct table_schema *table,
                                   const struct column_schema *column, bool needs_affinity) {
    struct node *value = make_column_of(w->arena, table->name, column->name);
    struct rule rule = policy_field_rule(w->policy, column, OPERATION_SELECT);
    if (rule.kind == RULE_FULL) return value;
    if (!needs_affinity)
        return rewrite_with_collation(w, make_case_of(w->arena, rewrite_shown_condition(w, table, rule), value, NULL),
                                      column);
    /* a scalar sub-select keeps the column's affinity, which CASE would lose */
    struct node *results = node_append(w->arena, NULL, make_result_of(w->arena, value, column->name));
    struct node *condition = rewrite_shown_condition(w, table, rule);
    if (!condition) return NULL;
    struct node *masked = make_subquery_of(w->arena, make_select_of(w->arena, results, NULL, condition));
    return masked ? rewrite_with_collation(w, masked, column) : NULL;
}

struct node *rewrite_with_collation(struct rewrite *w, struct node *value, const struct column_schema *column) {
    if (column->collation.length == 0 || str_is_name(column->collation, "BINARY")) return value;
    return make_collate_of(w->arena, value, column->collation);
}

#define VIEW_COLUMNS_MAX 120 /* arguments of a function: SQLITE_LIMIT_FUNCTION_ARG is 127 */

size_t rewrite_key_columns(const struct table_schema *table, struct str ret_names[KEY_COLUMNS_MAX]) {
    if (table->kind == TABLE_VIEW) {
        ret_names[0] = (struct str){0};
        return table->column_count <= VIEW_COLUMNS_MAX ? 1 : 0;
    }
    if (!table->without_rowid) {
        ret_names[0] = schema_rowid_name(table);
        return ret_names[0].text ? 1 : 0;
    }
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].primary_key > 0) {
            if (count == KEY_COLUMNS_MAX) return 0;
            ret_names[count++] = table->columns[i].name;
        }
    return count;
}

/* _bailiwick_key(every column) */
static struct node *view_key(struct rewrite *w, const struct table_schema *view, struct str source) {
    struct node *call = make_call_of(w->arena, LITERAL("_bailiwick_key"), NULL), *arguments = NULL;
    for (size_t i = 0; i < view->column_count; i++)
        arguments = node_append(w->arena, arguments, make_column_of(w->arena, source, view->columns[i].name));
    if (call) call->child[FUNCTION_ARGUMENTS] = arguments;
    return call;
}

struct node *rewrite_key_value(struct rewrite *w, const struct table_schema *table, struct str key, struct str source,
                               struct str name) {
    if (table->kind == TABLE_VIEW && name.length == 0) return view_key(w, table, source);
    const struct column_schema *column = schema_find_column(table, key);
    struct node *value = make_column_of(w->arena, source, name);
    return column && column->key_collation.length > 0 ? make_collate_of(w->arena, value, column->key_collation) : value;
}

static struct guard *add_guard(struct rewrite *w, const struct table_schema *table, struct str name) {
    struct guard **last = &w->guards, *guard = arena_alloc(w->arena, sizeof *guard);
    if (!guard || !name.text) return NULL;
    guard->table = table;
    guard->name = name;
    while (*last) last = &(*last)->next;
    *last = guard;
    return guard;
}

struct guard *rewrite_guard(struct rewrite *w, const struct table_schema *table, bool is_target) {
    for (struct guard *guard = w->guards; guard; guard = guard->next)
        if (guard->table == table && guard->is_target == is_target && guard->rowid.length == 0) return guard;
    struct guard *guard = add_guard(w, table, rewrite_reserved_name(w, is_target ? "target_" : "table_", table->name));
    if (guard) guard->is_target = is_target;
    return guard;
}

/* A table that needs no guard: every row and every column may be seen. */
static bool is_open(const struct rewrite *w, const struct table_schema *table) {
    if (table->kind == TABLE_VIEW) return false; /* what its own WHERE leaves out is hidden too */
    if (policy_table_rule(w->policy, table, OPERATION_SELECT).kind != RULE_FULL) return false;
    for (size_t i = 0; i < table->column_count; i++)
        if (policy_field_rule(w->policy, &table->columns[i], OPERATION_SELECT).kind != RULE_FULL) return false;
    return true;
}

static bool no_such_table(struct rewrite *w, const struct node *node) {
    return fail(w->err, ERROR_NOT_FOUND, node->at, "no such table: %.*s", STR(node->child[TABLE_NAME]->text));
}

/* sqlite_schema, for an unrestricted principal: without our own tables. */
static bool on_schema_table(struct rewrite *w, struct node *node) {
    struct str name = node->child[TABLE_NAME]->text;
    if (!str_is_name(name, "sqlite_schema") && !str_is_name(name, "sqlite_master")) return true;
    w->reads_schema = true;
    if (!node->child[TABLE_ALIAS]) node->child[TABLE_ALIAS] = make_name_of(w->arena, name);
    node->child[TABLE_SCHEMA] = NULL;
    node->child[TABLE_NAME] = make_name_of(w->arena, rewrite_reserved_name(w, "schema", (struct str){0}));
    return node->child[TABLE_NAME] || rewrite_too_large(w);
}

/* search('word'): a full-text table with its pattern. */
static bool on_search(struct rewrite *w, struct node *node, const struct source *source) {
    if (!is_open(w, source->table))
        return fail(w->err, ERROR_PERMISSION_DENIED, node->at,
                    "rows of %.*s are hidden, so it cannot be written as a function: write WHERE %.*s MATCH",
                    STR(source->table->name), STR(source->table->name));
    node->child[TABLE_FUNCTION_SCHEMA] = make_name_of(w->arena, LITERAL("main"));
    node->child[TABLE_FUNCTION_NAME] = make_name_of(w->arena, source->table->name);
    node->child[TABLE_FUNCTION_ALIAS] = make_name_of(w->arena, source->name);
    return footprint_add_read(w, (struct str){0}, source->table->name, (struct str){0}, true);
}

/* One that reads what is hidden, or may, is not there. */
static bool index_exists(const struct rewrite *w, const struct table_schema *table, const struct index_schema *index) {
    for (size_t i = 0; index->reads_more && i < table->column_count; i++)
        if (!resolve_column_is_visible(w->policy, &table->columns[i])) return false;
    for (size_t i = 0; i < index->column_count; i++)
        if (!resolve_column_is_visible(w->policy, &table->columns[index->columns[i]])) return false;
    return true;
}

bool rewrite_take_hint(struct rewrite *w, struct node *node, const struct table_schema *table) {
    const struct node *hint = node->child[TABLE_HINT], *name = hint ? hint->child[HINT_NAME] : NULL;
    node->child[TABLE_HINT] = NULL;
    for (size_t i = 0; name && i < table->index_count; i++)
        if (str_same_name(table->indexes[i].name, name->text) && index_exists(w, table, &table->indexes[i]))
            return true;
    return !name || fail(w->err, ERROR_NOT_FOUND, name->at, "no such index: %.*s", STR(name->text));
}

bool rewrite_on_table(void *context, struct node *node, struct source *source) {
    struct rewrite *w = context;
    const struct table_schema *table = source->table;
    if (w->policy->unrestricted) return on_schema_table(w, node);
    if (!table || !policy_table_exists(w->policy, table)) return no_such_table(w, node);
    if (policy_table_rule(w->policy, table, OPERATION_SELECT).kind == RULE_NONE)
        return fail(w->err, ERROR_PERMISSION_DENIED, node->at, "no permission to select from %.*s", STR(table->name));
    if (table->kind == TABLE_VIRTUAL && !rewrite_may_search(w, table, node->at)) return false;
    if (node->kind == NODE_TABLE_FUNCTION) return on_search(w, node, source);
    if (table->kind == TABLE_VIEW) w->needs_definers = true;
    if (!rewrite_take_hint(w, node, table)) return false;
    node->child[TABLE_ALIAS] = make_name_of(w->arena, source->name);
    if (is_open(w, table)) {
        node->child[TABLE_SCHEMA] = make_name_of(w->arena, LITERAL("main"));
        node->child[TABLE_NAME] = make_name_of(w->arena, table->name);
        return footprint_add_read(w, (struct str){0}, table->name, (struct str){0}, true);
    }
    source->guard = rewrite_guard(w, table, false);
    if (!source->guard) return rewrite_too_large(w);
    source->guard->references++;
    node->child[TABLE_SCHEMA] = NULL;
    node->child[TABLE_NAME] = make_name_of(w->arena, source->guard->name);
    return node->child[TABLE_NAME] || rewrite_too_large(w);
}

struct guard *rewrite_own_guard(struct rewrite *w, struct source *source) {
    if (source->guard->is_own || source->is_target_guard) return source->guard;
    struct str number = arena_format(w->arena, "%zu", w->own_guards++);
    struct guard *guard = add_guard(w, source->table, rewrite_reserved_name(w, "own", number));
    if (!guard) return NULL;
    source->guard->references--;
    source->guard = guard;
    guard->is_own = true;
    guard->references = 1;
    source->node->child[TABLE_NAME] = make_name_of(w->arena, guard->name);
    return source->node->child[TABLE_NAME] ? guard : NULL;
}

bool rewrite_on_rowid(void *context, struct node *node, struct source *source) {
    struct rewrite *w = context;
    const struct table_schema *table = source->table;
    struct str name;
    if (table->rowid_alias >= 0) {
        const struct column_schema *column = &table->columns[table->rowid_alias];
        if (!resolve_column_is_visible(w->policy, column))
            return fail(w->err, ERROR_NOT_FOUND, node->at, "no such column: %.*s", STR(node->child[COLUMN_NAME]->text));
        name = column->name;
    } else if (source->is_target_guard) {
        name = rewrite_reserved_name(w, "key", LITERAL("0"));
    } else if (source->guard) {
        struct guard *guard = rewrite_own_guard(w, source);
        if (!guard) return rewrite_too_large(w);
        /* NATURAL JOIN must not find it in another guard */
        guard->rowid = name = rewrite_reserved_name(w, "rowid_of", guard->name);
    } else {
        /* the table itself; qualified, because a bare rowid must be that of the only table in FROM */
        if (!node->child[COLUMN_TABLE]) node->child[COLUMN_TABLE] = make_name_of(w->arena, source->name);
        return node->child[COLUMN_TABLE] || rewrite_too_large(w);
    }
    node->child[COLUMN_NAME] = make_name_of(w->arena, name);
    return node->child[COLUMN_NAME] || rewrite_too_large(w);
}

/* --- rowids of guarded tables --- */

static bool shows_nothing(const struct rewrite *w, const struct table_schema *table) {
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].hidden && resolve_column_is_visible(w->policy, &table->columns[i])) return false;
    return true;
}

/* The guard of an item of FROM, if it shows more than the table's columns: one of a table whose columns are all hidden
 * has a column, too. */
static const struct guard *own_guard(const struct rewrite *w, const struct node *item) {
    const struct source *source = item->kind == NODE_TABLE ? item->source : NULL;
    if (!source || !source->guard) return NULL;
    return source->guard->is_own || shows_nothing(w, source->guard->table) ? source->guard : NULL;
}

static bool any_own_guard(const struct rewrite *w, const struct node *from) {
    for (uint32_t i = 0; from && i < from->count; i++) {
        const struct node *item = from->child[i]->child[JOIN_SOURCE];
        if (own_guard(w, item) || (item->kind == NODE_NESTED && any_own_guard(w, item->child[NESTED_FROM])))
            return true;
    }
    return false;
}

static bool has_star(const struct node *core) {
    const struct node *columns = core->child[CORE_COLUMNS];
    for (uint32_t i = 0; i < columns->count; i++)
        if (columns->child[i]->kind == NODE_STAR) return true;
    return false;
}

/* Whether the `*`s can be written as one for each item of FROM. */
static bool can_split_stars(const struct node *core) {
    const struct node *from = core->child[CORE_FROM];
    for (uint32_t i = 0; from && i < from->count; i++) {
        const struct node *join = from->child[i], *source = join->child[JOIN_SOURCE];
        if (source->kind == NODE_NESTED || (source->kind == NODE_DERIVED && !source->child[DERIVED_ALIAS]) ||
            join->child[JOIN_USING] || (join->flags & JOIN_NATURAL))
            return false;
    }
    return true;
}

bool rewrite_can_expand_stars(struct rewrite *w, const struct node *core) {
    const struct node *columns = core->child[CORE_COLUMNS];
    if (!has_star(core) || !core->child[CORE_FROM] || can_split_stars(core)) return true;
    for (uint32_t i = 0; i < columns->count; i++) {
        struct star_columns star;
        if (columns->child[i]->kind != NODE_STAR) continue;
        if (!resolve_star(&w->resolver, core->child[CORE_FROM], columns->child[i], &star) || !star.knows_all)
            return false;
    }
    return true;
}

/* What qualifies the columns of a source; a sub-select that has no name gets one. */
static struct str name_source(struct rewrite *w, const struct source *source) {
    struct node *derived = source->name.length == 0 ? source->node : NULL;
    if (!derived || derived->kind != NODE_DERIVED) return source->name;
    if (!derived->child[DERIVED_ALIAS])
        derived->child[DERIVED_ALIAS] = make_name_of(w->arena, rewrite_numbered_name(w, "source", w->own_sources++));
    return derived->child[DERIVED_ALIAS] ? derived->child[DERIVED_ALIAS]->text : (struct str){0};
}

/* Every column that a `*` stands for, by its name. */
static bool list_star(struct rewrite *w, const struct node *from, const struct node *star, struct node **list) {
    struct star_columns columns;
    if (!resolve_star(&w->resolver, from, star, &columns)) return false;
    for (size_t i = 0; i < columns.count; i++) {
        const struct star_column *column = &columns.items[i];
        struct str table = column->is_bare ? (struct str){0} : name_source(w, column->source);
        *list = rewrite_add_result(w, *list, make_column_of(w->arena, table, column->name), column->label);
    }
    return true;
}

/* The visible columns of a guard, qualified with `alias`. */
static struct node *guard_columns(struct rewrite *w, const struct guard *guard, struct str alias, struct node *list) {
    for (size_t i = 0; i < guard->table->column_count; i++) {
        const struct column_schema *column = &guard->table->columns[i];
        if (column->hidden || !resolve_column_is_visible(w->policy, column)) continue;
        list = node_append(w->arena, list,
                           make_result_of(w->arena, make_column_of(w->arena, alias, column->name), column->name));
    }
    return list;
}

bool rewrite_shows_nothing(struct rewrite *w, uint32_t at) {
    return fail(w->err, ERROR_NOT_FOUND, at, "no column is left: all are hidden");
}

/* Expands `*` where it would show what only the rewriter asked for. */
static bool expand_stars(struct rewrite *w, struct node *core) {
    struct node *from = core->child[CORE_FROM], *columns = core->child[CORE_COLUMNS];
    if (!has_star(core) || !any_own_guard(w, from)) return true;
    if (!rewrite_can_expand_stars(w, core))
        return fail(w->err, ERROR_PERMISSION_DENIED, core->at,
                    "* cannot be used in this join: not every column has a name of its own");
    bool can_split = can_split_stars(core);
    struct node *longer = NULL;
    for (uint32_t i = 0; i < columns->count; i++) {
        struct node *result = columns->child[i];
        if (result->kind != NODE_STAR) {
            longer = node_append(w->arena, longer, result);
            continue;
        }
        if (!can_split) {
            if (!list_star(w, from, result, &longer)) return false;
            continue;
        }
        for (uint32_t j = 0; j < from->count; j++) {
            const struct node *source = from->child[j]->child[JOIN_SOURCE];
            struct str name = source->source->name;
            if (result->child[STAR_TABLE] && !str_same_name(result->child[STAR_TABLE]->text, name)) continue;
            const struct guard *guard = own_guard(w, source);
            if (guard) {
                longer = guard_columns(w, guard, name, longer);
            } else {
                struct node *star = node_new(w->arena, NODE_STAR, NOWHERE, NOWHERE);
                if (star) star->child[STAR_TABLE] = make_name_of(w->arena, name);
                longer = node_append(w->arena, longer, star);
            }
        }
    }
    if (!longer) return arena_exhausted(w->arena) ? rewrite_too_large(w) : rewrite_shows_nothing(w, columns->at);
    core->child[CORE_COLUMNS] = longer;
    return true;
}

bool rewrite_finish_rowids(struct rewrite *w, struct node *node) {
    if (!node) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (!rewrite_finish_rowids(w, node->child[i])) return false;
    if (node->kind == NODE_CORE) return expand_stars(w, node);
    if (node->kind == NODE_RESULT && !node->child[RESULT_ALIAS] &&
        node->child[RESULT_EXPRESSION]->kind == NODE_COLUMN) {
        struct node *column = node->child[RESULT_EXPRESSION];
        const struct source *source = column->source;
        if (source && source->table && column->child[COLUMN_NAME]->at == NOWHERE && source->table->rowid_alias < 0) {
            node->child[RESULT_ALIAS] = make_name_of(w->arena, LITERAL("rowid"));
            node->flags |= HAS_AS;
        }
    }
    return true;
}
