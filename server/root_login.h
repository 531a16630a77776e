/*
 * The login of root that the server is started with.
 */
#ifndef SERVER_ROOT_LOGIN_H
#define SERVER_ROOT_LOGIN_H

#include "server/settings.h"
#include "storage/store.h"

/* With --user and --pass: that login has this password now; a password that it had already leaves its tokens alone.
 * Without them, on a fresh store: a login `root` with a random password, which is printed once. */
bool root_login_prepare(struct store *store, const struct settings *settings, bool is_fresh,
                        struct error *err) MUST_CHECK;

#endif
