/*
 * Views: whether what their columns stand for can end in a run-time error. SQLite merges a view into the statement that
 * reads it, and may then compute such a column on rows that a permission, or the view itself, hides.
 */
#include "storage/catalog_private.h"

#include "sql/leakproof.h"
#include "sql/limits.h"
#include "sql/parse.h"

#include <stdlib.h>

#define VIEW_TREE_MEMORY ((size_t)64 << 20)
#define TOO_MANY (LIMIT_VIEW_TABLES + 1)

static bool note_reads(struct arena *arena, struct table_schema *view, const struct node *node) {
    if (!node) return true;
    if (node->kind == NODE_TABLE) {
        struct str *reads = arena_grow(arena, (struct str *)view->reads, view->read_count, sizeof *reads);
        if (!reads) return false;
        view->reads = reads;
        reads[view->read_count++] = arena_copy(arena, node->child[TABLE_NAME]->text);
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (!note_reads(arena, view, node->child[i])) return false;
    return true;
}

bool catalog_read_view(struct arena *arena, struct table_schema *view, struct str sql) {
    struct error failure = {0};
    struct arena *own = arena_new(VIEW_TREE_MEMORY);
    const struct node *node = own ? parse_one(own, sql, &failure) : NULL;
    const struct node *select = node && node->kind == NODE_CREATE_VIEW ? node->child[CREATE_VIEW_SELECT] : NULL;
    bool is_read = select && note_reads(arena, view, select);
    bool is_safe = is_read && !leakproof_any_may_fail(select);
    arena_free(own);
    return is_safe;
}

static bool reads_failing(const struct schema *schema, const struct table_schema *view) {
    for (size_t i = 0; i < view->read_count; i++) {
        const struct table_schema *table = schema_find_table(schema, view->reads[i]);
        if (table && table->may_fail) return true;
    }
    return false;
}

/* A view that is being counted. */
struct counting {
    size_t view;
    size_t next; /* of its reads */
    uint32_t total;
};

static uint32_t add(uint32_t total, uint32_t more) {
    return total + more > LIMIT_VIEW_TABLES ? TOO_MANY : total + more;
}

/* Counts one view and those below it. What is met again before it has been counted reads itself: too many. */
static void count_view(struct loaded_snapshot *loaded, struct counting *stack, size_t view) {
    const struct schema *schema = &loaded->snapshot.schema;
    size_t depth = 1;
    stack[0] = (struct counting){.view = view};
    loaded->tables[view].comes_to = TOO_MANY;
    while (depth) {
        struct counting *top = &stack[depth - 1];
        struct table_schema *counted = &loaded->tables[top->view];
        if (top->next == counted->read_count || top->total > LIMIT_VIEW_TABLES) {
            counted->comes_to = add(top->total, 1);
            if (--depth) stack[depth - 1].total = add(stack[depth - 1].total, counted->comes_to);
            continue;
        }
        const struct table_schema *read = schema_find_table(schema, counted->reads[top->next++]);
        size_t index = read ? (size_t)(read - schema->tables) : 0;
        if (!read || read->kind != TABLE_VIEW) {
            top->total = add(top->total, 1);
        } else if (read->comes_to) {
            top->total = add(top->total, read->comes_to);
        } else {
            loaded->tables[index].comes_to = TOO_MANY;
            stack[depth++] = (struct counting){.view = index};
        }
    }
}

static bool count_views(struct loaded_snapshot *loaded, struct error *err) {
    size_t count = loaded->snapshot.schema.table_count;
    struct counting *stack = count ? calloc(count, sizeof *stack) : NULL;
    if (count && !stack) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    for (size_t i = 0; i < count; i++)
        if (loaded->tables[i].kind == TABLE_VIEW && !loaded->tables[i].comes_to) count_view(loaded, stack, i);
    free(stack);
    return true;
}

bool catalog_finish_views(struct loaded_snapshot *loaded, struct error *err) {
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < loaded->snapshot.schema.table_count; i++) {
            struct table_schema *view = &loaded->tables[i];
            if (view->may_fail || !reads_failing(&loaded->snapshot.schema, view)) continue;
            view->may_fail = changed = true;
        }
    }
    return count_views(loaded, err);
}
