/*
 * The strict half of reading JSON: whether a text is a document by the grammar of RFC 8259 and within our bounds.
 * cJSON, which builds the tree, forgives too much: `01`, `1.`, raw control characters, white space of its own; and
 * it cuts strings at U+0000 and numbers at 63 characters.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/error.h"
#include "base/str.h"

/* Fails as json_parse does, but for members of one name. Into ret_safe, which holds a copy of text, it writes a
 * short number in place of each number, so that cJSON reads any. */
bool json_scan(struct str text, char *ret_safe, struct error *err) MUST_CHECK;

#endif
