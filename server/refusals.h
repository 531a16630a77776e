/*
 * Connections that are turned away when all threads are taken: each gets a short 503 at once. Its socket stays open
 * for a moment, so that the answer arrives before the reset that closing would send. One owner at a time.
 */
#ifndef SERVER_REFUSALS_H
#define SERVER_REFUSALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFUSALS_KEPT 64

struct refusals {
    struct refusal {
        int fd;
        int64_t until;
    } kept[REFUSALS_KEPT]; /* a ring, oldest first */
    size_t first;
    size_t count;
};

/* Takes the socket. Where the server speaks TLS it says nothing on it: nobody could read that. */
void refusals_add(struct refusals *refusals, int fd, bool is_secret);

/* Tells a client that speaks HTTP where HTTPS is spoken. */
void refusals_say_https(int fd);

/* Closes those whose moment is over, or all. */
void refusals_sweep(struct refusals *refusals, bool all);

#endif
