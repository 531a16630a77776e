#include "auth/function.h"

#include "auth/password.h"
#include "base/clock.h"
#include "base/secret.h"

static bool give_text(struct str text, struct value *ret_value, struct error *err) {
    if (!text.text) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the function needs too much memory");
    *ret_value = value_text(text);
    return true;
}

static bool call_password_hash(struct arena *arena, const struct value *arguments, size_t count,
                               struct value *ret_value, struct error *err) {
    if (count != 1 || arguments[0].kind != VALUE_TEXT)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "password_hash() takes a text");
    if (!arguments[0].text.length) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the password is empty");
    struct str phc;
    return password_hash(arena, arguments[0].text, &phc, err) && give_text(phc, ret_value, err);
}

/* A text, or the empty one in place of what is none. */
static struct str text_of(const struct value *value) {
    return value->kind == VALUE_TEXT ? value->text : (struct str){0};
}

static bool call_password_verify(struct arena *arena, const struct value *arguments, size_t count,
                                 struct value *ret_value, struct error *err) {
    (void)arena;
    if (count != 2) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "password_verify() takes a text and a hash");
    /* The password is computed on in any case; one that is no text meets no hash. */
    struct str phc = arguments[0].kind == VALUE_TEXT ? text_of(&arguments[1]) : (struct str){0};
    bool is_right;
    if (!password_verify(text_of(&arguments[0]), phc, &is_right, err)) return false;
    *ret_value = value_integer(is_right);
    return true;
}

static bool call_uuid(struct arena *arena, const struct value *arguments, size_t count, struct value *ret_value,
                      struct error *err) {
    (void)arguments, (void)count;
    unsigned char id[16];
    if (!secret_random(id, sizeof id, err)) return false;
    id[6] = (unsigned char)((id[6] & 0x0F) | 0x40); /* RFC 9562: version 4 */
    id[8] = (unsigned char)((id[8] & 0x3F) | 0x80); /* and its variant */
    struct str text =
        arena_format(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0], id[1], id[2],
                     id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13], id[14], id[15]);
    return give_text(text, ret_value, err);
}

static bool call_now(struct arena *arena, const struct value *arguments, size_t count, struct value *ret_value,
                     struct error *err) {
    (void)arguments, (void)count;
    char text[32];
    clock_iso(clock_unix_ms(), text);
    return give_text(arena_copy(arena, str_of(text)), ret_value, err);
}

/* None counts as deterministic, so that none can stand in an index or a CHECK, where SQLite would compute it at will.
 */
const struct sql_function auth_sql_functions[] = {
    {"password_hash", 1, false, call_password_hash},
    {"password_verify", 2, false, call_password_verify},
    {"uuid", 0, false, call_uuid},
    {"now", 0, false, call_now},
    {0},
};
