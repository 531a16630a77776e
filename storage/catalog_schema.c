/*
 * SQLite's own schema as the front end sees it: tables, columns, collations, triggers, foreign keys.
 *
 * What SQLite tells through its pragmas is taken from there; the declared collation comes from table.c, and the event
 * of a trigger from catalog_trigger.c.
 */
#include "storage/catalog_private.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "sql/lexer.h"
#include "sql/limits.h"
#include "sql/parse.h"
#include "storage/table.h"

#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(struct query *, query_finish)

static const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};

#define KIND_MEMORY ((size_t)64 << 20) /* of the tree of one CREATE statement */

/* These statements are the same for every table, so they are prepared once. */
#define PLAN_KEY 1

static struct str copy_text(struct arena *arena, const struct query *query, int column) {
    struct value value = query_column(query, column);
    return value.kind == VALUE_TEXT ? arena_copy(arena, value.text) : arena_copy(arena, LITERAL(""));
}

static int64_t integer_of(const struct query *query, int column) {
    struct value value = query_column(query, column);
    return value.kind == VALUE_INTEGER ? value.integer : 0;
}

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the schema does not fit into memory");
}

static bool is_ours(struct str name) {
    return str_starts_name(name, "_bailiwick") || str_starts_name(name, "sqlite_");
}

/* What the ON CONFLICT clauses of a CREATE TABLE's constraints say. */
static enum conflict_clauses conflict_clauses(struct str sql) {
    struct lexer lexer = {.text = sql};
    struct token token, before = {0}, first = {0};
    enum conflict_clauses clauses = CLAUSES_ABORT;
    while ((token = lexer_next(&lexer)).kind != TOKEN_END) {
        if (str_is_name(first.text, "ON") && str_is_name(before.text, "CONFLICT")) {
            bool aborts = str_is_name(token.text, "ABORT");
            if (!aborts && !str_is_name(token.text, "REPLACE")) return CLAUSES_OTHER;
            if (!aborts) clauses = CLAUSES_REPLACE;
        }
        first = before;
        before = token;
    }
    return clauses;
}

/* What a table or view is, from the statement that made it. SQLite's own list (PRAGMA table_list) would expand every
 * view. */
static void set_kind(struct arena *owner, struct table_schema *table, struct str type, struct str sql) {
    struct error failure = {0};
    table->kind = TABLE_VIEW;
    if (str_is(type, "view")) {
        table->may_fail = !catalog_read_view(owner, table, sql);
        return;
    }
    struct arena *arena = arena_new(KIND_MEMORY);
    const struct node *node = arena ? parse_one(arena, sql, &failure) : NULL;
    table->kind = TABLE_SHADOW; /* what is not understood is for nobody who is restricted */
    if (node && node->kind == NODE_CREATE_VIRTUAL) {
        const struct node *module = node->child[CREATE_VIRTUAL_MODULE];
        table->kind = TABLE_VIRTUAL;
        if (str_is_name(module->text, "fts5"))
            table->full_text = catalog_full_text(owner, str_slice(sql, module->end, sql.length));
    }
    if (node && node->kind == NODE_CREATE_TABLE) {
        table->kind = TABLE_ORDINARY;
        table->without_rowid = node->flags & WITHOUT_ROWID;
        table->strict = node->flags & STRICT;
        table->conflict_clauses = conflict_clauses(sql);
    }
    arena_free(arena);
}

/* The tables that a virtual one keeps its data in: NAME_content and so on. */
static void find_shadows(struct table_schema *tables, size_t count) {
    static const char *const suffixes[] = {"config", "content", "data",     "docsize", "idx", "node",
                                           "parent", "rowid",   "segments", "segdir",  "stat"};
    enum { FULL_TEXT_SUFFIXES = 5 };
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; tables[i].kind == TABLE_VIRTUAL && j < count; j++) {
            struct str owner = tables[i].name, name = tables[j].name;
            bool begins = name.length > owner.length && name.text[owner.length] == '_' &&
                          str_same_name(str_slice(name, 0, owner.length), owner);
            size_t suffix_count = tables[i].full_text ? FULL_TEXT_SUFFIXES : sizeof suffixes / sizeof *suffixes;
            for (size_t k = 0; begins && k < suffix_count; k++)
                if (str_is_name(str_slice(name, owner.length + 1, name.length), suffixes[k]))
                    tables[j].kind = TABLE_SHADOW;
        }
}

static int compare_tables(const void *a, const void *b) {
    struct str left = ((const struct table_schema *)a)->name, right = ((const struct table_schema *)b)->name;
    return definition_compare(&(struct definition){.name = left}, &(struct definition){.name = right});
}

static bool load_tables(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) {
    struct arena *arena = loaded->arena;
    CLEANUP(query_finish_at)
    struct query *query =
        query_prepare(conn, LITERAL("SELECT name, type, sql FROM main.sqlite_schema WHERE type IN ('table', 'view')"),
                      &internal, false, PLAN_KEY, err);
    if (!query) return false;
    struct table_schema *tables = NULL;
    size_t count = 0;
    enum query_step step;
    while ((step = query_step(query, err)) == QUERY_ROW) {
        struct str name = copy_text(arena, query, 0);
        if (is_ours(name)) continue;
        tables = arena_grow(arena, tables, count, sizeof *tables);
        if (!tables) return out_of_memory(err);
        struct value type = query_column(query, 1), sql = query_column(query, 2);
        tables[count] = (struct table_schema){.name = name, .rowid_alias = -1};
        set_kind(arena, &tables[count++], type.text, sql.kind == VALUE_TEXT ? sql.text : (struct str){0});
    }
    if (step == QUERY_FAILED) return false;
    if (arena_exhausted(arena)) return out_of_memory(err);
    find_shadows(tables, count);
    if (count) qsort(tables, count, sizeof *tables, compare_tables);
    loaded->tables = tables;
    loaded->snapshot.schema.tables = tables;
    loaded->snapshot.schema.table_count = count;
    return catalog_finish_views(loaded, err);
}

static struct table_schema *find_table(struct loaded_snapshot *loaded, struct str name) {
    const struct table_schema *table = schema_find_table(&loaded->snapshot.schema, name);
    return table ? &loaded->tables[table - loaded->snapshot.schema.tables] : NULL;
}

/* What pragma_table_xinfo says in `hidden`. */
enum { COLUMN_HIDDEN = 1, COLUMN_VIRTUAL = 2, COLUMN_STORED = 3 };

static bool read_columns(struct conn *conn, struct arena *arena, struct table_schema *table, struct error *err) {
    CLEANUP(query_finish_at)
    struct query *query =
        query_prepare(conn,
                      LITERAL("SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden, dflt_value "
                              "FROM pragma_table_xinfo(?1, 'main') ORDER BY cid"),
                      &internal, false, PLAN_KEY, err);
    if (!query) return false;
    struct value name = value_text(table->name);
    if (!query_bind(query, 1, &name, err)) return false;
    struct column_schema *columns = NULL;
    size_t count = 0;
    enum query_step step;
    while ((step = query_step(query, err)) == QUERY_ROW) {
        columns = arena_grow(arena, columns, count, sizeof *columns);
        if (!columns) return out_of_memory(err);
        int64_t hidden = integer_of(query, 5);
        columns[count++] = (struct column_schema){
            .name = copy_text(arena, query, 0),
            .type = copy_text(arena, query, 1),
            .collation = LITERAL("BINARY"),
            .not_null = integer_of(query, 2) != 0,
            .has_default = integer_of(query, 3) != 0,
            .default_text = copy_text(arena, query, 6),
            .primary_key = (int)integer_of(query, 4),
            .generated = hidden == COLUMN_VIRTUAL || hidden == COLUMN_STORED,
            .hidden = hidden == COLUMN_HIDDEN,
        };
    }
    if (step == QUERY_FAILED) return false;
    if (arena_exhausted(arena)) return out_of_memory(err);
    table->columns = columns;
    table->column_count = count;
    return true;
}

/* The collations; a column of a virtual table has none, and one of a view that of the column it shows. */
static bool read_collations(struct conn *conn, struct arena *arena, struct table_schema *table, struct error *err) {
    switch (table->kind) {
    case TABLE_VIRTUAL:
        return true;
    case TABLE_VIEW:
        return table_view_collations(conn, arena, table, err);
    case TABLE_ORDINARY:
    case TABLE_SHADOW:
        return table_collations(conn, arena, table, err);
    }
    return true;
}

/* A column is another name of the rowid when it alone is the key, is declared INTEGER, and the key has no index of its
 * own (`INTEGER PRIMARY KEY DESC` has one). */
static bool find_rowid_alias(struct conn *conn, struct arena *arena, struct table_schema *table, struct error *err) {
    int alias = -1, keys = 0;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].primary_key) {
            keys++;
            alias = (int)i;
        }
    if (keys != 1 || table->without_rowid || !str_is_name(table->columns[alias].type, "INTEGER")) return true;
    struct value name = value_text(table->name), one;
    bool has_index;
    if (!conn_read_row(conn, arena, "SELECT 1 FROM pragma_index_list(?1, 'main') WHERE origin = 'pk'", &name, 1, &one,
                       1, &has_index, err))
        return false;
    if (!has_index) table->rowid_alias = alias;
    return true;
}

/* To learn a view's columns SQLite expands all that it reads, which can be made to take for ever. */
#define VIEW_TIME 2000000000 /* ns, for all of them */
#define VIEW_MEMORY ((size_t)64 << 20)

/* A view whose tables are gone or that expands to too much, or a virtual table whose module fails, is there but cannot
 * be read. */
static bool is_broken(const struct table_schema *table, const struct error *failure) {
    if (table->kind != TABLE_VIEW && table->kind != TABLE_VIRTUAL) return false;
    return failure->code == ERROR_SQLITE || failure->code == ERROR_NOT_FOUND ||
           (table->kind == TABLE_VIEW && (failure->code == ERROR_TIMEOUT || failure->code == ERROR_LIMIT_EXCEEDED));
}

/* Leaves the connection without bounds when there are views. */
static bool load_columns(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) {
    int64_t until = clock_steady() + VIEW_TIME;
    for (size_t i = 0; i < loaded->snapshot.schema.table_count; i++) {
        struct table_schema *table = &loaded->tables[i];
        struct error failure = {0};
        bool is_view = table->kind == TABLE_VIEW;
        if (is_view && table->comes_to > LIMIT_VIEW_TABLES) continue; /* nor can it be read */
        if (is_view) conn_set_bounds(conn, &(struct conn_bounds){.deadline = until, .memory_limit = VIEW_MEMORY});
        bool fine =
            read_columns(conn, loaded->arena, table, &failure) && read_collations(conn, loaded->arena, table, &failure);
        if (is_view) conn_set_bounds(conn, &(struct conn_bounds){0});
        bool broken = !fine && is_broken(table, &failure);
        if (!fine && !broken) {
            if (err && err->code == ERROR_NONE) *err = failure;
            return false;
        }
        if (broken) {
            table->columns = NULL;
            table->column_count = 0;
        }
        bool has_rows = table->kind == TABLE_ORDINARY || table->kind == TABLE_SHADOW;
        if (has_rows && !find_rowid_alias(conn, loaded->arena, table, err)) return false;
        for (size_t j = 0; j < table->column_count; j++)
            table->columns[j].index = loaded->snapshot.schema.column_count++;
    }
    return true;
}

/* The index that a row of load_indexes is about; its rows come one after the other. NULL when memory is short. */
static struct index_schema *index_of(struct arena *arena, struct table_schema *table, const struct query *query) {
    struct index_schema *indexes = (struct index_schema *)table->indexes;
    struct value name = query_column(query, 8);
    size_t count = table->index_count;
    if (count > 0 && name.kind == VALUE_TEXT && str_same(indexes[count - 1].name, name.text))
        return &indexes[count - 1];
    indexes = arena_grow(arena, indexes, count, sizeof *indexes);
    if (!indexes) return NULL;
    table->indexes = indexes;
    table->index_count++;
    indexes[count] = (struct index_schema){.name = copy_text(arena, query, 8)};
    return &indexes[count];
}

static bool note_indexed(struct arena *arena, struct table_schema *table, const struct column_schema *column,
                         const struct query *query) {
    struct index_schema *index = index_of(arena, table, query);
    if (!index) return false;
    if (!column || integer_of(query, 4)) index->reads_more = true;
    if (!column) return true;
    size_t *columns = arena_grow(arena, (size_t *)index->columns, index->column_count, sizeof *columns);
    if (!columns) return false;
    index->columns = columns;
    columns[index->column_count++] = (size_t)(column - table->columns);
    return true;
}

/* Which columns are in an index, alone or with others. The key of a table WITHOUT ROWID is no index but the table. */
static bool load_indexes(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) {
    CLEANUP(query_finish_at)
    struct query *query =
        query_prepare(conn,
                      LITERAL("SELECT s.name, x.name, x.cid, (SELECT count(*) FROM pragma_index_xinfo(i.name, 'main') "
                              "WHERE key), i.partial, i.origin, x.coll, i.\"unique\", i.name "
                              "FROM main.sqlite_schema AS s, pragma_index_list(s.name, 'main') AS i, "
                              "pragma_index_xinfo(i.name, 'main') AS x WHERE s.type = 'table' AND x.key"),
                      &internal, false, PLAN_KEY, err);
    if (!query) return false;
    enum query_step step;
    while ((step = query_step(query, err)) == QUERY_ROW) {
        struct table_schema *table = find_table(loaded, query_column(query, 0).text);
        if (!table) continue;
        if (integer_of(query, 2) == -2 || integer_of(query, 4)) table->has_expression_index = true;
        if (integer_of(query, 7)) table->has_unique = true;
        struct value name = query_column(query, 1);
        const struct column_schema *found = name.kind == VALUE_TEXT ? schema_find_column(table, name.text) : NULL;
        if (!note_indexed(loaded->arena, table, found, query)) return out_of_memory(err);
        if (!found) continue;
        struct column_schema *column = &table->columns[found - table->columns];
        struct value origin = query_column(query, 5), collation = query_column(query, 6);
        bool is_key = table->without_rowid && origin.kind == VALUE_TEXT && str_is(origin.text, "pk");
        if (is_key && collation.kind == VALUE_TEXT && !str_same_name(collation.text, column->collation))
            column->key_collation = copy_text(loaded->arena, query, 6);
        if (integer_of(query, 3) > 1)
            column->indexed = INDEXED_WITH_OTHERS;
        else if (column->indexed == INDEXED_NOT)
            column->indexed = INDEXED_ALONE;
    }
    return step == QUERY_DONE;
}

static bool add_foreign_read(struct arena *arena, struct table_schema *table, struct str read_table,
                             struct str column) {
    struct footprint_read *reads =
        arena_grow(arena, (struct footprint_read *)table->foreign_reads, table->foreign_read_count, sizeof *reads);
    if (!reads) return false;
    reads[table->foreign_read_count++] = (struct footprint_read){.table = read_table, .column = column};
    table->foreign_reads = reads;
    return true;
}

/* A pair of key columns: SQLite reads both whichever of the two tables is written. Without `to` the parent's primary
 * key is meant. */
static bool note_foreign_key(struct arena *arena, struct table_schema *child, struct table_schema *parent,
                             struct str from, struct str to) {
    struct table_schema *ends[] = {child, parent};
    for (size_t i = 0; i < 2; i++) {
        if (!add_foreign_read(arena, ends[i], child->name, from)) return false;
        for (size_t j = 0; j < parent->column_count; j++) {
            const struct column_schema *column = &parent->columns[j];
            bool is_key = to.length > 0 ? str_same_name(column->name, to) : column->primary_key > 0;
            if (is_key && !add_foreign_read(arena, ends[i], parent->name, column->name)) return false;
        }
    }
    return true;
}

static bool load_foreign_keys(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) {
    CLEANUP(query_finish_at)
    struct query *query =
        query_prepare(conn,
                      LITERAL("SELECT s.name, f.\"table\", f.\"from\", f.\"to\", "
                              "f.on_update NOT IN ('NO ACTION', 'RESTRICT') "
                              "OR f.on_delete NOT IN ('NO ACTION', 'RESTRICT') FROM main.sqlite_schema AS s, "
                              "pragma_foreign_key_list(s.name, 'main') AS f WHERE s.type = 'table'"),
                      &internal, false, PLAN_KEY, err);
    if (!query) return false;
    enum query_step step;
    while ((step = query_step(query, err)) == QUERY_ROW) {
        struct table_schema *child = find_table(loaded, copy_text(loaded->arena, query, 0));
        struct table_schema *parent = find_table(loaded, copy_text(loaded->arena, query, 1));
        if (!child || !parent) continue;
        if (integer_of(query, 4)) parent->is_foreign_parent = true;
        if (!note_foreign_key(loaded->arena, child, parent, copy_text(loaded->arena, query, 2),
                              copy_text(loaded->arena, query, 3)))
            return out_of_memory(err);
    }
    return step == QUERY_DONE;
}

static void note_trigger(struct catalog_reach *reach, struct table_schema *table, struct str sql) {
    bool names_columns;
    enum operation event = catalog_trigger_event(sql, &names_columns);
    catalog_reach_trigger(reach, table, event, sql);
    if (names_columns) table->has_update_of = true;
    if (event != OPERATION_COUNT) {
        table->has_triggers[event] = true;
        return;
    }
    for (enum operation operation = OPERATION_CREATE; operation < OPERATION_COUNT; operation++)
        table->has_triggers[operation] = true;
}

/* Which tables have the word CHECK in their text. */
static bool load_checks(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) {
    CLEANUP(query_finish_at)
    struct query *query =
        query_prepare(conn, LITERAL("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE '%check%'"),
                      &internal, false, PLAN_KEY, err);
    if (!query) return false;
    enum query_step step;
    while ((step = query_step(query, err)) == QUERY_ROW) {
        struct table_schema *table = find_table(loaded, query_column(query, 0).text);
        if (table) table->has_check = true;
    }
    return step == QUERY_DONE;
}

static bool load_definers(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) {
    struct arena *arena = loaded->arena;
    CLEANUP(query_finish_at)
    struct query *query = query_prepare(
        conn, LITERAL("SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE type IN ('view', 'trigger')"),
        &internal, false, PLAN_KEY, err);
    if (!query) return false;
    struct catalog_reach *reach = catalog_reach_new(loaded);
    if (!reach) return out_of_memory(err);
    struct str *definers = NULL;
    size_t count = 0;
    enum query_step step;
    while ((step = query_step(query, err)) == QUERY_ROW) {
        definers = arena_grow(arena, definers, count, sizeof *definers);
        if (!definers) return out_of_memory(err);
        definers[count++] = copy_text(arena, query, 1);
        struct value type = query_column(query, 0), table = query_column(query, 2), sql = query_column(query, 3);
        if (!str_is(type.text, "trigger") || table.kind != VALUE_TEXT) continue;
        struct table_schema *owner = find_table(loaded, table.text);
        if (owner) note_trigger(reach, owner, sql.kind == VALUE_TEXT ? sql.text : (struct str){0});
    }
    if (step == QUERY_FAILED) return false;
    catalog_reach_finish(reach);
    if (arena_exhausted(arena)) return out_of_memory(err);
    loaded->snapshot.schema.definers = definers;
    loaded->snapshot.schema.definer_count = count;
    return true;
}

bool catalog_load_schema(struct conn *conn, struct loaded_snapshot *loaded, struct error *err) {
    return load_tables(conn, loaded, err) && load_columns(conn, loaded, err) && catalog_finish_full_text(loaded, err) &&
           load_indexes(conn, loaded, err) && load_foreign_keys(conn, loaded, err) && load_checks(conn, loaded, err) &&
           load_definers(conn, loaded, err);
}
