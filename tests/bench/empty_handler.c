/*
 * What HTTP alone costs: a CivetWeb handler that reads the request and answers with so many bytes, all told, and does
 * nothing else. bench's measure of what /sql adds.
 *
 * usage: empty_handler BYTES THREADS     prints the port that it listens on, and serves until its input ends
 */
#include <civetweb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *response;
static size_t length;

/* A head and a body that are `bytes` long together. */
static void make_response(size_t bytes) {
    char head[256];
    int head_length = 0;
    size_t body = 0;
    for (size_t told = SIZE_MAX; told != body;) {
        told = body;
        head_length = snprintf(head, sizeof head,
                               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                               "Connection: keep-alive\r\n\r\n",
                               told);
        body = bytes > (size_t)head_length ? bytes - (size_t)head_length : 0;
    }
    length = (size_t)head_length + body;
    response = malloc(length + 1);
    if (!response) exit(1);
    memcpy(response, head, (size_t)head_length);
    memset(response + head_length, 'x', body);
}

static int begin_request(struct mg_connection *connection) {
    char body[4096];
    while (mg_read(connection, body, sizeof body) > 0) continue;
    mg_write(connection, response, length);
    return 200;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: empty_handler BYTES THREADS\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    make_response(strtoul(arguments[1], NULL, 10));
    const char *settings[] = {"listening_ports",
                              "127.0.0.1:0",
                              "num_threads",
                              arguments[2],
                              "listen_backlog",
                              "4096",
                              "request_timeout_ms",
                              "10000",
                              "keep_alive_timeout_ms",
                              "10000",
                              "enable_keep_alive",
                              "yes",
                              "tcp_nodelay",
                              "1",
                              "decode_url",
                              "no",
                              "enable_auth_domain_check",
                              "no",
                              NULL};
    struct mg_callbacks callbacks = {.begin_request = begin_request};
    mg_init_library(0);
    struct mg_context *context = mg_start(&callbacks, NULL, settings);
    struct mg_server_port port = {0};
    if (!context || mg_get_server_ports(context, 1, &port) != 1) {
        fprintf(stderr, "empty_handler: cannot listen\n");
        return 1;
    }
    printf("%d\n", port.port);
    fflush(stdout);
    while (getchar() != EOF) continue;
    mg_stop(context);
    mg_exit_library();
    free(response);
    return 0;
}
