/*
 * The rewriter's path: what a principal may not say is refused, names are resolved, tables become guards, and the tree
 * is printed.
 */
#include "sql/rewrite_private.h"

#include "sql/denied.h"
#include "sql/leakproof.h"
#include "sql/lift.h"
#include "sql/limits.h"
#include "sql/print.h"

#include <stdio.h>

static char guard_prefix[32] = "_bailiwick_g_";

void rewrite_set_guard_prefix(const char *prefix) {
    snprintf(guard_prefix, sizeof guard_prefix, "%s", prefix);
}

const char *rewrite_guard_prefix(void) {
    return guard_prefix;
}

struct str rewrite_reserved_name(struct rewrite *w, const char *what, struct str name) {
    return arena_format(w->arena, "%s%s%.*s", guard_prefix, what, STR(name));
}

struct str rewrite_numbered_name(struct rewrite *w, const char *what, size_t number) {
    struct str text = arena_format(w->arena, "%zu", number);
    return rewrite_reserved_name(w, what, text);
}

struct node *rewrite_add_result(struct rewrite *w, struct node *list, struct node *expression, struct str name) {
    return node_append(w->arena, list, make_result_of(w->arena, expression, name));
}

struct node *rewrite_select_value(struct rewrite *w, struct node *value, struct node *from, struct node *condition) {
    struct node *results = rewrite_add_result(w, NULL, value, rewrite_reserved_name(w, "value", (struct str){0}));
    return make_subquery_of(w->arena, make_select_of(w->arena, results, from, condition));
}

bool rewrite_too_large(struct rewrite *w) {
    return fail(w->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement is too large");
}

/* --- what may be said at all --- */

#define PATTERN (1u << 27) /* VARIABLE: stands where a LIKE pattern stands */

/* What a restricted principal may not say in any expression. Marks variables that are patterns. */
static bool check_allowed(struct rewrite *w, struct node *node) {
    struct str denied;
    if (!node) return true;
    if (denied_is_call(node, &denied))
        return fail(w->err, ERROR_PERMISSION_DENIED, node->at, "the function %.*s is denied here", STR(denied));
    if (node->kind == NODE_FUNCTION) {
        struct str name = node->child[FUNCTION_NAME]->text;
        if (leakproof_function(name) == FUNCTION_UNKNOWN)
            return fail(w->err, ERROR_PERMISSION_DENIED, node->at, "the function %.*s is not allowed here", STR(name));
    } else if (node->kind == NODE_LIKE) {
        enum node_operator operator= NODE_CHOICE(node);
        if (operator== OPERATOR_REGEXP)
            return fail(w->err, ERROR_PERMISSION_DENIED, node->at, "REGEXP is not allowed here");
        if (operator!= OPERATOR_MATCH && node->child[LIKE_PATTERN]->kind == NODE_VARIABLE)
            node->child[LIKE_PATTERN]->flags |= PATTERN;
    } else if (node->kind == NODE_TABLE_FUNCTION) {
        /* which ones there are is the resolver's business */
        if (!footprint_add_read(w, (struct str){0}, node->child[TABLE_FUNCTION_NAME]->text, (struct str){0}, true))
            return false;
    } else if (node->kind == NODE_RAISE) {
        return fail(w->err, ERROR_PERMISSION_DENIED, node->at, "RAISE is for triggers");
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (!check_allowed(w, node->child[i])) return false;
    return true;
}

/* changes(), total_changes() and last_insert_rowid() are a connection's, which others use too. In the text of a
 * principal they mean what it has changed itself, and become variables. */
static void take_own_changes(struct node *node) {
    static const char *const names[] = {"changes", "total_changes", "last_insert_rowid"};
    if (!node) return;
    for (uint32_t i = 0; i < node->count; i++) take_own_changes(node->child[i]);
    if (node->kind != NODE_FUNCTION || node->flags & (STAR_ARGUMENT | DISTINCT)) return;
    if (node->child[FUNCTION_ARGUMENTS] || node->child[FUNCTION_FILTER] || node->child[FUNCTION_OVER]) return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!str_is_name(node->child[FUNCTION_NAME]->text, names[i])) continue;
        node->kind = NODE_VARIABLE;
        node->text = str_of(names[i]);
        node->flags = OWN_CHANGE | '$';
        node->count = 0;
        return;
    }
}

/* --- variables --- */

static int number_literal(struct rewrite *w, unsigned literal) {
    for (size_t i = 0; i < w->parameter_count; i++)
        if (w->parameters[i].literal == literal) return (int)i + 1;
    struct plan_parameter *parameters = arena_grow(w->arena, w->parameters, w->parameter_count, sizeof *parameters);
    if (!parameters) return 0;
    w->parameters = parameters;
    w->parameters[w->parameter_count++] =
        (struct plan_parameter){.literal = literal, .name = LITERAL(""), .at = NOWHERE};
    return (int)w->parameter_count;
}

static int number_rows(struct rewrite *w, const struct node *node) {
    struct plan_parameter *parameters = arena_grow(w->arena, w->parameters, w->parameter_count, sizeof *parameters);
    struct literal_rows *rows = arena_alloc(w->arena, sizeof *rows);
    if (!parameters || !rows) return 0;
    *rows = (struct literal_rows){node->text, node_row_width(node)};
    w->parameters = parameters;
    w->parameters[w->parameter_count++] = (struct plan_parameter){.rows = rows, .name = LITERAL(""), .at = NOWHERE};
    return (int)w->parameter_count;
}

/* A `?` without a number is numbered by its place, and must not come to stand in another. */
static bool is_unnumbered(const struct node *node) {
    return node->kind == NODE_VARIABLE && node->text.length == 0;
}

static int number_variable(void *context, const struct node *variable) {
    struct rewrite *w = context;
    if (variable->kind == NODE_LITERAL_ROWS) return number_rows(w, variable);
    if (lift_number(variable)) return number_literal(w, lift_number(variable));
    struct str name = variable->text;
    bool definer = variable->flags & DEFINER, is_own_change = variable->flags & OWN_CHANGE;
    /* numbers as SQLite gives them: `?` is one more than the largest so far, and each new name takes one too */
    int64_t number;
    bool is_positional = NODE_CHOICE(variable) == '?';
    if (name.length == 0) {
        name = arena_format(w->arena, "%d", ++w->positional);
        if (!name.text) name = LITERAL("");
    } else if (is_positional && str_to_int64(name, &number) && number > w->positional) {
        w->positional = (int)number;
    }
    for (size_t i = 0; i < w->parameter_count; i++)
        if (!w->parameters[i].literal && !w->parameters[i].rows && w->parameters[i].definer == definer &&
            w->parameters[i].is_own_change == is_own_change && str_same(w->parameters[i].name, name)) {
            if (variable->flags & PATTERN) w->parameters[i].is_pattern = true;
            return (int)i + 1;
        }
    struct plan_parameter *parameters = arena_grow(w->arena, w->parameters, w->parameter_count, sizeof *parameters);
    if (!parameters) return 0; /* arena_exhausted is checked after printing */
    w->parameters = parameters;
    if (!is_positional && !definer && !is_own_change) w->positional++;
    w->parameters[w->parameter_count++] = (struct plan_parameter){.name = name,
                                                                  .definer = definer,
                                                                  .is_own_change = is_own_change,
                                                                  .is_pattern = variable->flags & PATTERN,
                                                                  .at = variable->at};
    return (int)w->parameter_count;
}

/* --- the kinds of statement --- */

static enum plan_kind plan_kind_of(const struct node *node) {
    switch (node->kind) {
    case NODE_SELECT:
    case NODE_EXPLAIN:
        return PLAN_READ;
    case NODE_PRAGMA:
        if (str_is_name(node->child[PRAGMA_NAME]->text, "optimize")) return PLAN_SCHEMA;
        return node->child[PRAGMA_VALUE] && (str_is_name(node->child[PRAGMA_NAME]->text, "user_version") ||
                                             str_is_name(node->child[PRAGMA_NAME]->text, "application_id"))
                   ? PLAN_WRITE
                   : PLAN_READ;
    case NODE_INSERT:
    case NODE_UPDATE:
    case NODE_DELETE:
        return PLAN_WRITE;
    case NODE_VACUUM:
        return PLAN_VACUUM;
    default:
        return PLAN_SCHEMA;
    }
}

static bool has_rows(const struct node *node) {
    switch (node->kind) {
    case NODE_SELECT:
    case NODE_EXPLAIN:
    case NODE_PRAGMA:
        return true;
    case NODE_INSERT:
        return node->child[INSERT_RETURNING];
    case NODE_UPDATE:
        return node->child[UPDATE_RETURNING];
    case NODE_DELETE:
        return node->child[DELETE_RETURNING];
    default:
        return false;
    }
}

/* A name that a user's CTE may not have for SQLite, because it is that of a view or trigger that may run here: what the
 * CTE reads would pass for theirs. */
static bool is_definers(const struct rewrite *w, struct str name) {
    for (size_t i = 0; i < w->schema->definer_count; i++)
        if (str_same_name(w->schema->definers[i], name)) return true;
    return false;
}

/* Calls the user's CTEs of such names otherwise, wherever they are defined or read. */
static bool rename_ctes(struct rewrite *w, struct node *node, bool is_behind_in) {
    if (!node) return true;
    struct node **name = NULL;
    if (node->kind == NODE_CTE && node->at != NOWHERE) name = &node->child[CTE_NAME];
    if (node->kind == NODE_TABLE && node->source && node->source->kind == SOURCE_CTE) name = &node->child[TABLE_NAME];
    if (name && is_definers(w, (*name)->text)) {
        if (node->kind == NODE_TABLE && !is_behind_in && !node->child[TABLE_ALIAS])
            node->child[TABLE_ALIAS] = make_name_of(w->arena, node->source->name);
        *name = make_name_of(w->arena, rewrite_reserved_name(w, "cte_", (*name)->text));
        if (!*name) return rewrite_too_large(w);
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (!rename_ctes(w, node->child[i], node->kind == NODE_IN_TABLE)) return false;
    return true;
}

/* The names of the user's CTEs: SQLite reports a CTE of which no column is read as if it were a table. */
static size_t count_ctes(const struct node *node, struct str *names, size_t count) {
    if (!node) return count;
    if (node->kind == NODE_CTE) {
        if (names) names[count] = node->child[CTE_NAME]->text;
        count++;
    }
    for (uint32_t i = 0; i < node->count; i++) count = count_ctes(node->child[i], names, count);
    return count;
}

static bool finish_footprint(struct rewrite *w, struct node *statement) {
    struct footprint *footprint = &w->plan->footprint;
    if (w->needs_definers && !rename_ctes(w, statement, false)) return false;
    footprint->kind = FOOTPRINT_RESTRICTED;
    if (!rewrite_check_matches(w) || (w->needs_definers && !footprint_add_modules(w))) return false;
    footprint->reads = w->reads.items;
    footprint->read_count = w->reads.count;
    size_t count = count_ctes(statement, NULL, 0);
    struct str *names = arena_array(w->arena, count ? count : 1, sizeof *names);
    if (!names) return rewrite_too_large(w);
    footprint->writes = w->writes;
    footprint->write_count = w->write_count;
    count_ctes(statement, names, 0);
    footprint->guards = names;
    footprint->guard_count = count;
    if (w->needs_definers) {
        footprint->definers = w->schema->definers;
        footprint->definer_count = w->schema->definer_count;
    }
    return true;
}

static bool rewrite_restricted(struct rewrite *w, struct node **statement) {
    struct node *node = *statement;
    if (node->kind != NODE_SELECT && node->kind != NODE_INSERT && node->kind != NODE_UPDATE &&
        node->kind != NODE_DELETE)
        return fail(w->err, ERROR_PERMISSION_DENIED, node->at, "this statement is not allowed here");
    take_own_changes(node);
    if (!check_allowed(w, node)) return false;
    w->resolver.on_failing = rewrite_on_failing;
    w->resolver.on_term = rewrite_on_term;
    w->resolver.on_sub_select = rewrite_on_sub_select;
    bool fine = false;
    switch (node->kind) {
    case NODE_INSERT:
        fine = rewrite_insert(w, node);
        break;
    case NODE_UPDATE:
        fine = rewrite_update(w, statement);
        break;
    case NODE_DELETE:
        fine = rewrite_delete(w, statement);
        break;
    case NODE_SELECT:
        w->outermost = node_any(node, is_unnumbered) ? NULL : node;
        fine = resolve_outermost(&w->resolver, node, NULL) && rewrite_place_ahead(w, node);
        if (fine) {
            rewrite_note_outermost(w, node);
            rewrite_narrow(w);
        }
        fine = fine && rewrite_finish_rowids(w, node);
        if (fine) node->child[SELECT_WITH] = rewrite_with_guards(w, node->child[SELECT_WITH]);
        break;
    default:
        break; /* refused above */
    }
    return fine && finish_footprint(w, *statement);
}

/* What PRAGMA may say. SQLite's own modules ask for more, so that the authorizer must let more pass. */
static bool check_pragma(struct rewrite *w, const struct node *pragma) {
    static const char *const allowed[] = {"table_info",  "table_xinfo",      "index_info",        "index_list",
                                          "index_xinfo", "foreign_key_list", "foreign_key_check", "integrity_check",
                                          "quick_check", "optimize",         "user_version",      "application_id"};
    struct str name = pragma->child[PRAGMA_NAME]->text;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (str_is_name(name, allowed[i])) return true;
    return fail(w->err, ERROR_PERMISSION_DENIED, pragma->at, "the pragma %.*s is not allowed", STR(name));
}

/* An unrestricted principal's statement runs as it is, but for what it sees of SQLite's own schema table. */
static bool rewrite_unrestricted(struct rewrite *w, struct node *node) {
    w->plan->footprint.kind = node->kind == NODE_VACUUM ? FOOTPRINT_INTERNAL : FOOTPRINT_OWNER;
    w->resolver.tables_only = true;
    struct node *inner = node->kind == NODE_EXPLAIN ? node->child[EXPLAIN_STATEMENT] : node;
    struct node **with = NULL;
    struct scope scope = {0};
    switch (inner->kind) {
    case NODE_PRAGMA:
        return check_pragma(w, inner);
    case NODE_SELECT:
        with = &inner->child[SELECT_WITH];
        break;
    case NODE_INSERT:
        with = &inner->child[INSERT_WITH];
        break;
    case NODE_UPDATE:
        with = &inner->child[UPDATE_WITH];
        break;
    case NODE_DELETE:
        with = &inner->child[DELETE_WITH];
        break;
    default:
        return true; /* its text runs as it is written, under the authorizer */
    }
    take_own_changes(inner);
    bool fine;
    if (inner->kind == NODE_SELECT) {
        fine = resolve_outermost(&w->resolver, inner, NULL);
    } else {
        scope.with = *with;
        fine = resolve_with(&w->resolver, *with, &scope);
        for (uint32_t i = 0; fine && i < inner->count; i++) {
            struct node *child = inner->child[i];
            if (!child || child == *with || child->kind == NODE_TABLE) continue;
            fine = child->kind == NODE_FROM ? resolve_from(&w->resolver, child, &scope)
                                            : resolve_expression(&w->resolver, child, &scope);
        }
    }
    if (fine && w->reads_schema) *with = rewrite_with_guards(w, *with);
    return fine;
}

static bool print_plan(struct rewrite *w, const struct node *node) {
    struct plan *plan = w->plan;
    struct buf out;
    buf_init(&out, LIMIT_TEXT);
    struct print_variables variables = {.number = number_variable, .context = w};
    print_node(&out, node, w->text, &variables);
    plan->sql = out.failed ? (struct str){0} : arena_copy(w->arena, buf_str(&out));
    buf_done(&out);
    plan->parameters = w->parameters;
    plan->parameter_count = w->parameter_count;
    return (plan->sql.text && !arena_exhausted(w->arena)) || rewrite_too_large(w);
}

bool rewrite_finish_plan(struct rewrite *w, struct node *statement) {
    return finish_footprint(w, statement) && print_plan(w, statement);
}

/* Rewrites a statement's tree, which becomes another. */
static bool rewrite_tree(struct arena *arena, const struct schema *schema, const struct policy *policy,
                         struct node *node, struct str text, bool fences_all, struct plan *ret_plan,
                         struct error *err) {
    struct plan plan = {0};
    struct rewrite w = {.arena = arena,
                        .schema = schema,
                        .policy = policy,
                        .text = text,
                        .err = err,
                        .plan = &plan,
                        .fences_all = fences_all};
    w.resolver = (struct resolver){.arena = arena,
                                   .schema = schema,
                                   .policy = policy,
                                   .err = err,
                                   .on_table = rewrite_on_table,
                                   .on_rowid = rewrite_on_rowid,
                                   .on_full_text = rewrite_on_full_text,
                                   .on_pattern = rewrite_on_pattern,
                                   .context = &w};
    plan.kind = plan_kind_of(node);
    plan.returns_rows = has_rows(node);
    if (node->kind == NODE_INSERT) plan.inserted_table = node->child[INSERT_TABLE]->child[TABLE_NAME]->text;
    if (!(policy->unrestricted ? rewrite_unrestricted(&w, node) : rewrite_restricted(&w, &node))) return false;
    if (!print_plan(&w, node) || (w.replaced && !rewrite_replaced(&w, &plan))) return false;
    *ret_plan = plan;
    return true;
}

/* SQLite's parser has a stack of LIMIT_DEPTH, and an expression may be 1,000 high. Shields take five places of the
 * stack at each level of sub-selects, of which one takes seven itself: what is not this deep, or high, is never too
 * deep for them. */
#define DEPTH_SHALLOW 40
#define DEPTH_SAFE (LIMIT_DEPTH - 1)
#define HEIGHT_SAFE 900

/* Whether a text that we have printed is, or may be, nested too deep for SQLite. */
static bool is_too_deep(struct arena *arena, struct str sql) {
    struct script script;
    struct error err = {0};
    return !parse_script(arena, sql, &script, &err) || script.count != 1 || script.statements[0].depth > DEPTH_SAFE ||
           script.statements[0].node->height > HEIGHT_SAFE;
}

bool rewrite_statement(struct arena *arena, const struct schema *schema, const struct policy *policy,
                       const struct statement *statement, struct str text, struct plan *ret_plan, struct error *err) {
    struct node *again = NULL;
    if (!policy->unrestricted && (statement->depth > DEPTH_SHALLOW || statement->node->height > HEIGHT_SAFE / 2))
        again = node_copy(arena, statement->node);
    struct plan plan, other;
    if (!rewrite_tree(arena, schema, policy, statement->node, text, false, &plan, err)) return false;
    struct error ignored = {0};
    if (again && is_too_deep(arena, plan.sql) &&
        rewrite_tree(arena, schema, policy, again, text, true, &other, &ignored))
        plan = other;
    *ret_plan = plan;
    return true;
}
