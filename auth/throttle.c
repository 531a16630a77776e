#include "auth/throttle.h"

#include "base/buf.h"
#include "base/network.h"
#include "base/secret.h"
#include "base/siphash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8 /* buckets that a hash may be in */
#define SETS 8192
#define SECOND 1000000000
#define DEBT_MAX ((int64_t)900 * SECOND) /* attempts at the same moment can go past the limit; nobody waits longer */
#define INPUT_MAX ((size_t)256 << 10)    /* bytes of what is hashed */

struct bucket {
    uint64_t tag;   /* 0: empty */
    int64_t moment; /* of clock_steady: when it is empty; of a known pair: when it was last right */
};

struct table {
    struct bucket buckets[SETS][WAYS];
};

struct throttle {
    struct throttle_limits limits;
    uint64_t keys[2][2];  /* made at random */
    pthread_mutex_t lock; /* of the tables; nothing is taken under it */
    struct table names;   /* and pairs that are known, which are names too */
    struct table addresses;
    struct table known;
};

struct throttle *throttle_new(const struct throttle_limits *limits, struct error *err) {
    struct throttle *throttle = calloc(1, sizeof *throttle);
    if (!throttle) return fail_null(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    throttle->limits = *limits;
    if (!secret_random(throttle->keys, sizeof throttle->keys, err)) {
        free(throttle);
        return NULL;
    }
    pthread_mutex_init(&throttle->lock, NULL);
    return throttle;
}

void throttle_free(struct throttle *throttle) {
    if (!throttle) return;
    pthread_mutex_destroy(&throttle->lock);
    free(throttle);
}

size_t throttle_memory(const struct throttle *throttle) {
    return sizeof *throttle;
}

/* --- hashes --- */

/* Two numbers of SipHash under keys that nobody knows: none can choose a name that falls together with another one, and
 * no answer tells a number. What cannot be hashed shares one bucket, which is counted like any other. */
static void hash(const struct throttle *throttle, char kind, const struct str *parts, size_t count,
                 uint64_t ret_hash[2]) {
    struct buf buf;
    buf_init(&buf, INPUT_MAX);
    buf_add_char(&buf, kind);
    for (size_t i = 0; i < count; i++) buf_add_part(&buf, parts[i]);
    for (size_t i = 0; kind == 'n' && i < buf.length; i++)
        if (buf.data[i] >= 'A' && buf.data[i] <= 'Z') buf.data[i] = (char)(buf.data[i] - 'A' + 'a');
    for (size_t i = 0; i < 2; i++) ret_hash[i] = buf.failed ? 0 : siphash_keyed(throttle->keys[i], buf_str(&buf));
    buf_done(&buf);
    if (!ret_hash[0]) ret_hash[0] = 1;
}

void throttle_begin(struct throttle_attempt *attempt, struct throttle *throttle, struct str text) {
    struct address address;
    *attempt = (struct throttle_attempt){.throttle = throttle};
    if (!throttle) return;
    if (address_read(text, &address))
        text = (struct str){(const char *)address.bytes, address_is_ipv4(&address) ? sizeof address.bytes : 8};
    hash(throttle, 'a', &text, 1, attempt->address);
}

void throttle_add_name(struct throttle_attempt *attempt, const struct str *parts, size_t count) {
    if (!attempt->throttle || attempt->count >= THROTTLE_NAMES_MAX) return;
    size_t at = attempt->count++;
    hash(attempt->throttle, 'n', parts, count, attempt->names[at]);
    const struct str pair[] = {{(const char *)attempt->names[at], sizeof attempt->names[at]},
                               {(const char *)attempt->address, sizeof attempt->address}};
    hash(attempt->throttle, 'p', pair, 2, attempt->pairs[at]);
}

/* --- tables --- */

static struct bucket *find(struct table *table, const uint64_t hash[2]) {
    struct bucket *set = table->buckets[hash[1] % SETS];
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].tag == hash[0]) return &set[i];
    return NULL;
}

/* The bucket of a hash; a new one takes the place of the one with the earliest moment. */
static struct bucket *claim(struct table *table, const uint64_t hash[2]) {
    struct bucket *bucket = find(table, hash);
    if (bucket) return bucket;
    bucket = table->buckets[hash[1] % SETS];
    for (struct bucket *other = bucket + 1; other < table->buckets[hash[1] % SETS] + WAYS; other++)
        if (bucket->tag && (!other->tag || other->moment < bucket->moment)) bucket = other;
    *bucket = (struct bucket){.tag = hash[0]};
    return bucket;
}

/* How long until one more failure fits; 0: it does now. */
static int64_t wait_of(struct table *table, const uint64_t hash[2], int64_t failures, int64_t interval, int64_t now) {
    const struct bucket *bucket = find(table, hash);
    if (!bucket) return 0;
    int64_t wait = bucket->moment - now - (failures - 1) * interval;
    return wait > 0 ? wait : 0;
}

static void add_failure(struct table *table, const uint64_t hash[2], int64_t failures, int64_t interval, int64_t now) {
    struct bucket *bucket = claim(table, hash);
    if (bucket->moment < now) bucket->moment = now;
    bucket->moment += interval;
    int64_t last = now + failures * interval + DEBT_MAX;
    if (bucket->moment > last) bucket->moment = last;
}

static bool is_known(struct throttle *throttle, const struct throttle_attempt *attempt, size_t at) {
    return find(&throttle->known, attempt->pairs[at]) != NULL;
}

static int64_t wait_of_attempt(struct throttle *throttle, const struct throttle_attempt *attempt, int64_t now) {
    const struct throttle_limits *limits = &throttle->limits;
    bool is_stranger = !attempt->count;
    int64_t longest = 0;
    for (size_t i = 0; i < attempt->count; i++) {
        bool known = is_known(throttle, attempt, i);
        const uint64_t *name = known ? attempt->pairs[i] : attempt->names[i];
        int64_t wait = wait_of(&throttle->names, name, limits->name_failures, limits->name_interval, now);
        if (!known) is_stranger = true;
        if (wait > longest) longest = wait;
    }
    if (!is_stranger) return longest;
    int64_t wait =
        wait_of(&throttle->addresses, attempt->address, limits->address_failures, limits->address_interval, now);
    return wait > longest ? wait : longest;
}

bool throttle_may_try(const struct throttle_attempt *attempt, int64_t now, struct error *err) {
    struct throttle *throttle = attempt->throttle;
    if (!throttle) return true;
    pthread_mutex_lock(&throttle->lock);
    int64_t wait = wait_of_attempt(throttle, attempt, now);
    pthread_mutex_unlock(&throttle->lock);
    if (!wait) return true;
    if (err && err->code == ERROR_NONE) err->retry_after = (uint32_t)((wait + SECOND - 1) / SECOND);
    return fail(err, ERROR_THROTTLED, NOWHERE, "too many sign-ins have failed: try again later");
}

void throttle_failed(const struct throttle_attempt *attempt, int64_t now) {
    struct throttle *throttle = attempt->throttle;
    if (!throttle) return;
    const struct throttle_limits *limits = &throttle->limits;
    pthread_mutex_lock(&throttle->lock);
    for (size_t i = 0; i < attempt->count; i++) {
        const uint64_t *name = is_known(throttle, attempt, i) ? attempt->pairs[i] : attempt->names[i];
        add_failure(&throttle->names, name, limits->name_failures, limits->name_interval, now);
    }
    add_failure(&throttle->addresses, attempt->address, limits->address_failures, limits->address_interval, now);
    pthread_mutex_unlock(&throttle->lock);
}

void throttle_succeeded(const struct throttle_attempt *attempt, int64_t now) {
    struct throttle *throttle = attempt->throttle;
    if (!throttle) return;
    pthread_mutex_lock(&throttle->lock);
    for (size_t i = 0; i < attempt->count; i++) claim(&throttle->known, attempt->pairs[i])->moment = now;
    pthread_mutex_unlock(&throttle->lock);
}
