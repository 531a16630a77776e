#include "base/arena.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_arena_memory_is_zeroed_and_aligned(void **state) {
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    assert_non_null(arena);
    for (int round = 0; round < 2; round++) {
        for (size_t size = 0; size < 300; size++) {
            char *memory = arena_alloc(arena, size);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++) assert_int_equal(memory[i], 0);
            memset(memory, 0xAA, size);
        }
        arena_reset(arena);
        assert_int_equal(arena_used(arena), 0);
    }
    arena_free(arena);
    arena_free(NULL);
}

static void test_arena_limit(void **state) {
    (void)state;
    struct arena *arena = arena_new(100000);
    assert_non_null(arena);
    assert_non_null(arena_alloc(arena, 100000));
    assert_false(arena_exhausted(arena));
    assert_null(arena_alloc(arena, 1));
    assert_true(arena_exhausted(arena));
    arena_reset(arena);
    assert_false(arena_exhausted(arena));
    assert_null(arena_alloc(arena, 100001));
    arena_reset(arena);
    assert_null(arena_alloc(arena, SIZE_MAX));
    assert_null(arena_array(arena, SIZE_MAX / 2, 3));
    assert_null(arena_copy(arena, (struct str){"", SIZE_MAX}).text);
    assert_true(arena_exhausted(arena));
    arena_free(arena);
}

static void test_arena_strings(void **state) {
    (void)state;
    struct arena *arena = arena_new(10000);
    assert_non_null(arena);
    struct str copy = arena_copy(arena, LITERAL("a\0b"));
    assert_int_equal(copy.length, 3);
    assert_memory_equal(copy.text, "a\0b", 4);
    assert_string_equal(arena_copy(arena, (struct str){NULL, 0}).text, "");
    struct str text = arena_format(arena, "%d-%s", 5, "x");
    assert_string_equal(text.text, "5-x");
    assert_int_equal(text.length, 3);
    assert_null(arena_format(arena, "%20000d", 1).text);
    arena_free(arena);
}

static void test_buf_grows(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 0);
    for (int i = 0; i < 1000; i++) buf_add_text(&buf, "0123456789");
    assert_int_equal(buf_str(&buf).length, 10000);
    assert_false(buf.failed);
    buf_clear(&buf);
    buf_add_char(&buf, 'x');
    buf_add_str(&buf, (struct str){NULL, 0});
    buf_add_int64(&buf, INT64_MIN);
    buf_add_int64(&buf, INT64_MAX);
    buf_add_int64(&buf, 0);
    buf_format(&buf, "|%s|", "y");
    assert_true(str_is(buf_str(&buf), "x-922337203685477580892233720368547758070|y|"));
    buf_clear(&buf);
    buf_format(&buf, "%1000d", 7);
    assert_int_equal(buf_str(&buf).length, 1000);
    buf_done(&buf);
    buf_add_char(&buf, 'z');
    assert_true(str_is(buf_str(&buf), "z"));
    buf_done(&buf);
}

static void test_buf_limit(void **state) {
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_add_text(&buf, "0123456789");
    assert_false(buf.failed);
    buf_add_char(&buf, 'x');
    assert_true(buf.failed);
    assert_true(str_is(buf_str(&buf), "0123456789"));
    buf_clear(&buf);
    assert_false(buf.failed);
    buf_add_text(&buf, "01234567890");
    buf_add_text(&buf, "x"); /* ignored: what came before it is missing */
    assert_true(buf.failed);
    assert_int_equal(buf_str(&buf).length, 0);
    buf_done(&buf);
    assert_int_equal(buf.limit, 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_arena_limit),
        cmocka_unit_test(test_arena_strings),
        cmocka_unit_test(test_buf_grows),
        cmocka_unit_test(test_buf_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
