#include "base/siphash.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t own_key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

/* Early at boot there may be no random bytes: then tables can be made slow, and nothing worse. */
static void make_key(void) {
    struct timespec now = {0};
    if (getrandom(own_key, sizeof own_key, GRND_NONBLOCK) == (ssize_t)sizeof own_key) return;
    clock_gettime(CLOCK_REALTIME, &now);
    own_key[0] = (uint64_t)now.tv_nsec;
    own_key[1] = (uint64_t)(uintptr_t)&now;
}

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, int bits) {
    return x << bits | x >> (64 - bits);
}

static void mix(struct state *s) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static void take(struct state *s, uint64_t word) {
    s->v3 ^= word;
    mix(s);
    s->v0 ^= word;
}

uint64_t siphash_keyed(const uint64_t key[2], struct str bytes) {
    struct state s = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
                      key[1] ^ 0x7465646279746573u};
    uint64_t word;
    size_t at = 0;
    for (; bytes.length - at >= sizeof word; at += sizeof word) {
        memcpy(&word, bytes.text + at, sizeof word);
        take(&s, word);
    }
    word = (uint64_t)bytes.length << 56;
    for (size_t i = 0; at + i < bytes.length; i++) word |= (uint64_t)(unsigned char)bytes.text[at + i] << (8 * i);
    take(&s, word);
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++) mix(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash(struct str bytes) {
    pthread_once(&key_once, make_key);
    return siphash_keyed(own_key, bytes);
}
