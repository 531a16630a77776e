/*
 * What the rewriter may ask about the principal. It knows nothing else of who is asking, so that plans can be shared by
 * all users of a kind: users differ in bound values only.
 */
#ifndef SQL_POLICY_H
#define SQL_POLICY_H

#include "base/arena.h"
#include "base/error.h"
#include "sql/schema.h"

/* The rules of somebody who holds roles: combined from all that gives rights. */
struct policy_rules {
    const struct table_schema *tables; /* the schema's */
    struct rule (*of_tables)[OPERATION_COUNT];
    struct rule (*of_columns)[OPERATION_COUNT];
};

struct policy {
    bool unrestricted; /* logins with a built-in role, and what definers wrote; false means: table and field
                          permissions apply */
    const struct policy_rules *rules; /* NULL: what DEFINE TABLE and DEFINE FIELD say, and nothing else */
    unsigned kind;                    /* of restricted principals: which rules, by a number of the snapshot's */
};

/* What gives somebody rights. */
struct policy_sources {
    bool permissions;    /* DEFINE TABLE and DEFINE FIELD do */
    bool reads_all;      /* the role viewer does */
    const size_t *roles; /* own roles, as indexes into schema->roles, ascending */
    size_t role_count;
};

#define POLICY_KINDS_MAX 250   /* kinds are numbered below this within a snapshot */
#define POLICY_KIND_UNKEPT 255 /* principals who share their plans with nobody */

/* A number for everything that the rewriter learns from a policy: where it is the same for two policies, and the
 * snapshot is, their plans are the same. 0: there is none, and nothing is kept. Whoever adds to struct policy adds to
 * this. */
uint64_t policy_identity(const struct policy *policy);

/* The same with the snapshot, for prepared statements. 0: not to be kept. */
uint64_t policy_plan_key(const struct policy *policy, uint64_t snapshot_version);

/* Adds up what the sources give: somebody may do what any of them allows, on the rows where that one does. A field is
 * visible in a row if a source that shows the row shows the field there. NULL when the arena is full. */
const struct policy_rules *policy_combine(struct arena *arena, const struct schema *schema,
                                          const struct policy_sources *sources, struct error *err) MUST_CHECK;

/* The rule of an operation on a table, for this principal. */
struct rule policy_table_rule(const struct policy *policy, const struct table_schema *table, enum operation operation);

/* The same for a field: its own rule, or RULE_FULL where it follows its table. */
struct rule policy_field_rule(const struct policy *policy, const struct column_schema *column,
                              enum operation operation);

/* Whether the table is there at all for this principal: it has some right on it, and it is no virtual table's own. */
bool policy_table_exists(const struct policy *policy, const struct table_schema *table);

#endif
