#include "auth/issue.h"

#include "auth/ended.h"
#include "auth/family.h"
#include "base/clock.h"
#include "sql/ast.h"

#define LIFETIME_DEFAULT 3600 /* seconds */

static const struct node *duration_of(const struct definition *definition) {
    if (!definition->node) return NULL;
    if (definition->kind == DEFINITION_SCOPE) return definition->node->child[DEFINE_SCOPE_SESSION];
    if (definition->kind == DEFINITION_LOGIN) return definition->node->child[DEFINE_LOGIN_DURATION];
    return NULL;
}

int64_t issue_lifetime(const struct definition *definition) {
    const struct node *duration = duration_of(definition);
    int64_t seconds;
    return duration && str_to_duration(duration->text, &seconds) ? seconds : LIFETIME_DEFAULT;
}

bool issue_token(struct arena *arena, const struct issue *issue, struct str tag, struct str *ret_token,
                 struct error *err) {
    const struct definition *definition = issue->definition;
    struct str id;
    if (!ended_make_id(arena, tag, &id, err)) return false;
    int64_t now = clock_unix();
    const struct token_claims claims = {
        .issued_at = now,
        .not_before = now,
        .expires_at = now + issue_lifetime(definition),
        .id = id,
        .ns = issue->ns,
        .db = issue->db,
        .scope = definition->kind == DEFINITION_SCOPE ? definition->name : (struct str){0},
        .kind = LITERAL(TOKEN_KIND_OWN),
        .subject = issue->subject,
    };
    return token_sign(arena, definition->key, &claims, ret_token, err);
}

bool issue_writes(const struct issue *issue) {
    return issue->wants_refresh && family_lifetime(issue->definition) > 0;
}

static bool find_principal(struct arena *arena, const struct issue *issue, struct principal *ret_principal,
                           struct error *err) {
    if (issue->definition->kind == DEFINITION_SCOPE)
        return principal_of_record(arena, issue->definition->name, &issue->subject, ret_principal, err);
    *ret_principal = principal_of_login(issue->definition->name);
    return true;
}

bool issue_tokens(struct arena *arena, struct conn *conn, const struct issue *issue, struct issued *ret_issued,
                  struct error *err) {
    struct issued issued = {.refresh = {0}};
    struct principal principal;
    struct str tag = {0};
    if (issue_writes(issue) && (!find_principal(arena, issue, &principal, err) ||
                                !family_begin(conn, arena, issue->definition, issue->ns, issue->db, &principal,
                                              issue->ip, &tag, &issued.refresh, err)))
        return false;
    if (!issue_token(arena, issue, tag, &issued.token, err)) return false;
    *ret_issued = issued;
    return true;
}

bool issue_alone(struct arena *arena, struct conn *conn, const struct issue *issue, struct issued *ret_issued,
                 struct error *err) {
    if (!issue_writes(issue)) return issue_tokens(arena, NULL, issue, ret_issued, err);
    struct issued issued;
    if (!conn_begin(conn, true, err)) return false;
    if (!issue_tokens(arena, conn, issue, &issued, err)) {
        conn_rollback(conn);
        return false;
    }
    if (!conn_commit(conn, err)) return false;
    *ret_issued = issued;
    return true;
}
