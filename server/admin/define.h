/*
 * What the DEFINE statements share.
 */
#ifndef SERVER_ADMIN_DEFINE_H
#define SERVER_ADMIN_DEFINE_H

#include "base/value.h"
#include "storage/catalog.h"

struct admin;

/* What IF NOT EXISTS and OVERWRITE say. */
enum definition_mode define_mode(const struct node *statement);

/* The text that the catalogue stores of a DEFINE: canonical, without IF NOT EXISTS, OVERWRITE and secrets. */
bool define_text(struct arena *arena, const struct node *statement, struct str script, struct str *ret_text,
                 struct error *err) MUST_CHECK;

/* TOKEN_KEY_LENGTH random bytes. */
bool define_key(struct arena *arena, struct str *ret_key, struct error *err) MUST_CHECK;

/* Whether a duration (NULL is fine) is one. */
bool define_check_duration(const struct node *duration, struct error *err) MUST_CHECK;

/* Writes a definition of the statement's text under its mode; the other fields are the caller's. Sets admin->changed.
 */
bool define_put(struct admin *admin, const struct node *statement, struct definition definition,
                struct error *err) MUST_CHECK;

/* Makes or replaces a login on the file of conn, within its transaction: `statement` is a DEFINE_LOGIN. */
bool define_login_put(struct admin *admin, const struct node *statement, struct error *err) MUST_CHECK;

/* The PHC string of a login's password, a string of a statement: ERROR_INVALID_VALUE unless a login may have it. */
bool define_password(struct admin *admin, const struct node *password, struct str *ret_phc,
                     struct error *err) MUST_CHECK;

/* Whether a login may have this name: 1 to 128 printable characters. */
bool define_is_login_name(struct str name);

/* Checks a PERMISSIONS list on rows of `table`: predicates resolve, and say nothing of operations in `unfit` (bits of
 * PERMISSION_BIT; a list that says one thing of all four operations is fine). `unfit_message` tells why. */
bool define_check_permissions(struct admin *admin, const struct table_schema *table, const struct node *permissions,
                              uint32_t unfit, const char *unfit_message, struct error *err) MUST_CHECK;

/* Whether the ROLES of a login or scope (NULL: none) are there: built-in ones, which scopes and the levels below a
 * `structure(…)` do not have, and own ones, which are defined on the same level. */
bool define_check_roles(const struct admin *admin, const struct node *roles, const struct node *level,
                        struct error *err) MUST_CHECK;

/* The table or view of a DEFINE or INFO; ERROR_NOT_FOUND where there is none. */
const struct table_schema *define_find_table(const struct admin *admin, const struct node *name,
                                             struct error *err) MUST_CHECK;

#endif
