#include "sql/policy.h"

struct rule policy_table_rule(const struct policy *policy, const struct table_schema *table, enum operation operation) {
    if (policy->unrestricted) return (struct rule){.kind = RULE_FULL};
    return table->has_permissions ? table->rules[operation] : (struct rule){.kind = RULE_NONE};
}

struct rule policy_field_rule(const struct policy *policy, const struct column_schema *column,
                              enum operation operation) {
    if (policy->unrestricted || !column->has_rules) return (struct rule){.kind = RULE_FULL};
    return column->rules[operation];
}

bool policy_table_exists(const struct policy *policy, const struct table_schema *table) {
    if (table->kind == TABLE_SHADOW && !policy->unrestricted) return false;
    for (int operation = 0; operation < OPERATION_COUNT; operation++)
        if (policy_table_rule(policy, table, operation).kind != RULE_NONE) return true;
    return false;
}
