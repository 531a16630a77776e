/*
 * The keys and certificates that the server makes for itself, in DIR/keys/, each file 0600:
 *
 *     ca.pem           an authority of its own: what clients are told to trust
 *     caKey.pem        its key
 *     certificate.pem  the server's certificate, signed by it
 *     privateKey.pem   the server's key
 */
#ifndef SERVER_KEYS_H
#define SERVER_KEYS_H

#include "base/error.h"

/* Makes what is missing, and a new certificate where the old one ends within 30 days or is for other names; the keys
 * stay. A certificate that is not of the authority beside it is somebody's own, and left alone. `host` is the address
 * that is listened on: the certificate is for it, localhost, 127.0.0.1, ::1, and the machine's name. */
bool keys_prepare(const char *folder, const char *host, bool *ret_changed, struct error *err) MUST_CHECK;

#define KEYS_FOLDER "keys"
#define KEYS_CERTIFICATE "certificate.pem"
#define KEYS_KEY "privateKey.pem"

#endif
