#include "tests/lib/forge.h"

#include "base/buf.h"
#include "base/json.h"

struct str forge_base64url(struct arena *arena, struct str bytes) {
    struct buf buf;
    buf_init(&buf, 0);
    base64_write(&buf, bytes);
    while (buf.length && buf.data[buf.length - 1] == '=') buf.length--;
    for (size_t i = 0; i < buf.length; i++) {
        if (buf.data[i] == '+') buf.data[i] = '-';
        if (buf.data[i] == '/') buf.data[i] = '_';
    }
    struct str text = arena_copy(arena, buf_str(&buf));
    buf_done(&buf);
    return text;
}

struct str forge_token(struct arena *arena, mbedtls_md_type_t hash, struct str key, struct str header,
                       struct str claims) {
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(hash);
    struct str head = forge_base64url(arena, header), body = forge_base64url(arena, claims);
    struct str text = arena_format(arena, "%.*s.%.*s", STR(head), STR(body));
    unsigned char mac[MBEDTLS_MD_MAX_SIZE];
    if (!text.text || mbedtls_md_hmac(info, (const unsigned char *)key.text, key.length,
                                      (const unsigned char *)text.text, text.length, mac) != 0)
        return (struct str){0};
    struct str signature = forge_base64url(arena, (struct str){(const char *)mac, mbedtls_md_get_size(info)});
    return signature.text ? arena_format(arena, "%.*s.%.*s", STR(text), STR(signature)) : (struct str){0};
}
