#include "sql/policy.h"

uint64_t policy_identity(const struct policy *policy) {
    if (policy->kind >= POLICY_KINDS_MAX) return 0;
    return policy->unrestricted ? 1 : 2 + (uint64_t)policy->kind;
}

uint64_t policy_plan_key(const struct policy *policy, uint64_t snapshot_version) {
    uint64_t identity = policy_identity(policy);
    return identity ? snapshot_version | identity << 56 : 0;
}

struct rule policy_table_rule(const struct policy *policy, const struct table_schema *table, enum operation operation) {
    if (policy->unrestricted) return (struct rule){.kind = RULE_FULL};
    if (policy->rules) return policy->rules->of_tables[table - policy->rules->tables][operation];
    return table->has_permissions ? table->rules[operation] : (struct rule){.kind = RULE_NONE};
}

struct rule policy_field_rule(const struct policy *policy, const struct column_schema *column,
                              enum operation operation) {
    if (!policy->unrestricted && policy->rules) return policy->rules->of_columns[column->index][operation];
    if (policy->unrestricted || !column->has_rules) return (struct rule){.kind = RULE_FULL};
    return column->rules[operation];
}

bool policy_table_exists(const struct policy *policy, const struct table_schema *table) {
    if (table->kind == TABLE_SHADOW && !policy->unrestricted) return false;
    for (int operation = 0; operation < OPERATION_COUNT; operation++)
        if (policy_table_rule(policy, table, operation).kind != RULE_NONE) return true;
    return false;
}
