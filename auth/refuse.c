#include "auth/refuse.h"

#define MESSAGE "the credentials are not right"

bool refuse(struct error *err, const char *why) {
    error_detail(err, "%s", why);
    return fail(err, ERROR_UNAUTHENTICATED, NOWHERE, MESSAGE);
}

bool refuse_because(struct error *err, const char *what, const struct error *cause) {
    error_detail(err, "%s: %s%s%s", what, cause->message, cause->detail[0] ? ": " : "", cause->detail);
    return fail(err, ERROR_UNAUTHENTICATED, NOWHERE, MESSAGE);
}

bool hand_on(struct error *err, const struct error *cause) {
    if (err && err->code == ERROR_NONE) *err = *cause;
    return false;
}

bool refuse_missing(struct error *err, const struct error *cause) {
    return cause->code == ERROR_NOT_FOUND ? refuse(err, cause->message) : hand_on(err, cause);
}
