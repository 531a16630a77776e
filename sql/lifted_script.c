/*
 * In two steps. A text without any of its literals is a shape, which knows which of them may be bound: that depends on
 * where they stand alone. The text without these is its kind; the others are part of it.
 */
#include "sql/lifted_script.h"

#include "base/siphash.h"
#include "sql/lift.h"

#include <pthread.h>
#include <string.h>

#define SHAPES_MAX 2048
#define SHAPE_BYTES_MAX ((size_t)8 << 20)
#define KINDS_MAX 4096
#define KIND_BYTES_MAX ((size_t)32 << 20)
#define STATEMENTS_MAX 64 /* of a script */

/* A blanked text: its bytes and where its blanks are, for these might as well have been written so. */
struct blanked {
    struct str text;
    struct literals literals;
};

struct shape {
    struct kept kept;
    struct lifts lifts;
    struct blanked *blanked;
    struct arena *arena;
};

static struct keep *shapes, *kinds; /* NULL where memory was short: then nothing is remembered */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_keeps(void) {
    shapes = keep_new(SHAPES_MAX, SHAPE_BYTES_MAX);
    kinds = keep_new(KINDS_MAX, KIND_BYTES_MAX);
}

static bool have_keeps(void) {
    pthread_once(&once, make_keeps);
    return shapes && kinds;
}

static bool are_same(const struct literals *a, const struct literals *b) {
    return a->count == b->count && memcmp(a->items, b->items, a->count * sizeof *a->items) == 0;
}

static bool is_shape(const struct kept *kept, const void *key) {
    const struct blanked *own = ((const struct shape *)kept)->blanked, *wanted = key;
    return str_same(own->text, wanted->text) && are_same(&own->literals, &wanted->literals);
}

static bool is_kind(const struct kept *kept, const void *key) {
    const struct known_script *known = (const struct known_script *)kept;
    const struct blanked *wanted = key;
    return str_same(known->script.text, wanted->text) && are_same(known->literals, &wanted->literals);
}

static bool blank(struct arena *arena, struct str text, const struct literals *literals, struct blanked *ret_blanked) {
    ret_blanked->text = literals_blank(arena, text, literals, &ret_blanked->literals);
    return ret_blanked->text.text;
}

static void free_shape(struct kept *kept) {
    arena_free(((struct shape *)kept)->arena);
}

static void keep_shape(const struct blanked *blanked, const struct lifts *lifts) {
    struct arena *arena = arena_new_small(1536, SHAPE_BYTES_MAX);
    struct shape *shape = arena ? arena_alloc(arena, sizeof *shape) : NULL;
    struct blanked *copy = arena ? arena_alloc(arena, sizeof *copy) : NULL;
    if (copy) *copy = (struct blanked){arena_copy(arena, blanked->text), blanked->literals};
    if (!shape || !copy || !copy->text.text) {
        arena_free(arena);
        return;
    }
    *shape = (struct shape){.lifts = *lifts, .blanked = copy, .arena = arena};
    kept_init(&shape->kept, siphash(blanked->text), arena_size(arena), free_shape);
    keep_add(shapes, &shape->kept);
    kept_unref(&shape->kept);
}

/* Which literals of a shape may be bound; none: it is not known. */
static struct lifts find_shape(const struct blanked *blanked) {
    struct shape *shape = (struct shape *)keep_find(shapes, siphash(blanked->text), is_shape, blanked);
    struct lifts lifts = shape ? shape->lifts : (struct lifts){0};
    if (shape) kept_unref(&shape->kept);
    return lifts;
}

static const struct known_script *find_kind(const struct blanked *blanked) {
    return (const struct known_script *)keep_find(kinds, siphash(blanked->text), is_kind, blanked);
}

/* The kind parsed, with its literals marked: they must be found again. */
static void keep_kind(struct arena *arena, const struct blanked *blanked) {
    struct script script;
    struct error failure = {0};
    size_t count = blanked->literals.count;
    uint64_t all = count < LITERALS_MAX ? ((uint64_t)1 << count) - 1 : UINT64_MAX;
    if (!parse_script(arena, blanked->text, &script, &failure) || lift_mark(&script, &blanked->literals) != all) return;
    struct known_script *known = known_script_new(&script, &blanked->literals);
    if (known) keep_add(kinds, &known->kept);
    known_script_unref(known);
}

bool lifted_script_keep(struct arena *arena, const struct script *script) {
    struct literals all;
    struct blanked shape, kind;
    if (!have_keeps() || script->text.length > KNOWN_SCRIPT_MAX || script->count > STATEMENTS_MAX) return false;
    if (!literals_scan(script->text, &all)) return false;
    struct lifts lifts = lift_find(script, &all);
    uint64_t which = lift_which(&lifts, &all);
    if (!which || !blank(arena, script->text, &all, &shape)) return false;
    if (!find_shape(&shape).all) keep_shape(&shape, &lifts);
    struct literals chosen;
    literals_choose(&all, which, &chosen);
    if (!blank(arena, script->text, &chosen, &kind)) return false;
    const struct known_script *known = find_kind(&kind);
    if (!known) keep_kind(arena, &kind);
    known_script_unref(known);
    return true;
}

uint32_t lifted_script_at(const struct lifted_literals *literals, uint32_t at) {
    const struct literals *blank = literals->blank, *sent = &literals->sent;
    if (at == NOWHERE) return at;
    size_t before = 0;
    while (before < blank->count && blank->items[before].end <= at) before++;
    return before ? at - blank->items[before - 1].end + sent->items[before - 1].end : at;
}

/* The statements at the places where they stand in the script that was sent. */
static bool place_statements(struct arena *arena, struct str text, struct lifted_script *lifted) {
    const struct script *known = &lifted->known->script;
    struct statement *statements = arena_array(arena, known->count, sizeof *statements);
    struct node *nodes = arena_array(arena, known->count, sizeof *nodes);
    if (!statements || !nodes) return false;
    for (size_t i = 0; i < known->count; i++) {
        nodes[i] = *known->statements[i].node;
        nodes[i].at = lifted_script_at(&lifted->literals, nodes[i].at);
        nodes[i].end = lifted_script_at(&lifted->literals, nodes[i].end);
        statements[i] = (struct statement){
            .node = &nodes[i],
            .at = lifted_script_at(&lifted->literals, known->statements[i].at),
            .end = lifted_script_at(&lifted->literals, known->statements[i].end),
            .reserved_at = known->statements[i].reserved_at,
        };
    }
    lifted->script = (struct script){.text = text, .statements = statements, .count = known->count};
    return true;
}

bool lifted_script_find(struct arena *arena, struct str text, struct lifted_script *ret_lifted) {
    struct literals all;
    struct blanked blanked;
    if (!have_keeps() || text.length > KNOWN_SCRIPT_MAX || !literals_scan(text, &all)) return false;
    if (!blank(arena, text, &all, &blanked)) return false;
    struct lifts lifts = find_shape(&blanked);
    uint64_t which = lift_which(&lifts, &all);
    if (!which) return false;
    struct lifted_literals *literals = &ret_lifted->literals;
    literals_choose(&all, which, &literals->sent);
    if (literals->sent.count < all.count && !blank(arena, text, &literals->sent, &blanked)) return false;
    ret_lifted->known = find_kind(&blanked);
    if (!ret_lifted->known) return false;
    literals->blank = ret_lifted->known->literals;
    literals->values = literals_values(arena, text, &literals->sent);
    if (literals->values && place_statements(arena, text, ret_lifted)) return true;
    known_script_unref(ret_lifted->known);
    ret_lifted->known = NULL;
    return false;
}
