/*
 * The response of /sql: an array with one object for each statement, written as the rows come.
 *
 * What is small stays in a buffer and goes out in one write. Rows beyond RESPOND_BUFFER are streamed, and then the
 * statement's object begins with them, because how it ends is not known yet:
 *
 *     {"status":"OK","time":"…","result":[…],"changes":1}
 *     {"status":"ERR","time":"…","code":"…","result":"message"}
 *     {"result":[… many rows …],"status":"OK","time":"…"}
 *     {"result":[… many rows …],"status":"ERR","time":"…","code":"…","error":"message"}
 */
#ifndef SERVER_RESPOND_H
#define SERVER_RESPOND_H

#include "base/arena.h"
#include "server/http.h"
#include "storage/conn.h"

#define RESPOND_BUFFER (64u << 10)
#define RESPOND_SORTED (16u << 20) /* bytes of rows that are sorted, and so held back */

/* How a statement ended. */
struct outcome {
    struct error error; /* ERROR_NONE: it went well */
    int64_t elapsed;    /* nanoseconds */
    bool has_changes;   /* whether the two below are shown */
    int64_t changes;
    int64_t denied;
};

struct respond {
    struct http_exchange *exchange;
    struct str text; /* the script, in which errors have their places */
    bool as_arrays;  /* Prefer: rows=array */
    bool has_begun;  /* streaming */
    bool is_gone;    /* the peer, or memory: nothing more can be sent */
    size_t count;    /* objects so far */
    struct buf out;  /* not sent yet */
};

void respond_init(struct respond *respond, struct http_exchange *exchange, struct str text, bool as_arrays);
void respond_done(struct respond *respond);

/* Adds a statement's object; `value` is its result as JSON, and counts only where it went well. */
void respond_object(struct respond *respond, const struct outcome *outcome, struct str value);

/* Ends the array and sends what is left. */
void respond_finish(struct respond *respond);

/* --- the rows of one statement --- */

struct result {
    struct respond *respond;
    struct buf value; /* the JSON of what was not streamed */
    bool may_stream;  /* false: what does not fit the limit is ERROR_LIMIT_EXCEEDED */
    bool is_streamed; /* the object has begun */
    bool is_open;     /* there are columns, and rows may follow */
    size_t rows;
    struct arena *sorts;     /* rows are held back and sorted; NULL: they are not */
    size_t *ends;            /* of the rows that are held back, in `value` */
    size_t first;            /* where the first of them begins */
    int columns;             /* those that are shown */
    const struct str *names; /* of the columns, each as `"name":` */
};

/* A result that may be streamed (limit 0), or one that is held back and may take `limit` bytes. */
void result_init(struct result *result, struct respond *respond, size_t limit);
void result_done(struct result *result);

/* Forgets the rows so far of a result that is held back. */
void result_restart(struct result *result);

/* Begins rows: the query's columns but the last `hidden` ones; a name that is there before gets `:1`, `:2` … */
bool result_begin_rows(struct result *result, struct arena *arena, struct query *query, size_t hidden,
                       struct error *err) MUST_CHECK;
/* The same with no query: columns of these names. */
bool result_begin_columns(struct result *result, struct arena *arena, const struct str *names, size_t count,
                          struct error *err) MUST_CHECK;

/* Rows that follow are held back, up to RESPOND_SORTED, and sorted by the bytes that they show: their own order must
 * not be seen. */
void result_sort_rows(struct result *result, struct arena *arena);

/* Adds the query's current row. Fails with ERROR_CANCELLED when the peer is gone. */
bool result_add_row(struct result *result, const struct query *query, struct error *err) MUST_CHECK;

/* Adds a row of values that are JSON already. */
bool result_add_json(struct result *result, const struct str *values, struct error *err) MUST_CHECK;

/* Ends what is there: rows, or `null` where there were none to be. Fails when it did not fit. */
bool result_close(struct result *result, struct error *err) MUST_CHECK;

/* Closes it and adds the statement's object to the response. */
void result_finish(struct result *result, struct outcome *outcome);

#endif
