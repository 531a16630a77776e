/*
 * Connections that rest: given up in the order in which they came to rest, once each, and never one that works.
 */
#include "server/resting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#define COUNT 4

struct world {
    struct resting resting;
    struct rest rests[COUNT];
    int ours[COUNT];
    int theirs[COUNT];
};

static int set_up(void **state) {
    static struct world world;
    resting_init(&world.resting);
    for (int i = 0; i < COUNT; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return -1;
        world.ours[i] = pair[0];
        world.theirs[i] = pair[1];
        resting_begin(&world.resting, &world.rests[i], pair[0]);
    }
    *state = &world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    for (int i = 0; i < COUNT; i++) {
        close(world->ours[i]);
        close(world->theirs[i]);
    }
    resting_done(&world->resting);
    return 0;
}

/* What a connection's thread finds on its socket: bytes, 0 at its end, -1 where it would wait. */
static ssize_t look(const struct world *world, int number) {
    char byte;
    return recv(world->ours[number], &byte, 1, MSG_DONTWAIT);
}

static void test_longest_first(void **state) {
    struct world *world = *state;
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(resting_count(&world->resting), COUNT - i);
        assert_int_equal(look(world, i), -1);
        assert_true(resting_give_up(&world->resting));
        assert_int_equal(look(world, i), 0);
    }
    assert_false(resting_give_up(&world->resting));
    for (int i = 0; i < COUNT; i++) assert_false(resting_end(&world->resting, &world->rests[i]));
    assert_int_equal(resting_count(&world->resting), 0);
}

static void test_who_works_again_is_left_alone(void **state) {
    struct world *world = *state;
    const int order[] = {1, 0, 3}; /* from the middle, the front and the end */
    for (int i = 0; i < 3; i++) assert_true(resting_end(&world->resting, &world->rests[order[i]]));
    assert_int_equal(resting_count(&world->resting), 1);
    assert_true(resting_give_up(&world->resting));
    assert_false(resting_give_up(&world->resting));
    for (int i = 0; i < COUNT; i++) assert_int_equal(look(world, i), i == 2 ? 0 : -1);
}

static void test_who_rests_again_comes_last(void **state) {
    struct world *world = *state;
    assert_true(resting_end(&world->resting, &world->rests[0]));
    resting_begin(&world->resting, &world->rests[0], world->ours[0]);
    for (int i = 1; i < COUNT; i++) {
        assert_true(resting_give_up(&world->resting));
        assert_int_equal(look(world, i), 0);
        assert_int_equal(look(world, 0), -1);
    }
    assert_true(resting_give_up(&world->resting));
    assert_int_equal(look(world, 0), 0);
}

/* A request that was sent before its connection was given up is read, and its answer can be sent. */
static void test_what_had_come_is_read(void **state) {
    struct world *world = *state;
    assert_int_equal(send(world->theirs[0], "x", 1, 0), 1);
    assert_true(resting_give_up(&world->resting));
    assert_false(resting_end(&world->resting, &world->rests[0]));
    assert_int_equal(look(world, 0), 1);
    assert_int_equal(look(world, 0), 0);
    assert_int_equal(send(world->ours[0], "y", 1, MSG_NOSIGNAL), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_longest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_works_again_is_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_rests_again_comes_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_had_come_is_read, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
