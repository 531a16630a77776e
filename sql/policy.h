/*
 * What the rewriter may ask about the principal. It knows nothing else of who is asking, so that plans can be shared by
 * all users of a kind: users differ in bound values only.
 */
#ifndef SQL_POLICY_H
#define SQL_POLICY_H

#include "sql/schema.h"

struct policy {
    bool unrestricted; /* root, namespace and database logins, and what definers wrote; false means: table and field
                          permissions apply */
};

/* The rule of an operation on a table, for this principal. */
struct rule policy_table_rule(const struct policy *policy, const struct table_schema *table, enum operation operation);

/* The same for a field: its own rule, or RULE_FULL where it follows its table. */
struct rule policy_field_rule(const struct policy *policy, const struct column_schema *column,
                              enum operation operation);

/* Whether the table is there at all for this principal: it has some right on it, and it is no virtual table's own. */
bool policy_table_exists(const struct policy *policy, const struct table_schema *table);

#endif
