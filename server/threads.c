/*
 * What CivetWeb's threads find in place of libc's poll and accept.
 */
#include "server/threads.h"

#include "base/clock.h"
#include "server/ahead.h"
#include "server/threads_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BLOCKS_NS (SECOND_NS / 2) /* the longest wait that the server's end does not interrupt */
#define QUANTUM_MS 2000           /* the longest single wait where there is no deadline */
#define GIVEN_UP_MAX 16           /* connections that may be closing while others already have their place */

enum phase {
    PHASE_IDLE,    /* nothing of the next request is here */
    PHASE_HEADER,  /* some of it is */
    PHASE_REQUEST, /* all of its header is */
};

static _Thread_local struct {
    struct threads *threads; /* NULL on threads that are none of CivetWeb's */
    bool accepts;
    enum phase phase;
    int fd;                /* of the connection; -1 until something was read */
    int64_t deadline;      /* for reading; 0: none */
    int64_t stalled_since; /* since when the peer takes nothing; 0: it does */
    bool was_late;
    const char *first_byte;      /* where CivetWeb has the connection's first byte; NULL until then */
    struct tls_channel *channel; /* NULL: none yet, or the connection is plain */
    bool is_plain;               /* no TLS, or none any more */
    bool blocks;                 /* the socket: only reading ahead waits on it */
    bool has_begun;              /* something of a request was read since the last one */
    int64_t idle_until;          /* the deadline while nothing of a request is here */
    int64_t rests_at;            /* most who ask again do so sooner */
    bool was_answered;           /* one request of the connection at least */
    bool is_given_up;            /* what it still asks for is the last */
} self = {.fd = -1};

/* --- waiting --- */

/* libc's poll, which cannot be called by its name here. A negative wait is endless. */
static int wait_ns(struct pollfd *fds, nfds_t count, int64_t wait) {
    struct timespec time = {.tv_sec = wait / SECOND_NS, .tv_nsec = wait % SECOND_NS};
    return ppoll(fds, count, wait < 0 ? NULL : &time, NULL);
}

static int64_t shorter(int timeout_ms, int64_t wait) {
    int64_t timeout = (int64_t)timeout_ms * 1000 * 1000;
    if (wait < 0) wait = 0;
    return timeout_ms < 0 || timeout > wait ? wait : timeout;
}

/* Cuts the connection off: whatever CivetWeb tries next on it fails at once. */
static int cut_off(struct pollfd *connection) {
    shutdown(connection->fd, SHUT_RDWR);
    return wait_ns(connection, 1, 0);
}

static int wait_for_reader(struct pollfd *connection, int timeout_ms) {
    int64_t now = clock_steady();
    if (!self.stalled_since) self.stalled_since = now;
    int64_t left = self.stalled_since + self.threads->limits.response_ns - now;
    if (left <= 0) {
        self.was_late = true;
        return cut_off(connection);
    }
    int ready = wait_ns(connection, 1, shorter(timeout_ms, left));
    if (ready > 0) self.stalled_since = 0;
    return ready;
}

static int wait_for_body(struct pollfd *connection, int timeout_ms) {
    if (!self.deadline) return wait_ns(connection, 1, shorter(timeout_ms, INT64_MAX));
    int64_t left = self.deadline - clock_steady();
    if (left <= 0) {
        self.was_late = true;
        errno = ETIMEDOUT;
        return -1;
    }
    return wait_ns(connection, 1, shorter(timeout_ms, left));
}

static void begin_header(void) {
    self.phase = PHASE_HEADER;
    self.deadline = clock_steady() + self.threads->limits.header_ns;
}

/* Waits for the next request, longer than CivetWeb asks to: thousands may rest, and none has to look about meanwhile.
 */
static int rest(struct pollfd *connection, int64_t left) {
    struct rest rest;
    bool may_be_given_up = self.was_answered && !self.is_given_up;
    struct pollfd both[2] = {{.fd = connection->fd, .events = POLLIN}, {.fd = self.threads->wake, .events = POLLIN}};
    if (self.channel) tls_rest(self.channel);
    if (may_be_given_up) resting_begin(&self.threads->resting, &rest, connection->fd);
    int ready = wait_ns(both, 2, left);
    if (may_be_given_up && !resting_end(&self.threads->resting, &rest)) self.is_given_up = true;
    connection->revents = both[0].revents;
    if (both[0].revents) return 1;
    return ready < 0 ? ready : cut_off(connection);
}

static int wait_for_request(struct pollfd *connection, int64_t now) {
    int64_t busy = self.rests_at < self.deadline ? self.rests_at - now : self.deadline - now;
    int ready = busy > 0 ? wait_ns(connection, 1, busy) : 0;
    if (!ready) ready = rest(connection, self.deadline - (busy > 0 ? now + busy : now));
    if (ready > 0) begin_header();
    return ready;
}

static int wait_for_header(struct pollfd *connection, int timeout_ms) {
    int64_t now = clock_steady();
    if (now >= self.deadline) return cut_off(connection);
    if (self.phase == PHASE_IDLE) return wait_for_request(connection, now);
    return wait_ns(connection, 1, shorter(timeout_ms, self.deadline - now));
}

/* While the server drains, the listening sockets are closed to the world, and the thread only waits to be stopped. */
static int wait_for_connection(struct pollfd *listeners, nfds_t count, int timeout_ms) {
    struct threads *threads = self.threads;
    bool is_draining = atomic_load(&threads->is_draining);
    refusals_sweep(&threads->refusals, is_draining);
    if (is_draining) {
        pthread_mutex_lock(&threads->lock);
        for (nfds_t i = 0; i < count && !threads->has_closed_listener; i++) shutdown(listeners[i].fd, SHUT_RDWR);
        threads->has_closed_listener = true;
        pthread_cond_broadcast(&threads->changed);
        pthread_mutex_unlock(&threads->lock);
        for (nfds_t i = 0; i < count; i++) listeners[i].revents = 0;
        return wait_ns(NULL, 0, SECOND_NS / 100);
    }
    struct pollfd all[2] = {listeners[0], {.fd = threads->wake, .events = POLLIN}};
    int64_t most = threads->refusals.count ? SECOND_NS / 4 : INT64_MAX;
    int ready = wait_ns(all, 2, shorter(timeout_ms, most));
    listeners[0].revents = all[0].revents;
    return ready < 0 ? ready : all[0].revents != 0;
}

static int wait_for_peer(struct pollfd *connection, int timeout_ms) {
    self.fd = connection->fd;
    if (connection->events & POLLOUT) return wait_for_reader(connection, timeout_ms);
    switch (self.phase) {
    case PHASE_IDLE:
    case PHASE_HEADER:
        return wait_for_header(connection, timeout_ms);
    case PHASE_REQUEST:
        return wait_for_body(connection, timeout_ms);
    }
    return cut_off(connection);
}

/* Whether there is something to read that the socket knows nothing of any more. */
static bool has_rest(const struct pollfd *connection) {
    if (!(connection->events & POLLIN)) return false;
    if (ahead_is_empty() && (!self.channel || !tls_has_rest(self.channel))) return false;
    if (self.phase == PHASE_IDLE) begin_header();
    return !self.deadline || clock_steady() < self.deadline;
}

/* Not inlined: gcc holds what `poll` is given for memory to be written only. */
__attribute__((noinline)) static int wait_or_go_on(struct pollfd *connection, int timeout_ms) {
    if (!has_rest(connection)) return wait_for_peer(connection, timeout_ms);
    connection->revents = POLLIN;
    return 1;
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
    if (!self.threads || count != 1) return wait_ns(fds, count, timeout_ms < 0 ? -1 : shorter(timeout_ms, INT64_MAX));
    return self.accepts ? wait_for_connection(fds, count, timeout_ms) : wait_or_go_on(fds, timeout_ms);
}

/* --- TLS --- */

static int fail_with(int why) {
    errno = why;
    return -1;
}

/* The peer has sent something that was no part of a request (the handshake): the connection is idle again, and not for
 * longer by that. */
static void become_idle(void) {
    if (self.phase != PHASE_HEADER || self.has_begun) return;
    self.phase = PHASE_IDLE;
    self.deadline = self.idle_until;
}

/* Waits for the socket under the deadlines of the connection's phase. */
static bool await_socket(int fd, short events) {
    struct pollfd connection = {.fd = fd, .events = events};
    return wait_for_peer(&connection, QUANTUM_MS) > 0;
}

/* CivetWeb takes what is not a byte at least for the connection's end, so this waits for the whole record. */
static ssize_t receive(int fd, void *bytes, size_t size) {
    if (!self.channel) self.channel = tls_channel_new(self.threads->limits.tls, fd);
    if (!self.channel) return fail_with(ENOMEM);
    for (;;) {
        size_t done;
        switch (tls_receive(self.channel, bytes, size, &done)) {
        case TLS_DONE:
            if (done) self.has_begun = true;
            return (ssize_t)done;
        case TLS_WANTS_READ:
            if (tls_is_open(self.channel) && !tls_has_rest(self.channel)) become_idle();
            if (await_socket(fd, POLLIN)) continue;
            return fail_with(ETIMEDOUT);
        case TLS_WANTS_WRITE:
            if (await_socket(fd, POLLOUT)) continue;
            return fail_with(ETIMEDOUT);
        case TLS_SPEAKS_HTTP:
            refusals_say_https(fd);
            return fail_with(EPROTO);
        case TLS_BROKEN:
            return fail_with(ECONNRESET);
        }
        return fail_with(EPROTO);
    }
}

static ssize_t send_some(const void *bytes, size_t size) {
    size_t done;
    switch (tls_send(self.channel, bytes, size, &done)) {
    case TLS_DONE:
        return done ? (ssize_t)done : fail_with(EPIPE);
    case TLS_WANTS_WRITE:
        return fail_with(EAGAIN);
    case TLS_WANTS_READ:
    case TLS_SPEAKS_HTTP:
    case TLS_BROKEN:
        break;
    }
    return fail_with(EPIPE);
}

static bool is_connection(int fd) {
    return self.threads && !self.accepts && fd == self.fd;
}

ssize_t recv(int fd, void *bytes, size_t size, int flags) {
    if (is_connection(fd) && !self.first_byte) self.first_byte = bytes;
    if (!is_connection(fd)) return recvfrom(fd, bytes, size, flags, NULL, NULL);
    if (!ahead_is_empty()) return (ssize_t)ahead_give(bytes, size);
    ssize_t length =
        self.is_plain ? recvfrom(fd, bytes, size, flags | MSG_DONTWAIT, NULL, NULL) : receive(fd, bytes, size);
    if (length > 0) ahead_count_given((size_t)length);
    return length;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
    if (!is_connection(fd)) return sendto(fd, bytes, size, flags, NULL, 0);
    if (self.is_plain) return sendto(fd, bytes, size, flags | MSG_DONTWAIT, NULL, 0);
    return self.channel ? send_some(bytes, size) : fail_with(EPROTO);
}

/* From here on the socket is as it is: nothing of TLS is read or written on it. */
static void end_channel(void) {
    tls_channel_end(self.channel);
    self.channel = NULL;
    self.is_plain = true;
}

/* --- without CivetWeb --- */

/* Reading ahead waits within recv, which is a call less than waiting and then reading. */
static bool make_blocking(void) {
    if (self.blocks) return true;
    int64_t most = self.threads->limits.idle_ns < BLOCKS_NS ? self.threads->limits.idle_ns : BLOCKS_NS;
    struct timeval time = {.tv_sec = most / SECOND_NS, .tv_usec = most % SECOND_NS / 1000};
    if (!time.tv_sec && !time.tv_usec) return false; /* which would be endless */
    int flags = fcntl(self.fd, F_GETFL);
    if (flags < 0 || setsockopt(self.fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) < 0) return false;
    return self.blocks = fcntl(self.fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

static ssize_t read_next(void *bytes, size_t size) {
    if (!self.is_plain) {
        if (self.channel && make_blocking()) tls_may_wait(self.channel);
        return receive(self.fd, bytes, size);
    }
    ssize_t length = make_blocking() ? recvfrom(self.fd, bytes, size, 0, NULL, NULL) : fail_with(EAGAIN);
    while (length < 0 && (errno == EAGAIN || errno == EINTR)) {
        struct pollfd connection = {.fd = self.fd, .events = POLLIN};
        int ready = wait_for_peer(&connection, QUANTUM_MS);
        if (ready < 0 && errno != EINTR) return -1;
        length = ready > 0 ? recvfrom(self.fd, bytes, size, MSG_DONTWAIT, NULL, NULL) : fail_with(EAGAIN);
    }
    return length;
}

bool threads_read_ahead(void) {
    if (!ahead_is_empty()) return true;
    ssize_t length = read_next(ahead_room(), AHEAD_SIZE);
    if (length <= 0) return false;
    ahead_fill((size_t)length);
    return true;
}

bool threads_send(struct str bytes) {
    while (bytes.length) {
        ssize_t sent = send(self.fd, bytes.text, bytes.length, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes = str_slice(bytes, (size_t)sent, bytes.length);
        } else if (sent == 0 || (errno != EAGAIN && errno != EINTR)) {
            return false;
        } else if (errno == EAGAIN) {
            struct pollfd connection = {.fd = self.fd, .events = POLLOUT};
            if (wait_for_peer(&connection, QUANTUM_MS) < 0 && errno != EINTR) return false;
        }
    }
    return true;
}

void threads_add_peer_certificate(struct buf *out) {
    if (self.channel) tls_add_peer_certificate(self.channel, out);
}

bool threads_is_news(const unsigned char mark[TLS_MARK]) {
    return !self.channel || tls_is_news(self.channel, mark);
}

/* --- accepting --- */

int accept(int listener, __SOCKADDR_ARG address, socklen_t *length) {
    int fd = accept4(listener, address, length, SOCK_CLOEXEC);
    struct threads *threads = self.threads;
    if (!threads || !self.accepts) return fd;
    if (fd < 0) {
        /* Without descriptors or memory the socket stays readable: do not spin on it. */
        int why = errno;
        if (why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM) wait_ns(NULL, 0, SECOND_NS / 100);
        errno = why;
        return -1;
    }
    int others = atomic_fetch_add(&threads->connections, 1);
    if (others < threads->limits.connections_max) return fd;
    if (others < threads->limits.connections_max + GIVEN_UP_MAX && resting_give_up(&threads->resting)) return fd;
    atomic_fetch_sub(&threads->connections, 1);
    refusals_add(&threads->refusals, fd, threads->limits.tls != NULL);
    errno = EAGAIN;
    return -1;
}

/* --- the life of a thread and its connection --- */

void threads_enter(struct threads *threads, bool accepts) {
    self.threads = threads;
    self.accepts = accepts;
    self.phase = PHASE_IDLE;
    self.fd = -1;
    if (accepts) return;
    bool large_enough = threads_have_stack();
    pthread_mutex_lock(&threads->lock);
    threads->entered++;
    if (!large_enough) threads->has_small_stack = true;
    pthread_cond_broadcast(&threads->changed);
    pthread_mutex_unlock(&threads->lock);
}

void threads_connection_opened(void) {
    if (!self.threads) return;
    self.phase = PHASE_IDLE;
    self.fd = -1;
    self.deadline = self.idle_until = clock_steady() + self.threads->limits.header_ns;
    self.stalled_since = 0;
    self.was_late = false;
    self.first_byte = NULL;
    self.is_plain = !self.threads->limits.tls;
    self.blocks = false;
    self.has_begun = false;
    self.rests_at = 0;
    self.was_answered = false;
    self.is_given_up = false;
    ahead_connection_opened();
}

void threads_connection_closing(void) {
    if (self.threads) end_channel();
}

void threads_connection_closed(void) {
    struct threads *threads = self.threads;
    if (!threads) return;
    end_channel();
    self.fd = -1;
    atomic_fetch_sub(&threads->connections, 1);
    if (!atomic_load(&threads->is_draining)) return;
    pthread_mutex_lock(&threads->lock);
    pthread_cond_broadcast(&threads->changed);
    pthread_mutex_unlock(&threads->lock);
}

void threads_request_begun(void) {
    self.phase = PHASE_REQUEST;
    self.deadline = 0;
    self.stalled_since = 0;
    self.was_late = false;
}

void threads_request_ended(void) {
    self.phase = PHASE_IDLE;
    self.has_begun = false;
    self.was_answered = true;
    if (!self.threads) return;
    int64_t now = clock_steady();
    self.deadline = self.idle_until = now + self.threads->limits.idle_ns;
    self.rests_at = now + BLOCKS_NS;
}

const char *threads_first_byte(void) {
    return self.first_byte;
}

void threads_set_deadline(int64_t moment) {
    self.deadline = moment;
}

bool threads_must_close(const struct threads *threads) {
    return self.is_given_up || threads_are_scarce(threads);
}

bool threads_was_late(void) {
    return self.was_late;
}

void threads_linger(void) {
    if (self.fd < 0) return;
    end_channel();
    shutdown(self.fd, SHUT_WR);
    int64_t until = clock_steady() + SECOND_NS;
    for (int64_t left = SECOND_NS; left > 0; left = until - clock_steady()) {
        struct pollfd peer = {.fd = self.fd, .events = POLLIN};
        char unread[16384];
        if (wait_ns(&peer, 1, left) <= 0 || recv(self.fd, unread, sizeof(unread), MSG_DONTWAIT) <= 0) return;
    }
}

void threads_send_last(struct str bytes) {
    if (self.fd >= 0) (void)!send(self.fd, bytes.text, bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);
}
