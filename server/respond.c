#include "server/respond.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "server/answer.h"

#include <stdlib.h>
#include <string.h>

#define CONTENT_TYPE "application/json"

void respond_init(struct respond *respond, struct http_exchange *exchange, struct str text, bool as_arrays) {
    *respond = (struct respond){.exchange = exchange, .text = text, .as_arrays = as_arrays};
    buf_init(&respond->out, 0);
    buf_add_char(&respond->out, '[');
}

void respond_done(struct respond *respond) {
    buf_done(&respond->out);
}

/* Sends what is there. */
static void send_out(struct respond *respond) {
    if (respond->out.failed) respond->is_gone = true;
    if (!respond->is_gone && !respond->has_begun) {
        respond->has_begun = true;
        respond->is_gone = !http_begin_stream(respond->exchange, 200, NULL, CONTENT_TYPE);
    }
    if (!respond->is_gone) respond->is_gone = !http_stream(respond->exchange, buf_str(&respond->out));
    buf_clear(&respond->out);
}

static void add_comma(struct respond *respond) {
    if (respond->count++) buf_add_char(&respond->out, ',');
}

static void add_time(struct buf *out, int64_t elapsed) {
    char time[32];
    clock_duration(elapsed, time);
    buf_add_text(out, ",\"time\":\"");
    buf_add_text(out, time);
    buf_add_char(out, '"');
}

/* `key` holds the message: "result", or "error" behind rows that are out already. */
static void add_error(struct respond *respond, const struct outcome *outcome, const char *key) {
    struct buf *out = &respond->out;
    const struct error *error = &outcome->error;
    buf_add_text(out, "\"status\":\"ERR\"");
    add_time(out, outcome->elapsed);
    buf_format(out, ",\"code\":\"%s\",\"%s\":", error_code_name(error->code), key);
    json_write_string(out, str_of(error->message));
    if (error->at < respond->text.length) {
        uint32_t line, column;
        str_position(respond->text, error->at, &line, &column);
        buf_format(out, ",\"line\":%u,\"column\":%u", (unsigned)line, (unsigned)column);
    }
}

static void add_changes(struct buf *out, const struct outcome *outcome) {
    if (!outcome->has_changes) return;
    buf_add_text(out, ",\"changes\":");
    buf_add_int64(out, outcome->changes);
    if (!outcome->denied) return;
    buf_add_text(out, ",\"denied\":");
    buf_add_int64(out, outcome->denied);
}

/* What is ours to mend: failures of the server, and what SQLite's authorizer refused. */
static void note_failure(const struct respond *respond, const struct outcome *outcome) {
    const struct error *error = &outcome->error;
    bool is_refusal = error->code == ERROR_PERMISSION_DENIED && error->detail[0];
    if (error->code == ERROR_INTERNAL || is_refusal) log_error(http_request_id(respond->exchange), error);
}

void respond_object(struct respond *respond, const struct outcome *outcome, struct str value) {
    struct buf *out = &respond->out;
    add_comma(respond);
    buf_add_char(out, '{');
    if (outcome->error.code != ERROR_NONE) {
        note_failure(respond, outcome);
        add_error(respond, outcome, "result");
    } else {
        buf_add_text(out, "\"status\":\"OK\"");
        add_time(out, outcome->elapsed);
        buf_add_text(out, ",\"result\":");
        buf_add_str(out, value);
        add_changes(out, outcome);
    }
    buf_add_char(out, '}');
    if (out->length > RESPOND_BUFFER) send_out(respond);
}

void respond_finish(struct respond *respond) {
    buf_add_char(&respond->out, ']');
    if (respond->has_begun) {
        send_out(respond);
        if (!respond->is_gone && !http_end_stream(respond->exchange)) respond->is_gone = true;
    } else if (respond->out.failed) {
        struct error err = {0};
        fail(&err, ERROR_INTERNAL, NOWHERE, "memory is short");
        answer_failure(respond->exchange, &err, (struct str){0});
    } else {
        http_respond(respond->exchange, 200, NULL, CONTENT_TYPE, buf_str(&respond->out));
    }
    if (respond->is_gone) http_close_after(respond->exchange);
}

/* --- the rows of one statement --- */

void result_init(struct result *result, struct respond *respond, size_t limit) {
    *result = (struct result){.respond = respond, .may_stream = limit == 0};
    buf_init(&result->value, limit);
}

void result_done(struct result *result) {
    buf_done(&result->value);
}

void result_restart(struct result *result) {
    struct respond *respond = result->respond;
    size_t limit = result->may_stream ? 0 : result->value.limit;
    result_done(result);
    result_init(result, respond, limit);
}

static bool too_much(const struct result *result, struct error *err) {
    if (result->may_stream) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the results of the transaction are too large to be held back");
}

void result_sort_rows(struct result *result, struct arena *arena) {
    result->sorts = arena;
    result->first = result->value.length;
}

static bool note_end(struct result *result, struct error *err) {
    size_t *ends = arena_grow(result->sorts, result->ends, result->rows - 1, sizeof *ends);
    if (!ends || result->value.length - result->first > RESPOND_SORTED)
        return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the rows are too large to be sorted");
    result->ends = ends;
    ends[result->rows - 1] = result->value.length;
    return true;
}

static int compare_rows(const void *left, const void *right) {
    const struct str *a = left, *b = right;
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* Puts the rows that were held back into the order of their bytes. */
static bool sort_rows(struct result *result, struct error *err) {
    struct buf *value = &result->value;
    size_t count = result->rows;
    if (value->failed || count < 2) return true;
    struct str *rows = arena_array(result->sorts, count, sizeof *rows);
    for (size_t i = 0; rows && i < count; i++) {
        size_t start = i ? result->ends[i - 1] + 1 : result->first; /* behind the comma */
        rows[i] = str_slice(buf_str(value), start, result->ends[i]);
    }
    char *sorted = rows ? malloc(value->length - result->first) : NULL;
    if (!sorted) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the rows are too large to be sorted");
    qsort(rows, count, sizeof *rows, compare_rows);
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        if (i) sorted[length++] = ',';
        memcpy(sorted + length, rows[i].text, rows[i].length);
        length += rows[i].length;
    }
    memcpy(value->data + result->first, sorted, length);
    free(sorted);
    return true;
}

/* Makes room: sends the rows so far, where that is allowed. */
static bool stream(struct result *result, struct error *err) {
    struct respond *respond = result->respond;
    if (result->value.failed) return too_much(result, err);
    if (result->sorts) return note_end(result, err);
    if (!result->may_stream || result->value.length < RESPOND_BUFFER) return true;
    if (!result->is_streamed) {
        result->is_streamed = true;
        add_comma(respond);
        buf_add_text(&respond->out, "{\"result\":");
    }
    buf_add_str(&respond->out, buf_str(&result->value));
    buf_clear(&result->value);
    send_out(respond);
    return !respond->is_gone || fail(err, ERROR_CANCELLED, NOWHERE, "the peer is gone");
}

static void begin_row(struct result *result) {
    if (result->rows++) buf_add_char(&result->value, ',');
    buf_add_char(&result->value, result->respond->as_arrays ? '[' : '{');
}

static void begin_value(struct result *result, int column) {
    if (column) buf_add_char(&result->value, ',');
    if (!result->respond->as_arrays) buf_add_str(&result->value, result->names[column]);
}

static void end_row(struct result *result) {
    buf_add_char(&result->value, result->respond->as_arrays ? ']' : '}');
}

bool result_add_row(struct result *result, const struct query *query, struct error *err) {
    begin_row(result);
    for (int i = 0; i < result->columns; i++) {
        struct value value = query_column(query, i);
        begin_value(result, i);
        json_write_value(&result->value, &value);
    }
    end_row(result);
    return stream(result, err);
}

bool result_add_json(struct result *result, const struct str *values, struct error *err) {
    begin_row(result);
    for (int i = 0; i < result->columns; i++) {
        begin_value(result, i);
        buf_add_str(&result->value, values[i]);
    }
    end_row(result);
    return stream(result, err);
}

bool result_close(struct result *result, struct error *err) {
    bool is_sorted = !result->sorts || !result->is_open || sort_rows(result, err);
    if (result->is_open) buf_add_text(&result->value, result->respond->as_arrays ? "]}" : "]");
    if (!result->is_open && !result->value.length) buf_add_text(&result->value, "null");
    result->is_open = false;
    return is_sorted && (!result->value.failed || too_much(result, err));
}

void result_finish(struct result *result, struct outcome *outcome) {
    struct respond *respond = result->respond;
    (void)!result_close(result, &outcome->error); /* the failure is the statement's */
    if (!result->is_streamed) {
        respond_object(respond, outcome, buf_str(&result->value));
        return;
    }
    struct buf *out = &respond->out;
    buf_add_str(out, buf_str(&result->value));
    buf_add_char(out, ',');
    if (outcome->error.code != ERROR_NONE) {
        note_failure(respond, outcome);
        add_error(respond, outcome, "error");
    } else {
        buf_add_text(out, "\"status\":\"OK\"");
        add_time(out, outcome->elapsed);
        add_changes(out, outcome);
    }
    buf_add_char(out, '}');
}
