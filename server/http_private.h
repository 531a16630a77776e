/*
 * What http.c and http_exchange.c share: a request and its response on their way.
 */
#ifndef SERVER_HTTP_PRIVATE_H
#define SERVER_HTTP_PRIVATE_H

#include "server/http.h"
#include "server/http_head.h"
#include "server/http_strict.h"
#include "server/threads.h"

#include <stdatomic.h>

struct mg_connection;
struct mg_context;

struct http_server {
    struct http_options options;
    struct threads *threads;
    struct mg_context *context;
    int port;
    atomic_bool is_serving;
    char complaint[256]; /* what CivetWeb first complained of before it served */
};

enum progress {
    PROGRESS_NONE,
    PROGRESS_STREAM,
    PROGRESS_DONE,
};

struct http_exchange {
    struct http_server *server;
    struct mg_connection *connection;
    const char *peer_address;
    struct http_cut cut;
    struct http_frame frame;
    struct str body; /* of a request that CivetWeb never sees; .text is NULL for any other one */
    char id[HTTP_ID_SIZE];
    enum progress progress;
    bool is_body_read; /* to its end */
    bool is_broken;    /* the peer is gone */
    bool must_close;
    struct buf lines; /* headers of whatever will be the response */
    struct buf out;   /* what is not sent yet */
};

/* Sends it all, or finds that the peer is gone. */
bool http_write(struct http_exchange *exchange, struct str bytes);

void http_respond_error(struct http_exchange *exchange, int status, const char *sentence, const char *information);

#endif
