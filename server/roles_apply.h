/*
 * Roles from files, put into the namespaces and databases that they are about.
 */
#ifndef SERVER_ROLES_APPLY_H
#define SERVER_ROLES_APPLY_H

#include "server/roles_file.h"
#include "storage/store.h"

/* Reads the files in `paths` (with commas between them) and brings what is defined in line: of each role that a file
 * names, what is missing is made, what differs replaced, and what the file does not say of a database removed there.
 * All of it is tried before anything is written; with `only_try` nothing is. `store` NULL: only the form is looked at.
 * No role may be in two files of one namespace. */
bool roles_apply(struct store *store, const char *paths, const char *ns, bool only_try, struct error *err) MUST_CHECK;

#endif
