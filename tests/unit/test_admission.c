/*
 * Admission: no more requests than there are places, and no namespace more than its share.
 */
#include "base/clock.h"
#include "base/secret.h"
#include "server/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <unistd.h>

#define S(text) LITERAL(text)
#define PATIENCE 60000 /* ms; no test waits for it */

static struct admission admission;

static void open_with(int64_t places, int64_t patience_ms) {
    struct error err = {0};
    assert_true(admission_init(&admission, places, patience_ms, &err));
}

static struct admitted enter(struct str ns) {
    struct error err = {0};
    struct admitted admitted = {0};
    assert_true(admission_enter(&admission, ns, &admitted, &err));
    assert_true(admitted.has_place);
    return admitted;
}

static void refuse(struct str ns) {
    struct error err = {0};
    struct admitted admitted = {0};
    assert_false(admission_enter(&admission, ns, &admitted, &err));
    assert_int_equal(err.code, ERROR_OVERLOADED);
    assert_false(admitted.has_place);
}

static void test_a_namespace_has_a_share(void **state) {
    (void)state;
    open_with(4, 0);
    struct admitted hot[3];
    for (int i = 0; i < 3; i++) hot[i] = enter(S("hot"));
    refuse(S("hot"));
    refuse(S("HOT"));
    struct admitted cold = enter(S("cold"));
    refuse(S("cold"));
    refuse(S("third"));
    admission_leave(&admission, &hot[0]);
    admission_leave(&admission, &hot[0]); /* it has none any more */
    struct admitted third = enter(S("third"));
    refuse(S("hot"));
    admission_leave(&admission, &third);
    admission_leave(&admission, &cold);
    admission_leave(&admission, &hot[1]);
    admission_leave(&admission, &hot[2]);
    assert_int_equal(admission.gate.taken, 0);
    admission_done(&admission);
}

static void test_one_place_is_a_share(void **state) {
    (void)state;
    open_with(1, 0);
    struct admitted only = enter(S("a"));
    refuse(S("a"));
    admission_leave(&admission, &only);
    only = enter(S("b"));
    admission_leave(&admission, &only);
    admission_done(&admission);
}

static void test_few_places_leave_room_too(void **state) {
    (void)state;
    for (int64_t places = 2; places <= 9; places++) {
        open_with(places, 0);
        struct admitted hot[8];
        int64_t most = places * 3 / 4;
        for (int64_t i = 0; i < most; i++) hot[i] = enter(S("hot"));
        refuse(S("hot"));
        struct admitted cold = enter(S("cold"));
        admission_leave(&admission, &cold);
        for (int64_t i = 0; i < most; i++) admission_leave(&admission, &hot[i]);
        admission_done(&admission);
    }
}

/* --- who waits --- */

struct waiter {
    const char *ns;
    pthread_t thread;
    atomic_int order; /* of being admitted; 0: not yet */
    struct admitted admitted;
};

static atomic_int admitted_count;

static void *wait_thread(void *context) {
    struct waiter *waiter = context;
    waiter->admitted = enter(str_of(waiter->ns));
    waiter->order = ++admitted_count;
    return NULL;
}

static void test_a_free_place_goes_to_who_has_fewest(void **state) {
    (void)state;
    open_with(4, PATIENCE);
    admitted_count = 0;
    struct admitted held[4] = {enter(S("hot")), enter(S("hot")), enter(S("hot")), enter(S("warm"))};
    struct waiter waiters[] = {{.ns = "hot"}, {.ns = "hot"}, {.ns = "warm"}, {.ns = "cold"}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_thread, &waiters[i]), 0);
        while (gate_waiting(&admission.gate) <= i) usleep(100);
    }
    /* cold has none, hot two; then hot and warm have one each, and hot has waited longer */
    static const int expected[] = {3, 0, 1, 2};
    for (int i = 0; i < 4; i++) {
        admission_leave(&admission, &held[i]);
        pthread_join(waiters[expected[i]].thread, NULL);
        assert_int_equal(waiters[expected[i]].order, i + 1);
    }
    for (int i = 0; i < 4; i++) admission_leave(&admission, &waiters[i].admitted);
    assert_int_equal(admission.gate.taken, 0);
    admission_done(&admission);
}

int main(void) {
    struct error err = {0};
    if (!secret_init(&err)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_namespace_has_a_share),
        cmocka_unit_test(test_one_place_is_a_share),
        cmocka_unit_test(test_few_places_leave_room_too),
        cmocka_unit_test(test_a_free_place_goes_to_who_has_fewest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
