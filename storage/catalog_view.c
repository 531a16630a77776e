/*
 * Views: whether what their columns stand for can end in a run-time error. SQLite merges a view into the statement that
 * reads it, and may then compute such a column on rows that a permission, or the view itself, hides.
 */
#include "storage/catalog_private.h"

#include "sql/leakproof.h"
#include "sql/parse.h"

#define VIEW_TREE_MEMORY ((size_t)64 << 20)

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
    bool is_safe = node && node->kind == NODE_CREATE_VIEW && !leakproof_any_may_fail(node->child[CREATE_VIEW_SELECT]) &&
                   note_reads(arena, view, node->child[CREATE_VIEW_SELECT]);
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

void catalog_finish_views(struct loaded_snapshot *loaded) {
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < loaded->snapshot.schema.table_count; i++) {
            struct table_schema *view = &loaded->tables[i];
            if (view->may_fail || !reads_failing(&loaded->snapshot.schema, view)) continue;
            view->may_fail = changed = true;
        }
    }
}
