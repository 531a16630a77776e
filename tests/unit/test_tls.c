/*
 * A channel of TLS beside what else uses OpenSSL on the same thread: errors that others left behind are not the
 * channel's.
 */
#include "base/secret.h"
#include "server/keys.h"
#include "server/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEPS_MAX 100 /* more than any handshake takes */

struct world {
    char folder[80];
    struct tls *tls;
    struct tls_channel *channel;
    SSL_CTX *context;
    SSL *client;
    int ours;
    int theirs;
};

static void path_in(const struct world *world, const char *name, char path[128]) {
    snprintf(path, 128, "%s/%s/%s", world->folder, KEYS_FOLDER, name);
}

static bool open_server(struct world *world) {
    static char certificate[128];
    static char key[128];
    bool changed;
    if (!secret_init(NULL) || !keys_prepare(world->folder, "127.0.0.1", &changed, NULL)) return false;
    path_in(world, KEYS_CERTIFICATE, certificate);
    path_in(world, KEYS_KEY, key);
    world->tls = tls_new(&(struct tls_options){.certificate = certificate, .key = key}, NULL);
    world->channel = world->tls ? tls_channel_new(world->tls, world->ours) : NULL;
    return world->channel != NULL;
}

static bool open_client(struct world *world) {
    world->context = SSL_CTX_new(TLS_client_method());
    world->client = world->context ? SSL_new(world->context) : NULL;
    if (!world->client || SSL_set_fd(world->client, world->theirs) != 1) return false;
    SSL_set_connect_state(world->client);
    return true;
}

/* The handshake, and one byte each way behind it. */
static bool shake_hands(struct world *world) {
    char byte = 'x';
    size_t done = 0;
    for (int i = 0; i < STEPS_MAX && !done; i++) {
        if (SSL_is_init_finished(world->client))
            (void)SSL_write(world->client, "x", 1);
        else
            (void)SSL_do_handshake(world->client);
        (void)tls_receive(world->channel, &byte, 1, &done);
    }
    return done == 1 && tls_send(world->channel, "y", 1, &done) == TLS_DONE && SSL_read(world->client, &byte, 1) == 1 &&
           byte == 'y';
}

static int set_up(void **state) {
    static struct world world;
    int pair[2];
    const char *base = getenv("TMPDIR");
    world = (struct world){0};
    snprintf(world.folder, sizeof world.folder, "%s/bailiwick-tls-XXXXXX", base ? base : P_tmpdir);
    if (!mkdtemp(world.folder) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0) return -1;
    world.ours = pair[0];
    world.theirs = pair[1];
    *state = &world;
    return open_server(&world) && open_client(&world) && shake_hands(&world) ? 0 : -1;
}

static int tear_down(void **state) {
    static const char *const names[] = {"ca.pem", "caKey.pem", KEYS_CERTIFICATE, KEYS_KEY};
    struct world *world = *state;
    SSL_free(world->client);
    SSL_CTX_free(world->context);
    tls_channel_end(world->channel);
    tls_free(world->tls);
    close(world->ours);
    close(world->theirs);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        path_in(world, names[i], path);
        unlink(path);
    }
    char keys[128];
    path_in(world, "", keys);
    rmdir(keys);
    rmdir(world->folder);
    return 0;
}

/* What somebody else leaves on the thread's list. */
static void leave_error(void) {
    ERR_raise(ERR_LIB_USER, 1);
    assert_int_not_equal(ERR_peek_error(), 0);
}

static void test_waits_to_read(void **state) {
    struct world *world = *state;
    char byte;
    size_t done = 1;
    leave_error();
    assert_int_equal(tls_receive(world->channel, &byte, 1, &done), TLS_WANTS_READ);
    assert_int_equal(done, 0);
    assert_int_equal(SSL_write(world->client, "z", 1), 1);
    leave_error();
    assert_int_equal(tls_receive(world->channel, &byte, 1, &done), TLS_DONE);
    assert_int_equal(done, 1);
    assert_int_equal(byte, 'z');
}

static void test_waits_to_write(void **state) {
    struct world *world = *state;
    static char bytes[1 << 20];
    size_t done;
    enum tls_step step = TLS_DONE;
    for (int i = 0; i < STEPS_MAX && step == TLS_DONE; i++) {
        leave_error();
        step = tls_send(world->channel, bytes, sizeof bytes, &done);
    }
    assert_int_equal(step, TLS_WANTS_WRITE);
}

static void test_end(void **state) {
    struct world *world = *state;
    char byte;
    size_t done;
    (void)SSL_shutdown(world->client);
    leave_error();
    assert_int_equal(tls_receive(world->channel, &byte, 1, &done), TLS_DONE);
    assert_int_equal(done, 0);
}

/* And the other way round: what breaks the channel is no error of who uses OpenSSL next. */
static void test_leaves_nothing(void **state) {
    struct world *world = *state;
    char byte;
    size_t done;
    assert_int_equal(write(world->theirs, "GET / HTTP/1.1\r\n\r\n", 18), 18);
    assert_int_equal(tls_receive(world->channel, &byte, 1, &done), TLS_BROKEN);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(tls_send(world->channel, "x", 1, &done), TLS_BROKEN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waits_to_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_waits_to_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leaves_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
