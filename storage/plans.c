#include "storage/plans.h"

#include "base/siphash.h"
#include "sql/lift.h"
#include "storage/catalog_private.h"
#include "storage/guard.h"

#include <stdlib.h>

#define PLANS_MAX 512
#define BYTES_MAX ((size_t)512 << 10) /* of one file's plans */

struct remembered {
    struct kept_plan kept_plan;
    struct arena *arena;
    struct footprint *footprint;
    struct footprint *replaced_footprint; /* NULL: its plan has none */
    atomic_bool wants_literals;
};

static uint64_t hash_of(const struct plan_key *key) {
    return siphash((struct str){(const char *)key, sizeof *key});
}

static bool is_key(const struct kept *kept, const void *wanted) {
    const struct plan_key *own = &((const struct kept_plan *)kept)->key, *key = wanted;
    return own->script == key->script && own->statement == key->statement && own->policy == key->policy;
}

/* Made with the first plan: most files of a server that has many never have one. */
static struct keep *plans_of(const struct snapshot *snapshot, bool make) {
    _Atomic(struct keep *) *place = &loaded_of(snapshot)->plans;
    struct keep *keep = atomic_load_explicit(place, memory_order_acquire);
    if (keep || !make) return keep;
    struct keep *fresh = keep_new(PLANS_MAX, BYTES_MAX);
    if (!fresh || atomic_compare_exchange_strong(place, &keep, fresh)) return fresh;
    keep_free(fresh);
    return keep;
}

const struct kept_plan *plans_find(const struct snapshot *snapshot, const struct plan_key *key) {
    struct keep *keep = key->policy ? plans_of(snapshot, false) : NULL;
    return keep ? (const struct kept_plan *)keep_find(keep, hash_of(key), is_key, key) : NULL;
}

static void free_remembered(struct kept *kept) {
    struct remembered *remembered = (struct remembered *)kept;
    free(remembered->footprint);
    free(remembered->replaced_footprint);
    arena_free(remembered->arena);
}

/* A copy without what is for explaining, its footprint in a block of its own. NULL when memory is short. */
static struct plan *copy_plan(struct arena *arena, const struct plan *plan, struct footprint **ret_footprint) {
    struct plan *copy = arena_alloc(arena, sizeof *copy);
    struct plan_parameter *parameters = arena_array(arena, plan->parameter_count, sizeof *parameters);
    struct footprint *footprint = *ret_footprint = footprint_copy(&plan->footprint);
    if (!copy || !parameters || !footprint) return NULL;
    for (size_t i = 0; i < plan->parameter_count; i++) {
        if (plan->parameters[i].rows) return NULL; /* they are of one text */
        parameters[i] = plan->parameters[i];
        parameters[i].name = arena_copy(arena, plan->parameters[i].name);
    }
    *copy = *plan; /* so that nothing a plan says is forgotten; what it points to has to be copied */
    copy->sql = arena_copy(arena, plan->sql);
    copy->parameters = parameters;
    copy->footprint = *footprint;
    copy->inserted_table = arena_copy(arena, plan->inserted_table);
    copy->replaced_table = arena_copy(arena, plan->replaced_table);
    copy->replaced = NULL; /* the caller's */
    copy->guards = NULL;
    copy->guard_count = 0;
    copy->terms = NULL;
    copy->term_count = 0;
    return copy;
}

static bool fill(struct remembered *remembered, const struct plan *plan) {
    struct arena *arena = remembered->arena;
    struct plan *copy = copy_plan(arena, plan, &remembered->footprint);
    if (!copy) return false;
    if (plan->replaced) {
        copy->replaced = copy_plan(arena, plan->replaced, &remembered->replaced_footprint);
        if (!copy->replaced) return false;
    }
    remembered->kept_plan.plan = copy;
    return !arena_exhausted(arena);
}

static size_t size_of(const struct remembered *remembered) {
    const struct footprint *replaced = remembered->replaced_footprint;
    return arena_size(remembered->arena) + footprint_size(remembered->footprint) +
           (replaced ? footprint_size(replaced) : 0);
}

const struct kept_plan *plans_keep(const struct snapshot *snapshot, const struct plan_key *key,
                                   const struct plan *plan) {
    static atomic_uint_fast64_t last_id;
    struct keep *keep = key->policy ? plans_of(snapshot, true) : NULL;
    struct arena *arena = keep ? arena_new_small(1024, BYTES_MAX) : NULL;
    struct remembered *remembered = arena ? arena_alloc(arena, sizeof *remembered) : NULL;
    if (!remembered) {
        arena_free(arena);
        return NULL;
    }
    remembered->arena = arena;
    if (!fill(remembered, plan)) {
        free_remembered(&remembered->kept_plan.kept);
        return NULL;
    }
    struct kept_plan *kept_plan = &remembered->kept_plan;
    kept_plan->key = *key;
    kept_plan->wants_literals = &remembered->wants_literals;
    kept_plan->id = (atomic_fetch_add(&last_id, 1) + 1) | QUERY_KEY_UNIQUE;
    kept_init(&kept_plan->kept, hash_of(key), size_of(remembered), free_remembered);
    keep_add(keep, &kept_plan->kept);
    return kept_plan;
}

void kept_plan_unref(const struct kept_plan *kept) {
    kept_unref((struct kept *)(uintptr_t)kept);
}

/* Each literal of the statement that is bound must have become a parameter: a blank must never run in its place. */
static bool binds_all(const struct literals *literals, const struct statement *statement, const struct plan *plan) {
    size_t wanted = 0, bound = 0;
    for (size_t i = 0; i < literals->count; i++)
        wanted += literals->items[i].at >= statement->at && literals->items[i].at < statement->end;
    for (size_t i = 0; i < plan->parameter_count; i++) bound += plan->parameters[i].literal != 0;
    return bound == wanted;
}

static bool make_plan(struct arena *arena, const struct snapshot *snapshot, const struct policy *policy,
                      const struct plan_source *source, struct plan *ret_plan, struct error *err) {
    struct script script;
    const struct statement *tree = source->tree;
    if (!tree) {
        if (!parse_script(arena, source->text, &script, err)) return false;
        if (source->number >= script.count) return fail(err, ERROR_INTERNAL, NOWHERE, "the script has changed");
        if (source->known && source->known->literals) (void)lift_mark(&script, source->known->literals);
        if (source->ret_parsed) *source->ret_parsed = script;
        tree = &script.statements[source->number];
    }
    if (!rewrite_statement(arena, &snapshot->schema, policy, tree, source->text, ret_plan, err)) return false;
    const struct literals *literals = source->known ? source->known->literals : NULL;
    return !literals || binds_all(literals, tree, ret_plan) ||
           fail(err, ERROR_INTERNAL, NOWHERE, "a literal is not bound");
}

bool plans_get(struct arena *arena, const struct snapshot *snapshot, const struct policy *policy,
               const struct plan_source *source, struct planned *ret_planned, struct error *err) {
    struct plan_key key = {0};
    if (source->known) key = (struct plan_key){source->known->id, source->number, policy_identity(policy)};
    const struct kept_plan *kept = plans_find(snapshot, &key);
    if (kept) {
        *ret_planned = (struct planned){kept->plan, kept};
        return true;
    }
    struct plan *plan = arena_alloc(arena, sizeof *plan);
    if (!plan) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement needs too much memory");
    if (!make_plan(arena, snapshot, policy, source, plan, err)) return false;
    kept = plans_keep(snapshot, &key, plan);
    *ret_planned = (struct planned){kept ? kept->plan : plan, kept};
    return true;
}

void planned_done(struct planned *planned) {
    kept_plan_unref(planned->kept);
    *planned = (struct planned){0};
}
