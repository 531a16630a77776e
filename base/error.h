/*
 * Errors: one kind of value for everything that can fail.
 *
 * A function that can fail returns bool or a pointer, is MUST_CHECK, and takes
 * `struct error *err` last. fail() fills it; the first failure stands. A failing
 * function changes neither its outputs nor, but for the error, anything its caller owns.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

enum error_code {
    ERROR_NONE,
#define ERROR(name, code, status, sentence) ERROR_##name,
#include "base/errors.def"
#undef ERROR
};

/* The position of what has no position in a text. */
#define NOWHERE UINT32_MAX

struct error {
    enum error_code code;
    uint32_t at;          /* byte offset in the request's text, or NOWHERE */
    char message[512];    /* for the client: no capital, no full stop, no secret */
    char detail[256];     /* for the log only; may be empty */
    uint32_t retry_after; /* seconds until it may be tried again; 0: nobody knows */
};

/* Fills err unless it holds a failure already; err may be NULL. Returns false, so that a caller can
 * `return fail(…)`. A message that is too long is cut at a character. */
bool fail(struct error *err, enum error_code code, uint32_t at, const char *format, ...) PRINTF_LIKE(4, 5);

/* The same for functions that return a pointer: returns NULL. */
void *fail_null(struct error *err, enum error_code code, uint32_t at, const char *format, ...) PRINTF_LIKE(4, 5);

/* Adds what only the log may see; keeps a detail that is there. */
void error_detail(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Forgets a failure, so that the struct can be used again. */
void error_clear(struct error *err);

/* "permission_denied" and the like; never NULL. */
const char *error_code_name(enum error_code code);

/* The HTTP status of a request that fails with this code. */
int error_http_status(enum error_code code);

/* The public sentence of a request that fails with this code. */
const char *error_sentence(enum error_code code);

#endif
