/*
 * Full-text tables: who may search and write them, and how MATCH reaches them.
 *
 * A table whose select is FULL is read itself. One with a predicate is read through a guard, which shows the column
 * that MATCH and the functions of the row need; SQLite merges the guard, and hands the MATCH to FTS5:
 *
 *     WITH "‹own0›" AS NOT MATERIALIZED (SELECT "search"."title" AS "title", "search"."search" AS "‹match›"
 *       FROM "MAIN"."search" WHERE select's predicate)
 *     SELECT highlight("‹match›", 0, '<', '>') FROM "‹own0›" AS "search" WHERE "‹match›" MATCH ' ' || ?1
 *
 * What counts rows that are hidden (rank, bm25) can be used only with the former.
 */
#include "sql/leakproof.h"
#include "sql/rewrite_private.h"

static bool is_known(struct rewrite *w, const struct table_schema *table, uint32_t at) {
    if (!table->full_text)
        return fail(w->err, ERROR_PERMISSION_DENIED, at,
                    "the virtual table %.*s cannot be used here: only full-text tables (fts5) can", STR(table->name));
    if (!table->full_text->is_usable)
        return fail(w->err, ERROR_PERMISSION_DENIED, at,
                    "the full-text table %.*s cannot be used here: its content is no ordinary table or view",
                    STR(table->name));
    return true;
}

bool rewrite_may_search(struct rewrite *w, const struct table_schema *table, uint32_t at) {
    if (!is_known(w, table, at)) return false;
    for (size_t i = 0; i < table->column_count; i++)
        if (policy_field_rule(w->policy, &table->columns[i], OPERATION_SELECT).kind != RULE_FULL)
            return fail(w->err, ERROR_PERMISSION_DENIED, at,
                        "the full-text table %.*s cannot be searched while a field of it is hidden: MATCH looks into "
                        "all, so leave the field out of the table",
                        STR(table->name));
    return footprint_add_module(w, table, false);
}

bool rewrite_may_fill(struct rewrite *w, const struct table_schema *table, enum operation operation, uint32_t at) {
    if (operation == OPERATION_CREATE ? !is_known(w, table, at) : !rewrite_may_search(w, table, at)) return false;
    if (operation != OPERATION_CREATE && table->full_text->is_contentless)
        return fail(w->err, ERROR_PERMISSION_DENIED, at, "the rows of the contentless table %.*s cannot be changed",
                    STR(table->name));
    if (operation != OPERATION_DELETE && policy_table_rule(w->policy, table, operation).kind == RULE_WHERE)
        return fail(w->err, ERROR_PERMISSION_DENIED, at,
                    "a full-text table cannot have predicates for what is written: make create and update of %.*s FULL "
                    "or NONE, or let a trigger write it",
                    STR(table->name));
    return footprint_add_module(w, table, true);
}

bool rewrite_on_full_text(void *context, struct node *node, struct source *source) {
    struct rewrite *w = context;
    const struct table_schema *table = source->table;
    if (!source->guard) return true;
    if (!str_same_name(node->child[COLUMN_NAME]->text, table->name))
        return fail(w->err, ERROR_PERMISSION_DENIED, node->at,
                    "rank counts hidden rows too: it can be used only in a SELECT, where select on %.*s is FULL",
                    STR(table->name));
    struct guard *guard = rewrite_own_guard(w, source);
    if (!guard) return rewrite_too_large(w);
    guard->match = rewrite_reserved_name(w, "match_of", guard->name);
    node->child[COLUMN_NAME] = make_name_of(w->arena, guard->match);
    return node->child[COLUMN_NAME] || rewrite_too_large(w);
}

bool rewrite_on_pattern(void *context, struct node *pattern, struct scope *scope) {
    struct rewrite *w = context;
    for (size_t i = 0; i < scope->source_count; i++)
        if (rewrite_reads_source(pattern, scope->sources[i])) (void)rewrite_fence_source(w, scope->sources[i]);
    return true;
}

bool rewrite_check_matches(struct rewrite *w) {
    for (const struct guard *guard = w->guards; guard; guard = guard->next)
        if (guard->match.length > 0 && guard->is_fenced)
            return fail(w->err, ERROR_PERMISSION_DENIED, NOWHERE,
                        "%.*s cannot be searched here, beside a sub-select or a pattern that can fail on its rows",
                        STR(guard->table->name));
    return true;
}
