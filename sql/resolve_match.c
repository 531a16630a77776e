/*
 * Full-text search: where MATCH may stand, and what it may be given.
 *
 * FTS5 can only answer a MATCH that SQLite hands to it as a constraint. Any other ends in an error at run time, at the
 * first row that it is asked of, and that row may be hidden. So a MATCH is taken only where it is sure to be handed
 * over: as a term of WHERE or ON. And a pattern that is malformed ends in an error too, so one that comes from rows
 * comes from rows that may be seen.
 *
 * FTS5 adds two columns to its tables. That of the table's own name is for `search MATCH …`, `search = …` and as the
 * first argument of bm25, highlight and snippet; what it holds is of no concern to anybody. The other is `rank`.
 */
#include "sql/leakproof.h"
#include "sql/resolve_private.h"

static bool is_searchable(const struct source *source) {
    return source && source->kind == SOURCE_TABLE && source->table && source->table->full_text;
}

/* Whether a column bound to a full-text table is that of the table's own name. */
static bool is_own_column(const struct source *source, struct str name) {
    const struct column_schema *column = schema_find_column(source->table, name);
    return column && column->hidden && str_same_name(name, source->table->name);
}

static bool is_hidden(const struct node *node) {
    if (!node || node->kind != NODE_COLUMN || !is_searchable(node->source)) return false;
    const struct column_schema *column = schema_find_column(node->source->table, node->child[COLUMN_NAME]->text);
    return column && column->hidden;
}

bool resolve_is_rank(const struct node *node) {
    return is_hidden(node) && !is_own_column(node->source, node->child[COLUMN_NAME]->text);
}

bool resolve_hidden_column(struct resolver *resolver, struct node *column, struct source *source) {
    if (!is_hidden(column)) return true;
    struct str name = column->child[COLUMN_NAME]->text;
    if (!resolver->searches && is_own_column(source, name))
        return fail(resolver->err, ERROR_PERMISSION_DENIED, column->at,
                    "%.*s is for MATCH, and for functions of the row that it finds", STR(name));
    return resolver->on_full_text(resolver->context, column, source);
}

/* Whether a name means a full-text table's own column, of this scope: FTS5 takes a comparison with it for a search. */
static bool names_own_column(const struct node *node, const struct scope *scope) {
    if (node->kind != NODE_COLUMN) return false;
    const struct node *table = node->child[COLUMN_TABLE];
    struct str name = node->child[COLUMN_NAME]->text;
    for (size_t i = 0; i < scope->source_count; i++) {
        const struct source *source = scope->sources[i];
        if (table && !str_same_name(source->name, table->text)) continue;
        if (is_searchable(source) && is_own_column(source, name)) return true;
        if (source->table && schema_find_column(source->table, name)) return false;
    }
    return false;
}

static bool bind(struct resolver *resolver, struct node *column, struct scope *scope) {
    resolver->searches = true;
    bool fine = resolve_column(resolver, column, scope);
    resolver->searches = false;
    return fine;
}

/* The place of a source in its scope; its sources' number where it is another scope's. */
static size_t place_of(const struct scope *scope, const struct source *source) {
    size_t i = 0;
    while (i < scope->source_count && scope->sources[i] != source) i++;
    return i;
}

/* Whether SQLite is sure to hand a term over to the table's module. */
static bool is_handed_over(const struct scope *scope, const struct source *source) {
    size_t place = place_of(scope, source);
    if (scope->has_right_join || scope->is_nested) return false;
    if (!scope->join || !(scope->join->flags & JOIN_LEFT)) return !source->is_optional;
    return place >= scope->joined_from && !source->guard;
}

bool resolve_plain_pattern(struct resolver *resolver, struct node **pattern) {
    struct node *space = node_new_text(resolver->arena, NODE_STRING, LITERAL(" "), 0);
    struct node *plain = node_new(resolver->arena, NODE_BINARY, (*pattern)->at, (*pattern)->end);
    if (!space || !plain) return resolve_out_of_memory(resolver);
    plain->flags = OPERATOR_CONCATENATE;
    plain->child[BINARY_LEFT] = space;
    plain->child[BINARY_RIGHT] = *pattern;
    *pattern = plain;
    return true;
}

bool resolve_pattern(struct resolver *resolver, struct node *pattern, struct scope *scope) {
    /* it runs before there is a row of the table, and what it reads is materialised */
    bool survivors = scope->survivors;
    scope->survivors = true;
    bool fine = resolve_expression(resolver, pattern, scope);
    scope->survivors = survivors;
    return fine && resolver->on_pattern(resolver->context, pattern, scope);
}

static bool reads(const struct node *node, const struct source *source) {
    if (!node) return false;
    if (node->kind == NODE_COLUMN && node->source == source) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (reads(node->child[i], source)) return true;
    return false;
}

static bool resolve_match(struct resolver *resolver, struct node *term, struct node *column, struct node **pattern,
                          struct scope *scope) {
    if (column->kind != NODE_COLUMN)
        return fail(resolver->err, ERROR_PERMISSION_DENIED, term->at,
                    "MATCH needs a column, or the name, of a full-text table");
    struct str name = column->child[COLUMN_NAME]->text;
    if (!bind(resolver, column, scope)) return false;
    const struct source *source = column->source;
    if (!is_searchable(source) || !schema_find_column(source->table, name) ||
        place_of(scope, source) == scope->source_count)
        return fail(resolver->err, ERROR_PERMISSION_DENIED, term->at,
                    "MATCH needs a column, or the name, of a full-text table in the same FROM");
    if (!is_handed_over(scope, source))
        return fail(resolver->err, ERROR_PERMISSION_DENIED, term->at,
                    "MATCH cannot be used across this outer join, or one in parentheses: search in a sub-select");
    bool is_rank = resolve_is_rank(column);
    if (!resolve_pattern(resolver, *pattern, scope)) return false;
    if (reads(*pattern, source))
        return fail(resolver->err, ERROR_PERMISSION_DENIED, (*pattern)->at,
                    "the pattern of MATCH cannot come from the table that is searched");
    return is_rank || resolve_plain_pattern(resolver, pattern);
}

bool resolve_condition(struct resolver *resolver, struct node *condition, struct scope *scope) {
    if (!condition || resolver->tables_only) return resolve_expression(resolver, condition, scope);
    struct node **child = condition->child;
    if (condition->kind == NODE_BINARY && NODE_CHOICE(condition) == OPERATOR_AND)
        return resolve_condition(resolver, child[BINARY_LEFT], scope) &&
               resolve_condition(resolver, child[BINARY_RIGHT], scope);
    if (condition->kind == NODE_LIKE && NODE_CHOICE(condition) == OPERATOR_MATCH && !(condition->flags & NEGATED))
        return resolve_match(resolver, condition, child[LIKE_LEFT], &child[LIKE_PATTERN], scope);
    if (condition->kind == NODE_BINARY && NODE_CHOICE(condition) == OPERATOR_EQUAL) {
        if (names_own_column(child[BINARY_LEFT], scope))
            return resolve_match(resolver, condition, child[BINARY_LEFT], &child[BINARY_RIGHT], scope);
        if (names_own_column(child[BINARY_RIGHT], scope))
            return resolve_match(resolver, condition, child[BINARY_RIGHT], &child[BINARY_LEFT], scope);
    }
    return resolve_term(resolver, condition, scope);
}

static bool is_integer_within(const struct node *node, int64_t least, int64_t most) {
    bool is_negative = node->kind == NODE_UNARY && NODE_CHOICE(node) == OPERATOR_MINUS;
    if (is_negative) node = node->child[UNARY_OPERAND];
    int64_t value;
    if (node->kind != NODE_INTEGER || !str_to_int64(node->text, &value)) return false;
    if (is_negative) value = -value;
    return value >= least && value <= most;
}

static int64_t count_text_columns(const struct table_schema *table) {
    int64_t count = 0;
    for (size_t i = 0; i < table->column_count; i++) count += !table->columns[i].hidden;
    return count;
}

/* What a function of the row must be given, so that it does not fail. */
static bool check_arguments(struct resolver *resolver, const struct node *call, const struct table_schema *table) {
    struct str name = call->child[FUNCTION_NAME]->text;
    const struct node *arguments = call->child[FUNCTION_ARGUMENTS];
    if (str_is_name(name, "bm25")) return true;
    if (arguments->count != (str_is_name(name, "highlight") ? 4 : 6))
        return fail(resolver->err, ERROR_INVALID_VALUE, call->at, "wrong number of arguments to function %.*s()",
                    STR(name));
    if (str_is_name(name, "highlight")) return true;
    if (is_integer_within(arguments->child[1], -1, count_text_columns(table) - 1) &&
        is_integer_within(arguments->child[5], 1, 64))
        return true;
    return fail(resolver->err, ERROR_PERMISSION_DENIED, call->at,
                "the column of snippet() must be written as -1 or a column's number, and the length as 1 to 64");
}

bool resolve_auxiliary(struct resolver *resolver, struct node *call, struct scope *scope) {
    struct str name = call->child[FUNCTION_NAME]->text;
    struct node *arguments = call->child[FUNCTION_ARGUMENTS];
    struct node *table = arguments && arguments->count > 0 ? arguments->child[0] : NULL;
    if (!table || call->child[FUNCTION_OVER] || call->child[FUNCTION_FILTER] || call->flags & DISTINCT ||
        !names_own_column(table, scope))
        return fail(resolver->err, ERROR_PERMISSION_DENIED, call->at,
                    "%.*s() needs the name of a full-text table in the same FROM as its first argument", STR(name));
    if (!bind(resolver, table, scope)) return false;
    if (str_is_name(name, "bm25") && table->source->guard)
        return fail(resolver->err, ERROR_PERMISSION_DENIED, call->at,
                    "bm25() counts hidden rows too: it can be used only where select on %.*s is FULL",
                    STR(table->source->table->name));
    if (!check_arguments(resolver, call, table->source->table)) return false;
    for (uint32_t i = 1; i < arguments->count; i++)
        if (!resolve_expression(resolver, arguments->child[i], scope)) return false;
    return true;
}

bool resolve_using(struct resolver *resolver, const struct node *join, const struct scope *scope) {
    const struct node *names = join->child[JOIN_USING];
    for (uint32_t i = 0; names && i < names->count && !resolver->tables_only; i++)
        for (size_t j = 0; j < scope->source_count; j++) {
            const struct source *source = scope->sources[j];
            const struct column_schema *column =
                is_searchable(source) ? schema_find_column(source->table, names->child[i]->text) : NULL;
            if (column && column->hidden)
                return fail(resolver->err, ERROR_PERMISSION_DENIED, names->child[i]->at,
                            "USING cannot name %.*s of a full-text table", STR(column->name));
        }
    return true;
}
