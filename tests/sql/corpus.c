#include "tests/sql/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS_MAX 1000

static void die(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

static struct str read_file(struct arena *arena, const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = arena_alloc(arena, 1 << 17);
    if (!file || !text) die(path, "cannot be read");
    size_t length = fread(text, 1, 1 << 17, file);
    fclose(file);
    return (struct str){text, length};
}

struct corpus corpus_read(struct arena *arena, const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    struct str text = read_file(arena, path);
    struct corpus corpus = {.statements = arena_array(arena, CORPUS_MAX, sizeof *corpus.statements)};
    for (size_t at = 0; at < text.length && corpus.count < CORPUS_MAX;) {
        size_t end = at;
        do {
            const char *newline = memchr(text.text + end, '\n', text.length - end);
            end = newline ? (size_t)(newline - text.text) + 1 : text.length;
        } while (end < text.length && text.text[end] == ' ');
        struct str line = str_slice(text, at, end - 1);
        if (!str_starts(line, "-- ")) corpus.statements[corpus.count++] = arena_copy(arena, line);
        at = end;
    }
    return corpus;
}

sqlite3 *corpus_open(struct arena *arena, const char *folder) {
    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) die("sqlite3_open", "failed");
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    struct corpus schema = corpus_read(arena, folder, "schema.sql");
    for (size_t i = 0; i < schema.count; i++)
        if (sqlite3_exec(db, schema.statements[i].text, NULL, NULL, NULL) != SQLITE_OK)
            die(schema.statements[i].text, sqlite3_errmsg(db));
    return db;
}

uint32_t corpus_random(uint64_t *state, uint32_t below) {
    /* splitmix64, by Sebastiano Vigna */
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}
