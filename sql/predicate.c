/*
 * Predicates of permissions: checked and resolved once, when they are defined or loaded, and from then on shared and
 * never changed.
 *
 * Columns of the row are qualified with their table, and tables of sub-selects are written "MAIN"."t", so that nothing
 * in a user's statement can capture a name of the predicate's, wherever it is put.
 */
#include "sql/leakproof.h"
#include "sql/make.h"
#include "sql/predicate_json.h"
#include "sql/resolve.h"
#include "sql/rewrite.h"

struct checking {
    struct arena *arena;
    const struct table_schema *table;
    struct error *err;
};

static bool on_table(void *context, struct node *node, struct source *source) {
    struct checking *checking = context;
    const struct table_schema *table = source->table;
    if (!table)
        return fail(checking->err, ERROR_NOT_FOUND, node->at, "no such table: %.*s",
                    STR(node->child[TABLE_NAME]->text));
    if (!node->child[TABLE_ALIAS]) node->child[TABLE_ALIAS] = make_name_of(checking->arena, table->name);
    node->child[TABLE_SCHEMA] = make_name_of(checking->arena, LITERAL("MAIN"));
    node->child[TABLE_NAME] = make_name_of(checking->arena, table->name);
    return node->child[TABLE_NAME] || fail(checking->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the predicate is too large");
}

static bool on_rowid(void *context, struct node *node, struct source *source) {
    struct checking *checking = context;
    if (source->table->rowid_alias < 0) return true;
    node->child[COLUMN_NAME] = make_name_of(checking->arena, source->table->columns[source->table->rowid_alias].name);
    return node->child[COLUMN_NAME] || fail(checking->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the predicate is too large");
}

/* What MATCH is for. */
static bool on_full_text(void *context, struct node *node, struct source *source) {
    struct checking *checking = context;
    (void)source;
    return fail(checking->err, ERROR_INVALID_VALUE, node->at, "a predicate cannot search: %.*s is for MATCH",
                STR(node->child[COLUMN_NAME]->text));
}

/* $auth, $auth.id … $token.claim */
static bool is_known_variable(const struct node *variable) {
    static const char *const names[] = {"auth", "scope", "session", "token"};
    size_t length = 0;
    while (length < variable->text.length && variable->text.text[length] != '.') length++;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (NODE_CHOICE(variable) == '$' && str_is(str_slice(variable->text, 0, length), names[i])) return true;
    return false;
}

/* What a predicate may not hold, found before its names are resolved. */
static bool check_kinds(struct checking *checking, struct node *node) {
    if (!node) return true;
    switch (node->kind) {
    case NODE_WITH:
        return fail(checking->err, ERROR_INVALID_VALUE, node->at, "a predicate cannot hold WITH: write a sub-select");
    case NODE_RAISE:
        return fail(checking->err, ERROR_INVALID_VALUE, node->at, "a predicate cannot hold RAISE");
    case NODE_FUNCTION:
        if (leakproof_function(node->child[FUNCTION_NAME]->text) == FUNCTION_UNKNOWN ||
            leakproof_is_auxiliary(node->child[FUNCTION_NAME]->text))
            return fail(checking->err, ERROR_NOT_FOUND, node->at, "no such function for a predicate: %.*s",
                        STR(node->child[FUNCTION_NAME]->text));
        break;
    case NODE_LIKE:
        if (NODE_CHOICE(node) == OPERATOR_MATCH || NODE_CHOICE(node) == OPERATOR_REGEXP)
            return fail(checking->err, ERROR_INVALID_VALUE, node->at, "a predicate cannot hold MATCH or REGEXP");
        break;
    case NODE_VARIABLE:
        if (!is_known_variable(node))
            return fail(checking->err, ERROR_INVALID_VALUE, node->at,
                        "a predicate knows only $auth, $scope, $session and $token, not %c%.*s", (int)NODE_CHOICE(node),
                        STR(node->text));
        node->flags |= DEFINER;
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (!check_kinds(checking, node->child[i])) return false;
    return true;
}

/* Columns of the row, under the one name that they have wherever the predicate is put. */
static bool qualify(struct checking *checking, struct node *node) {
    if (!node) return true;
    if (node->kind == NODE_COLUMN && node->source && node->source->is_target) {
        struct node *said = node->child[COLUMN_TABLE], *name = make_name_of(checking->arena, checking->table->name);
        if (said && name) name->at = said->at; /* where nothing was said it stands nowhere */
        node->child[COLUMN_TABLE] = name;
        if (!node->child[COLUMN_TABLE])
            return fail(checking->err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the predicate is too large");
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (!qualify(checking, node->child[i])) return false;
    return true;
}

bool rewrite_check_predicate(struct arena *arena, const struct schema *schema, const struct table_schema *table,
                             struct node *predicate, struct error *err) {
    struct checking checking = {.arena = arena, .table = table, .err = err};
    struct policy everything = {.unrestricted = true};
    struct resolver resolver = {.arena = arena,
                                .schema = schema,
                                .policy = &everything,
                                .err = err,
                                .on_table = on_table,
                                .on_rowid = on_rowid,
                                .on_full_text = on_full_text,
                                .searches = true,
                                .context = &checking};
    struct source *row = arena_alloc(arena, sizeof *row);
    if (!row) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the predicate is too large");
    *row = (struct source){.kind = SOURCE_TABLE, .name = table->name, .table = table, .is_target = true};
    struct scope scope = {.strict = true};
    bool fine = check_kinds(&checking, predicate) && scope_add(&resolver, &scope, row) &&
                resolve_expression(&resolver, predicate, &scope) && qualify(&checking, predicate);
    if (!fine) return false;
    predicate_guard_json(arena, predicate);
    return !arena_exhausted(arena) || fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the predicate is too large");
}

bool rewrite_reads_own_table(const struct node *predicate, const struct table_schema *table) {
    if (!predicate) return false;
    const struct source *source = predicate->kind == NODE_TABLE ? predicate->source : NULL;
    if (source && source->table && (source->table == table || source->table->kind == TABLE_VIEW)) return true;
    for (uint32_t i = 0; i < predicate->count; i++)
        if (rewrite_reads_own_table(predicate->child[i], table)) return true;
    return false;
}
