#include "auth/scope_name.h"

#include "base/buf.h"
#include "base/scope.h"
#include "sql/ast.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX 32 /* of a clause; what more there are make no names */
#define PARTS_MAX (4 + 2 * VARIABLES_MAX)

DEFINE_CLEANUP(struct store_file *, store_give_back)
DEFINE_CLEANUP(const struct snapshot *, snapshot_unref)

/* Variables, each once. */
struct variables {
    struct str names[VARIABLES_MAX];
    size_t count;
};

/* What a SIGNIN looks for. */
struct sought {
    struct variables all_of;  /* each equals something that the row has */
    struct variables some_of; /* who knows */
};

static bool looks_secret(struct str name) {
    static const char *const words[] = {"pass", "pwd", "secret", "token", "code", "key", "pin", "otp", "nonce"};
    for (size_t at = 0; at < name.length; at++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (str_starts_name(str_slice(name, at, name.length), words[i])) return true;
    return false;
}

static bool has(const struct variables *variables, struct str name) {
    for (size_t i = 0; i < variables->count; i++)
        if (str_same(variables->names[i], name)) return true;
    return false;
}

static void add(struct variables *variables, struct str name) {
    if (looks_secret(name) || has(variables, name) || variables->count == VARIABLES_MAX) return;
    variables->names[variables->count++] = name;
}

static bool is_verification(const struct node *node) {
    return node->kind == NODE_FUNCTION && str_is_name(node->child[FUNCTION_NAME]->text, "password_verify");
}

/* The variables below a node, but for those that password_verify gets. */
static void collect(const struct node *node, struct variables *variables) {
    if (!node || is_verification(node)) return;
    if (node->kind == NODE_VARIABLE) add(variables, node->text);
    for (uint32_t i = 0; i < node->count; i++) collect(node->child[i], variables);
}

/* The terms of a WHERE that all must hold. */
static void collect_terms(const struct node *term, struct sought *sought) {
    bool is_binary = term && term->kind == NODE_BINARY;
    enum node_operator operator= is_binary ? (enum node_operator)NODE_CHOICE(term) : OPERATOR_OR;
    if (is_binary && operator== OPERATOR_AND) {
        collect_terms(term->child[BINARY_LEFT], sought);
        collect_terms(term->child[BINARY_RIGHT], sought);
        return;
    }
    bool compares = is_binary && (operator== OPERATOR_EQUAL || operator== OPERATOR_IS);
    struct variables left = {0}, right = {0};
    if (compares) {
        collect(term->child[BINARY_LEFT], &left);
        collect(term->child[BINARY_RIGHT], &right);
    }
    const struct variables *one = left.count ? &left : &right;
    if (one->count == 1 && left.count + right.count == 1)
        add(&sought->all_of, one->names[0]);
    else
        collect(term, &sought->some_of);
}

static void collect_clause(const struct node *clause, struct sought *sought) {
    const struct node *core = clause->kind == NODE_SELECT && clause->child[SELECT_ARMS]->count == 1
                                  ? clause->child[SELECT_ARMS]->child[0]
                                  : NULL;
    if (core && core->kind == NODE_CORE) collect_terms(core->child[CORE_WHERE], sought);
    struct variables rest = {0};
    collect(clause, &rest);
    for (size_t i = 0; i < rest.count; i++)
        if (!has(&sought->all_of, rest.names[i])) add(&sought->some_of, rest.names[i]);
}

/* The same for a scope that nobody has defined. */
static void guess(const struct named_values *values, struct sought *sought) {
    static const char *const usual[] = {"email", "user", "username", "name", "login", "phone", "id"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual && !sought->all_of.count; i++)
        if (named_values_find(values, str_of(usual[i]))) add(&sought->all_of, str_of(usual[i]));
    if (sought->all_of.count) return;
    for (size_t i = 0; i < values->count; i++) add(&sought->all_of, values->items[i].name);
}

static void seek(struct store *store, struct str ns, struct str db, struct str scope, const struct named_values *values,
                 struct arena *arena, struct sought *sought) {
    CLEANUP(store_give_back_at) struct store_file *file = store_borrow(store, ns, db, NULL);
    CLEANUP(snapshot_unref_at) const struct snapshot *snapshot = file ? store_snapshot(file) : NULL;
    const struct definition *definition =
        snapshot ? snapshot_find(snapshot, DEFINITION_SCOPE, (struct str){0}, scope) : NULL;
    const struct node *clause = definition && definition->node ? definition->node->child[DEFINE_SCOPE_SIGNIN] : NULL;
    if (!clause) {
        guess(values, sought);
        return;
    }
    collect_clause(clause, sought);
    /* the names are the snapshot's */
    for (size_t i = 0; i < sought->all_of.count; i++)
        sought->all_of.names[i] = arena_copy(arena, sought->all_of.names[i]);
    for (size_t i = 0; i < sought->some_of.count; i++)
        sought->some_of.names[i] = arena_copy(arena, sought->some_of.names[i]);
}

/* What SQLite may take for the same thing gets the same text: 5, '5' and ' 05'. */
static struct str plain_text(struct arena *arena, const struct value *value) {
    if (!value || value->kind == VALUE_NULL) return LITERAL("");
    if (value->kind == VALUE_INTEGER) return arena_format(arena, "%.17g", (double)value->integer);
    if (value->kind == VALUE_REAL) return arena_format(arena, "%.17g", value->real);
    struct str text = arena_copy(arena, str_trim(value->text));
    if (!text.length || text.length > 64) return text;
    char *end;
    double number = strtod(text.text, &end);
    return end == text.text + text.length ? arena_format(arena, "%.17g", number) : text;
}

static const struct value *value_of(const struct named_values *values, struct str name) {
    static const char *const levels[] = {"NS", "ns", "DB", "db", "SC", "sc"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (str_is(name, levels[i])) return NULL;
    return named_values_find(values, name);
}

void scope_names_add(struct throttle_attempt *attempt, struct store *store, struct arena *arena, struct str ns,
                     struct str db, struct str scope, const struct named_values *values) {
    struct sought sought = {0};
    struct str parts[PARTS_MAX] = {LITERAL("scope"), ns, db, scope};
    size_t count = 4;
    if (!attempt->throttle) return;
    seek(store, ns, db, scope, values, arena, &sought);
    for (size_t i = 0; i < sought.all_of.count; i++) {
        parts[count++] = sought.all_of.names[i];
        parts[count++] = plain_text(arena, value_of(values, sought.all_of.names[i]));
    }
    if (!sought.some_of.count && sought.all_of.count) throttle_add_name(attempt, parts, count);
    for (size_t i = 0; i < sought.some_of.count && count + 2 <= PARTS_MAX; i++) {
        parts[count] = sought.some_of.names[i];
        parts[count + 1] = plain_text(arena, value_of(values, sought.some_of.names[i]));
        throttle_add_name(attempt, parts, count + 2);
    }
}
