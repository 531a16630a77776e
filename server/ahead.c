#include "server/ahead.h"

#include <string.h>

static _Thread_local struct {
    uint64_t given;    /* to CivetWeb, of this connection */
    uint64_t answered; /* of that */
    bool is_uncounted; /* nobody knows `answered` any more */
    size_t from;       /* what is not used yet: bytes[from] to bytes[to] */
    size_t to;
    char bytes[AHEAD_SIZE];
} self;

void ahead_connection_opened(void) {
    self.given = self.answered = 0;
    self.is_uncounted = false;
    self.from = self.to = 0;
}

void ahead_count_given(size_t length) {
    self.given += length;
}

void ahead_count_answered(size_t length) {
    self.answered += length;
}

void ahead_lose_count(void) {
    self.is_uncounted = true;
}

bool ahead_is_between_requests(void) {
    return !self.is_uncounted && self.given == self.answered;
}

bool ahead_is_empty(void) {
    return self.from == self.to;
}

size_t ahead_give(void *bytes, size_t size) {
    size_t length = self.to - self.from;
    if (length > size) length = size;
    memcpy(bytes, self.bytes + self.from, length);
    ahead_use(length);
    self.given += length;
    return length;
}

char *ahead_bytes(size_t *ret_length) {
    *ret_length = self.to - self.from;
    return self.bytes + self.from;
}

void ahead_use(size_t length) {
    self.from += length;
}

char *ahead_room(void) {
    self.from = self.to = 0;
    return self.bytes;
}

void ahead_fill(size_t length) {
    self.from = 0;
    self.to = length;
}
