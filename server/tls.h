/*
 * TLS on OpenSSL: certificates, and one channel for each connection. Nothing here waits: a channel says what its socket
 * has to be ready for. TLS 1.2 and 1.3, no renegotiation, HTTP/1.1 alone where the client names protocols.
 *
 * CivetWeb's own TLS is not used; decision 0007 says why.
 */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define TLS_MARK 32 /* bytes of a mark that a channel keeps for who uses it */

struct tls;         /* of a server */
struct tls_channel; /* of a connection; one thread's */

enum tls_clients {
    TLS_CLIENTS_ANY,      /* are not asked for a certificate */
    TLS_CLIENTS_OPTIONAL, /* may show one; a bad one ends the connection */
    TLS_CLIENTS_REQUIRED, /* must show one */
};

struct tls_options { /* texts live as long as the struct tls */
    const char
        *certificate; /* a PEM file: the server's, then those that it is signed with; NULL: only to try the rest */
    const char *key;  /* a PEM file without a passphrase */
    enum tls_clients clients;
    const char *client_ca;  /* a PEM file: who signs the clients' certificates; NULL where they are not asked */
    const char *client_crl; /* a PEM file: which of them are revoked, one list for each signer; NULL: none */
};

/* Reads the files. ERROR_INVALID_VALUE names the file that is missing, unreadable, expired, or does not fit. */
struct tls *tls_new(const struct tls_options *options, struct error *err) MUST_CHECK;
void tls_free(struct tls *tls); /* takes NULL; channels may outlive it */

/* Reads the files again, for connections that are opened from now on. After a failure what was in force still is. */
bool tls_reload(struct tls *tls, struct error *err) MUST_CHECK;

/* A channel for a socket that a client has connected to; NULL where memory is short. */
struct tls_channel *tls_channel_new(struct tls *tls, int fd) MUST_CHECK;

/* Takes leave of the peer, as far as that needs no waiting, and frees. Takes NULL. */
void tls_channel_end(struct tls_channel *channel);

enum tls_step {
    TLS_DONE,       /* *ret_done bytes; 0: the peer has taken leave */
    TLS_WANTS_READ, /* again, when the socket can be read */
    TLS_WANTS_WRITE,
    TLS_BROKEN,
    TLS_SPEAKS_HTTP, /* the peer speaks HTTP without TLS */
};

/* The first of these does the handshake. */
enum tls_step tls_receive(struct tls_channel *channel, void *bytes, size_t size, size_t *ret_done);
enum tls_step tls_send(struct tls_channel *channel, const void *bytes, size_t size, size_t *ret_done);

/* The first read from the socket in the next tls_receive may wait, as long as the socket's SO_RCVTIMEO says. */
void tls_may_wait(struct tls_channel *channel);

/* Gives back memory that the channel takes again when it reads or writes. */
void tls_rest(struct tls_channel *channel);

/* Whether something has been read from the socket and not yet been handed on. */
bool tls_has_rest(const struct tls_channel *channel);

/* Whether the handshake is over. */
bool tls_is_open(const struct tls_channel *channel);

/* The peer's certificate, verified, in DER, into `out`; nothing where it has shown none. */
void tls_add_peer_certificate(const struct tls_channel *channel, struct buf *out);

/* Whether the channel was last told another mark, or none. It keeps this one. */
bool tls_is_news(struct tls_channel *channel, const unsigned char mark[TLS_MARK]);

#endif
