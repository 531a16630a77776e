/*
 * Refusals: a ring of sockets that wait to be closed.
 */
#include "server/refusals.h"

#include "base/clock.h"
#include "base/scope.h"
#include "server/http_head.h"

#include <sys/socket.h>
#include <unistd.h>

#define LINGER_NS ((int64_t)500 * 1000 * 1000)

static void say(int fd, enum error_code code, const char *information) {
    int status = error_http_status(code);
    CLEANUP(buf_done) struct buf body;
    buf_init(&body, 0);
    http_error_body(&body, status, error_sentence(code), information);
    char id[HTTP_ID_SIZE];
    http_make_id(id);
    static const struct http_header retry[] = {{"Retry-After", "1"}, {NULL, NULL}};
    CLEANUP(buf_done) struct buf out;
    buf_init(&out, 0);
    http_head_write(&out, &(struct http_head){.status = status,
                                              .length = body.length,
                                              .content_type = "application/json",
                                              .headers = status == 503 ? retry : NULL,
                                              .request_id = id,
                                              .close = true});
    buf_add_str(&out, buf_str(&body));
    if (!out.failed && !body.failed) (void)!sendto(fd, out.data, out.length, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
    shutdown(fd, SHUT_WR);
}

void refusals_say_https(int fd) {
    say(fd, ERROR_MALFORMED, "HTTPS is spoken here");
}

static void close_oldest(struct refusals *refusals) {
    int fd = refusals->kept[refusals->first].fd;
    refusals->first = (refusals->first + 1) % REFUSALS_KEPT;
    refusals->count--;
    char unread[16384];
    (void)!recv(fd, unread, sizeof(unread), MSG_DONTWAIT);
    close(fd);
}

void refusals_add(struct refusals *refusals, int fd, bool is_secret) {
    if (!is_secret) say(fd, ERROR_OVERLOADED, "all connections are taken");
    if (refusals->count == REFUSALS_KEPT) close_oldest(refusals);
    size_t last = (refusals->first + refusals->count++) % REFUSALS_KEPT;
    refusals->kept[last] = (struct refusal){.fd = fd, .until = clock_steady() + LINGER_NS};
}

void refusals_sweep(struct refusals *refusals, bool all) {
    int64_t now = clock_steady();
    while (refusals->count && (all || refusals->kept[refusals->first].until <= now)) close_oldest(refusals);
}
