#include "auth/principal.h"

#include "auth/fold.h"

#include <string.h>

struct principal principal_of_login(struct str name) {
    return (struct principal){.kind = "login", .id = value_text(name)};
}

static bool make(struct arena *arena, const char *kind, struct str owner, const struct value *id,
                 struct principal *ret_principal, struct error *err) {
    struct principal principal = {.kind = kind, .id = *id};
    if (id->kind == VALUE_NULL) principal.id = value_text(LITERAL(""));
    if (!fold_name(arena, owner, &principal.owner, err)) return false;
    *ret_principal = principal;
    return true;
}

bool principal_of_record(struct arena *arena, struct str scope, const struct value *id, struct principal *ret_principal,
                         struct error *err) {
    return make(arena, "scope", scope, id, ret_principal, err);
}

bool principal_of_session(struct arena *arena, const struct session *session, struct principal *ret_principal,
                          struct error *err) {
    if (session->level == LEVEL_SCOPE)
        return principal_of_record(arena, session->scope, &session->auth_id, ret_principal, err);
    if (session->issuer.length)
        return make(arena, "token", session->issuer, &session->token->subject, ret_principal, err);
    *ret_principal = principal_of_login(session->login);
    return true;
}

void principal_values(const struct principal *principal, struct value *ret_values) {
    ret_values[0] = value_text(str_of(principal->kind));
    ret_values[1] = value_text(principal->owner.text ? principal->owner : LITERAL(""));
    ret_values[2] = principal->id;
}
