/*
 * What somebody's roles come to, made once for each set of roles and kept with the snapshot.
 */
#include "storage/catalog_private.h"

#include <string.h>

/* Sets of roles that are kept; who holds another one pays for it with each statement. */
#define KEPT_MAX 64
#define KEPT_MEMORY ((size_t)64 << 20)

struct kept_policy {
    struct policy_sources sources;
    const struct policy_rules *rules;
};

void policies_init(struct policies *policies) {
    pthread_mutex_init(&policies->lock, NULL);
}

void policies_done(struct policies *policies) {
    arena_free(policies->arena);
    pthread_mutex_destroy(&policies->lock);
}

static bool is_same(const struct policy_sources *a, const struct policy_sources *b) {
    return a->permissions == b->permissions && a->reads_all == b->reads_all && a->role_count == b->role_count &&
           (!a->role_count || !memcmp(a->roles, b->roles, a->role_count * sizeof *a->roles));
}

/* The number of the sources' rules, which are made where they are not there yet; -1 where they cannot be kept. */
static int keep(struct policies *policies, const struct schema *schema, const struct policy_sources *sources) {
    for (size_t i = 0; i < policies->count; i++)
        if (is_same(&policies->items[i].sources, sources)) return (int)i;
    if (policies->count == KEPT_MAX) return -1;
    if (!policies->arena) policies->arena = arena_new(KEPT_MEMORY);
    struct arena *arena = policies->arena;
    if (!arena || arena_exhausted(arena)) return -1;
    if (!policies->items) policies->items = arena_array(arena, KEPT_MAX, sizeof *policies->items);
    size_t *roles = arena_array(arena, sources->role_count, sizeof *roles);
    const struct policy_rules *rules = policies->items && roles ? policy_combine(arena, schema, sources, NULL) : NULL;
    if (!rules) return -1;
    if (sources->role_count) memcpy(roles, sources->roles, sources->role_count * sizeof *roles);
    policies->items[policies->count] = (struct kept_policy){.sources = *sources, .rules = rules};
    policies->items[policies->count].sources.roles = roles;
    return (int)policies->count++;
}

bool snapshot_policy(const struct snapshot *snapshot, struct arena *arena, const struct policy_sources *sources,
                     struct policy *ret_policy, struct error *err) {
    struct policies *policies = &loaded_of(snapshot)->policies;
    if (sources->permissions && !sources->reads_all && !sources->role_count) {
        *ret_policy = (struct policy){0};
        return true;
    }
    pthread_mutex_lock(&policies->lock);
    int kept = keep(policies, &snapshot->schema, sources);
    const struct policy_rules *rules = kept >= 0 ? policies->items[kept].rules : NULL;
    pthread_mutex_unlock(&policies->lock);
    if (!rules) rules = policy_combine(arena, &snapshot->schema, sources, err);
    if (!rules) return false;
    *ret_policy = (struct policy){.rules = rules, .kind = kept >= 0 ? (unsigned)kept + 1 : POLICY_KIND_UNKEPT};
    return true;
}
