#include "sql/ast.h"

#include <string.h>

/* How many slots each kind has. */
static const uint32_t slots_of[NODE_KIND_COUNT] = {
#define NODE_SLOTS_OF(kind, ...) NODE_##kind##_SLOT_COUNT
#define NODE(...) NODE_SLOTS_OF(__VA_ARGS__, 0),
#include "sql/nodes.def"
#undef NODE
};

struct node *node_new(struct arena *arena, enum node_kind kind, uint32_t at, uint32_t end) {
    uint32_t slots = slots_of[kind];
    struct node *node = arena_alloc(arena, sizeof *node + slots * sizeof(struct node *));
    if (!node) return NULL;
    node->kind = kind;
    node->at = at;
    node->end = end;
    node->height = 1;
    node->count = node->capacity = slots;
    if (slots > 0) node->child = (struct node **)(node + 1);
    return node;
}

struct node *node_new_text(struct arena *arena, enum node_kind kind, struct str text, uint32_t flags) {
    struct node *node = node_new(arena, kind, NOWHERE, NOWHERE);
    if (!node) return NULL;
    node->text = text;
    node->flags = flags;
    return node;
}

struct node *node_append(struct arena *arena, struct node *list, struct node *child) {
    if (!list) {
        list = node_new(arena, NODE_LIST, child ? child->at : NOWHERE, child ? child->end : NOWHERE);
        if (!list) return NULL;
    }
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 4;
        struct node **larger = arena_array(arena, capacity, sizeof *larger);
        if (!larger) return NULL;
        if (list->count > 0) memcpy(larger, list->child, list->count * sizeof *larger);
        list->child = larger;
        list->capacity = capacity;
    }
    list->child[list->count++] = child;
    if (child) {
        if (child->height >= list->height) list->height = child->height + 1;
        if (child->end != NOWHERE) list->end = child->end;
    }
    return list;
}

bool node_any(const struct node *node, bool (*holds)(const struct node *node)) {
    if (!node) return false;
    if (holds(node)) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node_any(node->child[i], holds)) return true;
    return false;
}

bool node_has_kind(const struct node *node, enum node_kind kind) {
    if (!node) return false;
    if (node->kind == kind) return true;
    for (uint32_t i = 0; i < node->count; i++)
        if (node_has_kind(node->child[i], kind)) return true;
    return false;
}

uint32_t node_row_width(const struct node *rows) {
    if (rows->kind == NODE_LITERAL_ROWS) return rows->count;
    return rows->kind == NODE_VALUES ? rows->child[0]->count : 0;
}

struct node **node_asked_select(const struct node *expression) {
    switch (expression->kind) {
    case NODE_SUBQUERY:
        return &expression->child[SUBQUERY_SELECT];
    case NODE_EXISTS:
        return &expression->child[EXISTS_SELECT];
    case NODE_IN_SELECT:
        return &expression->child[IN_SELECT_SELECT];
    default:
        return NULL;
    }
}

bool node_updates_on_conflict(const struct node *insert) {
    if (insert->flags & UPDATES_ON_CONFLICT) return true; /* it has no children any more */
    const struct node *upserts = insert->child[INSERT_UPSERTS];
    for (uint32_t i = 0; upserts && i < upserts->count; i++)
        if (upserts->child[i]->child[UPSERT_SETS]) return true;
    return false;
}

struct str node_changed_table(const struct node *statement) {
    const struct node *table = NULL;
    if (statement->kind == NODE_ALTER) table = statement->child[ALTER_TABLE];
    if (statement->kind == NODE_DROP &&
        (NODE_CHOICE(statement) == OBJECT_TABLE || NODE_CHOICE(statement) == OBJECT_VIEW))
        table = statement->child[DROP_OBJECT];
    return table ? table->child[TABLE_NAME]->text : (struct str){0};
}

struct node *node_copy(struct arena *arena, const struct node *node) {
    struct node *copy = arena_alloc(arena, sizeof *copy);
    if (!copy) return NULL;
    *copy = *node;
    copy->capacity = node->count;
    if (node->count == 0) return copy;
    copy->child = arena_array(arena, node->count, sizeof *copy->child);
    if (!copy->child) return NULL;
    for (uint32_t i = 0; i < node->count; i++) {
        if (!node->child[i]) continue;
        copy->child[i] = node_copy(arena, node->child[i]);
        if (!copy->child[i]) return NULL;
    }
    return copy;
}
