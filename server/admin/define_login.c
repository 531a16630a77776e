#include "auth/password.h"
#include "base/certificate_identity.h"
#include "server/admin/admin.h"
#include "server/admin/define.h"

#define NAME_MAX_CHARACTERS 128

/* Not a control character of ASCII or Latin-1. */
static bool is_printable(struct str character) {
    unsigned char first = (unsigned char)character.text[0];
    if (character.length == 1) return first >= 0x20 && first != 0x7f;
    return !(character.length == 2 && first == 0xc2 && (unsigned char)character.text[1] < 0xa0);
}

bool define_is_login_name(struct str name) {
    size_t count = 0;
    while (name.length) {
        size_t length = str_character(name);
        if (!length || !is_printable(str_slice(name, 0, length)) || ++count > NAME_MAX_CHARACTERS) return false;
        name = str_slice(name, length, name.length);
    }
    return count > 0;
}

bool define_password(struct admin *admin, const struct node *password, struct str *ret_phc, struct error *err) {
    if (!password) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the password is empty");
    if (!password_check(password->text, password->at, err)) return false;
    return password_hash(admin->arena, password->text, ret_phc, err);
}

/* The PHC string of the login's password. */
static bool read_secret(struct admin *admin, const struct node *statement, struct str *ret_phc, struct error *err) {
    const struct node *password = statement->child[DEFINE_LOGIN_PASSWORD];
    const struct node *hash = statement->child[DEFINE_LOGIN_PASSHASH];
    if (password && hash) return fail(err, ERROR_INVALID_VALUE, hash->at, "a login has either PASSWORD or PASSHASH");
    if (hash && password_is_phc(hash->text)) {
        *ret_phc = hash->text;
        return true;
    }
    if (hash) return fail(err, ERROR_INVALID_VALUE, hash->at, "PASSHASH must be a PHC string of Argon2id");
    if (!password && statement->child[DEFINE_LOGIN_CERTIFICATE]) {
        *ret_phc = (struct str){0}; /* which no password fits */
        return true;
    }
    if (!password)
        return fail(err, ERROR_INVALID_VALUE, statement->at, "a login needs PASSWORD, PASSHASH or CERTIFICATE");
    return define_password(admin, password, ret_phc, err);
}

static bool check_certificate(const struct node *rule, struct error *err) {
    struct error cause = {0};
    return !rule || certificate_check_rule(rule->text, &cause) ||
           fail(err, ERROR_INVALID_VALUE, rule->at, "%s", cause.message);
}

bool define_login_put(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[DEFINE_LOGIN_NAME];
    const struct node *duration = statement->child[DEFINE_LOGIN_DURATION];
    struct definition login = {.kind = DEFINITION_LOGIN, .name = name->text};
    int64_t seconds;
    if (!define_is_login_name(name->text))
        return fail(err, ERROR_INVALID_VALUE, name->at, "the name of a login is 1 to 128 printable characters");
    const struct node *roles = statement->child[DEFINE_LOGIN_ROLES];
    if (!define_check_roles(admin, roles, statement->child[DEFINE_LOGIN_LEVEL], err)) return false;
    if (duration && !str_to_duration(duration->text, &seconds))
        return fail(err, ERROR_INVALID_VALUE, duration->at, "this is no duration such as 30s, 15m or 1h30m");
    return check_certificate(statement->child[DEFINE_LOGIN_CERTIFICATE], err) &&
           define_check_duration(statement->child[DEFINE_LOGIN_REFRESH], err) &&
           read_secret(admin, statement, &login.secret, err) && define_key(admin->arena, &login.key, err) &&
           define_put(admin, statement, login, err);
}

bool define_login(struct admin *admin, const struct node *statement, struct error *err) {
    return define_login_put(admin, statement, err);
}
