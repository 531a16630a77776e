#include "base/certificate.h"

#include "base/scope.h"
#include "base/secret.h"

#include <arpa/inet.h>
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <string.h>
#include <time.h>

#define PEM_MAX 8192
#define NAMES_MAX 1024
#define SERIAL_BYTES 16

static bool fail_made(struct error *err, const char *what, int failure) {
    error_detail(err, "mbedtls: -0x%04x", (unsigned)-failure);
    return fail(err, ERROR_INTERNAL, NOWHERE, "%s could not be made", what);
}

static int random_bytes(void *context, unsigned char *bytes, size_t length) {
    (void)context;
    return secret_random(bytes, length, NULL) ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

/* --- reading PEM, which mbedTLS wants with its NUL --- */

static bool copy_pem(struct str pem, char *ret_text) {
    if (!pem.length || pem.length >= PEM_MAX) return false;
    memcpy(ret_text, pem.text, pem.length);
    ret_text[pem.length] = 0;
    return true;
}

static bool read_key(mbedtls_pk_context *key, struct str pem, struct error *err) {
    char text[PEM_MAX];
    int failure = -1;
    if (copy_pem(pem, text)) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
        failure = mbedtls_pk_parse_key(key, (unsigned char *)text, pem.length + 1, NULL, 0, random_bytes, NULL);
#else
        failure = mbedtls_pk_parse_key(key, (unsigned char *)text, pem.length + 1, NULL, 0);
#endif
    }
    secret_wipe(text, sizeof text);
    return !failure || fail(err, ERROR_INVALID_VALUE, NOWHERE, "the key cannot be read");
}

static bool read_certificate(mbedtls_x509_crt *certificate, struct str pem, struct error *err) {
    char text[PEM_MAX];
    if (copy_pem(pem, text) && mbedtls_x509_crt_parse(certificate, (unsigned char *)text, pem.length + 1) == 0)
        return true;
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the certificate cannot be read");
}

/* --- keys --- */

static bool make_key(mbedtls_pk_context *key, struct buf *ret_pem, struct error *err) {
    unsigned char pem[PEM_MAX];
    int failure = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (!failure) failure = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), random_bytes, NULL);
    if (!failure) failure = mbedtls_pk_write_key_pem(key, pem, sizeof pem);
    if (!failure) buf_add_text(ret_pem, (char *)pem);
    secret_wipe(pem, sizeof pem);
    if (failure || ret_pem->failed) return fail_made(err, "a key", failure);
    return true;
}

bool certificate_make_key(struct buf *ret_pem, struct error *err) {
    CLEANUP(mbedtls_pk_free) mbedtls_pk_context key;
    mbedtls_pk_init(&key);
    return make_key(&key, ret_pem, err);
}

/* --- whom a certificate is for: the value of subjectAltName, in DER --- */

struct der {
    unsigned char bytes[NAMES_MAX];
    size_t length;
};

static bool add_name(struct der *der, unsigned char tag, const void *bytes, size_t length) {
    if (length > 127 || der->length + 2 + length > sizeof der->bytes) return false;
    der->bytes[der->length++] = tag;
    der->bytes[der->length++] = (unsigned char)length;
    memcpy(der->bytes + der->length, bytes, length);
    der->length += length;
    return true;
}

static bool write_names(const struct certificate_names *names, struct der *ret_der) {
    struct der list = {0};
    for (size_t i = 0; i < names->count; i++) {
        unsigned char address[16];
        const char *name = names->items[i];
        bool fine;
        if (inet_pton(AF_INET, name, address) == 1)
            fine = add_name(&list, 0x87, address, 4);
        else if (inet_pton(AF_INET6, name, address) == 1)
            fine = add_name(&list, 0x87, address, 16);
        else
            fine = add_name(&list, 0x82, name, strlen(name));
        if (!fine) return false;
    }
    if (list.length > sizeof ret_der->bytes - 4) return false;
    unsigned char head[4] = {0x30, 0x82, (unsigned char)(list.length >> 8), (unsigned char)list.length};
    size_t size = 4;
    if (list.length < 128) {
        head[1] = (unsigned char)list.length;
        size = 2;
    } else if (list.length < 256) {
        head[1] = 0x81;
        head[2] = (unsigned char)list.length;
        size = 3;
    }
    memcpy(ret_der->bytes, head, size);
    memcpy(ret_der->bytes + size, list.bytes, list.length);
    ret_der->length = size + list.length;
    return true;
}

/* --- writing certificates --- */

static void write_time(int64_t moment, char ret_text[15]) {
    time_t seconds = (time_t)moment;
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    strftime(ret_text, 15, "%Y%m%d%H%M%S", &tm);
}

static int set_serial(mbedtls_x509write_cert *made) {
    unsigned char bytes[SERIAL_BYTES];
    CLEANUP(mbedtls_mpi_free) mbedtls_mpi serial;
    mbedtls_mpi_init(&serial);
    int failure = random_bytes(NULL, bytes, sizeof bytes);
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and of this length */
    if (!failure) failure = mbedtls_mpi_read_binary(&serial, bytes, sizeof bytes);
    return failure ? failure : mbedtls_x509write_crt_set_serial(made, &serial);
}

/* What all certificates have: who, by whom, when. */
static int set_common(mbedtls_x509write_cert *made, mbedtls_pk_context *key, mbedtls_pk_context *signer,
                      struct certificate_time time, bool is_authority) {
    char from[15], to[15];
    write_time(time.from, from);
    write_time(time.to, to);
    mbedtls_x509write_crt_set_version(made, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(made, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(made, key);
    mbedtls_x509write_crt_set_issuer_key(made, signer);
    unsigned usage =
        is_authority ? MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN : MBEDTLS_X509_KU_DIGITAL_SIGNATURE;
    int failure = set_serial(made);
    if (!failure) failure = mbedtls_x509write_crt_set_validity(made, from, to);
    if (!failure) failure = mbedtls_x509write_crt_set_basic_constraints(made, is_authority, is_authority ? 0 : -1);
    if (!failure) failure = mbedtls_x509write_crt_set_key_usage(made, usage);
    if (!failure) failure = mbedtls_x509write_crt_set_subject_key_identifier(made);
    return failure ? failure : mbedtls_x509write_crt_set_authority_key_identifier(made);
}

static int write_pem(mbedtls_x509write_cert *made, struct buf *ret_pem) {
    unsigned char pem[PEM_MAX];
    int failure = mbedtls_x509write_crt_pem(made, pem, sizeof pem, random_bytes, NULL);
    if (failure) return failure;
    buf_add_text(ret_pem, (char *)pem);
    return ret_pem->failed ? MBEDTLS_ERR_X509_ALLOC_FAILED : 0;
}

bool certificate_make_authority(struct str key_pem, const char *name, struct certificate_time time, struct buf *ret_pem,
                                struct error *err) {
    CLEANUP(mbedtls_pk_free) mbedtls_pk_context key;
    CLEANUP(mbedtls_x509write_crt_free) mbedtls_x509write_cert made;
    mbedtls_pk_init(&key);
    mbedtls_x509write_crt_init(&made);
    if (!read_key(&key, key_pem, err)) return false;
    CLEANUP(buf_done) struct buf subject;
    buf_init(&subject, 0);
    buf_format(&subject, "CN=Bailiwick of %s", name);
    buf_add_char(&subject, 0);
    if (subject.failed) return fail(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    int failure = mbedtls_x509write_crt_set_subject_name(&made, subject.data);
    if (!failure) failure = mbedtls_x509write_crt_set_issuer_name(&made, subject.data);
    if (!failure) failure = set_common(&made, &key, &key, time, true);
    if (!failure) failure = write_pem(&made, ret_pem);
    return !failure || fail_made(err, "the authority's certificate", failure);
}

static int set_server(mbedtls_x509write_cert *made, const struct certificate_names *names) {
    static const unsigned char server_auth[] = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
    struct der alternatives;
    if (!write_names(names, &alternatives)) return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    int failure = mbedtls_x509write_crt_set_extension(made, MBEDTLS_OID_EXTENDED_KEY_USAGE,
                                                      MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), 0, server_auth,
                                                      sizeof server_auth);
    if (failure) return failure;
    return mbedtls_x509write_crt_set_extension(made, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, alternatives.bytes,
                                               alternatives.length);
}

bool certificate_make_server(struct str key_pem, struct str authority_pem, struct str authority_key,
                             const struct certificate_names *names, struct certificate_time time, struct buf *ret_pem,
                             struct error *err) {
    CLEANUP(mbedtls_pk_free) mbedtls_pk_context key;
    CLEANUP(mbedtls_pk_free) mbedtls_pk_context signer;
    CLEANUP(mbedtls_x509_crt_free) mbedtls_x509_crt authority;
    CLEANUP(mbedtls_x509write_crt_free) mbedtls_x509write_cert made;
    mbedtls_pk_init(&key);
    mbedtls_pk_init(&signer);
    mbedtls_x509_crt_init(&authority);
    mbedtls_x509write_crt_init(&made);
    if (!read_key(&key, key_pem, err) || !read_key(&signer, authority_key, err) ||
        !read_certificate(&authority, authority_pem, err))
        return false;
    if (mbedtls_pk_check_pair(&authority.pk, &signer
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
                              ,
                              random_bytes, NULL
#endif
                              ) != 0)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "the authority's key does not fit its certificate");
    char issuer[512];
    int failure = mbedtls_x509_dn_gets(issuer, sizeof issuer, &authority.subject);
    failure = failure < 0 ? failure : mbedtls_x509write_crt_set_issuer_name(&made, issuer);
    if (!failure) failure = mbedtls_x509write_crt_set_subject_name(&made, "CN=Bailiwick");
    if (!failure) failure = set_common(&made, &key, &signer, time, false);
    if (!failure) failure = set_server(&made, names);
    if (!failure) failure = write_pem(&made, ret_pem);
    return !failure || fail_made(err, "the server's certificate", failure);
}

/* --- reading certificates --- */

static int64_t moment_of(const mbedtls_x509_time *time) {
    struct tm tm = {
        .tm_year = time->year - 1900,
        .tm_mon = time->mon - 1,
        .tm_mday = time->day,
        .tm_hour = time->hour,
        .tm_min = time->min,
        .tm_sec = time->sec,
    };
    return (int64_t)timegm(&tm);
}

bool certificate_examine(struct str certificate_pem, struct str authority_pem, const struct certificate_names *names,
                         struct certificate_facts *ret_facts, struct error *err) {
    CLEANUP(mbedtls_x509_crt_free) mbedtls_x509_crt certificate;
    CLEANUP(mbedtls_x509_crt_free) mbedtls_x509_crt authority;
    mbedtls_x509_crt_init(&certificate);
    mbedtls_x509_crt_init(&authority);
    struct der alternatives;
    if (!read_certificate(&certificate, certificate_pem, err)) return false;
    struct certificate_facts facts = {.ends = moment_of(&certificate.valid_to)};
    if (authority_pem.length && read_certificate(&authority, authority_pem, NULL)) {
        uint32_t flags = 0;
        int failure = mbedtls_x509_crt_verify(&certificate, &authority, NULL, NULL, &flags, NULL, NULL);
        const uint32_t of_time = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
        facts.is_of_authority = !failure || (failure == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED && !(flags & ~of_time));
    }
    facts.has_names = write_names(names, &alternatives) &&
                      memmem(certificate.raw.p, certificate.raw.len, alternatives.bytes, alternatives.length) != NULL;
    *ret_facts = facts;
    return true;
}
