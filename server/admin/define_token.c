#include "server/admin/admin.h"

/* Tokens of other issuers are refused until there is a verifier for them. */
bool define_token(struct admin *admin, const struct node *statement, struct error *err) {
    (void)admin;
    return fail(err, ERROR_INVALID_VALUE, statement->at, "DEFINE TOKEN is not available yet");
}
