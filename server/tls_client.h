/*
 * TLS of a client, on OpenSSL: TLS 1.2 and 1.3, and nobody is believed whose certificate is not for the name that was
 * asked for, or not signed by somebody whom the client trusts. Calls wait for the socket.
 */
#ifndef SERVER_TLS_CLIENT_H
#define SERVER_TLS_CLIENT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct tls_client; /* whom it trusts, and the certificate that it shows */
struct tls_stream; /* one connection */

struct tls_client_options {
    const char *authority;   /* a PEM file: whom it trusts; NULL: whom the system trusts */
    const char *certificate; /* a PEM file: its own, for servers that ask; NULL: none */
    const char *key;         /* of the certificate */
};

/* Reads the files. ERROR_INVALID_VALUE names the one that is missing, unreadable, expired, or does not fit. */
struct tls_client *tls_client_new(const struct tls_client_options *options, struct error *err) MUST_CHECK;
void tls_client_free(struct tls_client *client); /* takes NULL; streams may outlive it */

/* Shakes hands on a connected socket with the server of that name or address; the message says why it cannot be
 * believed. The socket stays the caller's. */
struct tls_stream *tls_stream_open(struct tls_client *client, int fd, const char *host, struct error *err) MUST_CHECK;

/* Sends some of the bytes; 0: the peer takes no more. */
size_t tls_stream_send(struct tls_stream *stream, const void *bytes, size_t size);

/* Receives some bytes; *ret_got is 0 when the peer has taken leave. An end without leave is ERROR_INTERNAL, since
 * somebody between may have made it. */
bool tls_stream_receive(struct tls_stream *stream, void *bytes, size_t size, size_t *ret_got,
                        struct error *err) MUST_CHECK;

/* Takes leave and frees. Takes NULL. */
void tls_stream_end(struct tls_stream *stream);

#endif
