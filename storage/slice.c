#include "storage/slice.h"

#include "base/clock.h"
#include "base/gate.h"

#include <pthread.h>

#define LENGTH 10000000 /* ns */
#define TENANTS 256     /* that are told apart; those beyond share */

static struct gate gate;
static int64_t taken_by[TENANTS];
static bool has_gate; /* where there is none, nobody has to wait */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_gate(void) {
    int64_t places = gate_processors();
    has_gate = gate_init(&gate, places, NULL);
    gate_tell_apart(&gate, places, taken_by, TENANTS);
}

void slice_set_count(int count) {
    pthread_once(&once, make_gate);
    gate.places = gate.share = count;
}

int slice_waiting(void) {
    return (int)gate_waiting(&gate);
}

bool slice_go_on(struct slice *slice, int64_t now, int64_t deadline) {
    if (slice->is_held && now < slice->until) return true;
    pthread_once(&once, make_gate);
    if (!has_gate) return true;
    slice->is_held =
        slice->is_held ? gate_give_way(&gate, slice->tenant, deadline) : gate_enter(&gate, slice->tenant, deadline);
    slice->until = clock_steady() + LENGTH;
    return slice->is_held;
}

void slice_give_back(struct slice *slice) {
    if (!slice->is_held) return;
    slice->is_held = false;
    gate_leave(&gate, slice->tenant);
}
