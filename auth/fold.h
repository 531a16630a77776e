/*
 * Names of namespaces and databases in their canonical form: lower case, as the file system and the tokens have them.
 */
#ifndef AUTH_FOLD_H
#define AUTH_FOLD_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

/* ASCII letters in lower case, copied. The empty name stays empty. */
bool fold_name(struct arena *arena, struct str name, struct str *ret_folded, struct error *err) MUST_CHECK;

#endif
