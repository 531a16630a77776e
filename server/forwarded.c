#include "server/forwarded.h"

#include <string.h>

static bool is_port(struct str text) {
    int64_t port;
    return text.length && text.text[0] != '-' && str_to_int64(text, &port) && port <= 65535;
}

/* An address, with a port or without: 10.0.0.1, 10.0.0.1:80, ::1, [::1], [::1]:80. */
static bool read_hop(struct str text, struct address *ret_address) {
    if (address_read(text, ret_address)) return true;
    const char *colon = text.length ? memrchr(text.text, ':', text.length) : NULL;
    size_t end = text.length;
    if (colon && is_port(str_slice(text, (size_t)(colon - text.text) + 1, text.length)))
        end = (size_t)(colon - text.text);
    struct str host = str_slice(text, 0, end);
    if (host.length && host.text[0] != '[')
        return end < text.length && address_read(host, ret_address) && address_is_ipv4(ret_address);
    if (host.length < 2 || host.text[host.length - 1] != ']') return false;
    return address_read(str_slice(host, 1, host.length - 1), ret_address);
}

/* Cuts the last element off; what stands between quotes is not looked into, so a comma there makes it malformed. */
static struct str cut_last(struct str *list, char separator) {
    const char *at = list->length ? memrchr(list->text, separator, list->length) : NULL;
    size_t end = at ? (size_t)(at - list->text) : 0;
    struct str last = str_trim(str_slice(*list, at ? end + 1 : 0, list->length));
    *list = str_slice(*list, 0, end);
    return last;
}

/* for=… of one element of Forwarded: for="[2001:db8::1]:80";proto=http */
static bool read_for(struct str element, struct address *ret_address) {
    bool found = false;
    while (element.length) {
        struct str pair = cut_last(&element, ';');
        if (!str_starts_name(pair, "for=")) continue;
        struct str value = str_slice(pair, 4, pair.length);
        bool is_quoted = value.length >= 2 && value.text[0] == '"' && value.text[value.length - 1] == '"';
        if (is_quoted) value = str_slice(value, 1, value.length - 1);
        if (found || !read_hop(value, ret_address)) return false;
        found = true;
    }
    return found;
}

/* Goes from the peer to the left as long as who is there is trusted. */
static bool walk(const struct networks *trusted, const struct address *peer, struct str list,
                 bool (*read)(struct str element, struct address *ret_address), struct address *ret_client) {
    struct address client = *peer;
    while (list.length && networks_hold(trusted, &client))
        if (!read(cut_last(&list, ','), &client)) return false;
    *ret_client = client;
    return true;
}

bool forwarded_client(const struct networks *trusted, const struct address *peer, const struct forwarded *forwarded,
                      struct address *ret_client) {
    struct address one = *peer, other = *peer;
    *ret_client = *peer;
    if (!networks_hold(trusted, peer)) return true;
    bool has_one = forwarded->x_forwarded_for.length, has_other = forwarded->forwarded.length;
    if (has_one && !walk(trusted, peer, forwarded->x_forwarded_for, read_hop, &one)) return false;
    if (has_other && !walk(trusted, peer, forwarded->forwarded, read_for, &other)) return false;
    if (has_one && has_other && memcmp(&one, &other, sizeof one) != 0) return false;
    *ret_client = has_one ? one : other;
    return true;
}
