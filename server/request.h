/*
 * What a request says, as named values: JSON objects, forms, and the query of the URL. Everything is bounded and
 * strict: a name that is there twice, a broken escape, text that is not UTF-8 and U+0000 are ERROR_MALFORMED.
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include "base/arena.h"
#include "base/value.h"
#include "server/http.h"
#include "server/media.h"

#define REQUEST_VALUES_MAX 1000 /* every variable of a statement is looked for among them */

/* Reads a body that is a JSON object or a form, by its Content-Type (none: JSON). */
bool request_read_object(struct http_exchange *exchange, struct arena *arena, size_t limit,
                         struct named_values *ret_values, struct error *err) MUST_CHECK;

struct sql_request {
    struct str text;
    struct named_values variables;
};

/* Reads a body of /sql: the text itself, or JSON with "sql" and "vars"; and the variables in the URL. */
bool request_read_sql(struct http_exchange *exchange, struct arena *arena, size_t limit,
                      struct sql_request *ret_request, struct error *err) MUST_CHECK;

/* --- the parts, for tests --- */

/* A list of values that grows. */
struct value_list {
    struct arena *arena;
    struct named_value *items;
    size_t count;
    size_t capacity;
};

/* Adds a value. ERROR_MALFORMED for a name that is empty or there already, ERROR_LIMIT_EXCEEDED for one too many. */
bool value_list_add(struct value_list *list, struct str name, struct value value, struct error *err) MUST_CHECK;

/* a=1&b=2, percent-decoded, `+` is a space. */
bool request_parse_form(struct value_list *list, struct str text, struct error *err) MUST_CHECK;

/* multipart/form-data (RFC 7578) without files. */
bool request_parse_multipart(struct value_list *list, struct str text, struct str boundary,
                             struct error *err) MUST_CHECK;

/* A body of a media type, into values: what request_read_object does. */
bool request_parse_object(struct value_list *list, enum media media, struct str boundary, struct str body,
                          struct error *err) MUST_CHECK;

/* A body of a media type, into SQL and variables: what request_read_sql does. */
bool request_parse_sql(struct value_list *list, enum media media, struct str body, struct str *ret_text,
                       struct error *err) MUST_CHECK;

/* Whether a text can be a value: UTF-8 without U+0000. */
bool request_check_text(struct str text, struct error *err) MUST_CHECK;

#endif
