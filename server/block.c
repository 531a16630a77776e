#include "server/block.h"

bool block_init(struct block *block, struct arena *arena, size_t statements, size_t limit, struct error *err) {
    struct block_item *items = arena_array(arena, statements, sizeof *items);
    if (!items) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    *block = (struct block){.limit = limit, .items = items};
    buf_init(&block->values, limit);
    return true;
}

void block_done(struct block *block) {
    buf_done(&block->values);
}

void block_open(struct block *block, int64_t deadline) {
    block->is_open = true;
    block->has_failed = false;
    block->holds = false;
    block->changed_catalog = false;
    block->deadline = deadline;
    block->count = 0;
    buf_clear(&block->values);
}

size_t block_room(const struct block *block) {
    size_t used = block->values.length;
    return used < block->limit ? block->limit - used : 1;
}

void block_add(struct block *block, const struct outcome *outcome, struct str value) {
    struct block_item *item = &block->items[block->count++];
    *item = (struct block_item){.outcome = *outcome, .from = block->values.length};
    if (outcome->error.code == ERROR_NONE) buf_add_str(&block->values, value);
    if (block->values.failed)
        fail(&item->outcome.error, ERROR_LIMIT_EXCEEDED, NOWHERE,
             "the results of the transaction are too large to be held back");
    item->to = block->values.length;
    if (item->outcome.error.code != ERROR_NONE) block->has_failed = true;
}

void block_skip(struct block *block) {
    struct outcome outcome = {0};
    fail(&outcome.error, ERROR_CANCELLED, NOWHERE, "the transaction has failed: this statement was not run");
    block_add(block, &outcome, (struct str){0});
}

void block_close(struct block *block, struct respond *respond, bool holds, const char *why) {
    for (size_t i = 0; i < block->count; i++) {
        struct block_item *item = &block->items[i];
        if (!holds) fail(&item->outcome.error, ERROR_CANCELLED, NOWHERE, "%s", why);
        respond_object(respond, &item->outcome, str_slice(buf_str(&block->values), item->from, item->to));
    }
    block->is_open = false;
    block->count = 0;
    buf_clear(&block->values);
}
