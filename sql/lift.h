/*
 * Which literals of a statement may be bound, by where they stand: SQLite must make the same of the statement, and the
 * rewriter too.
 *
 * - beside a column, or what is computed, in a comparison, BETWEEN or IN that is a condition of its own in WHERE, ON or
 *   HAVING, or is joined to others by AND, OR and NOT alone
 * - alone as a value of VALUES of an INSERT, or of SET; there also added to a column, subtracted, or as a factor
 * - behind OFFSET
 *
 * A minus may stand before a number. 0 and 1 stay where they are compared by = or IS: the planner takes such a column
 * for a flag, which many rows share. Anywhere else a literal stays: in results, whose names are their text; in ORDER BY
 * and GROUP BY, where it is a place; behind LIMIT, which the planner looks at; in patterns and in what functions are
 * given, where SQLite or the rewriter asks whether it is constant; in an index's terms behind ON CONFLICT; and in a
 * statement with INDEXED BY, which a partial index may not bear. A partial index is still used: SQLite prepares again
 * for each value where it may, and who notices (query_depends_on_values) binds none then.
 */
#ifndef SQL_LIFT_H
#define SQL_LIFT_H

#include "sql/literals.h"
#include "sql/parse.h"

/* Which literals stand where they may be bound: a bit for each. */
struct lifts {
    uint64_t all;
    uint64_t flags; /* those of them that may be even if they are 0 or 1 */
};

struct lifts lift_find(const struct script *script, const struct literals *literals);

/* Which of these literals may be bound, then. */
uint64_t lift_which(const struct lifts *lifts, const struct literals *literals);

/* Marks those literals in the trees: each that may be bound bears its number among them, from 1, so that the printer
 * makes a variable of it. Gives a bit for each that was found. */
uint64_t lift_mark(const struct script *script, const struct literals *literals);

/* The number that a node was marked with; 0: it is none, or not marked. */
unsigned lift_number(const struct node *node);

#endif
