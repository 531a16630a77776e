/*
 * Slices of the processors: no more than there are, a turn each, and the tenant that holds the fewest comes first.
 */
#include "base/clock.h"
#include "storage/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define HOT 1
#define COLD 2
#define MINUTE 60000000000

static bool go_on(struct slice *slice) {
    int64_t now = clock_steady();
    return slice_go_on(slice, now, now + MINUTE);
}

struct worker {
    struct slice slice;
    pthread_t thread;
    atomic_int order; /* of its first slice; 0: none yet */
};

static atomic_int begun;

static void *work(void *context) {
    struct worker *worker = context;
    if (go_on(&worker->slice)) worker->order = ++begun;
    slice_give_back(&worker->slice);
    return NULL;
}

static void test_a_slice_is_kept_while_nobody_waits(void **state) {
    (void)state;
    struct slice slice = {.tenant = HOT};
    assert_true(go_on(&slice) && slice.is_held);
    for (int i = 0; i < 3; i++) assert_true(slice_go_on(&slice, slice.until + 1, 0) && slice.is_held);
    slice_give_back(&slice);
    slice_give_back(&slice);
    assert_false(slice.is_held);
}

static void test_a_deadline_ends_the_wait(void **state) {
    (void)state;
    struct slice held = {.tenant = HOT}, other = {.tenant = COLD};
    assert_true(go_on(&held));
    int64_t now = clock_steady();
    assert_false(slice_go_on(&other, now, now + 1000000));
    assert_false(other.is_held);
    slice_give_back(&held);
    assert_true(go_on(&other));
    slice_give_back(&other);
}

/* Of those who wait the cold tenant's is next, though it came last: the hot one holds the slice that is used up. */
static void test_a_used_up_slice_goes_to_who_has_fewest(void **state) {
    (void)state;
    slice_set_count(2);
    struct slice hot = {.tenant = HOT}, second = {.tenant = HOT};
    struct worker workers[] = {{.slice.tenant = HOT}, {.slice.tenant = HOT}, {.slice.tenant = COLD}};
    assert_true(go_on(&hot) && go_on(&second));
    begun = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        while (slice_waiting() <= i) usleep(100);
    }
    slice_give_back(&second);
    for (int i = 0; i < 3; i++) pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[2].order, 1);
    assert_int_equal(workers[0].order, 2);
    assert_int_equal(workers[1].order, 3);
    slice_give_back(&hot);
    slice_set_count(1);
}

/* Who goes on when its slice is used up comes behind who waits. */
static void test_it_gives_way(void **state) {
    (void)state;
    struct slice hot = {.tenant = HOT};
    struct worker worker = {.slice.tenant = HOT};
    assert_true(go_on(&hot));
    begun = 0;
    assert_int_equal(pthread_create(&worker.thread, NULL, work, &worker), 0);
    while (!slice_waiting()) usleep(100);
    assert_int_equal(worker.order, 0);
    assert_true(slice_go_on(&hot, hot.until + 1, clock_steady() + MINUTE));
    assert_int_equal(worker.order, 1);
    pthread_join(worker.thread, NULL);
    slice_give_back(&hot);
}

int main(void) {
    slice_set_count(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slice_is_kept_while_nobody_waits),
        cmocka_unit_test(test_a_deadline_ends_the_wait),
        cmocka_unit_test(test_a_used_up_slice_goes_to_who_has_fewest),
        cmocka_unit_test(test_it_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
