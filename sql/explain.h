/*
 * What a plan does for permissions, in words: for EXPLAIN PERMISSIONS.
 */
#ifndef SQL_EXPLAIN_H
#define SQL_EXPLAIN_H

#include "base/buf.h"
#include "sql/rewrite.h"

/* SQL, or something else with names of guards in it, as a JSON string: the names begin with "_bailiwick_" alone,
 * because the part that is made at random stays within the server. */
void explain_sql(struct buf *out, struct str sql);

/* A JSON array with an object for each guard of the plan: `name`, `table`, `kind` and `why`. The kind is "flattened",
 * "not indexed", "fenced" or "sorted": the costliest that holds. `why` has all reasons, with "; " between them. */
void explain_guards(struct buf *out, const struct plan *plan, const struct policy *policy);

/* A JSON array with an object for each term that can fail: its `text`, `line` and `column` in the script, `kind`
 * ("shielded", "fenced" or "shielded and fenced") and `why`. */
void explain_terms(struct buf *out, const struct plan *plan, struct str text);

#endif
