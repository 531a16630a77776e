/*
 * Passwords, on libargon2. Of the library only the hash itself is used: it takes any parameters that a PHC string
 * names, so strings are read and bounded in phc.c; and it makes a thread for each lane, so lanes are computed one after
 * another.
 *
 * Argon2: RFC 9106.
 */
#include "auth/password.h"

#include "auth/phc.h"
#include "base/gate.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/secret.h"

#include <argon2.h>
#include <pthread.h>
#include <sys/mman.h>

/* What we make: OWASP's first choice for Argon2id. */
#define OUR_MEMORY 19456 /* KiB */
#define OUR_PASSES 2
#define OUR_LANES 1
#define OUR_SALT 16 /* bytes */
#define OUR_HASH 32

DEFINE_CLEANUP(struct arena *, arena_free)

#define WAITING_MAX 64

/* How many may compute at once. */
static struct gate permits;
static bool has_permits;
static pthread_once_t permits_once = PTHREAD_ONCE_INIT;

static void make_permits(void) {
    has_permits = gate_init(&permits, gate_processors(), NULL);
    if (has_permits) gate_limit_waiting(&permits, WAITING_MAX);
}

void password_limit_waiting(int64_t most) {
    pthread_once(&permits_once, make_permits);
    if (has_permits) gate_limit_waiting(&permits, most);
}

static bool take_permit(struct error *err) {
    pthread_once(&permits_once, make_permits);
    if (has_permits && gate_enter(&permits, 0, 0)) return true;
    return fail(err, ERROR_OVERLOADED, NOWHERE, "too many passwords are being checked: try again");
}

/* Argon2's memory comes from the kernel and goes back to it: malloc would keep 19 MiB for many a thread that once
 * signed somebody in. Huge pages, where they are to be had, save a quarter of the time. */
static int map_memory(uint8_t **ret_memory, size_t length) {
    void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *ret_memory = memory == MAP_FAILED ? NULL : memory;
    if (!*ret_memory) return ARGON2_MEMORY_ALLOCATION_ERROR;
    (void)madvise(memory, length, MADV_HUGEPAGE);
    return ARGON2_OK;
}

static void unmap_memory(uint8_t *memory, size_t length) {
    munmap(memory, length);
}

/* phc->hash.length bytes into ret_hash, by phc's parameters and salt; *ret_outcome is an error code of the library, or
 * ARGON2_OK. */
static bool compute(struct str password, const struct phc *phc, uint8_t ret_hash[PHC_HASH_MAX], int *ret_outcome,
                    struct error *err) {
    argon2_context context = {
        .out = ret_hash,
        .outlen = (uint32_t)phc->hash.length,
        .pwd = (uint8_t *)(uintptr_t)password.text, /* only read: no flag asks for wiping it */
        .pwdlen = (uint32_t)password.length,
        .salt = (uint8_t *)(uintptr_t)phc->salt.text,
        .saltlen = (uint32_t)phc->salt.length,
        .t_cost = phc->passes,
        .m_cost = phc->memory,
        .lanes = phc->lanes,
        .threads = 1,
        .version = ARGON2_VERSION_13,
        .allocate_cbk = map_memory,
        .free_cbk = unmap_memory,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    if (!take_permit(err)) return false;
    *ret_outcome = argon2id_ctx(&context);
    gate_leave(&permits, 0);
    return true;
}

bool password_check(struct str password, uint32_t at, struct error *err) {
    size_t count = 0;
    for (size_t i = 0; i < password.length; i++)
        if (((unsigned char)password.text[i] & 0xC0) != 0x80) count++;
    if (!count) return fail(err, ERROR_INVALID_VALUE, at, "the password is empty");
    return count >= PASSWORD_CHARACTERS_MIN ||
           fail(err, ERROR_INVALID_VALUE, at, "the password of a login has at least %d characters",
                PASSWORD_CHARACTERS_MIN);
}

bool password_hash(struct arena *arena, struct str password, struct str *ret_phc, struct error *err) {
    if (password.length > PASSWORD_LENGTH_MAX)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "a password may be %d bytes long", PASSWORD_LENGTH_MAX);
    char salt[OUR_SALT];
    uint8_t hash[PHC_HASH_MAX];
    if (!secret_random(salt, sizeof salt, err)) return false;
    struct phc phc = {OUR_MEMORY, OUR_PASSES, OUR_LANES, {salt, sizeof salt}, {(const char *)hash, OUR_HASH}};
    int outcome;
    if (!compute(password, &phc, hash, &outcome, err)) return false;
    if (outcome != ARGON2_OK) {
        error_detail(err, "argon2id_ctx: %s", argon2_error_message(outcome));
        return fail(err, ERROR_INTERNAL, NOWHERE, "the password could not be hashed");
    }
    if (!phc_write(arena, &phc, ret_phc))
        return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the password's hash needs too much memory");
    return true;
}

static _Thread_local uint64_t verify_count;

bool password_verify(struct str password, struct str text, bool *ret_is_right, struct error *err) {
    static const char no_bytes[OUR_HASH];
    verify_count++;
    CLEANUP(arena_free_at) struct arena *arena = arena_new(2 * PHC_LENGTH_MAX);
    struct phc phc;
    bool may_be_right = arena && phc_read(arena, text, &phc) && password.length <= PASSWORD_LENGTH_MAX;
    if (!may_be_right)
        phc = (struct phc){OUR_MEMORY, OUR_PASSES, OUR_LANES, {no_bytes, OUR_SALT}, {no_bytes, OUR_HASH}};
    uint8_t hash[PHC_HASH_MAX];
    int outcome;
    if (!compute(str_slice(password, 0, PASSWORD_LENGTH_MAX), &phc, hash, &outcome, err)) return false;
    if (outcome != ARGON2_OK) log_line("a password could not be verified: %s", argon2_error_message(outcome));
    bool is_right = outcome == ARGON2_OK && secret_same((struct str){(const char *)hash, phc.hash.length}, phc.hash);
    secret_wipe(hash, sizeof hash);
    *ret_is_right = may_be_right && is_right;
    return true;
}

bool password_is_phc(struct str text) {
    CLEANUP(arena_free_at) struct arena *arena = arena_new(2 * PHC_LENGTH_MAX);
    struct phc phc;
    return arena && phc_read(arena, text, &phc);
}

uint64_t password_verify_count(void) {
    return verify_count;
}
