/*
 * Literals whose values could be bound instead of standing in the SQL, so that texts that differ in them alone are one
 * text. Which of them may be, by where they stand, is told by lift.h.
 *
 * Never among them: NULL; integers that do not fit 64 bits, hexadecimal ones, and REALs that are written with an
 * exponent or more than 18 digits, whose value only SQLite knows.
 */
#ifndef SQL_LITERALS_H
#define SQL_LITERALS_H

#include "base/arena.h"
#include "base/value.h"

#define LITERALS_MAX 64 /* of a text that has more, none is bound */

struct literal {
    enum value_kind kind;
    uint32_t at;
    uint32_t end;
};

struct literals {
    size_t count;
    uint64_t flags; /* a bit for each that is the integer 0 or 1 */
    struct literal items[LITERALS_MAX];
};

/* Finds them, in order. False where there are none, or too many, or the text has no tokens. */
bool literals_scan(struct str text, struct literals *ret_literals);

/* Those whose bits are set in `which`, in order. */
void literals_choose(const struct literals *literals, uint64_t which, struct literals *ret_chosen);

/* The text with a literal of the same kind, always the same one, in the place of each of these: what is left of a text
 * when their values are taken away. *ret_there says where those stand in it. The text is NULL when the arena is full.
 */
struct str literals_blank(struct arena *arena, struct str text, const struct literals *literals,
                          struct literals *ret_there);

/* The bytes of x'00ff', written to `out`, which has room for the token; a NULL one is given back. */
struct str literals_unhex(struct str token, char *out);

/* Their values. NULL when the arena is full. */
const struct value *literals_values(struct arena *arena, struct str text, const struct literals *literals);

#endif
