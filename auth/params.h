/*
 * Variables: what a request gave, and $auth, $scope, $session, $token, which a request cannot set.
 */
#ifndef AUTH_PARAMS_H
#define AUTH_PARAMS_H

#include "auth/own_changes.h"
#include "auth/session.h"
#include "sql/lifted_script.h"
#include "sql/rewrite.h"

struct params {
    const struct session *session;
    struct arena *arena;                    /* of the request: values live here */
    struct named_values values;             /* what the request gave */
    const struct lifted_literals *literals; /* of its text, where they are bound; NULL: they are not */
    bool missing_is_null; /* in SIGNUP and SIGNIN; in /sql a variable that was not given is ERROR_NOT_FOUND, "no such
                             variable: $x" */
    bool definer; /* the text is a definer's own (SIGNUP, SIGNIN, ON …): $auth shows the whole record in all of it */
    struct own_changes own; /* for changes(), total_changes() and last_insert_rowid() */
    /* The auth record, read at most once in a request, and only if something asks for it: `full` as it is in the
     * database, for what definers wrote; `visible` as the principal may select it, for its own text. params_forget
     * drops both (after a write). */
    const struct named_values *full;
    const struct named_values *visible;
};

/* Whether a request may give a variable of this name: not auth, scope, session, token. */
bool params_may_set(struct str name);

/* Binds all of a plan's parameters. conn and snapshot are those that the plan runs on: $auth.x is read through them.
 * $auth alone is the id; $auth.x, $token.x, $session.x without an x there are NULL. */
bool params_bind(struct params *params, struct conn *conn, const struct snapshot *snapshot, const struct plan *plan,
                 struct query *query, struct error *err) MUST_CHECK;

/* The value that params_bind binds one parameter to. */
bool params_value(struct params *params, struct conn *conn, const struct snapshot *snapshot,
                  const struct plan_parameter *parameter, struct value *ret_value, struct error *err) MUST_CHECK;

void params_forget(struct params *params);

#endif
