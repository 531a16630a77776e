#include "base/certificate_identity.h"

#include "base/secret.h"

#include <mbedtls/asn1.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <string.h>

#define TYPE_MAX 32 /* bytes of an object identifier in a rule */

/* --- the certificate --- */

static bool is_text(int tag, struct str value) {
    if (tag != MBEDTLS_ASN1_UTF8_STRING && tag != MBEDTLS_ASN1_PRINTABLE_STRING && tag != MBEDTLS_ASN1_IA5_STRING)
        return false;
    for (size_t i = 0; i < value.length; i++)
        if (!value.text[i] || (tag != MBEDTLS_ASN1_UTF8_STRING && (unsigned char)value.text[i] > 0x7f)) return false;
    return value.length && str_is_utf8(value);
}

/* Name ::= SEQUENCE OF SET OF SEQUENCE { type, value } (RFC 5280, 4.1.2.4); each set with one member. */
static bool read_part(unsigned char **at, const unsigned char *end, struct certificate_part *ret_part) {
    const int constructed = MBEDTLS_ASN1_CONSTRUCTED;
    size_t set, sequence, length;
    if (mbedtls_asn1_get_tag(at, end, &set, constructed | MBEDTLS_ASN1_SET)) return false;
    const unsigned char *set_end = *at + set;
    if (mbedtls_asn1_get_tag(at, set_end, &sequence, constructed | MBEDTLS_ASN1_SEQUENCE) || *at + sequence != set_end)
        return false;
    if (mbedtls_asn1_get_tag(at, set_end, &length, MBEDTLS_ASN1_OID)) return false;
    ret_part->type = (struct str){(const char *)*at, length};
    *at += length;
    if (*at >= set_end) return false;
    int tag = **at;
    if (mbedtls_asn1_get_tag(at, set_end, &length, tag) || *at + length != set_end) return false;
    ret_part->value = (struct str){(const char *)*at, length};
    *at += length;
    return is_text(tag, ret_part->value);
}

/* No part where any of them is strange: half a subject is nobody's. */
static void read_subject(const mbedtls_x509_buf *subject, struct certificate_identity *identity) {
    unsigned char *at = subject->p;
    const unsigned char *end = at + subject->len;
    size_t length, count = 0;
    identity->count = 0;
    if (mbedtls_asn1_get_tag(&at, end, &length, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) || at + length != end)
        return;
    while (at < end) {
        if (count == CERTIFICATE_PARTS_MAX || !read_part(&at, end, &identity->parts[count])) return;
        count++;
    }
    identity->count = count;
}

bool certificate_identify(struct str der, struct certificate_identity *ret_identity, struct error *err) {
    mbedtls_x509_crt certificate;
    mbedtls_x509_crt_init(&certificate);
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    const unsigned char *bytes = (const unsigned char *)der.text;
    bool fine = der.length && sha256 && mbedtls_x509_crt_parse_der_nocopy(&certificate, bytes, der.length) == 0 &&
                certificate.raw.len == der.length &&
                mbedtls_md(sha256, bytes, der.length, ret_identity->fingerprint) == 0;
    if (fine) read_subject(&certificate.subject_raw, ret_identity);
    mbedtls_x509_crt_free(&certificate);
    return fine || fail(err, ERROR_INVALID_VALUE, NOWHERE, "the certificate cannot be read");
}

/* --- the rule --- */

/* A rule, taken apart. */
struct rule {
    bool is_fingerprint;
    unsigned char fingerprint[32];
    struct certificate_part parts[CERTIFICATE_PARTS_MAX];
    size_t count;
    char bytes[CERTIFICATE_RULE_MAX + CERTIFICATE_PARTS_MAX * TYPE_MAX]; /* what the parts point into */
    size_t used;
};

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *read_fingerprint(struct str text, struct rule *rule) {
    size_t digits = 0;
    for (size_t i = 0; i < text.length; i++) {
        int digit = digit_of(text.text[i]);
        if (text.text[i] == ':' && digits % 2 == 0 && digits) continue;
        if (digit < 0 || digits == 64) return "SHA256: needs 64 hexadecimal digits";
        rule->fingerprint[digits / 2] =
            (unsigned char)(digits % 2 ? rule->fingerprint[digits / 2] << 4 | digit : digit);
        digits++;
    }
    rule->is_fingerprint = true;
    return digits == 64 ? NULL : "SHA256: needs 64 hexadecimal digits";
}

/* The object identifier of an attribute's name (RFC 4514, 3), in DER. */
static bool find_type(struct str name, struct str *ret_type) {
    static const struct {
        const char *name;
        const char *type; /* none has a NUL in it */
    } types[] = {
        {"CN", MBEDTLS_OID_AT_CN},
        {"O", MBEDTLS_OID_AT_ORGANIZATION},
        {"OU", MBEDTLS_OID_AT_ORG_UNIT},
        {"C", MBEDTLS_OID_AT_COUNTRY},
        {"ST", MBEDTLS_OID_AT_STATE},
        {"L", MBEDTLS_OID_AT_LOCALITY},
        {"STREET", MBEDTLS_OID_AT "\x09"},
        {"DC", MBEDTLS_OID_DOMAIN_COMPONENT},
        {"UID", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"},
        {"serialNumber", MBEDTLS_OID_AT_SERIAL_NUMBER},
        {"title", MBEDTLS_OID_AT_TITLE},
        {"givenName", MBEDTLS_OID_AT_GIVEN_NAME},
        {"SN", MBEDTLS_OID_AT_SUR_NAME},
        {"emailAddress", MBEDTLS_OID_PKCS9_EMAIL},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!str_is_name(name, types[i].name)) continue;
        *ret_type = str_of(types[i].type);
        return true;
    }
    return false;
}

/* A value up to an unescaped comma, its escapes undone, into the rule's bytes. *at is moved behind it. */
static const char *read_value(struct str text, size_t *at, struct rule *rule, struct str *ret_value) {
    char *value = rule->bytes + rule->used;
    size_t length = 0, needed = 0; /* trailing spaces that are not escaped do not count */
    while (*at < text.length && text.text[*at] == ' ') ++*at;
    if (*at < text.length && text.text[*at] == '#') return "values in # form are not taken: name the text";
    for (; *at < text.length && text.text[*at] != ','; ++*at) {
        char c = text.text[*at];
        bool is_escaped = c == '\\';
        if (c == '+' || c == '"' || c == ';' || c == '<' || c == '>')
            return "one of + \" ; < > stands in a value without a backslash before it";
        if (is_escaped) {
            if (++*at >= text.length) return "it ends in a backslash";
            c = text.text[*at];
            int high = digit_of(c), low = *at + 1 < text.length ? digit_of(text.text[*at + 1]) : -1;
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                ++*at;
            } else if (!strchr(" \"#+,;<=>\\", c)) {
                return "a backslash stands before something that needs none";
            }
        }
        if (!c) return "it holds a NUL";
        value[length++] = c;
        if (c != ' ' || is_escaped) needed = length;
    }
    rule->used += needed;
    *ret_value = (struct str){value, needed};
    if (!needed) return "a value is empty";
    return str_is_utf8(*ret_value) ? NULL : "a value is not UTF-8";
}

static const char *read_parts(struct str text, struct rule *rule) {
    for (size_t at = 0;; at++) {
        size_t equals = at;
        while (equals < text.length && text.text[equals] != '=') equals++;
        if (equals == text.length) return "it must be NAME=VALUE, more of these with commas between them, or SHA256:…";
        if (rule->count == CERTIFICATE_PARTS_MAX) return "it has too many parts";
        struct certificate_part *part = &rule->parts[rule->count];
        if (!find_type(str_trim(str_slice(text, at, equals)), &part->type)) return "it names a part that is not known";
        at = equals + 1;
        const char *fault = read_value(text, &at, rule, &part->value);
        if (fault) return fault;
        rule->count++;
        if (at == text.length) return NULL;
    }
}

/* What is wrong with it; NULL where nothing is. */
static const char *read_rule(struct str text, struct rule *rule) {
    static const char prefix[] = "SHA256:";
    rule->is_fingerprint = false;
    rule->count = rule->used = 0;
    if (!text.length) return "it is empty";
    if (text.length > CERTIFICATE_RULE_MAX) return "it is too long";
    if (memchr(text.text, 0, text.length)) return "it holds a NUL";
    if (str_starts_name(text, prefix)) return read_fingerprint(str_slice(text, sizeof prefix - 1, text.length), rule);
    return read_parts(text, rule);
}

bool certificate_check_rule(struct str text, struct error *err) {
    struct rule rule;
    const char *fault = read_rule(text, &rule);
    return !fault || fail(err, ERROR_INVALID_VALUE, NOWHERE, "this means no certificate: %s", fault);
}

static size_t count_of(const struct certificate_part *parts, size_t count, const struct certificate_part *part) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (str_same(parts[i].type, part->type) && str_same(parts[i].value, part->value)) found++;
    return found;
}

bool certificate_fits(const struct certificate_identity *identity, struct str text) {
    struct rule rule;
    if (read_rule(text, &rule)) return false;
    if (rule.is_fingerprint)
        return secret_same((struct str){(const char *)rule.fingerprint, sizeof rule.fingerprint},
                           (struct str){(const char *)identity->fingerprint, sizeof identity->fingerprint});
    if (!identity->count || identity->count != rule.count) return false;
    for (size_t i = 0; i < rule.count; i++)
        if (count_of(rule.parts, rule.count, &rule.parts[i]) !=
            count_of(identity->parts, identity->count, &rule.parts[i]))
            return false;
    return true;
}
