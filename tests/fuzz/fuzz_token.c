/*
 * Tokens under a fixed key. The first byte says what the rest is:
 *
 *     t  a token as it came: taken only if it is one of those that the target has signed itself
 *     s  a header, a line feed, and claims: signed with the key. Taken only if the claims are what we would write, and
 *        then they can be signed and read again
 *     w  the same, signed with another key: never taken
 */
#include "auth/token.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/forge.h"

#define KEY LITERAL("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
#define OTHER_KEY LITERAL("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF")
#define NOW INT64_C(1700000000)

static struct str forge(struct arena *arena, struct str key, struct str header, struct str claims) {
    struct str token = forge_token(arena, MBEDTLS_MD_SHA512, key, header, claims);
    if (!token.text && !arena_exhausted(arena)) fuzz_stop("nothing is signed", header);
    return token;
}

static bool is_taken(struct arena *arena, struct str token, struct token_claims *ret_claims) {
    struct error err = {0};
    if (!token_read(arena, token, ret_claims, &err)) {
        FUZZ_PROMISE(err.code == ERROR_UNAUTHENTICATED, error_code_name(err.code), token);
        return false;
    }
    /* another issuer's has claims that we never sign: it is read, and that is all */
    if (token_verify(token, (struct token_key){TOKEN_HS512, KEY}, ret_claims, NOW, &err))
        return !ret_claims->is_foreign;
    FUZZ_PROMISE(err.code == ERROR_UNAUTHENTICATED, error_code_name(err.code), token);
    return false;
}

/* The only one that is signed. */
static struct str own_token(struct arena *arena) {
    struct token_claims claims = {.issued_at = NOW - 10,
                                  .not_before = NOW - 10,
                                  .expires_at = NOW + 3600,
                                  .id = LITERAL("j"),
                                  .ns = LITERAL("n"),
                                  .db = LITERAL("d"),
                                  .scope = LITERAL("s"),
                                  .kind = LITERAL("default"),
                                  .subject = value_integer(7)};
    struct str token;
    if (!token_sign(arena, KEY, &claims, &token, NULL)) fuzz_stop("nothing is signed", (struct str){0});
    return token;
}

static void check_claims(struct arena *arena, const struct token_claims *claims, struct str input) {
    struct str token;
    struct error err = {0};
    struct token_claims again;
    FUZZ_PROMISE(claims->expires_at > NOW && claims->not_before <= NOW && claims->issued_at <= NOW, "a time", input);
    FUZZ_PROMISE(!claims->scope.length || claims->db.length, "SC without DB", input);
    FUZZ_PROMISE(!claims->db.length || claims->ns.length, "DB without NS", input);
    FUZZ_PROMISE(str_is(claims->kind, "default") && claims->id.length > 0, "a claim", input);
    if (!token_sign(arena, KEY, claims, &token, &err)) {
        FUZZ_PROMISE(err.code == ERROR_LIMIT_EXCEEDED, "claims that are taken cannot be signed", input);
        return;
    }
    FUZZ_PROMISE(is_taken(arena, token, &again), "claims that are signed are not taken", input);
    FUZZ_PROMISE(str_same(again.scope, claims->scope) && str_same(again.id, claims->id) &&
                     again.expires_at == claims->expires_at && again.subject.kind == claims->subject.kind,
                 "claims change", input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    struct str input = {(const char *)data + 1, size - 1};
    struct arena *arena = fuzz_arena();
    struct token_claims claims = {0};
    if (data[0] == 't') {
        if (is_taken(arena, input, &claims))
            FUZZ_PROMISE(str_same(input, own_token(arena)), "a token is taken that was not signed", input);
    } else if (data[0] == 's') {
        struct str rest = input, header = fuzz_take_line(&rest);
        if (is_taken(arena, forge(arena, KEY, header, rest), &claims)) check_claims(arena, &claims, input);
    } else if (data[0] == 'w') {
        struct str rest = input, header = fuzz_take_line(&rest);
        FUZZ_PROMISE(!is_taken(arena, forge(arena, OTHER_KEY, header, rest), &claims), "another key's token", input);
    }
    return 0;
}
