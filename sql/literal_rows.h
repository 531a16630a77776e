/*
 * The rows of a long VALUES (1, 'a'), (2, 'b') … behind an INSERT, where they are literals alone. They become no tree
 * and are not printed: they stay text, and the table `_bailiwick_literal_rows` (storage/rows.c) reads them one by one
 * while the statement runs. So what they cost does not grow with their number.
 *
 * A value is a number, with or without a sign; a string; a BLOB; NULL, TRUE or FALSE. Hexadecimal numbers are none. A
 * variable may stand there too, if it is the same one in each row.
 */
#ifndef SQL_LITERAL_ROWS_H
#define SQL_LITERAL_ROWS_H

#include "sql/lexer.h"

#define LITERAL_ROWS_TABLE "_bailiwick_literal_rows"
#define LITERAL_ROWS_WIDTH_MAX 100 /* values in a row */

struct literal_rows {
    struct str text; /* (1, 'a'), (2, 'b') */
    uint32_t width;
};

enum literal_cell_kind {
    CELL_NULL,
    CELL_INTEGER,
    CELL_REAL, /* its value is what SQLite makes of the text, and then the sign */
    CELL_TEXT, /* with its quotes */
    CELL_BLOB, /* x'…' */
    CELL_VARIABLE,
};

struct literal_cell {
    enum literal_cell_kind kind;
    bool minus; /* of a REAL */
    int64_t integer;
    struct str text;
};

/* Whether such rows begin at `at`, more values than literals.h would bind, and end where the VALUES end: before what
 * can follow in an INSERT. */
bool literal_rows_find(struct str text, uint32_t at, struct literal_rows *ret_rows);

/* The cells of the row that the lexer stands before; gives how many there are, or 0: there is no row. */
uint32_t literal_rows_first(struct lexer *lexer, struct literal_cell *ret_cells);

/* The next row; false behind the last. `lexer` begins with the rows' text; ret_cells has room for the widest. */
bool literal_rows_next(const struct literal_rows *rows, struct lexer *lexer, struct literal_cell *ret_cells);

#endif
