/*
 * A socket as OpenSSL sees it. In place of its own, because the socket's mode is not the channel's alone: it may be one
 * that blocks, and no write may.
 */
#include "server/tls_private.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

static int go_or_retry(BIO *bio, ssize_t length, int retry) {
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
    return (int)length;
}

static int read_socket(BIO *bio, char *bytes, int size) {
    struct tls_socket *socket = BIO_get_data(bio);
    int flags = socket->may_wait ? 0 : MSG_DONTWAIT;
    socket->may_wait = false;
    BIO_clear_retry_flags(bio);
    ssize_t length = recvfrom(socket->fd, bytes, (size_t)size, flags, NULL, NULL);
    if (!length) socket->is_at_end = true;
    return go_or_retry(bio, length, BIO_FLAGS_READ);
}

static int write_socket(BIO *bio, const char *bytes, int size) {
    const struct tls_socket *socket = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t length = sendto(socket->fd, bytes, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    return go_or_retry(bio, length, BIO_FLAGS_WRITE);
}

static long control(BIO *bio, int command, long number, void *pointer) {
    const struct tls_socket *socket = BIO_get_data(bio);
    (void)number, (void)pointer;
    if (command == BIO_CTRL_FLUSH) return 1;
    return command == BIO_CTRL_EOF && socket->is_at_end;
}

static BIO_METHOD *method; /* one for the process; NULL where memory was short */

static void make_method(void) {
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
    if (!method) return;
    BIO_meth_set_read(method, read_socket);
    BIO_meth_set_write(method, write_socket);
    BIO_meth_set_ctrl(method, control);
}

BIO *tls_socket_bio(struct tls_socket *socket) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_method);
    BIO *bio = method ? BIO_new(method) : NULL;
    if (!bio) return NULL;
    BIO_set_data(bio, socket);
    BIO_set_init(bio, 1);
    return bio;
}
