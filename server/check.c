#include "server/check.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/scope.h"
#include "sql/limits.h"
#include "sql/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Memory of one script's trees; a tree takes some twenty times the bytes of its text. */
#define CHECK_MEMORY ((size_t)4 << 30)

DEFINE_CLEANUP(struct arena *, arena_free)

static void free_line(char **line) {
    free(*line);
}

/* A message that quotes the script may hold what would break the line. */
static void write_message(FILE *out, const char *message) {
    for (const unsigned char *c = (const unsigned char *)message; *c; c++) putc(*c < ' ' || *c == 0x7F ? ' ' : *c, out);
    putc('\n', out);
}

/* A place in a text whose line and column are known. */
struct known_place {
    uint32_t at, line, column;
};

/* Moves on to a later place; only what lies between is read, so that a file of nothing but errors takes no longer for
 * it. */
static void move_on(struct known_place *place, struct str text, uint32_t at) {
    uint32_t line, column;
    str_position(str_slice(text, place->at, text.length), at - place->at, &line, &column);
    *place = (struct known_place){at, place->line + line - 1, line == 1 ? place->column + column - 1 : column};
}

static void write_error(FILE *out, const char *before, const char *after, const struct known_place *place,
                        const char *message) {
    fprintf(out, "%s%u:%u%s", before, place->line, place->column, after);
    write_message(out, message);
}

/* Where in the whole text an error is that was found in the part of it from `from`. */
static uint32_t place(const struct error *err, uint32_t from) {
    return err->at == NOWHERE ? from : from + err->at;
}

static int check_script(struct arena *arena, const char *path, struct str text, FILE *out) {
    int status = 0;
    struct known_place known = {0, 1, 1};
    for (uint32_t from = 0; from < text.length;) {
        struct str rest = str_slice(text, from, text.length);
        struct error err = {0};
        struct script script;
        arena_reset(arena);
        if (parse_script(arena, rest, &script, &err)) break;
        status = 1;
        move_on(&known, text, place(&err, from));
        fprintf(out, "%s:", path);
        write_error(out, "", ": ", &known, err.message);
        if (err.at == NOWHERE) break;
        from += parse_resume_at(rest, err.at);
    }
    return status;
}

static int check_whole(struct arena *arena, const char *path, FILE *file, FILE *out, FILE *errors) {
    CLEANUP(buf_done) struct buf text;
    char piece[1 << 14];
    buf_init(&text, LIMIT_TEXT);
    for (size_t length; (length = fread(piece, 1, sizeof piece, file)) > 0;) buf_add(&text, piece, length);
    if (ferror(file)) {
        fprintf(errors, "bailiwick: cannot read %s: %s\n", path, strerror(errno));
        return 1;
    }
    if (text.failed) {
        fprintf(errors, "bailiwick: cannot read %s: it is too long\n", path);
        return 1;
    }
    return check_script(arena, path, buf_str(&text), out);
}

static int check_line(struct arena *arena, struct str line, FILE *out) {
    struct error err = {0};
    struct script script;
    arena_reset(arena);
    const struct json *json = json_parse(arena, line, &err);
    struct str text = json ? json->text : line;
    if (json && json->kind != JSON_STRING)
        (void)fail(&err, ERROR_MALFORMED, 0, "a JSON string is expected");
    else if (json && parse_script(arena, text, &script, &err)) {
        fputs("ok\n", out);
        return 0;
    }
    struct known_place known = {0, 1, 1};
    move_on(&known, text, place(&err, 0));
    write_error(out, "error ", " ", &known, err.message);
    return 1;
}

static int check_lines(struct arena *arena, const char *path, FILE *file, FILE *out, FILE *errors) {
    CLEANUP(free_line) char *line = NULL;
    size_t capacity = 0;
    int status = 0;
    for (ssize_t length; (length = getline(&line, &capacity, file)) >= 0;) {
        status |= check_line(arena, str_trim((struct str){line, (size_t)length}), out);
        fflush(out); /* whoever writes the lines may wait for each answer */
    }
    if (!ferror(file) && feof(file)) return status;
    fprintf(errors, "bailiwick: cannot read %s: %s\n", path, strerror(errno));
    return 1;
}

int check_file(const char *path, bool jsonl, FILE *out, FILE *err) {
    bool standard = strcmp(path, "-") == 0;
    CLEANUP(arena_free_at) struct arena *arena = arena_new(CHECK_MEMORY);
    FILE *file = standard ? stdin : fopen(path, "r");
    if (!arena || !file) {
        fprintf(err, "bailiwick: cannot read %s: %s\n", path, arena ? strerror(errno) : "out of memory");
        if (file && !standard) fclose(file);
        return 1;
    }
    int status = jsonl ? check_lines(arena, path, file, out, err) : check_whole(arena, path, file, out, err);
    if (!standard) fclose(file);
    if (fflush(out) != 0 || ferror(out)) {
        fprintf(err, "bailiwick: cannot write: %s\n", strerror(errno));
        return 1;
    }
    return status;
}
