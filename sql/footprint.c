/* Writing down what a rewritten statement may touch. */
#include "sql/rewrite_private.h"

bool footprint_add_read(struct rewrite *w, struct str accessor, struct str table, struct str column,
                        bool through_any_name) {
    struct read_list *list = &w->reads;
    bool is_unnamed = column.text && column.length == 0;
    for (size_t i = 0; i < list->count; i++)
        if (str_same_name(list->items[i].accessor, accessor) && str_same_name(list->items[i].table, table) &&
            str_same_name(list->items[i].column, column) && list->items[i].through_any_name == through_any_name &&
            list->items[i].is_unnamed == is_unnamed && !list->items[i].by_module)
            return true;
    struct footprint_read *items = arena_grow(w->arena, list->items, list->count, sizeof *items);
    if (!items) return rewrite_too_large(w);
    list->items = items;
    list->items[list->count++] = (struct footprint_read){accessor, table, column, is_unnamed, through_any_name};
    return true;
}

bool footprint_add_write(struct rewrite *w, enum footprint_action action, struct str table, struct str column) {
    struct footprint_write *writes = arena_grow(w->arena, w->writes, w->write_count, sizeof *writes);
    if (!writes) return rewrite_too_large(w);
    w->writes = writes;
    w->writes[w->write_count++] = (struct footprint_write){action, table, column};
    return true;
}

bool footprint_add_update(struct rewrite *w, const struct table_schema *table, struct str column) {
    return footprint_add_write(w, FOOTPRINT_UPDATE, table->name,
                               schema_find_column(table, column) ? column : LITERAL("rowid"));
}

bool footprint_add_module(struct rewrite *w, const struct table_schema *table, bool writes) {
    const struct full_text *text = table->full_text;
    if (!text || !text->is_usable) return true;
    if (text->reads_view) w->needs_definers = true;
    for (size_t i = 0; i < text->read_count; i++) {
        struct footprint_read *items = arena_grow(w->arena, w->reads.items, w->reads.count, sizeof *items);
        if (!items) return rewrite_too_large(w);
        w->reads.items = items;
        items[w->reads.count++] = text->reads[i];
    }
    for (size_t i = 0; writes && i < text->write_count; i++) {
        struct footprint_write *items = arena_grow(w->arena, w->writes, w->write_count, sizeof *items);
        if (!items) return rewrite_too_large(w);
        w->writes = items;
        items[w->write_count++] = text->writes[i];
    }
    return true;
}

bool footprint_add_modules(struct rewrite *w) {
    for (size_t i = 0; i < w->schema->table_count; i++)
        if (!footprint_add_module(w, &w->schema->tables[i], true)) return false;
    return true;
}

/* Whether a node of a predicate may read a table by other than named columns: `*`, x IN table. */
static bool reads_unnamed(const struct node *node) {
    return node->kind == NODE_STAR || node->kind == NODE_IN_TABLE;
}

static bool add_predicate(struct rewrite *w, struct str accessor, const struct node *node, bool whole) {
    if (!node) return true;
    const struct table_schema *table = node->source ? node->source->table : NULL;
    bool fine = true;
    if (node->kind == NODE_COLUMN && table) {
        fine = footprint_add_read(w, accessor, table->name, node->child[COLUMN_NAME]->text, false);
    } else if (node->kind == NODE_TABLE && table) {
        if (table->kind == TABLE_VIEW) w->needs_definers = true;
        if (!footprint_add_module(w, table, false)) return false;
        fine = footprint_add_read(w, accessor, table->name, whole ? (struct str){0} : LITERAL("rowid"), false);
    } else if (node->kind == NODE_TABLE_FUNCTION) {
        fine = footprint_add_read(w, accessor, node->child[TABLE_FUNCTION_NAME]->text, (struct str){0}, true);
    }
    for (uint32_t i = 0; fine && i < node->count; i++) fine = add_predicate(w, accessor, node->child[i], whole);
    return fine;
}

bool footprint_add_predicate(struct rewrite *w, struct str accessor, const struct node *predicate) {
    return add_predicate(w, accessor, predicate, accessor.length > 0 || node_any(predicate, reads_unnamed));
}
