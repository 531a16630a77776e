#include "auth/verified.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"

#include <pthread.h>
#include <string.h>

#define LIFETIME 60000000000 /* nanoseconds */
#define PLACES 4096          /* a power of two; two credentials of one place drive each other out */
#define INPUT_MAX 8192       /* bytes of what is hashed */

struct place {
    unsigned char mac[32];
    int64_t until; /* clock_steady(); 0: empty */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct place places[PLACES];

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static char key[32];
static bool has_key;

static void make_key(void) {
    has_key = secret_random(key, sizeof key, &(struct error){0});
}

struct verified verified_make(const struct definition *login, struct str password, struct str address) {
    struct verified verified = {.usable = false};
    struct buf buf;
    pthread_once(&key_once, make_key);
    if (!has_key) return verified;
    buf_init(&buf, INPUT_MAX);
    buf_add_part(&buf, login->key);
    buf_add_part(&buf, login->secret);
    buf_add_part(&buf, login->name);
    buf_add_part(&buf, password);
    buf_add_part(&buf, address);
    verified.usable = !buf.failed && secret_hmac((struct str){key, sizeof key}, buf_str(&buf), verified.mac, NULL);
    if (buf.data) secret_wipe(buf.data, buf.length);
    buf_done(&buf);
    return verified;
}

static struct place *place_of(const struct verified *verified) {
    uint32_t number;
    memcpy(&number, verified->mac, sizeof number);
    return &places[number % PLACES];
}

static bool is_same(const struct verified *verified, const struct place *place) {
    return secret_same((struct str){(const char *)verified->mac, sizeof verified->mac},
                       (struct str){(const char *)place->mac, sizeof place->mac});
}

bool verified_knows(const struct verified *verified) {
    if (!verified->usable) return false;
    int64_t now = clock_steady();
    pthread_mutex_lock(&lock);
    const struct place *place = place_of(verified);
    bool knows = place->until > now && is_same(verified, place);
    pthread_mutex_unlock(&lock);
    return knows;
}

void verified_remember(const struct verified *verified) {
    if (!verified->usable) return;
    int64_t until = clock_steady() + LIFETIME;
    pthread_mutex_lock(&lock);
    struct place *place = place_of(verified);
    memcpy(place->mac, verified->mac, sizeof place->mac);
    place->until = until;
    pthread_mutex_unlock(&lock);
}
