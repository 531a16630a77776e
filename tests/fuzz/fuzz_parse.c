/*
 * Bytes, as a script. Tokens divide the text in order; an error points into it; a script that is parsed has all its
 * statements in order; after an error parsing can go on further behind. A script whose literals are blanked is the same
 * but for these.
 */
#include "sql/lexer.h"
#include "sql/lift.h"
#include "sql/parse.h"
#include "tests/fuzz/fuzz.h"

static void check_tokens(struct str text) {
    struct lexer lexer = {.text = text}, raw_lexer = {.text = text};
    uint32_t end = 0;
    for (struct token token = lexer_next(&lexer); token.kind != TOKEN_END; token = lexer_next(&lexer)) {
        FUZZ_PROMISE(token.at >= end && token.end > token.at && token.end <= text.length, "a token is misplaced", text);
        FUZZ_PROMISE(token.text.length == token.end - token.at, "a token has another length", text);
        struct token raw = lexer_next_raw(&raw_lexer);
        FUZZ_PROMISE(raw.at == token.at && raw.end == token.end, "raw tokens divide the text otherwise", text);
        end = token.end;
    }
    FUZZ_PROMISE(lexer_next(&lexer).kind == TOKEN_END, "the end is not the end", text);
}

static void check_script(struct str text, const struct script *script) {
    uint32_t end = 0;
    for (size_t i = 0; i < script->count; i++) {
        const struct statement *statement = &script->statements[i];
        FUZZ_PROMISE(statement->node && statement->at >= end && statement->end > statement->at &&
                         statement->end <= text.length,
                     "a statement is misplaced", text);
        FUZZ_PROMISE(statement->reserved_at == NOWHERE || statement->reserved_at < text.length,
                     "a reserved name is misplaced", text);
        end = statement->end;
    }
}

static void check_literals(struct arena *arena, struct str text, const struct script *script) {
    struct literals all, chosen, there, found;
    struct script blanked;
    if (!literals_scan(text, &all)) return;
    struct lifts lifts = lift_find(script, &all);
    literals_choose(&all, lift_which(&lifts, &all), &chosen);
    FUZZ_PROMISE(literals_values(arena, text, &chosen), "a literal without a value", text);
    struct str blank = literals_blank(arena, text, &chosen, &there);
    FUZZ_PROMISE(blank.length <= text.length, "a blanked text is longer", text);
    FUZZ_PROMISE(parse_script(arena, blank, &blanked, NULL), "a blanked text cannot be parsed", text);
    FUZZ_PROMISE(blanked.count == script->count, "a blanked text has other statements", text);
    uint64_t marked = lift_mark(&blanked, &there);
    for (size_t i = 0; i < there.count; i++) FUZZ_PROMISE(marked >> i & 1, "a literal is not found again", text);
    FUZZ_PROMISE(!there.count || literals_scan(blank, &found), "a blanked text has no literals", text);
    FUZZ_PROMISE(!there.count || found.count == all.count, "a blanked text has other literals", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = {(const char *)data, size};
    struct arena *arena = fuzz_arena();
    struct error err = {0};
    struct script script = {0};
    check_tokens(text);
    if (parse_script(arena, text, &script, &err)) {
        check_script(text, &script);
        check_literals(arena, text, &script);
        return 0;
    }
    FUZZ_PROMISE(err.code == ERROR_PARSE || err.code == ERROR_LIMIT_EXCEEDED, error_code_name(err.code), text);
    FUZZ_PROMISE(err.at <= text.length || (err.code != ERROR_PARSE && err.at == NOWHERE), "an error points elsewhere",
                 text);
    FUZZ_PROMISE(err.message[0], "an error without a message", text);
    FUZZ_PROMISE(!str_is_utf8(text) || str_is_utf8(str_of(err.message)), "a message breaks a character", text);
    FUZZ_PROMISE(script.count == 0, "a failure changes the output", text);
    if (err.at == NOWHERE) return 0;
    uint32_t line, column, resume = parse_resume_at(text, err.at);
    FUZZ_PROMISE(resume <= text.length && (resume > err.at || resume == text.length), "no way on", text);
    str_position(text, err.at, &line, &column);
    FUZZ_PROMISE(line > 0 && column > 0, "a place without line and column", text);
    return 0;
}
