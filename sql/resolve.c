/*
 * Resolving: tables first, then what lies within. resolve_columns.c knows what columns there are.
 */
#include "sql/leakproof.h"
#include "sql/limits.h"
#include "sql/resolve_private.h"

bool resolve_out_of_memory(struct resolver *resolver) {
    return fail(resolver->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement is too large");
}

struct node *resolve_find_cte(struct scope *scope, struct str name, struct scope **ret_home) {
    for (; scope; scope = scope->outer) {
        if (!scope->with) continue;
        const struct node *ctes = scope->with->child[WITH_CTES];
        for (uint32_t i = 0; i < ctes->count; i++)
            if (str_same_name(ctes->child[i]->child[CTE_NAME]->text, name)) {
                *ret_home = scope;
                return ctes->child[i];
            }
    }
    return NULL;
}

/* --- expressions --- */

static bool resolve_table_function(struct resolver *resolver, struct node *node, struct scope *scope,
                                   struct source **ret_source);

static bool expand(struct resolver *resolver, const struct node *node, size_t tables) {
    resolver->expansion += tables > 0 ? tables : 1;
    if (resolver->expansion <= LIMIT_EXPANSION) return true;
    return fail(resolver->err, ERROR_LIMIT_EXCEEDED, node->at, "the statement reads too many tables");
}

/* Whether a node reads a view or common table expression that can fail. */
static bool is_failing_read(const struct node *node) {
    const struct source *source = node->kind == NODE_TABLE ? node->source : NULL;
    if (!source) return false;
    if (source->table && source->table->may_fail) return true;
    return source->kind == SOURCE_CTE && source->definition->source && source->definition->source->may_fail;
}

bool resolve_reads_failing(const struct node *node) {
    return node_any(node, is_failing_read);
}

/* Resolves the body of a CTE once, when it is first named or its WITH is come to. */
static bool resolve_cte(struct resolver *resolver, struct node *cte, struct scope *home) {
    if (cte->flags & (RESOLVING | RESOLVED)) return true;
    struct node *select = cte->child[CTE_SELECT];
    size_t before = resolver->expansion;
    cte->flags |= RESOLVING;
    if (!resolve_select(resolver, select, home)) return false;
    struct source *source = arena_alloc(resolver->arena, sizeof *source);
    if (!source) return resolve_out_of_memory(resolver);
    *source = cte->source ? *cte->source : *select->source;
    source->weight = resolver->expansion - before;
    resolver->expansion = before; /* it is read where it is named */
    source->may_fail = leakproof_any_may_fail(select) || resolve_reads_failing(select);
    cte->source = source;
    cte->flags = (cte->flags & ~(uint32_t)RESOLVING) | RESOLVED;
    return true;
}

static bool resolve_cte_name(struct resolver *resolver, struct node *node, struct node *cte, struct scope *home,
                             struct source *source) {
    source->kind = SOURCE_CTE;
    source->definition = cte;
    if (!resolve_cte(resolver, cte, home)) return false;
    /* of a CTE that refers to itself its first arm is known */
    const struct source *known = cte->source ? cte->source : cte->child[CTE_SELECT]->source;
    if (known) {
        source->columns = known->columns;
        source->column_count = known->column_count;
    }
    return expand(resolver, node, known ? known->weight : 1);
}

/* A name of a table: in FROM, or behind IN. */
static bool resolve_table(struct resolver *resolver, struct node *node, struct scope *scope, struct source *source) {
    struct node *schema = node->child[TABLE_SCHEMA], *name = node->child[TABLE_NAME], *alias = node->child[TABLE_ALIAS];
    source->name = (alias ? alias : name)->text;
    node->source = source;
    struct scope *home = NULL;
    struct node *cte = schema ? NULL : resolve_find_cte(scope, name->text, &home);
    if (cte) return resolve_cte_name(resolver, node, cte, home, source);
    source->kind = SOURCE_TABLE;
    if (schema && !str_is_name(schema->text, "main") && !resolver->tables_only)
        return fail(resolver->err, ERROR_NOT_FOUND, node->at, "no such table: %.*s.%.*s", STR(schema->text),
                    STR(name->text));
    source->table = schema_find_table(resolver->schema, name->text);
    source->node = node;
    return expand(resolver, node, 1) && resolver->on_table(resolver->context, node, source);
}

static bool resolve_in_table(struct resolver *resolver, struct node *in, struct scope *scope) {
    struct node *table = in->child[IN_TABLE_TABLE];
    if (!resolve_expression(resolver, in->child[IN_TABLE_OPERAND], scope)) return false;
    struct source *source;
    if (table->kind == NODE_TABLE_FUNCTION) return resolve_table_function(resolver, table, scope, &source);
    source = arena_alloc(resolver->arena, sizeof *source);
    if (!source) return resolve_out_of_memory(resolver);
    if (!resolve_table(resolver, table, scope, source)) return false;
    table->child[TABLE_ALIAS] = NULL; /* there is none behind IN */
    return true;
}

/* Whether an expression, taken as a whole, can fail on a row. An aggregate fails on what it has gathered, if at all. */
static bool is_failing(const struct node *node) {
    switch (node->kind) {
    case NODE_FUNCTION:
        return !leakproof_is_aggregate(node) && leakproof_may_fail(node);
    case NODE_BINARY:
    case NODE_LIKE:
        return leakproof_may_fail(node);
    case NODE_SUBQUERY:
    case NODE_EXISTS:
    case NODE_IN_SELECT:
        return leakproof_any_may_fail(*node_asked_select(node));
    case NODE_IN_TABLE:
        return leakproof_any_may_fail(node->child[IN_TABLE_TABLE]);
    default:
        return false;
    }
}

static bool resolve_children(struct resolver *resolver, struct node *node, struct scope *scope) {
    for (uint32_t i = 0; i < node->count; i++) {
        if (!resolve_expression(resolver, node->child[i], scope)) return false;
        /* FTS5 takes a rank that is compared for a search */
        if (node->kind == NODE_RESULT || node->kind == NODE_TERM || !resolve_is_rank(node->child[i])) continue;
        struct node *plus = node_new(resolver->arena, NODE_UNARY, node->child[i]->at, node->child[i]->end);
        if (!plus) return resolve_out_of_memory(resolver);
        plus->flags = OPERATOR_PLUS;
        plus->child[UNARY_OPERAND] = node->child[i];
        node->child[i] = plus;
    }
    return true;
}

static bool resolve_parts(struct resolver *resolver, struct node *node, struct scope *scope) {
    if (node->kind == NODE_IN_TABLE) return resolve_in_table(resolver, node, scope);
    if (node->kind == NODE_LIKE && NODE_CHOICE(node) == OPERATOR_MATCH && !resolver->tables_only)
        return fail(resolver->err, ERROR_PERMISSION_DENIED, node->at,
                    "MATCH must be a condition of its own in WHERE or ON, with others behind AND");
    if (node->kind == NODE_FUNCTION && leakproof_is_auxiliary(node->child[FUNCTION_NAME]->text) &&
        !resolver->tables_only)
        return resolve_auxiliary(resolver, node, scope);
    return resolve_children(resolver, node, scope);
}

/* Resolves the sub-select of an expression before the rest, so that it can be moved away if it can fail. */
static bool resolve_sub_select(struct resolver *resolver, struct node *node, struct scope *scope) {
    struct node **place = node_asked_select(node), *select = *place;
    if (!resolve_select(resolver, select, scope)) return false;
    select->flags |= RESOLVED;
    if (!leakproof_any_may_fail(select) && !resolve_reads_failing(select)) return true;
    bool moved;
    if (!resolver->on_sub_select(resolver->context, node, scope, &moved)) return false;
    if (moved) (*place)->flags |= RESOLVED;
    return true;
}

bool resolve_expression(struct resolver *resolver, struct node *expression, struct scope *scope) {
    if (!expression) return true;
    if (expression->kind == NODE_SELECT)
        return expression->flags & RESOLVED || resolve_select(resolver, expression, scope);
    if (expression->kind == NODE_COLUMN) return resolver->tables_only || resolve_column(resolver, expression, scope);
    bool survivors = scope->survivors;
    if (resolver->on_sub_select && !survivors && node_asked_select(expression) &&
        !resolve_sub_select(resolver, expression, scope))
        return false;
    bool fails = resolver->on_failing && !survivors && is_failing(expression);
    bool is_gathered = expression->kind == NODE_FUNCTION && leakproof_is_aggregate(expression);
    scope->survivors = survivors || fails || is_gathered; /* what is within is taken care of by the whole */
    bool fine = resolve_parts(resolver, expression, scope);
    scope->survivors = survivors;
    /* of what is not in the text of a sub-select only the resolver knows */
    bool has_select = node_asked_select(expression) || expression->kind == NODE_IN_TABLE;
    if (fine && resolver->on_failing && !survivors && has_select) fails = fails || resolve_reads_failing(expression);
    if (!fine || !fails) return fine;
    if (!scope->pending) return resolver->on_failing(resolver->context, expression, scope, NULL);
    struct pending *pending = arena_alloc(resolver->arena, sizeof *pending);
    if (!pending) return resolve_out_of_memory(resolver);
    *pending = (struct pending){expression, scope->pending->next};
    scope->pending->next = pending;
    return true;
}

/* Resolves an expression, and holds back what can fail of it until all of it is known. */
static bool resolve_and_hold(struct resolver *resolver, struct node *node, struct scope *scope,
                             struct pending *ret_first) {
    struct pending *outer = scope->pending;
    scope->pending = ret_first;
    bool fine = resolve_expression(resolver, node, scope);
    scope->pending = outer;
    return fine;
}

static bool tell_held(struct resolver *resolver, const struct pending *first, struct scope *scope,
                      const struct node *term) {
    for (const struct pending *pending = first->next; pending; pending = pending->next)
        if (!resolver->on_failing(resolver->context, pending->node, scope, term)) return false;
    return true;
}

/* The results of a SELECT. Those of one that gathers all rows into one, be there none, are made of rows that have
 * passed all conditions, or of NULLs, for which no shield would let them pass. */
static bool resolve_results(struct resolver *resolver, struct node *core, struct scope *scope) {
    struct pending first = {0};
    if (!resolve_and_hold(resolver, core->child[CORE_COLUMNS], scope, &first)) return false;
    if (!core->child[CORE_GROUP] && resolve_gathers(core->child[CORE_COLUMNS], scope)) return true;
    return tell_held(resolver, &first, scope, NULL);
}

bool resolve_term(struct resolver *resolver, struct node *term, struct scope *scope) {
    struct pending first = {0};
    if (!term) return true;
    if (!resolve_and_hold(resolver, term, scope, &first)) return false;
    if (!resolver->on_failing || scope->survivors) return true;
    return tell_held(resolver, &first, scope, term) && resolver->on_term(resolver->context, term, NULL, scope);
}

/* --- FROM --- */

/* search('word') */
static bool resolve_search(struct resolver *resolver, struct node *node, struct scope *scope,
                           const struct table_schema *table, struct source **ret_source) {
    const struct node *name = node->child[TABLE_FUNCTION_NAME], *schema = node->child[TABLE_FUNCTION_SCHEMA],
                      *alias = node->child[TABLE_FUNCTION_ALIAS];
    struct scope *home;
    if ((schema && !str_is_name(schema->text, "main")) || (!schema && resolve_find_cte(scope, name->text, &home)))
        return fail(resolver->err, ERROR_NOT_FOUND, node->at, "no such table-valued function: %.*s", STR(name->text));
    struct node *arguments = node->child[TABLE_FUNCTION_ARGUMENTS];
    for (uint32_t i = 0; arguments && i < arguments->count; i++) {
        if (!resolve_pattern(resolver, arguments->child[i], scope)) return false;
        if (i == 0 && !resolve_plain_pattern(resolver, &arguments->child[i])) return false;
    }
    struct source *source = arena_alloc(resolver->arena, sizeof *source);
    if (!source) return resolve_out_of_memory(resolver);
    *source = (struct source){.kind = SOURCE_TABLE, .name = (alias ? alias : name)->text, .table = table, .node = node};
    node->source = source;
    *ret_source = source;
    return expand(resolver, node, 1) && resolver->on_table(resolver->context, node, source);
}

static bool resolve_table_function(struct resolver *resolver, struct node *node, struct scope *scope,
                                   struct source **ret_source) {
    static const struct str columns[] = {{"key", 3},    {"value", 5},   {"type", 4}, {"atom", 4}, {"id", 2},
                                         {"parent", 6}, {"fullkey", 7}, {"path", 4}, {"json", 4}, {"root", 4}};
    struct node *name = node->child[TABLE_FUNCTION_NAME], *alias = node->child[TABLE_FUNCTION_ALIAS];
    bool allowed = str_is_name(name->text, "json_each") || str_is_name(name->text, "json_tree");
    const struct table_schema *table = schema_find_table(resolver->schema, name->text);
    if (table && table->full_text && !resolver->tables_only)
        return resolve_search(resolver, node, scope, table, ret_source);
    if (!resolver->tables_only && (!allowed || node->child[TABLE_FUNCTION_SCHEMA] || table))
        return fail(resolver->err, ERROR_NOT_FOUND, node->at, "no such table-valued function: %.*s", STR(name->text));
    const struct node *arguments = node->child[TABLE_FUNCTION_ARGUMENTS];
    for (uint32_t i = 0; arguments && i < arguments->count; i++) {
        /* the function itself can fail on what it is given; what is given to all rows alike tells of none */
        bool fails = resolver->on_failing && !scope->survivors && node_has_kind(arguments->child[i], NODE_COLUMN);
        bool survivors = scope->survivors;
        scope->survivors = true;
        bool fine = resolve_expression(resolver, arguments->child[i], scope);
        scope->survivors = survivors;
        if (!fine || (fails && !resolver->on_failing(resolver->context, arguments->child[i], scope, NULL)))
            return false;
    }
    struct source *source = arena_alloc(resolver->arena, sizeof *source);
    if (!source) return resolve_out_of_memory(resolver);
    source->kind = SOURCE_DERIVED;
    source->name = (alias ? alias : name)->text;
    if (allowed) {
        source->columns = columns;
        source->column_count = 8;
    }
    node->source = source;
    *ret_source = source;
    return true;
}

static bool resolve_source(struct resolver *resolver, struct node *node, struct scope *scope) {
    struct source *source = NULL;
    switch (node->kind) {
    case NODE_TABLE:
        source = arena_alloc(resolver->arena, sizeof *source);
        if (!source) return resolve_out_of_memory(resolver);
        return resolve_table(resolver, node, scope, source) && scope_add(resolver, scope, source);
    case NODE_TABLE_FUNCTION:
        return resolve_table_function(resolver, node, scope, &source) && scope_add(resolver, scope, source);
    case NODE_DERIVED: {
        source = arena_alloc(resolver->arena, sizeof *source);
        if (!source) return resolve_out_of_memory(resolver);
        if (!resolve_select(resolver, node->child[DERIVED_SELECT], scope->outer)) return false;
        const struct source *columns = node->child[DERIVED_SELECT]->source;
        *source = *columns;
        source->kind = SOURCE_DERIVED;
        source->node = node;
        source->name = node->child[DERIVED_ALIAS] ? node->child[DERIVED_ALIAS]->text : (struct str){0};
        node->source = source;
        return scope_add(resolver, scope, source);
    }
    case NODE_NESTED: {
        if (!node->child[NESTED_ALIAS]) {
            size_t first = scope->source_count;
            bool is_nested = scope->is_nested;
            scope->is_nested = true;
            bool fine = resolve_from(resolver, node->child[NESTED_FROM], scope);
            scope->is_nested = is_nested;
            for (size_t i = first; i < scope->source_count; i++) scope->sources[i]->is_optional = true;
            return fine;
        }
        /* (a JOIN b) AS c: one source with the columns of all */
        struct scope inner = {.outer = scope->outer, .is_nested = true};
        if (!resolve_from(resolver, node->child[NESTED_FROM], &inner)) return false;
        struct column_names names = {0};
        for (size_t i = 0; i < inner.source_count; i++)
            if (!column_names_of_source(resolver, &names, inner.sources[i])) return false;
        if (!column_names_make_unique(resolver, &names)) return false;
        source = arena_alloc(resolver->arena, sizeof *source);
        if (!source) return resolve_out_of_memory(resolver);
        *source = (struct source){.kind = SOURCE_DERIVED,
                                  .node = node,
                                  .name = node->child[NESTED_ALIAS]->text,
                                  .columns = names.items,
                                  .column_count = names.count};
        node->source = source;
        return scope_add(resolver, scope, source);
    }
    default:
        return fail(resolver->err, ERROR_INTERNAL, node->at, "unknown kind of source");
    }
}

/* `x JOIN (post)` and `x JOIN (post AS p)`: one table in parentheses stands for itself. SQLite loses its alias
 * otherwise. */
static void unwrap_single(struct node *join) {
    for (struct node *nested; (nested = join->child[JOIN_SOURCE])->kind == NODE_NESTED;) {
        struct node *from = nested->child[NESTED_FROM];
        if (from->count != 1 || from->child[0]->child[JOIN_ON] || from->child[0]->child[JOIN_USING]) return;
        struct node *inner = from->child[0]->child[JOIN_SOURCE], *alias = nested->child[NESTED_ALIAS];
        if (alias) {
            switch (inner->kind) {
            case NODE_TABLE:
                inner->child[TABLE_ALIAS] = alias;
                break;
            case NODE_TABLE_FUNCTION:
                inner->child[TABLE_FUNCTION_ALIAS] = alias;
                break;
            case NODE_DERIVED:
                inner->child[DERIVED_ALIAS] = alias;
                break;
            case NODE_NESTED:
                inner->child[NESTED_ALIAS] = alias;
                break;
            default:
                return;
            }
        }
        join->child[JOIN_SOURCE] = inner;
    }
}

/* `(post JOIN person) JOIN circle`: to SQLite, parentheses around what comes first are none. */
static bool unwrap_first(struct resolver *resolver, struct node *from) {
    for (struct node *first; (first = from->child[0])->child[JOIN_SOURCE]->kind == NODE_NESTED;) {
        const struct node *nested = first->child[JOIN_SOURCE], *inner = nested->child[NESTED_FROM];
        if (nested->child[NESTED_ALIAS] || first->child[JOIN_ON] || first->child[JOIN_USING]) return true;
        struct node *longer = node_new(resolver->arena, NODE_FROM, from->at, from->end);
        for (uint32_t i = 0; i < inner->count; i++) longer = node_append(resolver->arena, longer, inner->child[i]);
        for (uint32_t i = 1; i < from->count; i++) longer = node_append(resolver->arena, longer, from->child[i]);
        if (!longer) return resolve_out_of_memory(resolver);
        *from = *longer;
    }
    return true;
}

bool resolve_from(struct resolver *resolver, struct node *from, struct scope *scope) {
    if (!from) return true;
    if (!resolver->tables_only && !unwrap_first(resolver, from)) return false;
    size_t first = scope->source_count, outer_from = scope->reach_from, outer_to = scope->reach_to;
    size_t *ends = arena_array(resolver->arena, from->count, sizeof *ends);
    if (!ends) return resolve_out_of_memory(resolver);
    scope->reach_from = first;
    scope->reach_to = 0;
    for (uint32_t i = 0; i < from->count; i++) {
        if (!resolver->tables_only) unwrap_single(from->child[i]);
        if (!resolve_source(resolver, from->child[i]->child[JOIN_SOURCE], scope)) return false;
        ends[i] = scope->source_count;
        uint32_t join = from->child[i]->flags;
        if (join & JOIN_RIGHT) scope->has_right_join = true;
        for (size_t j = i > 0 ? ends[i - 1] : first; join & JOIN_LEFT && j < ends[i]; j++)
            scope->sources[j]->is_optional = true;
    }
    for (uint32_t i = 0; i < from->count; i++) {
        scope->reach_from = first;
        scope->reach_to = ends[i];
        scope->joined_from = i > 0 ? ends[i - 1] : first;
        scope->join = from->child[i];
        if (resolver->on_term && resolver->on_failing &&
            !resolver->on_term(resolver->context, NULL, from->child[i], scope))
            return false;
        if (!resolve_using(resolver, from->child[i], scope) ||
            !resolve_condition(resolver, from->child[i]->child[JOIN_ON], scope))
            return false;
    }
    scope->join = NULL;
    scope->reach_from = outer_from;
    scope->reach_to = outer_to;
    return true;
}

/* --- SELECT --- */

static bool resolve_core(struct resolver *resolver, struct node *core, struct scope *scope, bool is_outermost) {
    scope->core = core;
    if (!resolve_from(resolver, core->child[CORE_FROM], scope)) return false;
    /* SQLite takes HAVING without GROUP BY where there is an aggregate alone: what is gathered has survived */
    bool gathers_all = core->child[CORE_HAVING] && !core->child[CORE_GROUP];
    /* within the result list its own aliases are not in sight */
    scope->survivors = is_outermost || gathers_all;
    if (!resolve_results(resolver, core, scope) || !resolve_merged(resolver, core)) return false;
    scope->results = core->child[CORE_COLUMNS];
    if (!resolve_expression(resolver, core->child[CORE_GROUP], scope)) return false;
    scope->survivors = false;
    if (!resolve_condition(resolver, core->child[CORE_WHERE], scope)) return false;
    scope->survivors = gathers_all;
    bool fine = resolve_term(resolver, core->child[CORE_HAVING], scope);
    scope->survivors = false;
    return fine && resolve_expression(resolver, core->child[CORE_WINDOWS], scope);
}

/* The name of a CTE's columns, where they are written: t(a, b) AS … */
static bool cte_list_names(struct resolver *resolver, const struct node *cte, struct column_names *names) {
    const struct node *columns = cte->child[CTE_COLUMNS];
    for (uint32_t i = 0; columns && i < columns->count; i++)
        if (!column_names_add(resolver, names, columns->child[i]->text)) return false;
    return true;
}

bool resolve_with(struct resolver *resolver, struct node *with, struct scope *scope) {
    if (!with) return true;
    struct node *ctes = with->child[WITH_CTES];
    if (ctes->count > LIMIT_CTES)
        return fail(resolver->err, ERROR_LIMIT_EXCEEDED, with->at, "too many common table expressions in one WITH");
    for (uint32_t i = 0; i < ctes->count; i++) {
        struct column_names names = {0};
        if (!cte_list_names(resolver, ctes->child[i], &names)) return false;
        if (names.count > 0 && !column_names_keep(resolver, ctes->child[i], &names)) return false;
    }
    for (uint32_t i = 0; i < ctes->count; i++)
        if (!resolve_cte(resolver, ctes->child[i], scope)) return false;
    return true;
}

static bool resolve_whole(struct resolver *resolver, struct node *select, struct scope *outer, bool is_outermost) {
    struct scope with_scope = {.outer = outer, .with = select->child[SELECT_WITH]};
    if (!resolve_with(resolver, select->child[SELECT_WITH], &with_scope)) return false;
    struct node *arms = select->child[SELECT_ARMS];
    for (uint32_t i = 0; i < arms->count; i++) {
        struct node *arm = arms->child[i];
        struct scope scope = {.outer = &with_scope};
        struct column_names names = {0};
        if (node_row_width(arm) > 0) {
            if (!resolve_expression(resolver, arm, &scope)) return false;
            if (i == 0 &&
                (!column_names_of_values(resolver, arm, &names) || !column_names_keep(resolver, select, &names)))
                return false;
        } else {
            if (!resolve_core(resolver, arm, &scope, is_outermost)) return false;
            if (i == 0 &&
                (!column_names_of_core(resolver, arm, &names) || !column_names_keep(resolver, select, &names)))
                return false;
        }
        if (arms->count > 1) continue;
        scope.survivors = is_outermost;
        if (!resolve_expression(resolver, select->child[SELECT_ORDER], &scope)) return false;
    }
    if (arms->count > 1) {
        /* only the names and places of results may stand here; SQLite refuses anything else */
        struct scope scope = {.outer = &with_scope, .compound = select, .survivors = true};
        if (!resolve_expression(resolver, select->child[SELECT_ORDER], &scope)) return false;
    }
    struct scope limits = {.outer = &with_scope, .survivors = true};
    return resolve_expression(resolver, select->child[SELECT_LIMIT], &limits) &&
           resolve_expression(resolver, select->child[SELECT_OFFSET], &limits);
}

bool resolve_outermost(struct resolver *resolver, struct node *select, struct scope *outer) {
    return resolve_whole(resolver, select, outer, true);
}

bool resolve_select(struct resolver *resolver, struct node *select, struct scope *outer) {
    return resolve_whole(resolver, select, outer, false);
}
