/*
 * Scripts that were parsed before, by their text. What is known of one is enough to run it where the plans of its
 * statements are kept (storage/plans.h); who needs a tree parses the text again, once for all of them.
 */
#ifndef SQL_KNOWN_SCRIPT_H
#define SQL_KNOWN_SCRIPT_H

#include "base/keep.h"
#include "sql/literals.h"
#include "sql/parse.h"

/* Bytes; what is larger is hardly the same twice, or takes longer to run. */
#define KNOWN_SCRIPT_MAX ((size_t)16 << 10)

struct known_script {
    struct kept kept;
    uint64_t id; /* no two have the same; never 0 */
    /* Its statements, without what is in them: SELECT, INSERT, UPDATE, DELETE, BEGIN, COMMIT, ROLLBACK (of all), each a
     * node of that kind without children, but with its flags, and UPDATES_ON_CONFLICT where an INSERT does. `text` is a
     * copy. */
    struct script script;
    /* Of a script whose literals are bound (lifted_script.h), where these stand in `text`, which is blanked there; NULL
     * of others. */
    const struct literals *literals;
};

/* NULL: not known. Given back by known_script_unref. */
const struct known_script *known_script_find(struct str text);

/* Remembers a script that has just been parsed; NULL where it holds other statements, or names that nobody may use, or
 * is too large, or memory is short. Given back by known_script_unref. */
const struct known_script *known_script_keep(const struct script *script);

/* What is remembered of a script, whether it is kept or not, under the hash of its text; `literals` are copied. NULL as
 * above. */
struct known_script *known_script_new(const struct script *script, const struct literals *literals) MUST_CHECK;

void known_script_unref(const struct known_script *known); /* takes NULL */

#endif
