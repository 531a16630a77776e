/*
 * How far OR REPLACE and OR IGNORE reach: what the owner's triggers insert and update takes the conflict clause of the
 * statement that has set them off. It comes to something where that can meet a conflict.
 */
#include "storage/catalog_private.h"

#include "sql/parse.h"

#define TRIGGER_TREE_MEMORY ((size_t)64 << 20)

/* A trigger on `event` of `from` does `operation` to `to`. */
struct edge {
    struct table_schema *from;
    enum operation event;
    const struct table_schema *to;
    enum operation operation;
};

struct catalog_reach {
    struct arena *arena;
    struct loaded_snapshot *loaded;
    struct edge *edges;
    size_t count;
};

struct catalog_reach *catalog_reach_new(struct loaded_snapshot *loaded) {
    struct catalog_reach *reach = arena_alloc(loaded->arena, sizeof *reach);
    if (reach) *reach = (struct catalog_reach){.arena = loaded->arena, .loaded = loaded};
    return reach;
}

/* Whether writing these columns (NULL: all of them) may meet another row's key. */
static bool may_meet_key(const struct table_schema *table, const struct node *columns, bool inserts) {
    bool names_rowid = !columns && table->rowid_alias >= 0;
    if (table->without_rowid || (inserts && table->has_unique)) return true;
    for (uint32_t i = 0; columns && i < columns->count; i++) {
        const struct column_schema *column = schema_find_column(table, columns->child[i]->text);
        if (!column || (int)(column - table->columns) == table->rowid_alias)
            names_rowid = true;
        else if (column->indexed != INDEXED_NOT || column->primary_key || table->has_expression_index)
            return true;
    }
    return names_rowid;
}

static bool may_be_left_out(const struct table_schema *table, const struct node *columns, bool inserts) {
    if (table->has_check) return true;
    for (size_t i = 0; inserts && i < table->column_count; i++)
        if (table->columns[i].not_null && (int)i != table->rowid_alias) return true;
    for (uint32_t i = 0; columns && i < columns->count; i++) {
        const struct column_schema *column = schema_find_column(table, columns->child[i]->text);
        if (!column || column->not_null) return true;
    }
    return false;
}

/* What writing to a table meets by itself. What a full-text table replaces or leaves out is its own entry of the row.
 */
static struct trigger_reach reach_of(const struct table_schema *table, const struct node *columns, bool inserts) {
    switch (table->kind) {
    case TABLE_ORDINARY: {
        bool meets = may_meet_key(table, columns, inserts);
        return (struct trigger_reach){.replaces = meets, .ignores = meets || may_be_left_out(table, columns, inserts)};
    }
    case TABLE_VIEW:
        return (struct trigger_reach){0}; /* its triggers are told of apart */
    case TABLE_VIRTUAL:
        return (struct trigger_reach){.replaces = !table->full_text, .ignores = true};
    case TABLE_SHADOW:
        break;
    }
    return (struct trigger_reach){true, true};
}

static void add(struct trigger_reach *reach, struct trigger_reach more) {
    reach->replaces = reach->replaces || more.replaces;
    reach->ignores = reach->ignores || more.ignores;
}

static bool note_step(struct catalog_reach *reach, struct table_schema *owner, enum operation event,
                      const struct node *step) {
    bool inserts = step->kind == NODE_INSERT;
    if (!inserts && step->kind != NODE_UPDATE) return true;
    const struct node *target = step->child[inserts ? INSERT_TABLE : UPDATE_TABLE];
    const struct table_schema *table =
        schema_find_table(&reach->loaded->snapshot.schema, target->child[TABLE_NAME]->text);
    if (!table) return false;
    if (inserts) {
        add(&owner->reach[event], reach_of(table, step->child[INSERT_COLUMNS], true));
    } else {
        const struct node *sets = step->child[UPDATE_SETS];
        for (uint32_t i = 0; i < sets->count; i++)
            add(&owner->reach[event], reach_of(table, sets->child[i]->child[SET_COLUMNS], false));
    }
    struct edge *edges = arena_grow(reach->arena, reach->edges, reach->count, sizeof *edges);
    if (!edges) return false;
    reach->edges = edges;
    edges[reach->count++] = (struct edge){owner, event, table, inserts ? OPERATION_CREATE : OPERATION_UPDATE};
    /* DO UPDATE sets off its triggers with ABORT, and what is replaced those of DELETE: then it reaches already */
    return true;
}

void catalog_reach_trigger(struct catalog_reach *reach, struct table_schema *owner, enum operation event,
                           struct str sql) {
    struct error failure = {0};
    struct arena *own = arena_new(TRIGGER_TREE_MEMORY);
    const struct node *node = own ? parse_one(own, sql, &failure) : NULL;
    bool is_known = node && node->kind == NODE_CREATE_TRIGGER && event != OPERATION_COUNT;
    for (uint32_t i = 0; is_known && i < node->child[CREATE_TRIGGER_STEPS]->count; i++)
        is_known = note_step(reach, owner, event, node->child[CREATE_TRIGGER_STEPS]->child[i]);
    arena_free(own);
    if (is_known) return;
    for (int operation = 0; operation < OPERATION_COUNT; operation++)
        if (event == OPERATION_COUNT || operation == (int)event)
            owner->reach[operation] = (struct trigger_reach){true, true};
}

void catalog_reach_finish(struct catalog_reach *reach) {
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < reach->count; i++) {
            struct edge *edge = &reach->edges[i];
            struct trigger_reach *own = &edge->from->reach[edge->event], before = *own;
            add(own, edge->to->reach[edge->operation]);
            changed = changed || own->replaces != before.replaces || own->ignores != before.ignores;
        }
    }
}
