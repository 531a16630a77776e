#include "tests/sql/golden.h"

#include "base/buf.h"
#include "base/secret.h"
#include "sql/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1 << 20)
#define ROLES_MAX 8 /* of a case */

/* On stdout, for a test may have closed stderr, where refusals are logged. */
static _Noreturn void die(const struct golden *golden, const char *what, const struct error *err) {
    printf("%s: %s: %s\n", golden->path, what, err ? err->message : "");
    exit(2);
}

void golden_init(void) {
    struct error err = {0};
    if (!secret_init(&err) || !conn_init_library(&err)) die(&(struct golden){.path = "start"}, "library", &err);
    rewrite_set_guard_prefix("_bailiwick_");
}

static struct str read_file(const struct golden *golden) {
    FILE *file = fopen(golden->path, "r");
    char *text = arena_alloc(golden->arena, FILE_MAX + 1);
    if (!file || !text) die(golden, "cannot be read", NULL);
    size_t length = fread(text, 1, FILE_MAX, file);
    if (length == 0 || length == FILE_MAX || fclose(file) != 0) die(golden, "cannot be read", NULL);
    return (struct str){text, length};
}

/* Puts one DEFINE statement into the catalogue as server/admin would. */
static void define(const struct golden *golden, const struct node *node, struct str text) {
    struct error err = {0};
    struct buf out;
    buf_init(&out, 0);
    print_node(&out, node, text, NULL);
    struct definition definition = {.statement = arena_copy(golden->arena, buf_str(&out))};
    buf_done(&out);
    if (node->kind == NODE_DEFINE_TABLE) {
        definition.kind = DEFINITION_TABLE;
        definition.name = node->child[DEFINE_TABLE_NAME]->text;
    } else if (node->kind == NODE_DEFINE_ROLE) {
        definition.kind = DEFINITION_ROLE;
        definition.name = node->child[DEFINE_ROLE_NAME]->text;
    } else {
        definition.kind = DEFINITION_FIELD;
        definition.owner = node->child[DEFINE_FIELD_TABLE]->text;
        definition.name = node->child[DEFINE_FIELD_NAME]->text;
    }
    bool changed;
    if (!definition_put(golden->conn, &definition, DEFINITION_CREATE, &changed, &err))
        die(golden, "definition_put", &err);
}

static void load_schema(const struct golden *golden, struct str text) {
    struct error err = {0};
    struct script script;
    if (!parse_script(golden->arena, text, &script, &err)) die(golden, "schema", &err);
    for (size_t i = 0; i < script.count; i++) {
        const struct statement *statement = &script.statements[i];
        enum node_kind kind = statement->node->kind;
        if (kind == NODE_DEFINE_TABLE || kind == NODE_DEFINE_FIELD || kind == NODE_DEFINE_ROLE) {
            define(golden, statement->node, text);
            continue;
        }
        struct str sql = arena_copy(golden->arena, str_slice(text, statement->at, statement->end));
        if (!sql.text || !conn_run(golden->conn, sql.text, &err)) die(golden, sql.text, &err);
    }
}

void golden_open(struct golden *golden, const char *path, const struct sql_function *functions) {
    struct error err = {0};
    *golden = (struct golden){.path = path, .arena = arena_new(64 << 20)};
    if (!golden->arena) die(golden, "out of memory", NULL);
    golden->text = read_file(golden);
    const char *end = strstr(golden->text.text, "\n----\n");
    if (!end) die(golden, "no line ----", NULL);
    golden->cases_at = (size_t)(end - golden->text.text) + 6;
    golden->cases_line = 1;
    for (size_t i = 0; i < golden->cases_at; i++) golden->cases_line += golden->text.text[i] == '\n';
    golden->conn = conn_open(&(struct conn_options){.path = ":memory:", .functions = functions}, &err);
    if (!golden->conn || !catalog_make(golden->conn, &err)) die(golden, "conn_open", &err);
    load_schema(golden, str_slice(golden->text, 0, golden->cases_at - 6));
    golden->snapshot = snapshot_load(golden->conn, true, &err);
    if (!golden->snapshot) die(golden, "snapshot_load", &err);
    for (size_t i = 0; i < golden->snapshot->definition_count; i++)
        if (golden->snapshot->definitions[i].is_unusable) die(golden, "a definition names what is not there", NULL);
}

void golden_close(struct golden *golden) {
    snapshot_unref(golden->snapshot);
    conn_close(golden->conn);
    arena_free(golden->arena);
    *golden = (struct golden){0};
}

/* Adds what a word in the brackets of a case names. */
static void add_source(const struct golden *golden, struct str word, struct policy_sources *sources, size_t *roles) {
    const struct schema *schema = &golden->snapshot->schema;
    if (str_is(word, "permissions")) {
        sources->permissions = true;
        return;
    }
    size_t found = 0, at = sources->role_count;
    while (found < schema->role_count && !str_same_name(schema->roles[found].name, word)) found++;
    if (found == schema->role_count || at == ROLES_MAX) die(golden, "no such role in a case", NULL);
    for (; at > 0 && roles[at - 1] > found; at--) roles[at] = roles[at - 1];
    roles[at] = found;
    sources->role_count++;
}

bool golden_case(const struct golden *golden, struct str line, struct str *ret_sql, struct policy *ret_policy) {
    struct error err = {0};
    size_t roles[ROLES_MAX], at = 1;
    struct policy_sources sources = {.roles = roles};
    if (!str_starts(line, "?")) return false;
    *ret_policy = (struct policy){.unrestricted = str_starts(line, "??")};
    if (ret_policy->unrestricted) at = 2;
    if (str_starts(line, "?[")) {
        size_t begin = at + 1;
        while (at < line.length && line.text[at] != ']') {
            if (line.text[++at] != ' ' && line.text[at] != ']') continue;
            add_source(golden, str_slice(line, begin, at), &sources, roles);
            begin = at + 1;
        }
        at++;
        if (!snapshot_policy(golden->snapshot, golden->arena, &sources, ret_policy, &err)) die(golden, "roles", &err);
    }
    *ret_sql = str_trim(str_slice(line, at, line.length));
    return true;
}

bool golden_rewrite(const struct golden *golden, struct arena *arena, struct str sql, const struct policy *policy,
                    struct plan *ret_plan, struct error *err) {
    struct script script;
    if (!parse_script(arena, sql, &script, err)) return false;
    if (script.count != 1) return fail(err, ERROR_PARSE, NOWHERE, "not one statement");
    return rewrite_statement(arena, &golden->snapshot->schema, policy, &script.statements[0], sql, ret_plan, err);
}

bool golden_line(const struct golden *golden, size_t *at, struct str *ret_line) {
    if (*at >= golden->text.length) return false;
    const char *line = golden->text.text + *at;
    size_t length = strcspn(line, "\n");
    *ret_line = (struct str){line, length};
    *at += length + 1;
    return true;
}
