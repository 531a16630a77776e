#include "auth/ended.h"

#include "base/clock.h"
#include "base/secret.h"

#include <stdatomic.h>
#include <string.h>

#define MICROSECONDS 1000000
#define SWEPT_AT_ONCE "1000"

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
}

/* The stamp that was given last. */
static atomic_int_fast64_t last_stamp;

/* Now, or a moment later than all that were given before. */
static int64_t next_stamp(void) {
    int64_t now = clock_unix_ms() * 1000;
    int_fast64_t last = atomic_load(&last_stamp);
    while (!atomic_compare_exchange_weak(&last_stamp, &last, last >= now ? last + 1 : now)) continue;
    return last >= now ? last + 1 : now;
}

bool ended_make_id(struct arena *arena, struct str tag, struct str *ret_id, struct error *err) {
    char random[TOKEN_TAG_LENGTH + 1];
    if (!tag.length) {
        if (!secret_random_hex(random, TOKEN_TAG_LENGTH, err)) return false;
        tag = (struct str){random, TOKEN_TAG_LENGTH};
    }
    struct str id = arena_format(arena, "%0*llx%.*s", TOKEN_STAMP_LENGTH, (unsigned long long)next_stamp(), STR(tag));
    if (!id.text) return out_of_memory(err);
    *ret_id = id;
    return true;
}

static bool read_stamp(struct str digits, int64_t *ret_stamp) {
    int64_t stamp = 0;
    for (size_t i = 0; i < digits.length; i++) {
        const char *digit = memchr("0123456789abcdef", digits.text[i], 16);
        if (!digit) return false;
        stamp = stamp * 16 + (digit - "0123456789abcdef");
    }
    *ret_stamp = stamp;
    return digits.length == TOKEN_STAMP_LENGTH;
}

/* A digest of what is signed, in hexadecimal. */
static bool digest(struct arena *arena, struct str token, struct str *ret_tag, struct error *err) {
    unsigned char mac[32];
    char text[2 * sizeof mac + 1];
    if (!secret_hmac(LITERAL("ended"), token_signed_part(token), mac, err)) return false;
    for (size_t i = 0; i < sizeof mac; i++) {
        text[2 * i] = "0123456789abcdef"[mac[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[mac[i] & 15];
    }
    struct str tag = arena_copy(arena, (struct str){text, 2 * sizeof mac});
    if (!tag.text) return out_of_memory(err);
    *ret_tag = tag;
    return true;
}

bool ended_mark(struct arena *arena, const struct token_claims *claims, struct str token, struct token_mark *ret_mark,
                struct error *err) {
    struct token_mark mark = {.tag = claims->id, .stamp = claims->issued_at * MICROSECONDS};
    int64_t stamp;
    if (claims->is_foreign) {
        if (!digest(arena, token, &mark.tag, err)) return false;
    } else if (claims->id.length == TOKEN_STAMP_LENGTH + TOKEN_TAG_LENGTH &&
               read_stamp(str_slice(claims->id, 0, TOKEN_STAMP_LENGTH), &stamp)) {
        mark.tag = str_slice(claims->id, TOKEN_STAMP_LENGTH, claims->id.length);
        mark.stamp = stamp;
    }
    *ret_mark = mark;
    return true;
}

bool ended_check(struct conn *conn, struct arena *arena, const struct principal *principal,
                 const struct token_mark *mark, bool *ret_ended, struct error *err) {
    struct value values[PRINCIPAL_VALUES + 2], one;
    principal_values(principal, values);
    values[PRINCIPAL_VALUES] = value_text(mark->tag);
    values[PRINCIPAL_VALUES + 1] = value_integer(mark->stamp);
    /* token IN (?4, '') would make a table of its own for the two, for each request */
    return conn_read_row(conn, arena,
                         "SELECT 1 WHERE EXISTS (SELECT 1 FROM main._bailiwick_ended" WHERE_PRINCIPAL
                         "AND token = ?4 AND ?4 <> '') OR EXISTS (SELECT 1 FROM main._bailiwick_ended" WHERE_PRINCIPAL
                         "AND token = '' AND before >= ?5)",
                         values, PRINCIPAL_VALUES + 2, &one, 1, ret_ended, err);
}

/* What has expired need not be known any more. */
static bool sweep(struct conn *conn, struct error *err) {
    const struct value now = value_integer(clock_unix());
    return conn_execute(conn,
                        "DELETE FROM main._bailiwick_ended WHERE (kind, owner, id, token) IN (SELECT kind, owner, id, "
                        "token FROM main._bailiwick_ended WHERE until <= ?1 LIMIT " SWEPT_AT_ONCE ")",
                        &now, 1, err);
}

static bool put(struct conn *conn, const struct principal *principal, struct str tag, int64_t before, int64_t until,
                struct error *err) {
    struct value values[PRINCIPAL_VALUES + 3];
    principal_values(principal, values);
    values[PRINCIPAL_VALUES] = value_text(tag);
    values[PRINCIPAL_VALUES + 1] = value_integer(before);
    values[PRINCIPAL_VALUES + 2] = value_integer(until);
    return conn_execute(conn,
                        "INSERT INTO main._bailiwick_ended(kind, owner, id, token, before, until) VALUES (?1, ?2, ?3, "
                        "?4, ?5, ?6) ON CONFLICT (kind, owner, id, token) DO UPDATE SET before = max(before, "
                        "excluded.before), until = max(until, excluded.until)",
                        values, PRINCIPAL_VALUES + 3, err);
}

static bool delete_single(struct conn *conn, const struct principal *principal, struct error *err) {
    struct value values[PRINCIPAL_VALUES];
    principal_values(principal, values);
    return conn_execute(conn, "DELETE FROM main._bailiwick_ended" WHERE_PRINCIPAL "AND token <> ''", values,
                        PRINCIPAL_VALUES, err);
}

/* Makes one row of many. */
static bool gather(struct conn *conn, struct arena *arena, const struct principal *principal, struct error *err) {
    struct value values[PRINCIPAL_VALUES], row[3];
    bool found;
    principal_values(principal, values);
    if (!conn_read_row(conn, arena,
                       "SELECT count(*), max(before), max(until) FROM main._bailiwick_ended" WHERE_PRINCIPAL
                       "AND token <> ''",
                       values, PRINCIPAL_VALUES, row, 3, &found, err))
        return false;
    if (!found || row[0].integer <= ENDED_MAX) return true;
    return put(conn, principal, LITERAL(""), row[1].integer, row[2].integer, err) &&
           delete_single(conn, principal, err);
}

bool ended_add(struct conn *conn, struct arena *arena, const struct principal *principal, struct str tag, int64_t until,
               struct error *err) {
    return sweep(conn, err) && put(conn, principal, tag, next_stamp(), until, err) &&
           gather(conn, arena, principal, err);
}

bool ended_add_all(struct conn *conn, const struct principal *principal, int64_t until, struct error *err) {
    return sweep(conn, err) && put(conn, principal, LITERAL(""), next_stamp(), until, err);
}
