/*
 * The client's address behind proxies.
 */
#include "server/forwarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define UNCERTAIN "uncertain"

/* Trusted are 10.0.0.0/8 and fd00::/8. */
static const struct {
    const char *peer, *x_forwarded_for, *forwarded, *client;
} cases[] = {
    /* nobody else is believed */
    {"192.0.2.1", "", "", "192.0.2.1"},
    {"192.0.2.1", "1.2.3.4", "for=1.2.3.4", "192.0.2.1"},
    {"192.0.2.1", "garbage", "", "192.0.2.1"},
    /* the rightmost that is not trusted */
    {"10.0.0.1", "", "", "10.0.0.1"},
    {"10.0.0.1", "1.2.3.4", "", "1.2.3.4"},
    {"10.0.0.1", "127.0.0.1, 1.2.3.4", "", "1.2.3.4"},
    {"10.0.0.1", "10.9.9.9, 1.2.3.4, 10.0.0.2", "", "1.2.3.4"},
    {"10.0.0.1", "1.2.3.4,10.0.0.3 ,\t10.0.0.2", "", "1.2.3.4"},
    {"10.0.0.1", "10.0.0.3, 10.0.0.2", "", "10.0.0.3"},
    {"::ffff:10.0.0.1", "1.2.3.4", "", "1.2.3.4"},
    {"fd00::1", "2001:db8::7, fd00::2", "", "2001:db8::7"},
    /* what stands to its left is not looked at */
    {"10.0.0.1", "<script>, 1.2.3.4", "", "1.2.3.4"},
    {"10.0.0.1", ",,, 1.2.3.4", "", "1.2.3.4"},
    /* ports */
    {"10.0.0.1", "1.2.3.4:5678", "", "1.2.3.4"},
    {"10.0.0.1", "[2001:db8::7]:80", "", "2001:db8::7"},
    {"10.0.0.1", "[2001:db8::7]", "", "2001:db8::7"},
    {"10.0.0.1", "2001:db8::7", "", "2001:db8::7"},
    {"10.0.0.1", "1.2.3.4:99999", "", UNCERTAIN},
    {"10.0.0.1", "1.2.3.4:-1", "", UNCERTAIN},
    {"10.0.0.1", "1.2.3.4:", "", UNCERTAIN},
    {"10.0.0.1", "[1.2.3.4", "", UNCERTAIN},
    /* malformed where an address is needed */
    {"10.0.0.1", "garbage", "", UNCERTAIN},
    {"10.0.0.1", "1.2.3.4, garbage", "", UNCERTAIN},
    {"10.0.0.1", "1.2.3.4,", "", UNCERTAIN},
    {"10.0.0.1", "unknown", "", UNCERTAIN},
    {"10.0.0.1", "1.2.3.4 10.0.0.2", "", UNCERTAIN},
    {"10.0.0.1", "\"1.2.3.4\"", "", UNCERTAIN},
    /* Forwarded */
    {"10.0.0.1", "", "for=1.2.3.4", "1.2.3.4"},
    {"10.0.0.1", "", "For=1.2.3.4;proto=https;by=10.0.0.1", "1.2.3.4"},
    {"10.0.0.1", "", "proto=https; for=\"[2001:db8::7]:4711\"", "2001:db8::7"},
    {"10.0.0.1", "", "for=9.9.9.9, for=1.2.3.4, for=10.0.0.2;by=10.0.0.1", "1.2.3.4"},
    {"10.0.0.1", "", "for=_hidden", UNCERTAIN},
    {"10.0.0.1", "", "for=unknown", UNCERTAIN},
    {"10.0.0.1", "", "proto=https", UNCERTAIN},
    {"10.0.0.1", "", "for=1.2.3.4;for=5.6.7.8", UNCERTAIN},
    {"10.0.0.1", "", "for=1.2.3.4, for=\"10.0.0.2,for=5.6.7.8\"", UNCERTAIN},
    /* a client that adds the header that its proxy does not write */
    {"10.0.0.1", "1.2.3.4", "for=1.2.3.4", "1.2.3.4"},
    {"10.0.0.1", "1.2.3.4", "for=5.6.7.8", UNCERTAIN},
    {"10.0.0.1", "1.2.3.4", "nonsense", UNCERTAIN},
};

static struct arena *arena;

static void the_client_s_address(void **state) {
    (void)state;
    struct networks trusted;
    assert_true(networks_read(arena, LITERAL("10.0.0.0/8, fd00::/8"), &trusted, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct forwarded forwarded = {str_of(cases[i].x_forwarded_for), str_of(cases[i].forwarded)};
        bool is_uncertain = strcmp(cases[i].client, UNCERTAIN) == 0;
        struct address peer, client, wanted;
        assert_true(address_read(str_of(cases[i].peer), &peer));
        assert_true(address_read(str_of(is_uncertain ? cases[i].peer : cases[i].client), &wanted));
        bool is_certain = forwarded_client(&trusted, &peer, &forwarded, &client);
        if (is_certain == is_uncertain || memcmp(&client, &wanted, sizeof client) != 0) {
            char text[ADDRESS_TEXT_SIZE];
            address_write(&client, text);
            fail_msg("%s | %s | %s: %s, %s", cases[i].peer, cases[i].x_forwarded_for, cases[i].forwarded, text,
                     is_certain ? "certain" : "uncertain");
        }
    }
}

static void without_trusted_proxies_the_peer(void **state) {
    (void)state;
    const struct networks nobody = {0};
    const struct forwarded forwarded = {LITERAL("1.2.3.4"), LITERAL("for=1.2.3.4")};
    struct address peer, client;
    assert_true(address_read(LITERAL("10.0.0.1"), &peer));
    assert_true(forwarded_client(&nobody, &peer, &forwarded, &client));
    assert_memory_equal(&peer, &client, sizeof peer);
}

static int set_up(void **state) {
    (void)state;
    arena = arena_new(1 << 16);
    return arena ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_s_address),
        cmocka_unit_test(without_trusted_proxies_the_peer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
