/*
 * HTTPS as the settings want it: which certificates, reloading them, and the port that sends HTTP here.
 */
#ifndef SERVER_HTTPS_H
#define SERVER_HTTPS_H

#include "server/http.h"
#include "server/settings.h"

/* Whether the settings about HTTPS belong together; wrong usage where not. */
bool https_check_settings(const struct settings *settings, struct error *err) MUST_CHECK;

/* Whether they ask for it. */
bool https_is_wanted(const struct settings *settings);

/* Whether the files that they name can be used; makes none. */
bool https_check_files(const struct settings *settings, struct error *err) MUST_CHECK;

/* Its certificates, the server's own ones made where they are wanted and missing. The data folder must be there. */
struct tls *https_open(const struct settings *settings, struct error *err) MUST_CHECK;

/* Makes the server's own certificate anew where that is due, and reads all files again if that has changed something or
 * `is_asked`. What fails is logged, and what was in force stays. */
void https_renew(struct tls *tls, const struct settings *settings, bool is_asked);

/* Sends whoever speaks HTTP on --redirect-http to `port`; NULL without an error where nobody asked for that. */
bool https_start_redirect(const struct settings *settings, int port, struct http_server **ret_server,
                          struct error *err) MUST_CHECK;

#endif
