#include "server/tls_client.h"

#include "server/tls_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct tls_client {
    SSL_CTX *context;
    bool trusts_system; /* nobody has said whom */
};

struct tls_stream {
    SSL *ssl;
    bool is_broken; /* no leave can be taken any more */
};

static bool trust(struct tls_client *client, const char *authority, struct error *err) {
    SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
    client->trusts_system = !authority;
    if (!authority)
        return SSL_CTX_set_default_verify_paths(client->context) == 1 ||
               fail(err, ERROR_INTERNAL, NOWHERE, "whom the system trusts cannot be read");
    if (!tls_check_readable(authority, err)) return false;
    return SSL_CTX_load_verify_file(client->context, authority) == 1 ||
           tls_fail_file(err, authority, "holds no usable certificate");
}

static bool configure(struct tls_client *client, const struct tls_client_options *options, struct error *err) {
    SSL_CTX_set_options(client->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(client->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_AUTO_RETRY);
    if (SSL_CTX_set_min_proto_version(client->context, TLS1_2_VERSION) != 1)
        return fail(err, ERROR_INTERNAL, NOWHERE, "TLS cannot be set up");
    return trust(client, options->authority, err) &&
           (!options->certificate || tls_use_certificate(client->context, options->certificate, options->key, err));
}

struct tls_client *tls_client_new(const struct tls_client_options *options, struct error *err) {
    ERR_clear_error();
    struct tls_client *client = calloc(1, sizeof *client);
    if (client) client->context = SSL_CTX_new(TLS_client_method());
    if (client && client->context && configure(client, options, err)) return client;
    tls_client_free(client);
    ERR_clear_error();
    return fail_null(err, ERROR_INTERNAL, NOWHERE, "TLS cannot be set up");
}

void tls_client_free(struct tls_client *client) {
    if (!client) return;
    SSL_CTX_free(client->context);
    free(client);
}

/* The certificate must be for this name, or this address. */
static bool expect(SSL *ssl, const char *host) {
    unsigned char address[sizeof(struct in6_addr)];
    bool is_address = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

/* What OpenSSL complained of, or what the system did. */
static const char *complaint(int result, const SSL *ssl) {
    int failed_with = errno;
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (reason) return reason;
    if (SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ || failed_with == EAGAIN) return "it takes too long";
    return failed_with ? strerror(failed_with) : "the connection was closed";
}

static bool fail_handshake(const struct tls_client *client, const SSL *ssl, int result, const char *host,
                           struct error *err) {
    const char *why = complaint(result, ssl);
    long verdict = SSL_get_verify_result(ssl);
    int reason = ERR_GET_REASON(ERR_peek_error());
    ERR_clear_error();
    if (verdict != X509_V_OK)
        return fail(err, ERROR_INTERNAL, NOWHERE, "the certificate of %s is not believed: %s%s", host,
                    X509_verify_cert_error_string(verdict),
                    client->trusts_system ? " (--tls-ca says whom to trust)" : "");
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
        return fail(err, ERROR_INTERNAL, NOWHERE, "%s does not speak HTTPS there", host);
    return fail(err, ERROR_INTERNAL, NOWHERE, "no secure connection to %s: %s", host, why);
}

struct tls_stream *tls_stream_open(struct tls_client *client, int fd, const char *host, struct error *err) {
    ERR_clear_error();
    struct tls_stream *stream = calloc(1, sizeof *stream);
    if (stream) stream->ssl = SSL_new(client->context);
    if (!stream || !stream->ssl || !expect(stream->ssl, host) || SSL_set_fd(stream->ssl, fd) != 1) {
        tls_stream_end(stream);
        return fail_null(err, ERROR_INTERNAL, NOWHERE, "TLS cannot be set up");
    }
    errno = 0;
    int result = SSL_connect(stream->ssl);
    if (result == 1) return stream;
    stream->is_broken = true;
    fail_handshake(client, stream->ssl, result, host, err);
    tls_stream_end(stream);
    return NULL;
}

size_t tls_stream_send(struct tls_stream *stream, const void *bytes, size_t size) {
    size_t sent = 0;
    ERR_clear_error();
    if (SSL_write_ex(stream->ssl, bytes, size, &sent) == 1) return sent;
    ERR_clear_error();
    return 0;
}

bool tls_stream_receive(struct tls_stream *stream, void *bytes, size_t size, size_t *ret_got, struct error *err) {
    size_t got = 0;
    ERR_clear_error();
    errno = 0;
    int result = SSL_read_ex(stream->ssl, bytes, size, &got);
    bool is_end = result != 1 && SSL_get_error(stream->ssl, result) == SSL_ERROR_ZERO_RETURN;
    if (result == 1 || is_end) {
        *ret_got = got;
        return true;
    }
    stream->is_broken = true;
    fail(err, ERROR_INTERNAL, NOWHERE, "the connection broke: %s", complaint(result, stream->ssl));
    ERR_clear_error();
    return false;
}

void tls_stream_end(struct tls_stream *stream) {
    if (!stream) return;
    ERR_clear_error();
    if (stream->ssl && !stream->is_broken) (void)SSL_shutdown(stream->ssl);
    SSL_free(stream->ssl);
    ERR_clear_error();
    free(stream);
}
