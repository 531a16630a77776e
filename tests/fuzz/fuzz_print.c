/*
 * Parse, print, parse, print: what is printed is SQL, and is printed the same again. So SQLite reads what we have read,
 * and what the catalogue stores can be read back.
 */
#include "base/buf.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "tests/fuzz/fuzz.h"

static void check(struct arena *arena, const struct statement *statement, struct str text) {
    struct error err = {0};
    struct buf first, second;
    buf_init(&first, 0);
    buf_init(&second, 0);
    print_node(&first, statement->node, text, NULL);
    FUZZ_PROMISE(!first.failed && first.length > 0, "nothing is printed", text);
    struct str printed = buf_str(&first);
    struct node *again = parse_one(arena, printed, &err);
    if (!again && err.code != ERROR_LIMIT_EXCEEDED) {
        fuzz_stop(err.message, printed);
    }
    if (again) {
        FUZZ_PROMISE(again->kind == statement->node->kind, "another kind of statement", printed);
        print_node(&second, again, printed, NULL);
        FUZZ_PROMISE(str_same(printed, buf_str(&second)), "printed twice it changes", printed);
    }
    buf_done(&first);
    buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = {(const char *)data, size};
    struct arena *arena = fuzz_arena();
    struct script script;
    if (!parse_script(arena, text, &script, NULL)) return 0;
    for (size_t i = 0; i < script.count; i++) check(arena, &script.statements[i], text);
    return 0;
}
