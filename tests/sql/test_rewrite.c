/*
 * Golden tests of the rewriter. A file of cases:
 *
 *     CREATE TABLE …; DEFINE TABLE …;      the schema, up to a line "----"
 *     ? SELECT …                           a statement of a restricted principal (of an owner: "?? …")
 *     = WITH … SELECT …                    the SQL that runs, or
 *     ! not_found no such table: x         the error
 *
 * What is rewritten is also prepared under its footprint: the authorizer must agree that nothing is read past a guard.
 * With UPDATE_GOLDEN=1 in the environment the expectations are written anew.
 */
#include "base/buf.h"
#include "base/secret.h"
#include "sql/print.h"
#include "sql/rewrite.h"
#include "storage/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int passed, failed;

static struct str read_file(struct arena *arena, const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return (struct str){0};
    char *text = arena_alloc(arena, 1 << 20);
    size_t length = text ? fread(text, 1, 1 << 20, file) : 0;
    fclose(file);
    return (struct str){text, length};
}

static void die(const char *path, const char *what, const struct error *err) {
    fprintf(stderr, "%s: %s: %s\n", path, what, err ? err->message : "");
    exit(2);
}

/* Puts one DEFINE statement into the catalogue as server/admin would. */
static void define(struct conn *conn, struct arena *arena, const struct node *node, struct str text, const char *path) {
    struct error err = {0};
    struct buf out;
    buf_init(&out, 0);
    print_node(&out, node, text, NULL);
    struct definition definition = {.statement = arena_copy(arena, buf_str(&out))};
    buf_done(&out);
    if (node->kind == NODE_DEFINE_TABLE) {
        definition.kind = DEFINITION_TABLE;
        definition.name = node->child[DEFINE_TABLE_NAME]->text;
    } else if (node->kind == NODE_DEFINE_FIELD) {
        definition.kind = DEFINITION_FIELD;
        definition.owner = node->child[DEFINE_FIELD_TABLE]->text;
        definition.name = node->child[DEFINE_FIELD_NAME]->text;
    } else {
        die(path, "no DEFINE TABLE or FIELD in the schema", NULL);
    }
    bool changed;
    if (!definition_put(conn, &definition, DEFINITION_CREATE, &changed, &err)) die(path, "definition_put", &err);
}

static void load_schema(struct conn *conn, struct arena *arena, struct str text, const char *path) {
    struct error err = {0};
    struct script script;
    if (!parse_script(arena, text, &script, &err)) die(path, "schema", &err);
    for (size_t i = 0; i < script.count; i++) {
        const struct statement *statement = &script.statements[i];
        if (statement->node->kind == NODE_DEFINE_TABLE || statement->node->kind == NODE_DEFINE_FIELD) {
            define(conn, arena, statement->node, text, path);
            continue;
        }
        struct str sql = arena_copy(arena, str_slice(text, statement->at, statement->end));
        if (!conn_run(conn, sql.text, &err)) die(path, sql.text, &err);
    }
}

/* What the rewriter and the authorizer make of a statement, as a line of a golden file. */
static struct str outcome(struct conn *conn, struct arena *arena, const struct schema *schema, struct str sql,
                          bool owner) {
    struct error err = {0};
    struct script script;
    struct plan plan;
    struct policy policy = {.unrestricted = owner};
    if (!parse_script(arena, sql, &script, &err) || script.count != 1 ||
        !rewrite_statement(arena, schema, &policy, &script.statements[0], sql, &plan, &err))
        return arena_format(arena, "! %s %s", error_code_name(err.code), err.message);
    struct query *query = query_prepare(conn, plan.sql, &plan.footprint, true, 0, &err);
    if (!query)
        return arena_format(arena, "! prepare %s %s: %.*s", error_code_name(err.code), err.message, STR(plan.sql));
    query_finish(query);
    return arena_format(arena, "= %.*s", STR(plan.sql));
}

static void run_file(const char *path, bool update) {
    struct error err = {0};
    struct arena *arena = arena_new(64 << 20);
    struct str text = read_file(arena, path);
    if (text.length == 0) die(path, "cannot be read", NULL);
    char folder[] = "/tmp/bailiwick-rewrite-XXXXXX";
    if (!mkdtemp(folder)) die(path, "mkdtemp", NULL);
    struct str file = arena_format(arena, "%s/t.db", folder);
    struct conn *conn = conn_open(&(struct conn_options){.path = file.text, .create = true}, &err);
    if (!conn || !catalog_make(conn, &err)) die(path, "conn_open", &err);
    const char *end = strstr(text.text, "\n----\n");
    if (!end) die(path, "no line ----", NULL);
    struct str schema_text = {text.text, (size_t)(end - text.text)};
    load_schema(conn, arena, schema_text, path);
    const struct snapshot *snapshot = snapshot_load(conn, true, &err);
    if (!snapshot) die(path, "snapshot_load", &err);

    struct buf out;
    buf_init(&out, 0);
    buf_add(&out, text.text, (size_t)(end - text.text) + 6);
    struct str sql = {0}, expected = {0};
    bool owner = false;
    const char *line = end + 6;
    int number = 1;
    for (const char *c = text.text; c < line; c++) number += *c == '\n';
    for (; *line; number++) {
        size_t length = strcspn(line, "\n");
        struct str whole = {line, length};
        line += length + (line[length] == '\n');
        if (str_starts(whole, "?")) {
            owner = str_starts(whole, "??");
            sql = str_trim(str_slice(whole, owner ? 2 : 1, length));
            buf_format(&out, "%.*s\n", STR(whole));
            struct str got = outcome(conn, arena, &snapshot->schema, sql, owner);
            buf_format(&out, "%.*s\n", STR(got));
            size_t next = strcspn(line, "\n");
            expected = (struct str){line, next};
            if (str_starts(expected, "=") || str_starts(expected, "!")) {
                line += next + (line[next] == '\n');
                number++;
            } else {
                expected = (struct str){0};
            }
            if (str_same(got, expected))
                passed++;
            else if (!update) {
                failed++;
                printf("%s:%d: %.*s\n  expected %.*s\n  got      %.*s\n", path, number, STR(sql), STR(expected),
                       STR(got));
            }
        } else {
            buf_format(&out, "%.*s\n", STR(whole));
        }
    }
    if (update) {
        FILE *golden = fopen(path, "w");
        if (!golden || fwrite(out.data, 1, out.length, golden) != out.length || fclose(golden) != 0)
            die(path, "cannot be written", NULL);
    }
    buf_done(&out);
    snapshot_unref(snapshot);
    conn_close(conn);
    unlink(file.text);
    rmdir(folder);
    arena_free(arena);
}

int main(int count, char **paths) {
    struct error err = {0};
    if (!secret_init(&err) || !conn_init_library(&err)) die("start", "library", &err);
    rewrite_set_guard_prefix("_bailiwick_");
    for (int i = 1; i < count; i++) run_file(paths[i], getenv("UPDATE_GOLDEN") != NULL);
    secret_done();
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
