#include "base/network.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool address_read(struct str text, struct address *ret_address) {
    char copy[ADDRESS_TEXT_SIZE];
    struct address address;
    if (!text.length || text.length >= sizeof copy || memchr(text.text, 0, text.length)) return false;
    memcpy(copy, text.text, text.length);
    copy[text.length] = 0;
    memcpy(address.bytes, mapped, sizeof mapped);
    if (inet_pton(AF_INET, copy, address.bytes + sizeof mapped) != 1 && inet_pton(AF_INET6, copy, address.bytes) != 1)
        return false;
    *ret_address = address;
    return true;
}

bool address_is_ipv4(const struct address *address) {
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

void address_write(const struct address *address, char ret_text[ADDRESS_TEXT_SIZE]) {
    bool is_ipv4 = address_is_ipv4(address);
    const void *bytes = is_ipv4 ? address->bytes + sizeof mapped : address->bytes;
    if (!inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes, ret_text, ADDRESS_TEXT_SIZE)) ret_text[0] = 0;
}

static bool has_bit(const struct address *address, unsigned bit) {
    return address->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static bool read_network(struct str text, struct network *ret_network) {
    const char *slash = text.length ? memchr(text.text, '/', text.length) : NULL;
    size_t length = slash ? (size_t)(slash - text.text) : text.length;
    struct network network = {.prefix = 128};
    int64_t prefix;
    if (!address_read(str_slice(text, 0, length), &network.address)) return false;
    if (slash) {
        /* a prefix is of the family in which the address was written */
        bool is_ipv4 = !memchr(text.text, ':', length);
        if (!str_to_int64(str_slice(text, length + 1, text.length), &prefix)) return false;
        if (prefix < 0 || prefix > (is_ipv4 ? 32 : 128)) return false;
        network.prefix = (unsigned)prefix + (is_ipv4 ? 96 : 0);
    }
    for (unsigned bit = network.prefix; bit < 128; bit++)
        if (has_bit(&network.address, bit)) return false;
    *ret_network = network;
    return true;
}

bool networks_read(struct arena *arena, struct str text, struct networks *ret_networks, struct error *err) {
    struct network *items = NULL;
    size_t count = 0;
    struct str rest = str_trim(text), word;
    if (!rest.length) rest = (struct str){0};
    while (str_next_item(&rest, &word)) {
        if (count && !word.length && !rest.text)
            return fail(err, ERROR_INVALID_VALUE, NOWHERE, "a network is missing behind the last comma");
        items = arena_grow(arena, items, count, sizeof *items);
        if (!items) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "there are too many networks");
        if (!read_network(word, &items[count++]))
            return fail(err, ERROR_INVALID_VALUE, NOWHERE, "this is no network such as 10.0.0.0/8: %.*s", STR(word));
    }
    *ret_networks = (struct networks){items, count};
    return true;
}

static bool holds(const struct network *network, const struct address *address) {
    for (unsigned bit = 0; bit < network->prefix; bit++)
        if (has_bit(&network->address, bit) != has_bit(address, bit)) return false;
    return true;
}

bool networks_hold(const struct networks *networks, const struct address *address) {
    for (size_t i = 0; i < networks->count; i++)
        if (holds(&networks->items[i], address)) return true;
    return false;
}
