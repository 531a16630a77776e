#include "auth/issue.h"

#include "auth/token.h"
#include "base/clock.h"
#include "base/secret.h"
#include "sql/ast.h"

#define LIFETIME_DEFAULT 3600 /* seconds */
#define TOKEN_ID_LENGTH 32    /* hexadecimal digits: 128 bits */

static const struct node *duration_of(const struct definition *definition) {
    if (!definition->node) return NULL;
    if (definition->kind == DEFINITION_SCOPE) return definition->node->child[DEFINE_SCOPE_SESSION];
    if (definition->kind == DEFINITION_LOGIN) return definition->node->child[DEFINE_LOGIN_DURATION];
    return NULL;
}

static int64_t lifetime_of(const struct definition *definition) {
    const struct node *duration = duration_of(definition);
    int64_t seconds;
    return duration && str_to_duration(duration->text, &seconds) ? seconds : LIFETIME_DEFAULT;
}

bool issue_token(struct arena *arena, const struct definition *definition, struct str ns, struct str db,
                 const struct value *subject, struct str *ret_token, struct error *err) {
    char id[TOKEN_ID_LENGTH + 1];
    if (!secret_random_hex(id, TOKEN_ID_LENGTH, err)) return false;
    int64_t now = clock_unix();
    const struct token_claims claims = {
        .issued_at = now,
        .not_before = now,
        .expires_at = now + lifetime_of(definition),
        .id = {id, TOKEN_ID_LENGTH},
        .ns = ns,
        .db = db,
        .scope = definition->kind == DEFINITION_SCOPE ? definition->name : (struct str){0},
        .kind = LITERAL("default"),
        .subject = *subject,
    };
    return token_sign(arena, definition->key, &claims, ret_token, err);
}
