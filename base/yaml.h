/*
 * YAML: reading what an operator has written, on libyaml, into a tree with positions.
 *
 * Stricter than YAML: one document of UTF-8 with LF or CR LF; keys are scalars, and none is there twice; no anchors,
 * aliases or tags, so that a text is as large as it looks; nesting and size are bounded. All scalars are texts: what
 * `yes` or `1e3` means is the reader's question and not YAML's.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define YAML_SIZE_MAX ((size_t)1 << 20) /* bytes of a text */
#define YAML_DEPTH_MAX 16
#define YAML_MEMBERS_MAX 10000 /* of one mapping: each key is compared with all before it */

enum yaml_kind {
    YAML_SCALAR,
    YAML_SEQUENCE,
    YAML_MAPPING,
};

/* A node of a document; everything in it lives in the arena it was parsed into. */
struct yaml {
    enum yaml_kind kind;
    struct str name;          /* of a member of a mapping: its key */
    struct str text;          /* YAML_SCALAR; ends in a NUL byte that is not counted */
    bool quoted;              /* YAML_SCALAR: in quotes or a block, so that it is meant as a text */
    uint32_t at;              /* byte offset in the text: of the key of a member, of the node itself otherwise */
    uint32_t line;            /* the same as a line, from 1 */
    const struct yaml *first; /* YAML_SEQUENCE, YAML_MAPPING: the first element or member */
    const struct yaml *next;  /* the next one beside this */
};

/* Parses one document; an empty one is a mapping without members. Fails with ERROR_INVALID_VALUE where it is not well
 * formed, or ERROR_LIMIT_EXCEEDED past a bound; err->at is the place (str_position makes line and column of it). */
const struct yaml *yaml_parse(struct arena *arena, struct str text, struct error *err) MUST_CHECK;

/* The member of a mapping, byte for byte; NULL where there is none or `mapping` is no mapping. */
const struct yaml *yaml_member(const struct yaml *mapping, const char *name);

/* Reads `true` or `false`, without quotes; false where the node is anything else. */
bool yaml_to_bool(const struct yaml *node, bool *ret_value) MUST_CHECK;

/* Whether nothing was written where a value was expected, or `null` or `~`. */
bool yaml_is_null(const struct yaml *node);

#endif
