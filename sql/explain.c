#include "sql/explain.h"

#include "base/json.h"
#include "base/scope.h"
#include "sql/leakproof.h"

#include <stdarg.h>
#include <stdio.h>

void explain_sql(struct buf *out, struct str sql) {
    CLEANUP(buf_done) struct buf shown;
    struct str prefix = str_of(rewrite_guard_prefix());
    buf_init(&shown, 0);
    for (size_t i = 0; i < sql.length;) {
        bool is_name = str_starts(str_slice(sql, i, sql.length), prefix.text);
        if (is_name)
            buf_add_text(&shown, "_bailiwick_");
        else
            buf_add_char(&shown, sql.text[i]);
        i += is_name ? prefix.length : 1;
    }
    json_write_string(out, buf_str(&shown));
    if (shown.failed) out->failed = true;
}

/* --- guards --- */

static void add_reason(struct buf *why, const char *format, ...) PRINTF_LIKE(2, 3);

static void add_reason(struct buf *why, const char *format, ...) {
    char text[512]; /* a longer name is cut */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (why->length > 0) buf_add_text(why, "; ");
    buf_add_text(why, text);
}

static void add_rules(struct buf *why, const struct policy *policy, const struct table_schema *table) {
    if (policy_table_rule(policy, table, OPERATION_SELECT).kind == RULE_WHERE)
        add_reason(why, "select has a predicate");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column_schema *column = &table->columns[i];
        switch (policy_field_rule(policy, column, OPERATION_SELECT).kind) {
        case RULE_NONE:
            add_reason(why, "%.*s is hidden", STR(column->name));
            break;
        case RULE_WHERE:
            add_reason(why, "%.*s is hidden row by row", STR(column->name));
            break;
        case RULE_FULL:
            break;
        }
    }
}

static void add_order(struct buf *why, const struct plan_guard *guard) {
    const struct str field = guard->order_because ? guard->order_because->name : (struct str){0};
    const char *space = field.length ? " " : "";
    switch (guard->order) {
    case ORDER_HARMLESS:
        break;
    case ORDER_UNCOVERED:
        add_reason(why, "another column is read too, because %.*s%s%s", STR(field), space, guard->order_why);
        break;
    case ORDER_UNINDEXED:
        add_reason(why, "no index is used, because %.*s%s%s", STR(field), space, guard->order_why);
        break;
    case ORDER_SORTED:
        add_reason(why, "the rows are sorted, because %.*s%s%s", STR(field), space, guard->order_why);
        break;
    }
}

static const char *kind_of(const struct plan_guard *guard) {
    if (guard->order == ORDER_SORTED) return "sorted";
    if (guard->fenced) return "fenced";
    return guard->order == ORDER_UNINDEXED ? "not indexed" : "flattened";
}

static void explain_guard(struct buf *out, const struct policy *policy, const struct plan_guard *guard) {
    CLEANUP(buf_done) struct buf why;
    buf_init(&why, 0);
    add_rules(&why, policy, guard->table);
    if (guard->table->kind == TABLE_VIEW) add_reason(&why, "it is a view");
    add_order(&why, guard);
    if (guard->fenced) add_reason(&why, "a term that can fail reads it and cannot be shielded");
    buf_add_text(out, "{\"name\":");
    explain_sql(out, guard->name);
    buf_add_text(out, ",\"table\":");
    json_write_string(out, guard->table->name);
    buf_format(out, ",\"kind\":\"%s\",\"why\":", kind_of(guard));
    json_write_string(out, buf_str(&why));
    buf_add_char(out, '}');
    if (why.failed) out->failed = true;
}

void explain_guards(struct buf *out, const struct plan *plan, const struct policy *policy) {
    buf_add_char(out, '[');
    for (size_t i = 0; i < plan->guard_count; i++) {
        if (i > 0) buf_add_char(out, ',');
        explain_guard(out, policy, &plan->guards[i]);
    }
    buf_add_char(out, ']');
}

/* --- terms --- */

static const struct node *find_failing(const struct node *node) {
    if (!node || leakproof_may_fail(node)) return node;
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node *found = find_failing(node->child[i]);
        if (found) return found;
    }
    return NULL;
}

/* What of the term it is that can fail. */
static void add_failing(struct buf *why, const struct node *node) {
    if (!node) {
        add_reason(why, "a table-valued function can fail on it");
        return;
    }
    switch (node->kind) {
    case NODE_FUNCTION:
        add_reason(why, "%.*s() can fail", STR(node->child[FUNCTION_NAME]->text));
        return;
    case NODE_TABLE_FUNCTION:
        add_reason(why, "%.*s() can fail", STR(node->child[TABLE_FUNCTION_NAME]->text));
        return;
    case NODE_BINARY:
        if (NODE_CHOICE(node) == OPERATOR_CONCATENATE)
            add_reason(why, "|| can make a value that is too long");
        else
            add_reason(why, "%s can fail", NODE_CHOICE(node) == OPERATOR_JSON ? "->" : "->>");
        return;
    case NODE_LIKE:
        add_reason(why, "a pattern or ESCAPE that is no constant can fail");
        return;
    case NODE_SELECT:
        add_reason(why, "a LIMIT or OFFSET that is no number can fail");
        return;
    case NODE_BOUND:
        add_reason(why, "a frame's bound that is no number can fail");
        return;
    default:
        add_reason(why, "it can fail");
    }
}

static const char *kind_of_term(const struct plan_term *term) {
    if (term->is_ahead) return "run ahead";
    if (!term->shielded) return "fenced";
    return term->fenced ? "shielded and fenced" : "shielded";
}

static void explain_term(struct buf *out, const struct plan_term *term, struct str text) {
    CLEANUP(buf_done) struct buf why;
    uint32_t line, column;
    buf_init(&why, 0);
    add_failing(&why, find_failing(term->node));
    str_position(text, term->at, &line, &column);
    buf_add_text(out, "{\"text\":");
    json_write_string(out, str_slice(text, term->at, term->end));
    buf_format(out, ",\"line\":%u,\"column\":%u,\"kind\":\"%s\",\"why\":", line, column, kind_of_term(term));
    json_write_string(out, buf_str(&why));
    buf_add_char(out, '}');
    if (why.failed) out->failed = true;
}

void explain_terms(struct buf *out, const struct plan *plan, struct str text) {
    buf_add_char(out, '[');
    for (size_t i = 0; i < plan->term_count; i++) {
        if (i > 0) buf_add_char(out, ',');
        explain_term(out, &plan->terms[i], text);
    }
    buf_add_char(out, ']');
}
