/*
 * Runs a fuzz target on the inputs of files, without libFuzzer:
 *
 *     TARGET FILE…                  tries each input
 *     TARGET --unpack FOLDER FILE…  writes each into a file of its own, for libFuzzer to begin with
 *     TARGET --pack FILE…           prints files that each are one input, as lines of an .inputs file
 *
 * Inputs by the file's name: `.inputs`, a line each, in which \n, \\ and \xNN stand for bytes, and `#` begins a remark;
 * `.sql`, statements as tests/sql/corpus.h has them; `.golden`, the statements of its cases.
 */
#include "base/buf.h"
#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (4 << 20)

static const char *folder; /* where to unpack to; NULL: try */
static long count;

static _Noreturn void die(const char *path, const char *what) {
    fprintf(stderr, "%s: %s\n", path, what);
    exit(2);
}

/* An input of exactly this size in the heap, so that a sanitizer sees what is read behind it. */
static void take(struct str input) {
    count++;
    if (folder) {
        char path[512];
        snprintf(path, sizeof path, "%s/%05ld", folder, count);
        FILE *file = fopen(path, "wb");
        if (!file || fwrite(input.text, 1, input.length, file) != input.length || fclose(file) != 0)
            die(path, "cannot be written");
        return;
    }
    uint8_t *copy = malloc(input.length ? input.length : 1);
    if (!copy) die("malloc", "out of memory");
    if (input.length) memcpy(copy, input.text, input.length);
    LLVMFuzzerTestOneInput(copy, input.length);
    free(copy);
}

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_escaped(const char *path, struct str line) {
    struct buf bytes;
    buf_init(&bytes, 0);
    for (size_t i = 0; i < line.length; i++) {
        char next = line.text[i] == '\\' && i + 1 < line.length ? line.text[i + 1] : 0;
        if (line.text[i] != '\\') {
            buf_add_char(&bytes, line.text[i]);
            continue;
        }
        if (next == 'x' && i + 3 < line.length && digit(line.text[i + 2]) >= 0 && digit(line.text[i + 3]) >= 0) {
            buf_add_char(&bytes, (char)(digit(line.text[i + 2]) * 16 + digit(line.text[i + 3])));
            i += 3;
        } else if (next == 'n' || next == '\\') {
            buf_add_char(&bytes, next == 'n' ? '\n' : '\\');
            i++;
        } else {
            die(path, "an escape that means nothing");
        }
    }
    take(buf_str(&bytes));
    buf_done(&bytes);
}

static bool ends_in(const char *path, const char *ending) {
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcmp(path + length - tail, ending) == 0;
}

/* The next line; of SQL with the lines that go on with it. */
static struct str next_line(struct str *rest, bool goes_on) {
    size_t end = 0;
    do {
        const char *newline = memchr(rest->text + end, '\n', rest->length - end);
        end = newline ? (size_t)(newline - rest->text) + 1 : rest->length;
    } while (goes_on && end < rest->length && rest->text[end] == ' ');
    struct str line = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end, rest->length);
    if (line.length && line.text[line.length - 1] == '\n') line.length--;
    return line;
}

static struct str read_file(const char *path, struct buf *buf) {
    FILE *file = fopen(path, "rb");
    char part[4096];
    size_t length;
    if (!file) die(path, "cannot be read");
    while ((length = fread(part, 1, sizeof part, file)) > 0) buf_add(buf, part, length);
    if (fclose(file) != 0 || buf->failed || buf->length > FILE_MAX) die(path, "cannot be read");
    return buf_str(buf);
}

static void take_file(const char *path) {
    struct buf buf;
    buf_init(&buf, 0);
    struct str rest = read_file(path, &buf);
    bool is_sql = ends_in(path, ".sql"), is_golden = ends_in(path, ".golden");
    if (!is_sql && !is_golden && !ends_in(path, ".inputs")) die(path, "neither .inputs nor .sql nor .golden");
    while (rest.length) {
        struct str line = next_line(&rest, is_sql);
        if (is_golden) {
            size_t at = str_starts(line, "??") ? 2 : 1;
            if (str_starts(line, "?[")) at = strcspn(line.text, "]") + 1;
            if (str_starts(line, "?")) take(str_trim(str_slice(line, at, line.length)));
        } else if (is_sql) {
            if (!str_starts(line, "-- ")) take(line);
        } else if (!str_starts(line, "#")) {
            take_escaped(path, line);
        }
    }
    buf_done(&buf);
}

static void pack(const char *path) {
    struct buf buf;
    buf_init(&buf, 0);
    struct str input = read_file(path, &buf);
    for (size_t i = 0; i < input.length; i++) {
        unsigned char c = (unsigned char)input.text[i];
        bool is_last = i + 1 == input.length || input.text[i + 1] == '\n';
        if (c == '\n' || c == '\\')
            fputs(c == '\n' ? "\\n" : "\\\\", stdout);
        else if (c < ' ' || c > '~' || (c == ' ' && is_last) || (c == '#' && i == 0))
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    putchar('\n');
    buf_done(&buf);
}

int main(int argument_count, char **arguments) {
    int first = 1;
    bool packs = argument_count > 1 && strcmp(arguments[1], "--pack") == 0;
    if (packs) first = 2;
    if (argument_count > 2 && strcmp(arguments[1], "--unpack") == 0) {
        folder = arguments[2];
        first = 3;
    }
    for (int i = first; i < argument_count; i++) {
        if (packs)
            pack(arguments[i]);
        else
            take_file(arguments[i]);
    }
    if (!packs) printf("%ld passed, 0 failed\n", count);
    return first == argument_count ? 2 : 0;
}
