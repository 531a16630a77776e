/*
 * Our parser against the linked SQLite: on every statement of the corpus, and on mutants of them, both must say alike
 * whether it is SQL.
 *
 *     test_agreement FOLDER [COUNT [SEED]]     COUNT: mutants of each statement
 *
 * SQLite parses and compiles in one go and stops at the first error, so an error of meaning (no such table) may hide
 * one of syntax behind it. How far it had read tells: what it had read without a word was syntax to it.
 */
#include "base/buf.h"
#include "sql/lexer.h"
#include "sql/parse.h"
#include "tests/sql/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sqlite3 *db;
static long accepted, refused, unread, known, failed;

/* Errors of SQLite's that come from its tokenizer and grammar, and from checks in the grammar's actions that are ours
 * too. */
static bool is_syntax_message(const char *message) {
    static const char *const parts[] = {
        "syntax error",
        "unrecognized token",
        "incomplete input",
        "unknown join type",
        "a JOIN clause is required before",
        "clause should come after",
        "unknown table option",
        "unsupported frame specification",
        "variable number must be between",
        "unknown or unsupported join type",
        "too many arguments on function",
        /* in triggers */
        "qualified table names are not allowed on INSERT, UPDATE, and DELETE statements within triggers",
        "the INDEXED BY clause is not allowed on UPDATE or DELETE statements within triggers",
        "the NOT INDEXED clause is not allowed on UPDATE or DELETE statements within triggers",
        "cannot use RETURNING in a trigger",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(message, parts[i])) return true;
    return false;
}

/* Where we differ on purpose. NULL: nowhere in this text. */
static const char *known_difference(struct str text, const struct error *ours, const char *theirs) {
    struct lexer lexer = {.text = text};
    struct token before = {0}, token = lexer_next(&lexer);
    for (; token.kind != TOKEN_END; before = token, token = lexer_next(&lexer)) {
        bool first = before.kind == TOKEN_END || str_is(before.text, ";") || str_is_name(before.text, "explain") ||
                     str_is_name(before.text, "plan");
        static const char *const own[] = {"use", "define", "remove", "info", "cancel"};
        for (size_t i = 0; first && i < sizeof own / sizeof *own; i++)
            if (str_is_name(token.text, own[i])) return "a statement of Bailiwick's";
        if (token.text.text[0] == '$' && memchr(token.text.text, '.', token.text.length))
            return "$auth.id is one variable";
    }
    if (ours && theirs[0] && strstr(ours->message, "unknown table option"))
        return "of two errors SQLite tells the last one";
    if (ours && strstr(ours->message, "variable number"))
        return "our bound is SQLite's own, not that of Debian's build";
    if (ours && strstr(ours->message, "nested too deeply")) return "our bound on height";
    if (strstr(theirs, "parser stack overflow")) return "SQLite's bound on height";
    return NULL;
}

/* SQLite's verdict: whether all of the text is syntax. *ret_read is how far it read, *ret_message the first error of
 * either kind. */
static bool sqlite_accepts(const char *text, uint32_t *ret_read, char *ret_message, size_t size) {
    const char *rest = text;
    ret_message[0] = '\0';
    while (*rest) {
        sqlite3_stmt *statement = NULL;
        const char *tail = rest;
        int result = sqlite3_prepare_v3(db, rest, -1, 0, &statement, &tail);
        sqlite3_finalize(statement);
        *ret_read = (uint32_t)(tail - text);
        if (result != SQLITE_OK) {
            if (!ret_message[0]) snprintf(ret_message, size, "%s", sqlite3_errmsg(db));
            if (is_syntax_message(sqlite3_errmsg(db))) {
                snprintf(ret_message, size, "%s", sqlite3_errmsg(db));
                return false;
            }
            /* an error of meaning in the middle: what follows was not read */
            if (tail > text && tail[-1] != ';' && *tail) return true;
        }
        if (tail == rest) break;
        rest = tail;
    }
    return true;
}

static void complain(struct str text, const char *ours, uint32_t at, const char *theirs, uint32_t read) {
    failed++;
    fprintf(stderr, "%.*s\n    ours: %s (%u)\n  SQLite: %s (%u)\n", STR(text), ours, at, theirs, read);
}

static void check(struct arena *arena, struct str text) {
    arena_reset(arena);
    struct error err = {0};
    struct script script;
    char message[512];
    uint32_t read = 0;
    bool ours = parse_script(arena, text, &script, &err);
    bool theirs = sqlite_accepts(text.text, &read, message, sizeof message);
    /* what stands behind an error of meaning SQLite has not read; the token it stopped at it may not have taken */
    if (!ours && theirs && err.at >= read && message[0])
        unread++;
    else if (ours && theirs)
        accepted++;
    else if (!ours && !theirs)
        refused++;
    else if (known_difference(text, ours ? NULL : &err, message))
        known++;
    else
        complain(text, ours ? "fine" : err.message, err.at, message[0] ? message : "fine", read);
}

/* --- mutants --- */

#define TOKENS_MAX 400

struct pool {
    struct str *tokens;
    size_t count;
};

static size_t tokens_of(struct str text, struct str *ret_tokens, size_t max) {
    struct lexer lexer = {.text = text};
    size_t count = 0;
    for (struct token token; count < max && (token = lexer_next(&lexer)).kind != TOKEN_END;)
        ret_tokens[count++] = token.text;
    return count;
}

static void mutate_characters(struct buf *out, struct str text, uint64_t *seed) {
    static const char characters[] = "'\"`[](),;.*+-/|&<>=!~%$:@?#0x1eE_ aZ\n\\{}^";
    size_t at = corpus_random(seed, (uint32_t)text.length);
    char c = characters[corpus_random(seed, sizeof characters - 1)];
    uint32_t how = corpus_random(seed, 3);
    buf_add(out, text.text, at);
    if (how > 0) buf_add_char(out, c);
    buf_add(out, text.text + at + (how < 2), text.length - at - (how < 2));
}

static void mutate_tokens(struct buf *out, struct str text, const struct pool *pool, uint64_t *seed) {
    struct str tokens[TOKENS_MAX];
    uint32_t count = (uint32_t)tokens_of(text, tokens, TOKENS_MAX);
    if (count == 0) return;
    uint32_t at = corpus_random(seed, count), other = corpus_random(seed, count), how = corpus_random(seed, 6);
    struct str strange = pool->tokens[corpus_random(seed, (uint32_t)pool->count)];
    for (uint32_t i = 0; i < count; i++) {
        struct str token = tokens[i];
        if (how == 0 && i == at) continue;              /* taken out */
        if (how == 1 && i == at) token = strange;       /* replaced */
        if (how == 2 && i == at) token = tokens[other]; /* swapped */
        if (how == 2 && i == other) token = tokens[at];
        if (how == 5 && i > at && i <= at + 2) continue; /* two taken out */
        buf_add_str(out, token);
        buf_add_char(out, ' ');
        if (how == 3 && i == at) buf_add_str(out, token);   /* doubled */
        if (how == 4 && i == at) buf_add_str(out, strange); /* put in */
        buf_add_char(out, ' ');
    }
}

static void check_mutants(struct arena *arena, struct str text, const struct pool *pool, long count, uint64_t *seed) {
    for (long i = 0; i < count && text.length > 0; i++) {
        struct buf mutant;
        buf_init(&mutant, 0);
        if (corpus_random(seed, 3) == 0)
            mutate_characters(&mutant, text, seed);
        else
            mutate_tokens(&mutant, text, pool, seed);
        /* some are mutated twice */
        if (corpus_random(seed, 4) == 0 && mutant.length > 0) {
            struct buf twice;
            buf_init(&twice, 0);
            mutate_tokens(&twice, buf_str(&mutant), pool, seed);
            buf_done(&mutant);
            mutant = twice;
        }
        buf_add_char(&mutant, '\0');
        if (mutant.length > 1) check(arena, (struct str){mutant.data, mutant.length - 1});
        buf_done(&mutant);
    }
}

int main(int count, char **arguments) {
    static const char *const files[] = {"expressions.sql",    "select.sql", "change.sql",
                                        "schema_changes.sql", "other.sql",  "refused.sql"};
    enum { FILES = sizeof files / sizeof *files };
    if (count < 2) return 2;
    long mutants = count > 2 ? strtol(arguments[2], NULL, 10) : 20;
    uint64_t seed = count > 3 ? strtoull(arguments[3], NULL, 10) : 1;
    struct arena *arena = arena_new(16 << 20), *scratch = arena_new(64 << 20);
    db = corpus_open(arena, arguments[1]);
    struct corpus corpora[FILES];
    struct pool pool = {.tokens = arena_array(arena, 40000, sizeof *pool.tokens)};
    for (size_t i = 0; i < FILES; i++) {
        corpora[i] = corpus_read(arena, arguments[1], files[i]);
        for (size_t j = 0; j < corpora[i].count; j++)
            pool.count += tokens_of(corpora[i].statements[j], pool.tokens + pool.count, 40000 - pool.count);
    }
    for (size_t i = 0; i < FILES; i++)
        for (size_t j = 0; j < corpora[i].count; j++) {
            struct str text = corpora[i].statements[j];
            check(scratch, text);
            check_mutants(scratch, text, &pool, mutants, &seed);
        }
    sqlite3_close(db);
    arena_free(scratch);
    arena_free(arena);
    printf(
        "%ld accepted by both, %ld refused by both, %ld not read by SQLite, %ld known differences, %ld disagreements\n",
        accepted, refused, unread, known, failed);
    return failed > 0;
}
