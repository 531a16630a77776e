/*
 * Roles from a file: the text as a checked tree.
 *
 *     namespace: acme            where the roles are; or --roles-namespace says it
 *     boss:
 *       super_user: true         DEFINE ROLE boss ON NAMESPACE ROLES owner
 *     builder:
 *       structure_user: [shop]   … ROLES structure(shop); true: of all databases
 *     analyst:
 *       shop:                    a database
 *         person:                a table: DEFINE ROLE analyst ON DATABASE PERMISSIONS TABLE person …
 *           read: true           also insert, update, delete; what is left out is false
 *           attributes:          FIELDS: read, insert, update
 *             name: {read: true}
 */
#ifndef SERVER_ROLES_FILE_H
#define SERVER_ROLES_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/yaml.h"

struct roles_file {
    const char *path;
    struct str text;
    const struct yaml *root; /* its members but `namespace` are roles */
    struct str ns;           /* as it is written; empty: nobody says it */
};

/* Reads a file and checks that it has this form. What it points to lives in the arena. `ns` is the namespace where the
 * file names none. ERROR_INVALID_VALUE, whose message begins with FILE:LINE: and the key. */
bool roles_file_read(struct arena *arena, const char *path, struct str ns, struct roles_file *ret_file,
                     struct error *err) MUST_CHECK;

/* Hands a failure on, with the line and key that its place in the text means. Returns false. */
bool roles_file_fail(const struct roles_file *file, const struct error *cause, struct error *err);

/* The first or next member of a mapping that is a role, a database or a table: what is left when `namespace`,
 * `super_user` and `structure_user` are passed over. NULL where there is none. */
const struct yaml *roles_file_role(const struct yaml *member);
const struct yaml *roles_file_database(const struct yaml *member);

#endif
