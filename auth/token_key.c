#include "auth/token_key.h"

#include "base/public_key.h"

enum key_kind {
    KEY_NONE,
    KEY_SECRET,
    KEY_RSA,
    KEY_P256,
    KEY_P384,
    KEY_P521,
};

static const struct algorithm {
    const char *name;
    enum key_kind key;
    size_t signature;
} algorithms[] = {
    [TOKEN_ALGORITHM_NONE] = {"", KEY_NONE, 0},
#define ALGORITHM(name, key, length) [TOKEN_##name] = {#name, KEY_##key, length},
#include "auth/token_algorithms.def"
#undef ALGORITHM
};

#define ALGORITHMS (sizeof algorithms / sizeof *algorithms)

enum token_algorithm token_algorithm_of(struct str name) {
    for (size_t i = TOKEN_ALGORITHM_NONE + 1; i < ALGORITHMS; i++)
        if (str_is(name, algorithms[i].name)) return (enum token_algorithm)i;
    return TOKEN_ALGORITHM_NONE;
}

const char *token_algorithm_name(enum token_algorithm algorithm) {
    return algorithms[algorithm].name;
}

size_t token_algorithm_signature(enum token_algorithm algorithm) {
    return algorithms[algorithm].signature;
}

bool token_algorithm_read(struct str name, enum token_algorithm *ret_algorithm, struct error *err) {
    static const char *const unsupported[] = {"PS256", "PS384", "PS512", "EdDSA", "ES256K"};
    for (size_t i = TOKEN_ALGORITHM_NONE + 1; i < ALGORITHMS; i++) {
        if (!str_is_name(name, algorithms[i].name)) continue;
        *ret_algorithm = (enum token_algorithm)i;
        return true;
    }
    for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; i++)
        if (str_is_name(name, unsupported[i]))
            return fail(err, ERROR_INVALID_VALUE, NOWHERE,
                        "tokens of type %s cannot be verified: the library for tokens does not know it",
                        unsupported[i]);
    return fail(err, ERROR_INVALID_VALUE, NOWHERE,
                "the type of a token is HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384 or ES512");
}

static bool check_secret(struct str key, struct error *err) {
    if (public_key_is_pem(key))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE,
                    "a key in PEM is no shared secret: whoever has it could sign tokens");
    if (key.length < TOKEN_SECRET_MIN)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the secret is too short: it needs %d bytes", TOKEN_SECRET_MIN);
    if (key.length > TOKEN_SECRET_MAX)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the secret is too long: it may have %d bytes",
                    TOKEN_SECRET_MAX);
    return true;
}

static bool check_rsa(const struct public_key *key, const char *name, struct error *err) {
    if (key->kind != PUBLIC_KEY_RSA) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s needs a key of RSA", name);
    if (key->bits >= TOKEN_RSA_MIN && key->bits <= TOKEN_RSA_MAX) return true;
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the key of RSA has %zu bits: it must have %d to %d", key->bits,
                TOKEN_RSA_MIN, TOKEN_RSA_MAX);
}

static bool check_curve(const struct public_key *key, enum public_key_kind wanted, const char *name, const char *curve,
                        struct error *err) {
    return key->kind == wanted ||
           fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s needs a key on the curve %s", name, curve);
}

bool token_key_check(struct token_key key, struct error *err) {
    const struct algorithm *algorithm = &algorithms[key.algorithm];
    struct public_key public = {.kind = PUBLIC_KEY_OTHER};
    if (algorithm->key == KEY_SECRET) return check_secret(key.key, err);
    if (algorithm->key != KEY_NONE && !public_key_read(key.key, &public, err)) return false;
    switch (algorithm->key) {
    case KEY_RSA:
        return check_rsa(&public, algorithm->name, err);
    case KEY_P256:
        return check_curve(&public, PUBLIC_KEY_P256, algorithm->name, "P-256", err);
    case KEY_P384:
        return check_curve(&public, PUBLIC_KEY_P384, algorithm->name, "P-384", err);
    case KEY_P521:
        return check_curve(&public, PUBLIC_KEY_P521, algorithm->name, "P-521", err);
    case KEY_NONE:
    case KEY_SECRET:
        break;
    }
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the token has no type");
}
