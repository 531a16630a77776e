/*
 * Writes: what INSERT, UPDATE and DELETE share.
 *
 * A user's expressions are evaluated over guards, never over the table that is changed, so that a hidden field cannot
 * flow through SET, WHERE or ON CONFLICT. Rows as written are checked by a hidden column of RETURNING:
 * `_bailiwick_check(predicate)` fails the statement, which the transaction around it then undoes.
 */
#include "sql/rewrite_private.h"

#include <string.h>

static const char *const operation_words[OPERATION_COUNT] = {"select from", "create in", "update", "delete from"};

/* What an action of a foreign key to the table changes in the table itself: the key's columns. */
static bool note_own_keys(struct rewrite *w, const struct table_schema *table) {
    for (size_t i = 0; i < table->foreign_read_count; i++) {
        const struct footprint_read *read = &table->foreign_reads[i];
        if (str_same_name(read->table, table->name) &&
            !footprint_add_write(w, FOOTPRINT_UPDATE, read->table, read->column))
            return false;
    }
    return true;
}

/* What foreign keys of the owner's do when rows of the table change or go. */
static bool note_cascades(struct rewrite *w, const struct table_schema *table) {
    w->plan->footprint.definer_cascades = w->needs_definers = true;
    return note_own_keys(w, table);
}

bool rewrite_note_triggers(struct rewrite *w, const struct table_schema *table) {
    w->needs_definers = true;
    bool cascades = false;
    for (size_t i = 0; i < w->schema->table_count; i++) cascades = cascades || w->schema->tables[i].is_foreign_parent;
    if (!cascades) return true;
    w->plan->footprint.definer_cascades = true;
    if (table->kind == TABLE_VIEW || table->foreign_read_count == 0) return true;
    return note_own_keys(w, table) && footprint_add_write(w, FOOTPRINT_DELETE, table->name, (struct str){0});
}

const struct table_schema *rewrite_target(struct rewrite *w, const struct node *target, enum operation operation) {
    const struct node *schema = target->child[TABLE_SCHEMA], *name = target->child[TABLE_NAME];
    const struct table_schema *table = schema_find_table(w->schema, name->text);
    if ((schema && !str_is_name(schema->text, "main")) || !table || !policy_table_exists(w->policy, table))
        return fail_null(w->err, ERROR_NOT_FOUND, target->at, "no such table: %.*s", STR(name->text));
    if (policy_table_rule(w->policy, table, operation).kind == RULE_NONE)
        return fail_null(w->err, ERROR_PERMISSION_DENIED, target->at, "no permission to %s %.*s",
                         operation_words[operation], STR(table->name));
    if (table->kind == TABLE_VIRTUAL && !rewrite_may_fill(w, table, operation, target->at)) return NULL;
    if (table->kind == TABLE_VIEW && !table->has_triggers[operation])
        return fail_null(w->err, ERROR_INVALID_VALUE, target->at,
                         "%.*s is a view, and no INSTEAD OF trigger says what this does to it", STR(table->name));
    if (table->kind != TABLE_ORDINARY && table->kind != TABLE_VIRTUAL && table->kind != TABLE_VIEW)
        return fail_null(w->err, ERROR_PERMISSION_DENIED, target->at,
                         "%.*s is no ordinary table and cannot be changed here", STR(table->name));
    w->operation = operation;
    if ((table->kind == TABLE_VIEW || table->has_triggers[operation]) && !rewrite_note_triggers(w, table)) return NULL;
    if (table->is_foreign_parent && operation != OPERATION_CREATE && !note_cascades(w, table)) return NULL;
    for (size_t i = 0; i < table->foreign_read_count; i++) {
        const struct footprint_read *read = &table->foreign_reads[i];
        if (!footprint_add_read(w, (struct str){0}, read->table, read->column, false)) return NULL;
    }
    return table;
}

bool rewrite_written_column(struct rewrite *w, const struct table_schema *table, const struct node *name,
                            enum operation operation, struct node **condition, struct str *ret_name) {
    const struct column_schema *column = schema_find_column(table, name->text);
    if (!column && resolve_is_rowid_name(name->text) && table->kind != TABLE_VIEW && !table->without_rowid) {
        if (table->rowid_alias < 0) {
            *ret_name = name->text;
            return true;
        }
        column = &table->columns[table->rowid_alias];
    }
    if (column && column->hidden)
        return fail(w->err, ERROR_PERMISSION_DENIED, name->at,
                    "what is written to %.*s.%.*s is a command, for logins only", STR(table->name), STR(column->name));
    if (!column)
        return fail(w->err, ERROR_NOT_FOUND, name->at, "table %.*s has no column named %.*s", STR(table->name),
                    STR(name->text));
    struct rule rule = policy_field_rule(w->policy, column, operation);
    if (rule.kind == RULE_NONE)
        return fail(w->err, ERROR_PERMISSION_DENIED, name->at, "no permission to write the field %.*s",
                    STR(column->name));
    if (rule.kind == RULE_WHERE) {
        *condition = make_and_of(w->arena, *condition, (struct node *)rule.predicate);
        if (!*condition) return rewrite_too_large(w);
    }
    *ret_name = column->name;
    return true;
}

/* The rows that may be deleted to make room: those that may be seen, and deleted. */
static bool may_replace(struct rewrite *w, const struct table_schema *table, enum rule_kind *ret_least) {
    enum rule_kind select = policy_table_rule(w->policy, table, OPERATION_SELECT).kind,
                   delete = policy_table_rule(w->policy, table, OPERATION_DELETE).kind;
    *ret_least = select == RULE_NONE || delete == RULE_NONE   ? RULE_NONE
                 : select == RULE_FULL && delete == RULE_FULL ? RULE_FULL
                                                              : RULE_WHERE;
    return *ret_least != RULE_NONE;
}

static bool note_replacing(struct rewrite *w, const struct table_schema *table, enum rule_kind least) {
    if (least == RULE_WHERE) w->replaced = table;
    if (table->has_triggers[OPERATION_DELETE] && !rewrite_note_triggers(w, table)) return false;
    return footprint_add_write(w, FOOTPRINT_DELETE, table->name, (struct str){0}) &&
           (!table->is_foreign_parent || note_cascades(w, table));
}

/* A statement without OR: the table's own ON CONFLICT clauses must not end a transaction, keep silent, or replace what
 * may not be deleted. Where there are none, OR ABORT would override those of the owner's triggers. */
static enum node_conflict unsaid_conflict(const struct table_schema *table, bool may_replace) {
    switch (table->conflict_clauses) {
    case CLAUSES_ABORT:
        return CONFLICT_NONE;
    case CLAUSES_REPLACE:
        return may_replace ? CONFLICT_NONE : CONFLICT_ABORT;
    case CLAUSES_OTHER:
        break;
    }
    return CONFLICT_ABORT;
}

/* What OR would do in the owner's triggers. */
static bool refuse_in_triggers(struct rewrite *w, const struct node *statement, const struct table_schema *table,
                               const char *what) {
    return fail(w->err, ERROR_PERMISSION_DENIED, statement->at,
                "OR %s cannot be said of %.*s: its triggers would do so too", what, STR(table->name));
}

/* ON CONFLICT DO NOTHING behind what the INSERT says of conflicts: it is not handed on to triggers. */
static bool do_nothing(struct rewrite *w, struct node *insert) {
    struct node *upserts = insert->child[INSERT_UPSERTS], *source = insert->child[INSERT_SOURCE];
    if (!upserts || upserts->child[upserts->count - 1]->child[UPSERT_TARGET]) {
        struct node *nothing = node_new(w->arena, NODE_UPSERT, NOWHERE, NOWHERE);
        if (!nothing) return rewrite_too_large(w);
        insert->child[INSERT_UPSERTS] = node_append(w->arena, upserts, nothing);
    }
    const struct node *arms = source ? source->child[SELECT_ARMS] : NULL;
    struct node *last = arms ? arms->child[arms->count - 1] : NULL;
    if (last && last->kind == NODE_CORE && last->child[CORE_FROM] && !last->child[CORE_WHERE]) /* or ON joins */
        last->child[CORE_WHERE] = make_integer_of(w->arena, 1);
    return !arena_exhausted(w->arena) || rewrite_too_large(w);
}

/* OR IGNORE, where triggers would ignore too. */
static bool ignore_outside_triggers(struct rewrite *w, struct node *statement, const struct table_schema *table,
                                    enum node_conflict *ret_effective) {
    if (statement->kind != NODE_INSERT) return refuse_in_triggers(w, statement, table, "IGNORE");
    if (!statement->child[INSERT_SOURCE]) return refuse_in_triggers(w, statement, table, "IGNORE");
    *ret_effective = table->conflict_clauses == CLAUSES_ABORT ? CONFLICT_NONE : CONFLICT_ABORT;
    return do_nothing(w, statement);
}

/* A view has no constraints: what OR says would be said to its triggers, where it comes to something or not. */
static bool conflict_of_view(struct rewrite *w, struct node *statement, const struct table_schema *view) {
    enum node_conflict conflict = NODE_CHOICE(statement);
    struct trigger_reach reach = view->reach[w->operation];
    if ((conflict == CONFLICT_REPLACE && reach.replaces) || (conflict == CONFLICT_IGNORE && reach.ignores))
        return refuse_in_triggers(w, statement, view, conflict == CONFLICT_REPLACE ? "REPLACE" : "IGNORE");
    statement->flags = (statement->flags & ~(0xffu | REPLACE_WORD)) | CONFLICT_NONE;
    return true;
}

bool rewrite_conflict(struct rewrite *w, struct node *statement, const struct table_schema *table) {
    enum node_conflict conflict = NODE_CHOICE(statement), effective = CONFLICT_ABORT;
    enum rule_kind least;
    bool may = may_replace(w, table, &least), replaces = false;
    if (table->kind == TABLE_VIEW) return conflict_of_view(w, statement, table);
    switch (conflict) {
    case CONFLICT_REPLACE:
        if (!may)
            return fail(w->err, ERROR_PERMISSION_DENIED, statement->at,
                        "no permission to select from and delete from %.*s, which REPLACE needs", STR(table->name));
        if (table->kind == TABLE_VIRTUAL && least != RULE_FULL) /* nobody is told what a module replaces */
            return fail(
                w->err, ERROR_PERMISSION_DENIED, statement->at,
                "REPLACE needs unconditional permission to select from and delete from the full-text table %.*s",
                STR(table->name));
        if (table->reach[w->operation].replaces || table->reach[OPERATION_DELETE].replaces)
            return refuse_in_triggers(w, statement, table, "REPLACE");
        replaces = true;
        effective = conflict;
        break;
    case CONFLICT_IGNORE:
        effective = conflict;
        if (table->reach[w->operation].ignores && !ignore_outside_triggers(w, statement, table, &effective))
            return false;
        break;
    case CONFLICT_NONE:
        effective = unsaid_conflict(table, may);
        replaces = effective == CONFLICT_NONE && table->conflict_clauses == CLAUSES_REPLACE;
        break;
    case CONFLICT_ROLLBACK: /* would end the transaction of others */
    case CONFLICT_ABORT:
    case CONFLICT_FAIL: /* would leave half of it */
        /* without clauses of its own that is what it does by itself, and says nothing to triggers */
        if (table->conflict_clauses == CLAUSES_ABORT) effective = CONFLICT_NONE;
        break;
    }
    /* what a full-text table was given before in the transaction, its module may write out meanwhile */
    if (replaces && (!note_replacing(w, table, least) || !footprint_add_modules(w))) return false;
    statement->flags = (statement->flags & ~(0xffu | REPLACE_WORD)) | effective;
    return true;
}

/* Whether a sub-select has a source of this name, which would capture what is put in for a column of the row. */
static bool select_captures(const struct node *select, struct str name) {
    const struct node *arms = select->child[SELECT_ARMS];
    for (uint32_t i = 0; i < arms->count; i++) {
        const struct node *from = arms->child[i]->kind == NODE_CORE ? arms->child[i]->child[CORE_FROM] : NULL;
        for (uint32_t j = 0; from && j < from->count; j++) {
            const struct node *source = from->child[j]->child[JOIN_SOURCE];
            if (source->kind == NODE_NESTED || (source->source && str_same_name(source->source->name, name)))
                return true;
        }
    }
    return false;
}

/* The sub-selects around an expression, from the innermost. */
struct nesting {
    const struct nesting *outer;
    const struct node *select;
};

/* Whether a column of the row stands in a sub-select that has a source of the table's name. */
static bool is_captured(const struct node *node, const struct nesting *within) {
    if (!node) return false;
    if (node->kind == NODE_COLUMN) {
        const struct source *source = node->source;
        for (; source && source->is_target && within; within = within->outer)
            if (select_captures(within->select, source->table->name)) return true;
        return false;
    }
    struct nesting nesting = {within, node};
    if (node->kind == NODE_SELECT) within = &nesting;
    for (uint32_t i = 0; i < node->count; i++)
        if (is_captured(node->child[i], within)) return true;
    return false;
}

static bool name_row(struct rewrite *w, const struct table_schema *table, struct node *node) {
    bool is_own = node->kind == NODE_COLUMN && (!node->source || node->source->is_target) && node->child[COLUMN_TABLE];
    if (is_own && str_same_name(node->child[COLUMN_TABLE]->text, table->name)) {
        node->child[COLUMN_TABLE] = make_name_of(w->arena, w->row);
        if (!node->child[COLUMN_TABLE]) return false;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (node->child[i] && !name_row(w, table, node->child[i])) return false;
    return true;
}

struct node *rewrite_named_row(struct rewrite *w, const struct table_schema *table, struct node *condition) {
    if (!condition || !w->row.length) return condition;
    struct node *copy = node_copy(w->arena, condition);
    return copy && name_row(w, table, copy) ? copy : NULL;
}

/* A column of the row that is written, as the principal may see it. */
static bool substitute_column(struct rewrite *w, struct node **place) {
    struct node *column = *place;
    const struct source *source = column->source;
    if (!source || (!source->is_target && source->kind != SOURCE_EXCLUDED)) return true;
    struct str name = column->child[COLUMN_NAME]->text, table = source->table->name;
    const struct column_schema *schema = schema_find_column(source->table, name);
    if (!footprint_add_read(w, (struct str){0}, table, schema ? schema->name : LITERAL("rowid"), false)) return false;
    if (source->kind == SOURCE_EXCLUDED) return true;
    if (!schema) {
        column->child[COLUMN_TABLE] = make_name_of(w->arena, w->row.length ? w->row : table);
        return column->child[COLUMN_TABLE] || rewrite_too_large(w);
    }
    const struct node *predicate = policy_field_rule(w->policy, schema, OPERATION_SELECT).predicate;
    if (!footprint_add_predicate(w, (struct str){0}, predicate)) return false;
    *place = rewrite_named_row(w, source->table, rewrite_masked_column(w, source->table, schema, true));
    return *place || rewrite_too_large(w);
}

bool rewrite_over_row(struct rewrite *w, struct node **expression) {
    struct node *node = *expression;
    if (!node) return true;
    if (node->kind == NODE_COLUMN) return substitute_column(w, expression);
    for (uint32_t i = 0; i < node->count; i++)
        if (!rewrite_over_row(w, &node->child[i])) return false;
    return true;
}

bool rewrite_resolve_over_row(struct rewrite *w, struct node *expression, struct scope *scope) {
    if (!resolve_expression(&w->resolver, expression, scope) || !rewrite_finish_rowids(w, expression)) return false;
    if (!w->row.length && is_captured(expression, NULL)) w->row = rewrite_reserved_name(w, "changed", (struct str){0});
    return !arena_exhausted(w->arena) || rewrite_too_large(w);
}
