/* Requests that are answered without CivetWeb: which are, and that http_strict.h has nothing to say of them. */
#include "server/plain.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOST "Host: a\r\n"

/* Each is whole; behind some stands what belongs to the next request. */
static const char *const plain[] = {
    "GET /version HTTP/1.1\r\n" HOST "\r\n",
    "GET /a_b-c/D9?x=%20&y=1.2~3+/ HTTP/1.1\r\n" HOST "\r\n",
    "GET / HTTP/1.1\r\n" HOST "X:\r\nY:   y  \r\nZ: \xc3\xa4\r\n\r\n",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "content-LENGTH: 0\r\n\r\n",
    "POST /sql HTTP/1.1\r\nAuthorization: Bearer abc.def-g_h\r\nContent-Length: 3\r\n" HOST "\r\na\r\nGET",
};

static const char *const others[] = {
    "",
    "GET",
    "HEAD /version HTTP/1.1\r\n" HOST "\r\n",
    "OPTIONS * HTTP/1.1\r\n" HOST "\r\n",
    "get /version HTTP/1.1\r\n" HOST "\r\n",
    "GET  /version HTTP/1.1\r\n" HOST "\r\n",
    "GET /version  HTTP/1.1\r\n" HOST "\r\n",
    "GET /version HTTP/1.1 \r\n" HOST "\r\n",
    "GET /version HTTP/1.0\r\n" HOST "\r\n",
    "GET /version HTTP/1.1\n" HOST "\r\n",
    "GET /version HTTP/1.1\r\n\r\n",
    "\r\nGET /version HTTP/1.1\r\n" HOST "\r\n",
    " GET /version HTTP/1.1\r\n" HOST "\r\n",
    "GET version HTTP/1.1\r\n" HOST "\r\n",
    "GET http://a/version HTTP/1.1\r\n" HOST "\r\n",
    "GET /a/../b HTTP/1.1\r\n" HOST "\r\n",
    "GET /%76ersion HTTP/1.1\r\n" HOST "\r\n",
    "GET /version?a?b HTTP/1.1\r\n" HOST "\r\n",
    "GET /version#a HTTP/1.1\r\n" HOST "\r\n",
    "GET /versi\xf6n HTTP/1.1\r\n" HOST "\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X : a\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X: a\rY: b\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X:\ta\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X: a\tb\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST ": a\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X\r\n\r\n",
    "GET /version HTTP/1.1\r\n" HOST "X: a\r\n\n",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 5 \r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 0000000005\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551621\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
    "POST /sql HTTP/1.1\r\n" HOST "transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /sql HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    "GET /version HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n\r\n",
};

/* A copy of exactly that size, so that a sanitizer sees who looks behind it. */
static char *copy_of(const char *bytes, size_t length) {
    char *copy = malloc(length + !length);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    return copy;
}

/* Cuts a copy, which the caller frees. What is not cut must stay as it was. */
static char *cut(const char *bytes, size_t length, struct plain_request *ret_request, bool *ret_is_plain) {
    char *copy = copy_of(bytes, length);
    *ret_is_plain = plain_cut(copy, length, ret_request);
    if (!*ret_is_plain) assert_memory_equal(copy, bytes, length);
    return copy;
}

static bool is_plain(const char *bytes, size_t length) {
    struct plain_request request;
    bool fine;
    free(cut(bytes, length, &request, &fine));
    return fine;
}

static void test_plain_requests(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!is_plain(plain[i], strlen(plain[i]))) fail_msg("not plain: %s", plain[i]);
}

static void test_other_requests_stay_as_they_were(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_plain(others[i], strlen(others[i]))) fail_msg("plain: %s", others[i]);
    static const char nul[] = "GET /version HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n";
    assert_false(is_plain(nul, sizeof nul - 1));
}

static void test_words(void **state) {
    (void)state;
    struct plain_request request;
    bool fine;
    char *bytes = cut(plain[5], strlen(plain[5]), &request, &fine);
    assert_true(fine);
    assert_string_equal(request.cut.method, "POST");
    assert_string_equal(request.cut.target, "/sql");
    assert_null(request.cut.query);
    assert_string_equal(request.cut.version, "1.1");
    assert_int_equal(request.cut.count, 3);
    assert_string_equal(request.lines[0].name, "Authorization");
    assert_string_equal(request.lines[0].value, "Bearer abc.def-g_h");
    assert_string_equal(request.lines[2].value, "a");
    assert_int_equal(request.body_length, 3);
    assert_memory_equal(request.body, "a\r\n", 3);
    assert_int_equal(request.length, strlen(plain[5]) - strlen("GET"));
    assert_int_equal(http_head_length(&request.cut), request.length - 3);
    free(bytes);
}

static void test_lines_at_most(void **state) {
    (void)state;
    for (int count = PLAIN_LINES_MAX - 1; count <= PLAIN_LINES_MAX + 1; count++) {
        struct buf bytes;
        buf_init(&bytes, 0);
        buf_add_text(&bytes, "GET /version HTTP/1.1\r\n");
        for (int i = 0; i < count; i++) buf_add_text(&bytes, HOST);
        buf_add_text(&bytes, "\r\n");
        assert_int_equal(is_plain(bytes.data, bytes.length), count <= PLAIN_LINES_MAX);
        buf_done(&bytes);
    }
}

static void test_no_part_is_whole(void **state) {
    (void)state;
    for (size_t i = 0; i < 5; i++)
        for (size_t length = 0; length < strlen(plain[i]); length++) assert_false(is_plain(plain[i], length));
}

/* xorshift64 (Marsaglia, 2003) */
static uint64_t next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Whatever is taken for plain passes all that CivetWeb's reading of a request has to pass, and means the same. */
static void test_strictness_has_nothing_to_say(void **state) {
    (void)state;
    static const char signs[] = "\r\n\r\n\t :/?%\0\x7f\x80Xx0,;";
    uint64_t random = 0x9e3779b97f4a7c15u;
    size_t taken = 0;
    for (int round = 0; round < 60000; round++) {
        const char *from = plain[next(&random) % (sizeof plain / sizeof *plain)];
        size_t length = strlen(from);
        char *changed = copy_of(from, length);
        for (uint64_t changes = 1 + next(&random) % 2; changes; changes--)
            changed[next(&random) % length] = signs[next(&random) % (sizeof signs - 1)];
        struct plain_request request;
        bool fine;
        char *bytes = cut(changed, length, &request, &fine);
        if (fine) {
            struct error err = {0}, strict_err = {0};
            struct http_frame frame = {0}, strict_frame = {0};
            struct http_cut strict = request.cut;
            strict.is_plain = false;
            bool is_read = http_read_frame(&request.cut, &frame, &err);
            if (http_read_frame(&strict, &strict_frame, &strict_err) != is_read)
                fail_msg("%s%s: %.*s", err.message, strict_err.message, (int)length, changed);
            if (is_read) {
                taken++;
                assert_int_equal(frame.length, request.body_length);
                assert_int_equal(strict_frame.length, frame.length);
                assert_false(frame.is_chunked || frame.wants_continue || frame.is_old);
            }
        }
        free(bytes);
        free(changed);
    }
    assert_true(taken > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_requests),
        cmocka_unit_test(test_other_requests_stay_as_they_were),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_lines_at_most),
        cmocka_unit_test(test_no_part_is_whole),
        cmocka_unit_test(test_strictness_has_nothing_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
