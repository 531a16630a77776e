#include "base/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void assert_address(const char *text, const char *canonical) {
    struct address address;
    char written[ADDRESS_TEXT_SIZE];
    if (!address_read(str_of(text), &address)) fail_msg("%s is no address", text);
    address_write(&address, written);
    assert_string_equal(written, canonical);
}

static void test_addresses(void **state) {
    (void)state;
    assert_address("127.0.0.1", "127.0.0.1");
    assert_address("::ffff:10.1.2.3", "10.1.2.3");
    assert_address("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
    assert_address("::", "::");
}

static void test_no_addresses(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.4:80",
        "[::1]",
        "::1%lo",
        "unknown",
        "0x7f.0.0.1",
        "127.1",
        "_hidden",
        "1.2.3.4,5.6.7.8",
        ":::",
        "2001:db8::g",
        "1:2:3:4:5:6:7:8:9",
        "\"1.2.3.4\"",
        "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111",
    };
    struct address address;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (address_read(str_of(texts[i]), &address)) fail_msg("%s is taken for an address", texts[i]);
    assert_false(address_read((struct str){"1.2.3.4\0x", 9}, &address));
}

static bool read_networks(const char *text, struct networks *ret_networks, struct error *err) {
    static struct arena *arena;
    arena_free(arena);
    arena = arena_new(1 << 16);
    return networks_read(arena, str_of(text), ret_networks, err);
}

static bool holds(const char *networks_text, const char *address_text) {
    struct networks networks;
    struct address address;
    struct error err = {0};
    if (!read_networks(networks_text, &networks, &err)) fail_msg("%s: %s", networks_text, err.message);
    assert_true(address_read(str_of(address_text), &address));
    return networks_hold(&networks, &address);
}

static void test_networks(void **state) {
    (void)state;
    assert_true(holds("10.0.0.0/8", "10.255.0.1"));
    assert_false(holds("10.0.0.0/8", "11.0.0.0"));
    assert_true(holds("10.0.0.0/8", "::ffff:10.0.0.1"));
    assert_true(holds("192.168.1.7", "192.168.1.7"));
    assert_false(holds("192.168.1.7", "192.168.1.6"));
    assert_true(holds("192.168.1.6/31", "192.168.1.7"));
    assert_true(holds("0.0.0.0/0", "8.8.8.8"));
    assert_false(holds("0.0.0.0/0", "2001:db8::1"));
    assert_true(holds("::/0", "8.8.8.8"));
    assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(holds(" ::1 , 10.0.0.0/8 ", "::1"));
    assert_false(holds("", "127.0.0.1"));
    assert_false(holds("::1", "127.0.0.1"));
}

static void test_no_networks(void **state) {
    (void)state;
    static const char *const texts[] = {
        "10.0.0.0/33", "10.0.0.1/8",      "::1/64",    "10.0.0.0/-1",    "10.0.0.0/", "/8",  ",",
        "10.0.0.0/8,", "10.0.0.0/8,,::1", "localhost", "10.0.0.0/8 ::1", "::/129",    "10/8"};
    struct networks networks;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct error err = {0};
        if (read_networks(texts[i], &networks, &err)) fail_msg("%s is taken for networks", texts[i]);
        assert_int_equal(err.code, ERROR_INVALID_VALUE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_no_addresses),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_no_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
