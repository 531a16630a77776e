#include "auth/token_key.h"
#include "base/public_key.h"
#include "server/admin/admin.h"
#include "server/admin/define.h"

/* The key that verifies. What is wrong with it is wrong at VALUE, and what is wrong with the type at TYPE. */
static bool read_key(const struct node *statement, struct token_key *ret_key, struct error *err) {
    const struct node *type = statement->child[DEFINE_TOKEN_TYPE];
    const struct node *value = statement->child[DEFINE_TOKEN_VALUE];
    struct token_key key = {.key = value ? value->text : (struct str){0}};
    struct error failure = {0};
    bool has_type = token_algorithm_read(type->text, &key.algorithm, &failure);
    if (has_type && token_key_check(key, &failure)) {
        *ret_key = key;
        return true;
    }
    if (failure.code == ERROR_INVALID_VALUE) failure.at = has_type && value ? value->at : type->at;
    *err = failure;
    return false;
}

static bool check_scope(const struct admin *admin, const struct node *scope, struct error *err) {
    if (!scope || snapshot_find(admin->snapshot, DEFINITION_SCOPE, (struct str){0}, scope->text)) return true;
    return fail(err, ERROR_NOT_FOUND, scope->at, "no such scope: %.*s", STR(scope->text));
}

static bool check_text(const struct node *text, const char *what, struct error *err) {
    if (!text || text->text.length) return true;
    return fail(err, ERROR_INVALID_VALUE, text->at, "%s is empty", what);
}

/* Those of a login of the level; a scope's users have what the scope says. */
static bool check_roles(const struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *roles = statement->child[DEFINE_TOKEN_ROLES], *level = statement->child[DEFINE_TOKEN_LEVEL];
    if (roles && level->child[LEVEL_NAME])
        return fail(err, ERROR_INVALID_VALUE, roles->child[0]->at, "the roles of a scope's users are the scope's");
    return define_check_roles(admin, roles, level, err);
}

bool define_token(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[DEFINE_TOKEN_NAME];
    const struct node *scope = statement->child[DEFINE_TOKEN_LEVEL]->child[LEVEL_NAME];
    struct definition token = {
        .kind = DEFINITION_TOKEN, .owner = scope ? scope->text : (struct str){0}, .name = name->text};
    struct token_key key;
    if (!name->text.length) return fail(err, ERROR_INVALID_VALUE, name->at, "a token needs a name");
    if (str_is_name(name->text, TOKEN_KIND_OWN))
        return fail(err, ERROR_INVALID_VALUE, name->at,
                    "\"" TOKEN_KIND_OWN "\" is what the tokens of this server are called");
    if (!check_scope(admin, scope, err) || !check_roles(admin, statement, err) ||
        !check_text(statement->child[DEFINE_TOKEN_ISSUER], "ISSUER", err) ||
        !check_text(statement->child[DEFINE_TOKEN_AUDIENCE], "AUDIENCE", err) || !read_key(statement, &key, err))
        return false;
    token.secret = public_key_is_pem(key.key) ? str_trim(key.key) : key.key;
    return define_put(admin, statement, token, err);
}
