/*
 * Secrets, on mbedTLS 2.28 and 3.6. The library is built with threading, so one generator serves all threads.
 */
#include "base/secret.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>
#include <stdint.h>

#ifndef MBEDTLS_THREADING_C
#error "the random generator is shared by threads: mbedTLS must be built with MBEDTLS_THREADING_C"
#endif

static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context generator;
static bool ready;

bool secret_init(struct error *err) {
    static const unsigned char purpose[] = "bailiwick";
    if (ready) return true;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&generator);
    int failure = mbedtls_ctr_drbg_seed(&generator, mbedtls_entropy_func, &entropy, purpose, sizeof purpose - 1);
    if (failure) {
        mbedtls_ctr_drbg_free(&generator);
        mbedtls_entropy_free(&entropy);
        error_detail(err, "mbedtls_ctr_drbg_seed: -0x%04x", (unsigned)-failure);
        return fail(err, ERROR_INTERNAL, NOWHERE, "no randomness is to be had");
    }
    ready = true;
    return true;
}

void secret_done(void) {
    if (!ready) return;
    mbedtls_ctr_drbg_free(&generator);
    mbedtls_entropy_free(&entropy);
    ready = false;
}

bool secret_random(void *ret_bytes, size_t length, struct error *err) {
    if (!ready) return fail(err, ERROR_INTERNAL, NOWHERE, "the random generator has not been seeded");
    unsigned char *bytes = ret_bytes;
    for (size_t done = 0; done < length;) {
        size_t part = length - done;
        if (part > MBEDTLS_CTR_DRBG_MAX_REQUEST) part = MBEDTLS_CTR_DRBG_MAX_REQUEST;
        int failure = mbedtls_ctr_drbg_random(&generator, bytes + done, part);
        if (failure) {
            error_detail(err, "mbedtls_ctr_drbg_random: -0x%04x", (unsigned)-failure);
            return fail(err, ERROR_INTERNAL, NOWHERE, "no randomness is to be had");
        }
        done += part;
    }
    return true;
}

bool secret_random_hex(char *ret_text, size_t length, struct error *err) {
    static const char digits[] = "0123456789abcdef";
    for (size_t done = 0; done < length;) {
        unsigned char bytes[32];
        size_t part = length - done < 2 * sizeof bytes ? length - done : 2 * sizeof bytes;
        if (!secret_random(bytes, (part + 1) / 2, err)) return false;
        for (size_t i = 0; i < part; i++) ret_text[done + i] = digits[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
        secret_wipe(bytes, sizeof bytes);
        done += part;
    }
    ret_text[length] = 0;
    return true;
}

bool secret_same(struct str a, struct str b) {
    if (a.length != b.length) return false;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < a.length; i++)
        difference = (unsigned char)(difference | (unsigned char)(a.text[i] ^ b.text[i]));
    return difference == 0;
}

bool secret_hmac(struct str key, struct str data, unsigned char ret_mac[32], struct error *err) {
    static const unsigned char nothing[1];
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    if (!sha256) return fail(err, ERROR_INTERNAL, NOWHERE, "SHA-256 is not available");
    int failure = mbedtls_md_hmac(sha256, key.length ? (const unsigned char *)key.text : nothing, key.length,
                                  data.length ? (const unsigned char *)data.text : nothing, data.length, ret_mac);
    if (failure) {
        error_detail(err, "mbedtls_md_hmac: -0x%04x", (unsigned)-failure);
        return fail(err, ERROR_INTERNAL, NOWHERE, "the hash could not be computed");
    }
    return true;
}

void secret_wipe(void *memory, size_t length) {
    if (length) mbedtls_platform_zeroize(memory, length);
}
