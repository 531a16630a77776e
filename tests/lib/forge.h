/*
 * Tokens made by other means than the product's: of any two texts, rightly signed.
 */
#ifndef TESTS_LIB_FORGE_H
#define TESTS_LIB_FORGE_H

#include "base/arena.h"
#include "base/str.h"

#include <mbedtls/md.h>

/* Base64url without padding; .text is NULL where memory is short. */
struct str forge_base64url(struct arena *arena, struct str bytes);

/* header.claims.signature, an HMAC with this hash; .text is NULL where it cannot be made. */
struct str forge_token(struct arena *arena, mbedtls_md_type_t hash, struct str key, struct str header,
                       struct str claims);

#endif
