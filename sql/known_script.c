#include "sql/known_script.h"

#include "base/siphash.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#define SCRIPTS_MAX 4096
#define BYTES_MAX ((size_t)32 << 20)

struct remembered {
    struct known_script known;
    struct arena *arena;
};

static struct keep *scripts; /* NULL where memory was short: then nothing is remembered */
static pthread_once_t scripts_once = PTHREAD_ONCE_INIT;

static void make_scripts(void) {
    scripts = keep_new(SCRIPTS_MAX, BYTES_MAX);
}

static struct keep *all_scripts(void) {
    pthread_once(&scripts_once, make_scripts);
    return scripts;
}

static bool is_text(const struct kept *kept, const void *text) {
    return str_same(((const struct known_script *)kept)->script.text, *(const struct str *)text);
}

const struct known_script *known_script_find(struct str text) {
    struct keep *keep = all_scripts();
    if (!keep || text.length > KNOWN_SCRIPT_MAX) return NULL;
    return (const struct known_script *)keep_find(keep, siphash(text), is_text, &text);
}

/* A statement's node as far as it is remembered; NULL for one that is not, or when memory is short. */
static struct node *outline(struct arena *arena, const struct node *node) {
    switch (node->kind) {
    case NODE_INSERT:
        if (node_has_kind(node, NODE_LITERAL_ROWS)) return NULL; /* no other text will have the same */
        break;
    case NODE_SELECT:
    case NODE_UPDATE:
    case NODE_DELETE:
    case NODE_BEGIN:
    case NODE_COMMIT:
        break;
    case NODE_ROLLBACK:
        if (node->child[ROLLBACK_SAVEPOINT]) return NULL;
        break;
    default: /* all others are parsed each time */
        return NULL;
    }
    struct node *copy = node_new(arena, node->kind, node->at, node->end);
    bool updates = node->kind == NODE_INSERT && node_updates_on_conflict(node);
    if (copy) copy->flags = node->flags | (updates ? UPDATES_ON_CONFLICT : 0);
    return copy;
}

static bool copy_statements(struct arena *arena, const struct script *script, struct script *ret_script) {
    struct script copy = {.text = arena_copy(arena, script->text), .count = script->count};
    copy.statements = arena_array(arena, script->count, sizeof *copy.statements);
    if (!copy.statements || !copy.text.text) return false;
    for (size_t i = 0; i < script->count; i++) {
        const struct statement *statement = &script->statements[i];
        if (statement->reserved_at != NOWHERE) return false;
        copy.statements[i] = *statement;
        copy.statements[i].node = outline(arena, statement->node);
        if (!copy.statements[i].node) return false;
    }
    *ret_script = copy;
    return true;
}

static void free_remembered(struct kept *kept) {
    arena_free(((struct remembered *)kept)->arena);
}

static bool copy_literals(struct arena *arena, const struct literals *literals, struct known_script *known) {
    if (!literals) return true;
    size_t size = offsetof(struct literals, items) + literals->count * sizeof *literals->items;
    void *copy = arena_alloc(arena, size);
    if (copy) memcpy(copy, literals, size);
    known->literals = copy;
    return copy;
}

struct known_script *known_script_new(const struct script *script, const struct literals *literals) {
    static atomic_uint_fast64_t last_id;
    if (script->text.length > KNOWN_SCRIPT_MAX) return NULL;
    struct arena *arena = arena_new_small(512, BYTES_MAX);
    struct remembered *remembered = arena ? arena_alloc(arena, sizeof *remembered) : NULL;
    if (!remembered || !copy_statements(arena, script, &remembered->known.script) ||
        !copy_literals(arena, literals, &remembered->known)) {
        arena_free(arena);
        return NULL;
    }
    remembered->arena = arena;
    remembered->known.id = atomic_fetch_add(&last_id, 1) + 1;
    kept_init(&remembered->known.kept, siphash(script->text), arena_size(arena), free_remembered);
    return &remembered->known;
}

const struct known_script *known_script_keep(const struct script *script) {
    struct keep *keep = all_scripts();
    struct known_script *known = keep ? known_script_new(script, NULL) : NULL;
    if (known) keep_add(keep, &known->kept);
    return known;
}

void known_script_unref(const struct known_script *known) {
    kept_unref((struct kept *)(uintptr_t)known);
}
