/*
 * The lexer: bytes in, tokens out. It divides text exactly as SQLite's tokenizer does, but for two things of ours:
 * `$auth.id` is one variable, and `1h30m` is a duration.
 */
#ifndef SQL_LEXER_H
#define SQL_LEXER_H

#include "base/arena.h"
#include "base/str.h"

/* Kinds beside the grammar's (TK_… of the generated sql_grammar.h): */
#define TOKEN_END 0
#define TOKEN_ILLEGAL (-1)

struct token {
    int kind;
    uint32_t at;
    uint32_t end;
    struct str text; /* as written */
};

struct lexer {
    struct str text;
    uint32_t at;  /* where the next token is looked for */
    int previous; /* kind of the token before: WINDOW, OVER and FILTER are keywords only in context */
};

/* The next token that is neither white space nor comment; TOKEN_END for ever at the end. */
struct token lexer_next(struct lexer *lexer);

/* The same for who does not look at words: each is a TK_ID. */
struct token lexer_next_raw(struct lexer *lexer);

/* What stands between the quotes of a token, with doubled quotes halved; a copy in the arena where there are such, else
 * the bytes of the token. NULL when the arena is full. */
struct str lexer_unquote(struct arena *arena, struct str token);

/* Whether there are such, and then the text with them halved, in `out`, which has room for the token; a NULL one is
 * given back. For who keeps it elsewhere than in an arena. */
bool lexer_has_doubled_quote(struct str token);
struct str lexer_halve_quotes(struct str token, char *out);

/* Whether a word is a keyword of the grammar; used where a name is printed bare. */
bool lexer_is_keyword(struct str word);

#endif
