/*
 * What the two ends of TLS share: reading certificates and keys.
 */
#ifndef SERVER_TLS_PRIVATE_H
#define SERVER_TLS_PRIVATE_H

#include "base/error.h"

#include <openssl/ssl.h>

struct tls_socket {
    int fd;
    bool may_wait; /* the next read, as long as SO_RCVTIMEO says; those after it do not, and no write does */
    bool is_at_end;
};

/* OpenSSL's way to a socket, which stays the caller's and outlives it. NULL: memory is short. */
BIO *tls_socket_bio(struct tls_socket *socket) MUST_CHECK;

/* A certificate with those that it is signed with, and its key, which has no passphrase, from PEM files.
 * ERROR_INVALID_VALUE names the file that is missing, unreadable, expired, or does not fit. */
bool tls_use_certificate(SSL_CTX *context, const char *certificate, const char *key, struct error *err) MUST_CHECK;

/* ERROR_INVALID_VALUE unless it is a file that can be read. */
bool tls_check_readable(const char *path, struct error *err) MUST_CHECK;

/* Fails about a file, with the first thing that OpenSSL complained of as the detail, and empties its list. */
bool tls_fail_file(struct error *err, const char *path, const char *what);

#endif
