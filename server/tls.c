#include "server/tls.h"

#include "base/log.h"
#include "server/tls_private.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct tls {
    struct tls_options options;
    pthread_mutex_t lock; /* `context`; nothing else is locked under it */
    SSL_CTX *context;     /* counted: each channel holds the one that it was opened with */
};

struct tls_channel {
    SSL *ssl;
    struct tls_socket socket;
    bool is_broken; /* no leave can be taken any more */
    bool has_mark;
    unsigned char mark[TLS_MARK];
};

/* --- reading files --- */

bool tls_fail_file(struct error *err, const char *path, const char *what) {
    unsigned long code = ERR_get_error();
    if (code) error_detail(err, "%s", ERR_reason_error_string(code) ? ERR_reason_error_string(code) : "unknown");
    ERR_clear_error();
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s %s", path, what);
}

/* A key that needs a passphrase is refused, and nobody asked on a terminal. */
static int no_passphrase(char *text, int size, int is_writing, void *context) {
    (void)text, (void)size, (void)is_writing, (void)context;
    return -1;
}

bool tls_check_readable(const char *path, struct error *err) {
    FILE *file = fopen(path, "re");
    struct stat status;
    if (!file) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s cannot be read: %s", path, strerror(errno));
    bool is_file = fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
    fclose(file);
    return is_file || fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s is no file", path);
}

static void warn_of_mode(const char *path) {
    struct stat status;
    if (stat(path, &status) == 0 && (status.st_mode & S_IROTH))
        log_line("warning: everybody can read the key %s", path);
}

static bool check_times(const char *path, const X509 *certificate, struct error *err) {
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s is not valid yet", path);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s has expired", path);
    return true;
}

bool tls_use_certificate(SSL_CTX *context, const char *certificate, const char *key, struct error *err) {
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (!tls_check_readable(certificate, err) || !tls_check_readable(key, err)) return false;
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return tls_fail_file(err, certificate, "holds no usable certificate");
    if (!check_times(certificate, SSL_CTX_get0_certificate(context), err)) return false;
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        bool differs = ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_X509;
        return differs ? tls_fail_file(err, key, "does not fit the certificate")
                       : tls_fail_file(err, key, "holds no key without a passphrase");
    }
    if (SSL_CTX_check_private_key(context) != 1) return tls_fail_file(err, key, "does not fit the certificate");
    warn_of_mode(key);
    return true;
}

/* --- clients --- */

static bool check_list(const char *path, const X509_CRL *list, struct error *err) {
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
    if (!next || X509_cmp_current_time(next) >= 0) return true;
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s has expired: a newer list of revoked certificates is due", path);
}

static bool use_crl(SSL_CTX *context, const char *path, struct error *err) {
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    size_t count = 0;
    if (!tls_check_readable(path, err)) return false;
    BIO *file = BIO_new_file(path, "r");
    bool fine = file != NULL;
    for (X509_CRL *list; fine && (list = PEM_read_bio_X509_CRL(file, NULL, no_passphrase, NULL)); count++) {
        fine = check_list(path, list, err) && X509_STORE_add_crl(store, list) == 1;
        X509_CRL_free(list);
    }
    bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    BIO_free(file);
    if (fine && count && is_end) {
        ERR_clear_error();
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        return true;
    }
    if (err && err->code != ERROR_NONE) return false;
    return tls_fail_file(err, path, "holds no list of revoked certificates");
}

/* Says in the log why a certificate was refused; it changes no verdict. */
static int note_verdict(int is_fine, X509_STORE_CTX *verification) {
    if (!is_fine) {
        int why = X509_STORE_CTX_get_error(verification);
        log_line("tls: a client's certificate was refused: %s", X509_verify_cert_error_string(why));
    }
    return is_fine;
}

static bool use_clients(SSL_CTX *context, const struct tls_options *options, struct error *err) {
    switch (options->clients) {
    case TLS_CLIENTS_ANY:
        return true;
    case TLS_CLIENTS_OPTIONAL:
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_verdict);
        break;
    case TLS_CLIENTS_REQUIRED:
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, note_verdict);
        break;
    }
    if (!tls_check_readable(options->client_ca, err)) return false;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(options->client_ca);
    if (!names || SSL_CTX_load_verify_file(context, options->client_ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return tls_fail_file(err, options->client_ca, "holds no usable certificate");
    }
    SSL_CTX_set_client_CA_list(context, names);
    /* Who resumes a session is not verified again: each connection shows its certificate. */
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return !options->client_crl || use_crl(context, options->client_crl, err);
}

/* --- the server --- */

/* HTTP/1.1, or no connection: a client that means another protocol is not to be answered in this one. */
static int choose_protocol(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_length,
                           const unsigned char *offered, unsigned length, void *context) {
    static const unsigned char ours[] = "\x08http/1.1\x08http/1.0";
    (void)ssl, (void)context;
    unsigned char *name;
    int found = SSL_select_next_proto(&name, ret_length, ours, sizeof ours - 1, offered, length);
    if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret_name = name;
    return SSL_TLSEXT_ERR_OK;
}

static bool configure(SSL_CTX *context, const struct tls_options *options, struct error *err) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        return fail(err, ERROR_INTERNAL, NOWHERE, "TLS cannot be set up");
    return (!options->certificate || tls_use_certificate(context, options->certificate, options->key, err)) &&
           use_clients(context, options, err);
}

static SSL_CTX *read_context(const struct tls_options *options, struct error *err) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context) return fail_null(err, ERROR_INTERNAL, NOWHERE, "TLS cannot be set up");
    if (configure(context, options, err)) return context;
    SSL_CTX_free(context);
    ERR_clear_error();
    return NULL;
}

struct tls *tls_new(const struct tls_options *options, struct error *err) {
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls) return fail_null(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    tls->options = *options;
    tls->context = read_context(options, err);
    if (!tls->context) {
        free(tls);
        return NULL;
    }
    pthread_mutex_init(&tls->lock, NULL);
    return tls;
}

void tls_free(struct tls *tls) {
    if (!tls) return;
    SSL_CTX_free(tls->context);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

bool tls_reload(struct tls *tls, struct error *err) {
    SSL_CTX *fresh = read_context(&tls->options, err);
    if (!fresh) return false;
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *old = tls->context;
    tls->context = fresh;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old);
    return true;
}

/* --- a channel --- */

static SSL *new_ssl(struct tls *tls) {
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *context = tls->context;
    SSL_CTX_up_ref(context);
    pthread_mutex_unlock(&tls->lock);
    SSL *ssl = SSL_new(context);
    SSL_CTX_free(context);
    return ssl;
}

struct tls_channel *tls_channel_new(struct tls *tls, int fd) {
    struct tls_channel *channel = calloc(1, sizeof *channel);
    SSL *ssl = channel ? new_ssl(tls) : NULL;
    BIO *bio = ssl ? tls_socket_bio(&channel->socket) : NULL;
    if (!bio) {
        SSL_free(ssl);
        free(channel);
        ERR_clear_error();
        return NULL;
    }
    SSL_set_bio(ssl, bio, bio);
    SSL_set_accept_state(ssl);
    channel->ssl = ssl;
    channel->socket.fd = fd;
    return channel;
}

void tls_channel_end(struct tls_channel *channel) {
    if (!channel) return;
    ERR_clear_error();
    if (!channel->is_broken && SSL_is_init_finished(channel->ssl)) (void)SSL_shutdown(channel->ssl);
    SSL_free(channel->ssl);
    ERR_clear_error();
    free(channel);
}

/* SSL_get_error looks at what is there from before. Mostly nothing is, and to find that out is much cheaper. */
static void forget_errors(void) {
    if (ERR_peek_error()) ERR_clear_error();
}

static enum tls_step step_of(struct tls_channel *channel, int result) {
    switch (SSL_get_error(channel->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_DONE;
    }
    int reason = ERR_GET_REASON(ERR_peek_error());
    channel->is_broken = true;
    ERR_clear_error();
    return reason == SSL_R_HTTP_REQUEST ? TLS_SPEAKS_HTTP : TLS_BROKEN;
}

enum tls_step tls_receive(struct tls_channel *channel, void *bytes, size_t size, size_t *ret_done) {
    *ret_done = 0;
    if (channel->is_broken) return TLS_BROKEN;
    forget_errors();
    int result = SSL_read_ex(channel->ssl, bytes, size, ret_done);
    return result == 1 ? TLS_DONE : step_of(channel, result);
}

enum tls_step tls_send(struct tls_channel *channel, const void *bytes, size_t size, size_t *ret_done) {
    *ret_done = 0;
    if (channel->is_broken || !SSL_is_init_finished(channel->ssl)) return TLS_BROKEN;
    forget_errors();
    int result = SSL_write_ex(channel->ssl, bytes, size, ret_done);
    return result == 1 ? TLS_DONE : step_of(channel, result);
}

void tls_may_wait(struct tls_channel *channel) {
    channel->socket.may_wait = true;
}

void tls_rest(struct tls_channel *channel) {
    bool is_between_records = !strcmp(SSL_rstate_string(channel->ssl), "RH") && !tls_has_rest(channel);
    if (is_between_records && SSL_is_init_finished(channel->ssl)) (void)SSL_free_buffers(channel->ssl);
}

bool tls_has_rest(const struct tls_channel *channel) {
    return SSL_has_pending(channel->ssl) == 1;
}

bool tls_is_open(const struct tls_channel *channel) {
    return SSL_is_init_finished(channel->ssl) == 1;
}

void tls_add_peer_certificate(const struct tls_channel *channel, struct buf *out) {
    X509 *certificate = SSL_get0_peer_certificate(channel->ssl);
    if (!certificate || !SSL_is_init_finished(channel->ssl) || SSL_get_verify_result(channel->ssl) != X509_V_OK) return;
    unsigned char *der = NULL;
    int length = i2d_X509(certificate, &der);
    if (length > 0) buf_add(out, der, (size_t)length);
    OPENSSL_free(der);
}

bool tls_is_news(struct tls_channel *channel, const unsigned char mark[TLS_MARK]) {
    bool is_known = channel->has_mark && memcmp(channel->mark, mark, TLS_MARK) == 0;
    memcpy(channel->mark, mark, TLS_MARK);
    channel->has_mark = true;
    return !is_known;
}
