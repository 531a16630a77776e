#include "base/public_key.h"

#include "base/buf.h"
#include "base/scope.h"

#include <mbedtls/pk.h>
#include <string.h>

#define PEM_MAX 16384 /* bytes: ten times what the largest key takes */
#define DER_MAX 4096

#define BEGIN "-----BEGIN PUBLIC KEY-----"
#define END "-----END PUBLIC KEY-----"

static size_t count(struct str text, const char *part) {
    size_t found = 0;
    const char *at = text.text, *end = text.text + text.length;
    while (at && (at = memmem(at, (size_t)(end - at), part, strlen(part)))) {
        found++;
        at += strlen(part);
    }
    return found;
}

bool public_key_is_pem(struct str text) {
    return count(text, "-----BEGIN ") > 0;
}

/* One block, and nothing beside it. */
static bool check_block(struct str pem, struct error *err) {
    if (pem.length > PEM_MAX) return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the key is too long");
    if (count(pem, "PRIVATE KEY-----"))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE,
                    "this is a private key: what verifies tokens is the public key that belongs to it");
    if (count(pem, "-----BEGIN CERTIFICATE"))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "this is a certificate: what is wanted is its public key");
    if (!str_starts(pem, BEGIN))
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the key must be in PEM and begin with \"" BEGIN "\"");
    size_t end = strlen(END);
    bool is_one = pem.length > end && str_is(str_slice(pem, pem.length - end, pem.length), END) &&
                  count(pem, "-----BEGIN") == 1 && count(pem, "-----END") == 1 && !memchr(pem.text, 0, pem.length);
    return is_one ||
           fail(err, ERROR_INVALID_VALUE, NOWHERE, "the key must be one PEM block that ends with \"" END "\"");
}

/* The curve, by how a key of it begins in DER: its algorithm and the length of its point. */
static enum public_key_kind kind_of_curve(struct str der) {
    const struct {
        enum public_key_kind kind;
        struct str head;
    } curves[] = {
        {PUBLIC_KEY_P256, LITERAL("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03"
                                  "\x01\x07\x03\x42\x00\x04")},
        {PUBLIC_KEY_P384, LITERAL("\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03"
                                  "\x62\x00\x04")},
        {PUBLIC_KEY_P521, LITERAL("\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23"
                                  "\x03\x81\x86\x00\x04")},
    };
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (str_same(str_slice(der, 0, curves[i].head.length), curves[i].head)) return curves[i].kind;
    return PUBLIC_KEY_OTHER;
}

static enum public_key_kind kind_of(mbedtls_pk_context *pk) {
    unsigned char der[DER_MAX];
    if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA)) return PUBLIC_KEY_RSA;
    if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_ECKEY)) return PUBLIC_KEY_OTHER;
    int length = mbedtls_pk_write_pubkey_der(pk, der, sizeof der); /* at the end of the buffer */
    if (length <= 0) return PUBLIC_KEY_OTHER;
    return kind_of_curve((struct str){(const char *)der + sizeof der - length, (size_t)length});
}

bool public_key_read(struct str pem, struct public_key *ret_key, struct error *err) {
    pem = str_trim(pem);
    if (!check_block(pem, err)) return false;
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, 0);
    buf_add_str(&text, pem);
    buf_add_char(&text, 0); /* mbedTLS wants it, and counts it */
    if (text.failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int failure = mbedtls_pk_parse_public_key(&pk, (const unsigned char *)text.data, text.length);
    if (failure)
        error_detail(err, "mbedtls_pk_parse_public_key: -0x%04x", (unsigned)-failure);
    else
        *ret_key = (struct public_key){kind_of(&pk), mbedtls_pk_get_bitlen(&pk)};
    mbedtls_pk_free(&pk);
    return !failure || fail(err, ERROR_INVALID_VALUE, NOWHERE, "the key in the PEM block cannot be read");
}
