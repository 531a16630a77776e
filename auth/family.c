#include "auth/family.h"

#include "auth/ended.h"

#include "base/clock.h"
#include "base/scope.h"
#include "base/secret.h"
#include "sql/ast.h"

#include <string.h>

#define PREFIX "bwr."
#define SWEPT_AT_ONCE "1000"
#define COLUMNS 11

DEFINE_CLEANUP(struct query *, query_finish)

static bool out_of_memory(struct error *err) {
    return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
}

int64_t family_lifetime(const struct definition *definition) {
    const struct node *duration = NULL;
    int64_t seconds;
    if (!definition->node) return 0;
    if (definition->kind == DEFINITION_SCOPE) duration = definition->node->child[DEFINE_SCOPE_REFRESH];
    if (definition->kind == DEFINITION_LOGIN) duration = definition->node->child[DEFINE_LOGIN_REFRESH];
    return duration && str_to_duration(duration->text, &seconds) ? seconds : 0;
}

/* --- texts and hashes --- */

static bool is_hexadecimal(struct str text, size_t length) {
    if (text.length != length) return false;
    for (size_t i = 0; i < length; i++)
        if (!memchr("0123456789abcdef", text.text[i], 16)) return false;
    return true;
}

bool family_read(struct str text, struct refresh_token *ret_token) {
    if (text.length > REFRESH_LENGTH_MAX || !str_starts(text, PREFIX)) return false;
    struct str rest = str_slice(text, strlen(PREFIX), text.length);
    struct refresh_token token = {.ns = str_take(&rest, '.')};
    token.db = str_take(&rest, '.');
    token.family = str_take(&rest, '.');
    token.secret = rest;
    bool fits = (!token.ns.length || store_name_is_valid(token.ns)) &&
                (!token.db.length || (token.ns.length && store_name_is_valid(token.db)));
    if (!fits || !is_hexadecimal(token.family, FAMILY_ID_LENGTH) || !is_hexadecimal(token.secret, FAMILY_SECRET_LENGTH))
        return false;
    *ret_token = token;
    return true;
}

/* The parts of a new token: `text` is what the client gets. */
static bool make_text(struct arena *arena, struct str ns, struct str db, struct str family, struct str *ret_secret,
                      struct str *ret_text, struct error *err) {
    char secret[FAMILY_SECRET_LENGTH + 1];
    if (!secret_random_hex(secret, FAMILY_SECRET_LENGTH, err)) return false;
    struct str text = arena_format(arena, PREFIX "%.*s.%.*s.%.*s.%s", STR(ns), STR(db), STR(family), secret);
    secret_wipe(secret, sizeof secret);
    if (!text.text) return out_of_memory(err);
    *ret_secret = str_slice(text, text.length - FAMILY_SECRET_LENGTH, text.length);
    *ret_text = text;
    return true;
}

/* Keyed with the definition's key, so that both are worth nothing once it is another. */
static bool hash_of(const struct definition *definition, struct str text, unsigned char ret_hash[32],
                    struct error *err) {
    if (!definition->key.length) return fail(err, ERROR_INTERNAL, NOWHERE, "the definition has no key");
    return secret_hmac(definition->key, text, ret_hash, err);
}

static bool is_hash_of(struct str hash, const struct definition *definition, struct str text) {
    unsigned char wanted[32];
    return hash_of(definition, text, wanted, NULL) &&
           secret_same(hash, (struct str){(const char *)wanted, sizeof wanted});
}

bool family_is_alive(const struct family *family, const struct definition *definition, int64_t now) {
    return now < family->expires && family_lifetime(definition) > 0 &&
           is_hash_of(family->made_by, definition, family->id);
}

bool family_is_newest(const struct family *family, const struct definition *definition, struct str secret) {
    return is_hash_of(family->hash, definition, secret);
}

/* --- rows --- */

static bool sweep(struct conn *conn, const struct principal *principal, struct error *err) {
    struct value values[PRINCIPAL_VALUES + 1];
    const struct value now = value_integer(clock_unix());
    principal_values(principal, values);
    values[PRINCIPAL_VALUES] = value_integer(FAMILIES_MAX - 1);
    return conn_execute(conn,
                        "DELETE FROM main._bailiwick_family WHERE family IN (SELECT family FROM main._bailiwick_family "
                        "WHERE expires <= ?1 LIMIT " SWEPT_AT_ONCE ")",
                        &now, 1, err) &&
           conn_execute(conn,
                        "DELETE FROM main._bailiwick_family WHERE family IN (SELECT family FROM "
                        "main._bailiwick_family" WHERE_PRINCIPAL "ORDER BY used DESC LIMIT -1 OFFSET ?4)",
                        values, PRINCIPAL_VALUES + 1, err);
}

bool family_begin(struct conn *conn, struct arena *arena, const struct definition *definition, struct str ns,
                  struct str db, const struct principal *principal, struct str ip, struct str *ret_tag,
                  struct str *ret_refresh, struct error *err) {
    char id[FAMILY_ID_LENGTH + 1];
    char tag[TOKEN_TAG_LENGTH + 1];
    unsigned char hash[32], made_by[32];
    struct str secret, text;
    struct value values[COLUMNS];
    int64_t now_ms = clock_unix_ms();
    if (!secret_random_hex(id, FAMILY_ID_LENGTH, err) || !secret_random_hex(tag, TOKEN_TAG_LENGTH, err)) return false;
    const struct str family = {id, FAMILY_ID_LENGTH};
    struct str tag_copy = arena_copy(arena, (struct str){tag, TOKEN_TAG_LENGTH});
    if (!tag_copy.text) return out_of_memory(err);
    if (!make_text(arena, ns, db, family, &secret, &text, err) || !hash_of(definition, secret, hash, err) ||
        !hash_of(definition, family, made_by, err) || !sweep(conn, principal, err))
        return false;
    principal_values(principal, values);
    values[3] = value_text(family);
    values[4] = value_text(tag_copy);
    values[5] = value_blob((struct str){(const char *)hash, sizeof hash});
    values[6] = value_blob((struct str){(const char *)made_by, sizeof made_by});
    values[7] = value_integer(now_ms);
    values[8] = value_integer(now_ms / 1000 + family_lifetime(definition));
    values[9] = value_text(ip.text ? ip : LITERAL(""));
    if (!conn_execute(conn,
                      "INSERT INTO main._bailiwick_family(kind, owner, id, family, tag, hash, made_by, created, used, "
                      "expires, ip) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10)",
                      values, 10, err))
        return false;
    *ret_tag = tag_copy;
    *ret_refresh = text;
    return true;
}

#define SELECT_FAMILY                                                                                                  \
    "SELECT family, kind, owner, id, tag, hash, made_by, created, used, expires, ip FROM main._bailiwick_family "

static struct family family_of(const struct value row[COLUMNS]) {
    return (struct family){
        .id = row[0].text,
        .kind = row[1].text,
        .owner = row[2].text,
        .subject = row[3],
        .tag = row[4].text,
        .hash = row[5].text,
        .made_by = row[6].text,
        .created = row[7].integer,
        .used = row[8].integer,
        .expires = row[9].integer,
        .ip = row[10].text,
    };
}

/* Whether a row is of the types that we write: the file can have been changed by hand. */
static bool is_ours(const struct value row[COLUMNS]) {
    static const enum value_kind kinds[COLUMNS] = {
        VALUE_TEXT, VALUE_TEXT,    VALUE_TEXT,    VALUE_NULL,    VALUE_TEXT, VALUE_BLOB,
        VALUE_BLOB, VALUE_INTEGER, VALUE_INTEGER, VALUE_INTEGER, VALUE_TEXT,
    };
    for (size_t i = 0; i < COLUMNS; i++)
        if (kinds[i] != VALUE_NULL && row[i].kind != kinds[i]) return false;
    return row[3].kind == VALUE_TEXT || row[3].kind == VALUE_INTEGER;
}

bool family_find(struct conn *conn, struct arena *arena, struct str id, struct family *ret_family, bool *ret_found,
                 struct error *err) {
    const struct value key = value_text(id);
    struct value row[COLUMNS];
    bool found;
    if (!conn_read_row(conn, arena, SELECT_FAMILY "WHERE family = ?1", &key, 1, row, COLUMNS, &found, err))
        return false;
    *ret_found = found && is_ours(row);
    if (*ret_found) *ret_family = family_of(row);
    return true;
}

bool family_renew(struct conn *conn, struct arena *arena, const struct family *family,
                  const struct definition *definition, const struct refresh_token *spent, struct str ip,
                  struct str *ret_refresh, struct error *err) {
    unsigned char hash[32];
    struct str secret, text;
    int64_t now = clock_unix();
    if (!make_text(arena, spent->ns, spent->db, family->id, &secret, &text, err) ||
        !hash_of(definition, secret, hash, err))
        return false;
    const struct value values[] = {
        value_text(family->id),
        value_blob((struct str){(const char *)hash, sizeof hash}),
        value_integer(clock_unix_ms()),
        value_integer(now + family_lifetime(definition)),
        value_text(ip.text ? ip : LITERAL("")),
    };
    if (!conn_execute(conn,
                      "UPDATE main._bailiwick_family SET hash = ?2, used = ?3, expires = ?4, ip = ?5 WHERE family = ?1",
                      values, sizeof values / sizeof *values, err))
        return false;
    *ret_refresh = text;
    return true;
}

bool family_end(struct conn *conn, struct str id, struct error *err) {
    const struct value key = value_text(id);
    return conn_execute(conn, "DELETE FROM main._bailiwick_family WHERE family = ?1", &key, 1, err);
}

bool family_end_tag(struct conn *conn, const struct principal *principal, struct str tag, struct error *err) {
    struct value values[PRINCIPAL_VALUES + 1];
    principal_values(principal, values);
    values[PRINCIPAL_VALUES] = value_text(tag);
    return conn_execute(conn, "DELETE FROM main._bailiwick_family" WHERE_PRINCIPAL "AND tag = ?4", values,
                        PRINCIPAL_VALUES + 1, err);
}

bool family_end_all(struct conn *conn, const struct principal *principal, struct error *err) {
    struct value values[PRINCIPAL_VALUES];
    principal_values(principal, values);
    return conn_execute(conn, "DELETE FROM main._bailiwick_family" WHERE_PRINCIPAL, values, PRINCIPAL_VALUES, err);
}

/* --- what INFO tells --- */

static void write_time(struct buf *buf, const char *name, int64_t milliseconds) {
    char text[32];
    clock_iso(milliseconds, text);
    buf_format(buf, "\"%s\":", name);
    json_write_string(buf, str_of(text));
    buf_add_char(buf, ',');
}

static void write_family(struct buf *buf, const struct family *family, int number) {
    buf_format(buf, "%s\"%d\":{", number > 1 ? "," : "", number);
    write_time(buf, "created", family->created);
    write_time(buf, "used", family->used);
    write_time(buf, "expires", family->expires * 1000);
    buf_add_text(buf, "\"ip\":");
    json_write_string(buf, family->ip);
    buf_add_char(buf, '}');
}

bool family_list(struct conn *conn, const struct definition *login, struct buf *buf, struct error *err) {
    static const struct footprint internal = {.kind = FOOTPRINT_INTERNAL};
    const struct principal principal = principal_of_login(login->name);
    struct value values[PRINCIPAL_VALUES], row[COLUMNS];
    principal_values(&principal, values);
    CLEANUP(query_finish_at)
    struct query *query = query_prepare(conn, LITERAL(SELECT_FAMILY WHERE_PRINCIPAL "ORDER BY created, family"),
                                        &internal, false, 1, err);
    if (!query) return false;
    for (int i = 0; i < PRINCIPAL_VALUES; i++)
        if (!query_bind(query, i + 1, &values[i], err)) return false;
    enum query_step step;
    int number = 0;
    int64_t now = clock_unix();
    while ((step = query_step(query, err)) == QUERY_ROW) {
        for (int i = 0; i < COLUMNS; i++) row[i] = query_column(query, i);
        if (!is_ours(row)) continue;
        const struct family family = family_of(row);
        if (!family_is_alive(&family, login, now)) continue;
        write_family(buf, &family, ++number);
    }
    return step == QUERY_DONE;
}
