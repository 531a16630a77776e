#include "server/admission.h"

#include "base/clock.h"
#include "base/siphash.h"

#include <ctype.h>

#define NAME_MAX_LENGTH 64 /* longer ones name nothing */

bool admission_init(struct admission *admission, int64_t places, int64_t patience_ms, struct error *err) {
    *admission = (struct admission){.patience = patience_ms * 1000000};
    if (!gate_init(&admission->gate, places, err)) return false;
    gate_tell_apart(&admission->gate, places > 1 ? places - (places + 3) / 4 : 1, admission->taken_by,
                    ADMISSION_BUCKETS);
    return true;
}

void admission_done(struct admission *admission) {
    gate_done(&admission->gate);
}

static unsigned bucket_of(struct str ns) {
    char folded[NAME_MAX_LENGTH];
    size_t length = ns.length < sizeof folded ? ns.length : sizeof folded;
    for (size_t i = 0; i < length; i++) folded[i] = (char)tolower((unsigned char)ns.text[i]);
    return (unsigned)(siphash((struct str){folded, length}) % ADMISSION_BUCKETS);
}

bool admission_enter(struct admission *admission, struct str ns, struct admitted *ret_admitted, struct error *err) {
    unsigned bucket = bucket_of(ns);
    if (!gate_enter(&admission->gate, bucket, clock_steady() + admission->patience))
        return fail(err, ERROR_OVERLOADED, NOWHERE, "too many requests are running");
    *ret_admitted = (struct admitted){.has_place = true, .bucket = bucket};
    return true;
}

void admission_leave(struct admission *admission, struct admitted *admitted) {
    if (!admitted->has_place) return;
    admitted->has_place = false;
    gate_leave(&admission->gate, admitted->bucket);
}
