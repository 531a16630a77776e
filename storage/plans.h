/*
 * Plans that were made before. They belong to the snapshot of the catalogue that they were made with, and go with it.
 * They hold no values: all principals of one policy share them.
 */
#ifndef STORAGE_PLANS_H
#define STORAGE_PLANS_H

#include "base/keep.h"
#include "sql/known_script.h"
#include "sql/rewrite.h"
#include "storage/catalog.h"

struct plan_key {
    uint64_t script;    /* known_script's id */
    uint64_t statement; /* its number in the script */
    uint64_t policy;    /* policy_identity; 0: nothing is found or kept */
};

struct kept_plan {
    struct kept kept;
    struct plan_key key;
    uint64_t id;                 /* no two have the same; for query_prepare */
    const struct plan *plan;     /* without guards and terms, which are for explaining */
    atomic_bool *wants_literals; /* its literals had better not be bound (query_depends_on_values) */
};

/* Of which statement a plan is wanted. */
struct plan_source {
    struct str text;                  /* the script; lives as long as the plan is used */
    const struct known_script *known; /* NULL: nothing is kept of this script */
    size_t number;                    /* of the statement */
    const struct statement *tree;     /* the statement, not rewritten yet; NULL: the text is parsed again */
    struct script *ret_parsed;        /* what that gave, where it came to it: the others' trees; NULL: not wanted */
};

struct planned {
    const struct plan *plan;
    const struct kept_plan *kept; /* whose plan that is; NULL: it is the arena's, and will not be met again */
};

/* The plan of a statement under a policy: kept, or made now by the rewriter and kept then. planned_done after use. */
bool plans_get(struct arena *arena, const struct snapshot *snapshot, const struct policy *policy,
               const struct plan_source *source, struct planned *ret_planned, struct error *err) MUST_CHECK;
void planned_done(struct planned *planned); /* bears a zeroed one */

/* --- the parts --- */

/* NULL: there is none. Given back by kept_plan_unref. */
const struct kept_plan *plans_find(const struct snapshot *snapshot, const struct plan_key *key);

/* Keeps a copy of a plan; NULL when memory is short. Given back by kept_plan_unref. */
const struct kept_plan *plans_keep(const struct snapshot *snapshot, const struct plan_key *key,
                                   const struct plan *plan);

void kept_plan_unref(const struct kept_plan *kept); /* takes NULL */

#endif
