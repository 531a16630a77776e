/*
 * Levels: where somebody stands in root > namespace > database > scope > guest. A level is wider when its number is
 * larger.
 */
#ifndef AUTH_LEVEL_H
#define AUTH_LEVEL_H

enum level {
    LEVEL_GUEST, /* zero-initialised: nobody */
    LEVEL_SCOPE,
    LEVEL_DATABASE,
    LEVEL_NAMESPACE,
    LEVEL_ROOT,
    LEVEL_COUNT,
};

/* "guest", "scope" … */
const char *level_name(enum level level);

#endif
