/*
 * Proof, at every start, that the linked SQLite tells the authorizer what guard.c relies on. SQLite documents the
 * accessor for views and triggers only.
 */
#include "storage/conn_private.h"

#include <stdio.h>
#include <string.h>

#define MADE                                                                                                           \
    "CREATE TABLE post (id INTEGER PRIMARY KEY, title, draft, author);"                                                \
    "CREATE TABLE member (id INTEGER PRIMARY KEY, team);"                                                              \
    "CREATE VIEW recent AS SELECT id, title FROM post WHERE draft = 0"
#define GUARD "WITH g AS NOT MATERIALIZED (SELECT id, title FROM \"MAIN\".post WHERE draft = 0) "

/* What SQLite must say of a statement, and nothing else about these tables: "table.column/database/accessor " for each
 * read, the same ones in a row only once. */
static const struct {
    const char *sql;
    const char *reads;
} expected[] = {
    /* a guard, merged into the statement or not */
    {GUARD "SELECT title FROM g AS post", "post.id/main/g post.title/main/g post.draft/main/g "},
    {"WITH g AS MATERIALIZED (SELECT title FROM \"MAIN\".post WHERE draft = 0) SELECT title FROM g AS post",
     "post.title/main/g post.draft/main/g "},
    {GUARD "SELECT count(*) FROM g AS a LEFT JOIN g AS b ON a.id = b.id",
     "post.id/main/g post.title/main/g post.draft/main/g post.id/main/g post.title/main/g post.draft/main/g "},
    {GUARD ", u AS (SELECT id FROM g) SELECT count(*) FROM u", "post.id/main/g post.title/main/g post.draft/main/g "},
    {"WITH g AS NOT MATERIALIZED (SELECT title FROM \"MAIN\".post WHERE EXISTS "
     "(SELECT 1 FROM \"MAIN\".member WHERE member.team = post.author)) SELECT title FROM g",
     "post.title/main/g member.team/main/g post.author/main/g "},
    {"WITH g AS NOT MATERIALIZED (SELECT id, title FROM \"MAIN\".post WHERE draft = 0), "
     "s AS MATERIALIZED (SELECT id AS k FROM g AS post) UPDATE main.post SET title = 1 FROM s WHERE post.id = s.k",
     "post.id/main/g post.title/main/g post.draft/main/g post.id/main/- post./main/- "},
    /* without one, or through what a user named */
    {"SELECT title FROM main.post", "post.title/main/- "},
    {"SELECT (SELECT max(title) FROM main.post)", "post.title/main/- "},
    {"WITH u AS (SELECT title FROM main.post) SELECT title FROM u", "post.title/main/u "},
    {"SELECT title FROM main.recent", "post.id/main/recent post.title/main/recent post.draft/main/recent "
                                      "recent.title/main/- "},
    /* no column: the database as it was written */
    {"SELECT count(*) FROM main.post", "post./main/- "},
    {"SELECT count(*) FROM post", "post./-/- "},
    {"WITH g AS NOT MATERIALIZED (SELECT id, title FROM \"MAIN\".post WHERE id = 1) SELECT count(*) FROM g",
     "post.id/main/g post.title/main/g post.id/main/g post./MAIN/- "},
    {"WITH u AS (SELECT 1 AS a) SELECT count(*) FROM u", "u./-/- "},
};

struct record {
    char reads[1024];
    char last[128];
};

static int note(void *argument, int action, const char *table, const char *column, const char *database,
                const char *accessor) {
    struct record *record = argument;
    if (action != SQLITE_READ) return SQLITE_OK;
    char read[128];
    snprintf(read, sizeof read, "%s.%s/%s/%s ", table, column ? column : "", database ? database : "-",
             accessor ? accessor : "-");
    if (strcmp(read, record->last) == 0) return SQLITE_OK;
    snprintf(record->last, sizeof record->last, "%s", read);
    size_t length = strlen(record->reads);
    snprintf(record->reads + length, sizeof record->reads - length, "%s", read);
    return SQLITE_OK;
}

static bool try_all(sqlite3 *db, struct error *err) {
    struct record record;
    if (sqlite3_exec(db, MADE, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_set_authorizer(db, note, &record) != SQLITE_OK) {
        return fail(err, ERROR_INTERNAL, NOWHERE, "SQLite's self-test cannot run");
    }
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        sqlite3_stmt *statement = NULL;
        memset(&record, 0, sizeof record);
        int code = sqlite3_prepare_v2(db, expected[i].sql, -1, &statement, NULL);
        sqlite3_finalize(statement);
        if (code == SQLITE_OK && strcmp(record.reads, expected[i].reads) == 0) continue;
        fail(err, ERROR_INTERNAL, NOWHERE, "this SQLite, %s, does not say through which name a column is read",
             sqlite3_libversion());
        error_detail(err, "self-test %zu: %s", i + 1, record.reads);
        return false;
    }
    return true;
}

bool self_test(struct error *err) {
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok =
        code == SQLITE_OK ? try_all(db, err) : fail(err, ERROR_INTERNAL, NOWHERE, "SQLite's self-test cannot run");
    sqlite3_close(db);
    return ok;
}
