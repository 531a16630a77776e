/*
 * The threads that CivetWeb runs for us, made fit for strangers.
 *
 * CivetWeb gives its threads 100 KiB of stack, waits for a slow peer as long as that dribbles, and lets connections
 * beyond its threads starve. It offers no setting for any of these. So three functions of libc have a second definition
 * in stack.c and threads.c, which the executable exports and CivetWeb's calls find first:
 *
 *   pthread_attr_setstacksize   raises whatever is asked for to THREADS_STACK
 *   poll                        ends waits at the deadline of the thread's connection, and when the server drains
 *   accept                      gives up a resting connection for one that would find no thread, or answers it 503
 *   recv, send                  speak TLS on the thread's connection, where the server does (see tls.h)
 *
 * On threads that never called threads_enter all but the first do what libc's do.
 */
#ifndef SERVER_THREADS_H
#define SERVER_THREADS_H

#include "base/error.h"
#include "base/str.h"
#include "server/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parsers, SQLite and the JSON readers need 4 MiB at worst (LIKE with 20,000 wildcards). */
#define THREADS_STACK ((size_t)8 << 20)

/* Whether the calling thread has a stack of THREADS_STACK. */
bool threads_have_stack(void);

struct threads; /* of one server */

struct thread_limits {
    int connections_max; /* one thread each */
    int64_t idle_ns;     /* between two requests of a connection */
    int64_t header_ns;   /* from the first byte of a request (or from connecting) to the end of its header */
    int64_t response_ns; /* a peer that takes nothing for this long is cut off */
    struct tls *tls;     /* NULL: connections are plain; outlives the threads */
};

struct threads *threads_new(const struct thread_limits *limits, struct error *err) MUST_CHECK;
void threads_free(struct threads *threads); /* takes NULL; none of its threads may run any more */

/* Makes the calling thread one of the server's: the one that accepts connections, or one that serves them. */
void threads_enter(struct threads *threads, bool accepts);

/* Waits until all threads that serve have entered. Fails when one has too small a stack, or when some do not come. */
bool threads_await(struct threads *threads, struct error *err) MUST_CHECK;

/* --- on a thread that serves: where its connection stands --- */
void threads_connection_opened(void);
void threads_connection_closing(void); /* takes leave of the peer; does not wait */
void threads_connection_closed(void);
void threads_request_begun(void); /* its header is in: no deadline until one is set */
void threads_request_ended(void);

/* Where what was read of the connection begins in memory. Each request begins there: CivetWeb moves what is left of a
 * request's bytes to the front. NULL: nothing was read. */
const char *threads_first_byte(void);

/* Reading from the connection fails from this moment of clock_steady on; 0: no deadline. */
void threads_set_deadline(int64_t moment);

/* Whether the deadline has cut off a wait of this request. */
bool threads_was_late(void);

/* Says to the peer that nothing more comes, and takes in what it still sends for a second at most: a socket closed
 * with unread bytes is reset, and a reset can overtake the response. */
void threads_linger(void);

/* Waits for the next request and reads what comes of it, as ahead.h has it; only between two requests. False: the
 * connection is over, as the peer closed it or has been silent for too long, or the server drains. */
bool threads_read_ahead(void);

/* Sends it all; false when the peer is gone, or takes nothing for too long. */
bool threads_send(struct str bytes);

/* Sends on the connection what fits without waiting. */
void threads_send_last(struct str bytes);

/* The certificate that the peer has shown and that was verified, in DER, into `out`; nothing where there is none. */
void threads_add_peer_certificate(struct buf *out);

/* Whether the connection is told this mark, and was last told another one or none. Without TLS: always. */
bool threads_is_news(const unsigned char mark[TLS_MARK]);

/* --- the whole server --- */

/* Whether the calling thread's connection should be closed after its response: it was given up, threads are scarce
 * (those of connections that rest are not, see resting.h), or the server drains. */
bool threads_must_close(const struct threads *threads);

/* Closes the listening socket and idle connections, and waits until the others have finished or `patience_ns` are over.
 */
void threads_drain(struct threads *threads, int64_t patience_ns);

#endif
