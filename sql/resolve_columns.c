/*
 * Columns: what those of a source are called, and which source a name means.
 */
#include "sql/leakproof.h"
#include "sql/make.h"
#include "sql/resolve_private.h"

bool resolve_is_rowid_name(struct str name) {
    return str_is_name(name, "rowid") || str_is_name(name, "oid") || str_is_name(name, "_rowid_");
}

bool resolve_column_is_visible(const struct policy *policy, const struct column_schema *column) {
    return policy_field_rule(policy, column, OPERATION_SELECT).kind != RULE_NONE;
}

bool column_names_add(struct resolver *resolver, struct column_names *names, struct str name) {
    struct str *items = arena_grow(resolver->arena, names->items, names->count, sizeof *items);
    if (!items) return resolve_out_of_memory(resolver);
    names->items = items;
    items[names->count++] = name;
    return true;
}

bool column_names_of_source(struct resolver *resolver, struct column_names *names, const struct source *source) {
    if (source->table) {
        for (size_t i = 0; i < source->table->column_count; i++) {
            const struct column_schema *column = &source->table->columns[i];
            if (!column->hidden && resolve_column_is_visible(resolver->policy, column) &&
                !column_names_add(resolver, names, column->name))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < source->column_count; i++)
        if (!column_names_add(resolver, names, source->columns[i])) return false;
    return true;
}

/* The columns that a core gives, once its FROM is resolved into `scope`. */
bool column_names_of_core(struct resolver *resolver, const struct node *core, struct column_names *names) {
    const struct node *results = core->child[CORE_COLUMNS];
    for (uint32_t i = 0; i < results->count; i++) {
        const struct node *result = results->child[i];
        if (result->kind == NODE_STAR) {
            struct star_columns star = {0};
            if (core->child[CORE_FROM] && !resolve_star(resolver, core->child[CORE_FROM], result, &star)) return false;
            for (size_t j = 0; j < star.count; j++)
                if (!column_names_add(resolver, names, star.items[j].name)) return false;
        } else if (result->child[RESULT_ALIAS]) {
            if (!column_names_add(resolver, names, result->child[RESULT_ALIAS]->text)) return false;
        } else if (result->child[RESULT_EXPRESSION]->kind == NODE_COLUMN) {
            if (!column_names_add(resolver, names, result->child[RESULT_EXPRESSION]->child[COLUMN_NAME]->text))
                return false;
        } else {
            /* named after its text, which only a quoted name can mean */
            if (!column_names_add(resolver, names, (struct str){0})) return false;
        }
    }
    return true;
}

#define RENAMED_MAX 3 /* beyond, SQLite makes names at random */

/* Whether a name is among these; what has none is not. */
static bool has_name(const struct str *names, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++)
        if (names[i].length > 0 && str_same_name(names[i], name)) return true;
    return false;
}

bool column_names_make_unique(struct resolver *resolver, struct column_names *names) {
    unsigned renamed = 0;
    for (size_t i = 0; i < names->count; i++) {
        struct str *name = &names->items[i];
        while (has_name(names->items, i, *name)) {
            size_t length = name->length - 1;
            while (length > 0 && name->text[length] >= '0' && name->text[length] <= '9') length--;
            if (name->text[length] != ':') length = name->length;
            if (++renamed > RENAMED_MAX) length = 0;
            *name = length == 0 ? (struct str){0}
                                : arena_format(resolver->arena, "%.*s:%u", STR(str_slice(*name, 0, length)), renamed);
            if (length > 0 && !name->text) return resolve_out_of_memory(resolver);
        }
    }
    return true;
}

bool column_names_of_values(struct resolver *resolver, const struct node *values, struct column_names *names) {
    for (uint32_t i = 0; i < node_row_width(values); i++) {
        struct str name = arena_format(resolver->arena, "column%u", i + 1);
        if (!name.text) return resolve_out_of_memory(resolver);
        if (!column_names_add(resolver, names, name)) return false;
    }
    return true;
}

/* --- columns --- */

static bool source_has_column(const struct resolver *resolver, const struct source *source, struct str name) {
    if (!source->table) return has_name(source->columns, source->column_count, name);
    const struct column_schema *column = schema_find_column(source->table, name);
    /* `excluded` is what the principal itself has given */
    return column && (source->kind == SOURCE_EXCLUDED || resolve_column_is_visible(resolver->policy, column));
}

static bool source_has_rowid(const struct source *source) {
    if (!source->table || source->kind == SOURCE_CTE || source->table->without_rowid) return false;
    return source->table->kind == TABLE_ORDINARY || source->table->full_text;
}

static const struct node *find_alias(const struct node *results, struct str name) {
    for (uint32_t i = 0; results && i < results->count; i++) {
        const struct node *result = results->child[i];
        if (result->kind == NODE_RESULT && result->child[RESULT_ALIAS] &&
            str_same_name(result->child[RESULT_ALIAS]->text, name))
            return result->child[RESULT_EXPRESSION];
    }
    return NULL;
}

/* Whether it is the name of a result of one of the arms, as ORDER BY of a compound SELECT may say it. */
static bool is_compound_result(const struct node *compound, struct str name) {
    if (!compound) return false;
    const struct source *first = compound->source;
    if (first && has_name(first->columns, first->column_count, name)) return true;
    const struct node *arms = compound->child[SELECT_ARMS];
    for (uint32_t i = 0; i < arms->count; i++)
        if (arms->child[i]->kind == NODE_CORE && find_alias(arms->child[i]->child[CORE_COLUMNS], name)) return true;
    return false;
}

/* Whether an expression reads a column of anything but a table: what stands behind it may fail. */
static bool reads_derived(const struct node *node) {
    if (!node) return false;
    if (node->kind == NODE_COLUMN) {
        const struct source *source = node->source;
        return node->flags & (READS_ALIAS | READS_UNSEEN) || (source && (!source->table || source->table->may_fail));
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (reads_derived(node->child[i])) return true;
    return false;
}

/* Whether a name is a result's alias; notes what that reads. */
static bool is_result_alias(const struct scope *scope, struct node *column, struct str name) {
    const struct node *expression = find_alias(scope->results, name);
    if (!expression) return is_compound_result(scope->compound, name);
    column->flags |= READS_ALIAS;
    if (scope->pending &&
        (leakproof_any_may_fail(expression) || resolve_reads_failing(expression) || reads_derived(expression)))
        column->flags |= READS_UNSEEN;
    return true;
}

/* Whether a source of a scope may have a column by a name that is not known here. */
static bool hides_names(const struct scope *scope) {
    for (size_t i = 0; i < scope->source_count; i++) {
        const struct source *source = scope->sources[i];
        if (source->table) continue;
        if (source->column_count == 0) return true;
        for (size_t j = 0; j < source->column_count; j++)
            if (source->columns[j].length == 0) return true;
    }
    return false;
}

static bool no_such_column(struct resolver *resolver, const struct node *column) {
    const struct node *table = column->child[COLUMN_TABLE], *name = column->child[COLUMN_NAME];
    if (!table) return fail(resolver->err, ERROR_NOT_FOUND, column->at, "no such column: %.*s", STR(name->text));
    return fail(resolver->err, ERROR_NOT_FOUND, column->at, "no such column: %.*s.%.*s", STR(table->text),
                STR(name->text));
}

/* Whether everything that a name could mean in these scopes is known here: no column is named after the text of an
 * expression, and no CTE is referred to before its columns are known. */
static bool knows_all_names(const struct scope *scope) {
    bool all = true;
    for (; scope; scope = scope->outer) {
        if (scope->strict) return true;
        if (scope->compound || hides_names(scope)) all = false;
    }
    return all;
}

bool resolve_column(struct resolver *resolver, struct node *column, struct scope *scope) {
    struct node *schema = column->child[COLUMN_SCHEMA], *table = column->child[COLUMN_TABLE];
    struct str name = column->child[COLUMN_NAME]->text;
    if (schema && !str_is_name(schema->text, "main")) return no_such_column(resolver, column);
    for (struct scope *s = scope; s; s = s->outer) {
        struct source *only = NULL;
        size_t matching = 0;
        for (size_t i = 0; i < s->source_count; i++) {
            struct source *source = s->sources[i];
            if (table && !str_same_name(source->name, table->text)) continue;
            if (schema && source->kind != SOURCE_TABLE) continue;
            if (!table && source->kind == SOURCE_EXCLUDED) continue; /* it is only meant by its name */
            matching++;
            only = source;
            if (source_has_column(resolver, source, name)) {
                column->child[COLUMN_SCHEMA] = NULL; /* in sight under one name, with or without it */
                column->source = source;
                return resolve_hidden_column(resolver, column, source);
            }
        }
        if (matching == 1 && resolve_is_rowid_name(name) && source_has_rowid(only)) {
            column->child[COLUMN_SCHEMA] = NULL;
            column->source = only;
            /* what it is called then may be the name of a column further in */
            if (!table && s != scope && only->name.length > 0) {
                column->child[COLUMN_TABLE] = make_name_of(resolver->arena, only->name);
                if (!column->child[COLUMN_TABLE]) return resolve_out_of_memory(resolver);
            }
            return resolver->on_rowid(resolver->context, column, only);
        }
        if (!table && is_result_alias(s, column, name)) return true;
        /* SQLite finds a rowid here, one that means nothing */
        bool is_stored = matching == 1 && only->table && only->kind != SOURCE_CTE && only->table->kind != TABLE_VIEW;
        if (matching == 1 && resolve_is_rowid_name(name) && !is_stored && !hides_names(s))
            return no_such_column(resolver, column);
        /* what is found further out may be what SQLite finds here */
        if (hides_names(s)) column->flags |= READS_UNSEEN;
    }
    bool is_constant = !table && column->child[COLUMN_NAME]->flags == NAME_BARE &&
                       (str_is_name(name, "true") || str_is_name(name, "false"));
    if (is_constant) return true;
    if (schema || knows_all_names(scope)) return no_such_column(resolver, column);
    /* SQLite looks too, and sees nothing but guards and what they show */
    column->flags |= READS_UNSEEN;
    return true;
}

/* The columns of a select, as a source that its node carries. */
bool column_names_keep(struct resolver *resolver, struct node *select, struct column_names *names) {
    if (!column_names_make_unique(resolver, names)) return false;
    struct source *source = arena_alloc(resolver->arena, sizeof *source);
    if (!source) return resolve_out_of_memory(resolver);
    source->kind = SOURCE_DERIVED;
    source->columns = names->items;
    source->column_count = names->count;
    select->source = source;
    return true;
}

/* --- scopes --- */

bool scope_add(struct resolver *resolver, struct scope *scope, struct source *source) {
    struct source **sources = arena_grow(resolver->arena, scope->sources, scope->source_count, sizeof *sources);
    if (!sources) return resolve_out_of_memory(resolver);
    scope->sources = sources;
    sources[scope->source_count++] = source;
    return true;
}

bool scope_has(const struct scope *scope, const struct source *source) {
    for (size_t i = 0; i < scope->source_count; i++)
        if (scope->sources[i] == source) return true;
    return false;
}

/* --- what is gathered --- */

static bool is_own_column(const struct node *node, const struct scope *scope) {
    if (node->kind == NODE_SELECT) return false;
    if (node->kind == NODE_COLUMN && scope_has(scope, node->source)) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && is_own_column(node->child[i], scope)) return true;
    return false;
}

bool resolve_gathers(const struct node *results, const struct scope *scope) {
    if (!results || results->kind == NODE_SELECT) return false;
    if (results->kind == NODE_FUNCTION && leakproof_is_aggregate(results) && !results->child[FUNCTION_OVER])
        return is_own_column(results, scope) || !node_has_kind(results, NODE_COLUMN);
    for (uint32_t i = 0; i < results->count; i++)
        if (resolve_gathers(results->child[i], scope)) return true;
    return false;
}
