/*
 * Media types, preferences and other headers that are lists of words with parameters.
 */
#ifndef SERVER_MEDIA_H
#define SERVER_MEDIA_H

#include "base/error.h"
#include "base/str.h"

enum media {
    MEDIA_NONE, /* no Content-Type */
    MEDIA_JSON,
    MEDIA_TEXT, /* text/plain */
    MEDIA_SQL,
    MEDIA_FORM,      /* application/x-www-form-urlencoded */
    MEDIA_MULTIPART, /* multipart/form-data */
};

/* What a Content-Type says; *ret_boundary of multipart/form-data. ERROR_MEDIA_TYPE for anything else, also for a
 * charset other than UTF-8; ERROR_MALFORMED for what is no media type. */
bool media_read(struct str header, enum media *ret_media, struct str *ret_boundary, struct error *err) MUST_CHECK;

/* Whether an Accept header names text/plain, and before any JSON. */
bool media_accepts_text(struct str header);

/* Whether a list such as Prefer holds `name=value`. */
bool media_prefers(struct str header, const char *name, const char *value);

#endif
