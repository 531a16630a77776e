/*
 * `*`: which columns it stands for, by SQLite's rules.
 *
 * A JOIN with USING, or NATURAL, which is a USING of all common columns, shows those once, where they come first. What
 * a RIGHT or FULL JOIN may have made up on its left is shown as the name alone, which SQLite takes for the first that
 * is there. Such a name of a FULL JOIN is an expression to SQLite, which calls it as it is written.
 */
#include "sql/resolve_private.h"

/* One item of FROM. */
struct item {
    size_t end;                /* its columns end there in the list of all */
    struct column_names using; /* the columns that it shares with those before it */
    bool knows_all;            /* every column has a name that is known, and no other's of the item */
};

static bool add_column(struct resolver *resolver, struct star_columns *columns, const struct star_column *column) {
    struct star_column *items = arena_grow(resolver->arena, columns->items, columns->count, sizeof *items);
    if (!items) return resolve_out_of_memory(resolver);
    columns->items = items;
    items[columns->count++] = *column;
    return true;
}

static bool add_source(struct resolver *resolver, struct star_columns *columns, const struct source *source,
                       bool *ret_knows_all) {
    struct column_names names = {0};
    size_t first = columns->count;
    if (!column_names_of_source(resolver, &names, source)) return false;
    for (size_t i = 0; i < names.count; i++) {
        for (size_t j = first; j < columns->count; j++)
            if (str_same_name(columns->items[j].name, names.items[i])) *ret_knows_all = false;
        if (names.items[i].length == 0) *ret_knows_all = false;
        if (!add_column(resolver, columns,
                        &(struct star_column){.source = source, .name = names.items[i], .label = names.items[i]}))
            return false;
    }
    if (!source->table && names.count == 0) *ret_knows_all = false;
    return true;
}

/* The results of a join in parentheses are those of a sub-select. */
static bool name_nested(struct resolver *resolver, struct star_columns *columns, size_t first, bool *ret_knows_all) {
    struct column_names names = {0};
    for (size_t i = first; i < columns->count; i++)
        if (!column_names_add(resolver, &names, columns->items[i].name)) return false;
    if (!column_names_make_unique(resolver, &names)) return false;
    for (size_t i = 0; i < names.count; i++) {
        columns->items[first + i].label = names.items[i];
        if (names.items[i].length == 0) *ret_knows_all = false;
    }
    return true;
}

static bool add_item(struct resolver *resolver, struct star_columns *columns, const struct node *node,
                     bool *ret_knows_all) {
    if (node->source) return add_source(resolver, columns, node->source, ret_knows_all);
    const struct node *from = node->kind == NODE_NESTED ? node->child[NESTED_FROM] : NULL;
    if (!from) *ret_knows_all = false; /* it is not resolved yet */
    size_t first = columns->count;
    for (uint32_t i = 0; from && i < from->count; i++) {
        const struct node *join = from->child[i];
        if (join->child[JOIN_USING] || join->flags & JOIN_NATURAL) *ret_knows_all = false;
        if (!add_item(resolver, columns, join->child[JOIN_SOURCE], ret_knows_all)) return false;
    }
    return name_nested(resolver, columns, first, ret_knows_all);
}

static bool is_among(const struct column_names *names, struct str name) {
    for (size_t i = 0; i < names->count; i++)
        if (str_same_name(names->items[i], name)) return true;
    return false;
}

static bool find_using(struct resolver *resolver, const struct node *join, const struct star_columns *all, size_t first,
                       struct item *item) {
    const struct node *names = join->child[JOIN_USING];
    for (uint32_t i = 0; names && i < names->count; i++)
        if (!column_names_add(resolver, &item->using, names->child[i]->text)) return false;
    if (!(join->flags & JOIN_NATURAL)) return true;
    for (size_t i = first; i < item->end; i++) {
        size_t j = 0;
        while (j < first && !str_same_name(all->items[j].name, all->items[i].name)) j++;
        if (j < first && !column_names_add(resolver, &item->using, all->items[i].name)) return false;
    }
    return true;
}

static bool joins_columns(const struct node *from) {
    for (uint32_t i = 0; i < from->count; i++)
        if (from->child[i]->child[JOIN_USING] || from->child[i]->flags & JOIN_NATURAL) return true;
    return false;
}

/* The items of a FROM, and all their columns. */
static bool find_items(struct resolver *resolver, const struct node *from, struct star_columns *all,
                       struct item **ret_items) {
    struct item *items = arena_array(resolver->arena, from->count, sizeof *items);
    if (!items) return resolve_out_of_memory(resolver);
    for (uint32_t i = 0; i < from->count; i++) {
        items[i].knows_all = true;
        if (!add_item(resolver, all, from->child[i]->child[JOIN_SOURCE], &items[i].knows_all)) return false;
        items[i].end = all->count;
        if (!find_using(resolver, from->child[i], all, i > 0 ? items[i - 1].end : 0, &items[i])) return false;
    }
    *ret_items = items;
    return true;
}

static bool is_full(const struct node *join) {
    return join->flags & JOIN_LEFT && join->flags & JOIN_RIGHT;
}

bool resolve_merged(struct resolver *resolver, struct node *core) {
    const struct node *from = core->child[CORE_FROM];
    bool merges = false;
    for (uint32_t i = 0; from && i < from->count; i++) merges = merges || is_full(from->child[i]);
    if (!merges || !joins_columns(from)) return true;
    struct star_columns all = {0};
    struct item *items;
    if (!find_items(resolver, from, &all, &items)) return false;
    const struct node *results = core->child[CORE_COLUMNS];
    for (uint32_t i = 0; i < results->count; i++) {
        if (results->child[i]->kind != NODE_RESULT) continue;
        struct node *column = results->child[i]->child[RESULT_EXPRESSION];
        if (column->kind != NODE_COLUMN || column->child[COLUMN_TABLE]) continue;
        for (uint32_t j = 0; j < from->count; j++)
            if (is_full(from->child[j]) && is_among(&items[j].using, column->child[COLUMN_NAME]->text))
                column->flags |= NAMED_BY_TEXT;
    }
    return true;
}

bool resolve_star(struct resolver *resolver, const struct node *from, const struct node *star,
                  struct star_columns *ret_columns) {
    struct star_columns all = {0}, columns = {.knows_all = true};
    struct item *items;
    if (!find_items(resolver, from, &all, &items)) return false;
    bool compares = joins_columns(from);
    uint32_t last_right = 0; /* the columns of what stands before it may be made up */
    for (uint32_t i = 0; i < from->count; i++) {
        if (from->child[i]->flags & JOIN_RIGHT) last_right = i;
        if (compares && !items[i].knows_all) columns.knows_all = false;
    }
    const struct node *table = star->child[STAR_TABLE];
    size_t at = 0;
    for (uint32_t i = 0; i < from->count; i++)
        for (; at < items[i].end; at++) {
            struct star_column column = all.items[at];
            if (table ? !str_same_name(table->text, column.source->name) : is_among(&items[i].using, column.name))
                continue;
            for (uint32_t j = i + 1; i < last_right && j < from->count; j++)
                column.is_bare = column.is_bare || is_among(&items[j].using, column.name);
            if (!items[i].knows_all) columns.knows_all = false;
            if (!add_column(resolver, &columns, &column)) return false;
        }
    *ret_columns = columns;
    return true;
}
