/*
 * What the calling thread has read of its connection before CivetWeb asked for it.
 *
 * A request that is all here and of the plain form (plain.h) is answered from these bytes, and CivetWeb never sees it.
 * Any other one is CivetWeb's, which gets the bytes by its next recv as if they came from the socket. So nobody may
 * read ahead while CivetWeb itself still holds bytes of a request that it has not answered: hence the counting.
 */
#ifndef SERVER_AHEAD_H
#define SERVER_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AHEAD_SIZE 8192 /* bytes; a larger request is CivetWeb's */

/* --- what CivetWeb has of the connection --- */
void ahead_connection_opened(void);
void ahead_count_given(size_t length);       /* it was given so many bytes */
void ahead_count_answered(size_t length);    /* so many of them were a request that is answered */
void ahead_lose_count(void);                 /* a request was answered whose length nobody knows */
bool ahead_is_between_requests(void);        /* what it was given is answered, to the last byte */
size_t ahead_give(void *bytes, size_t size); /* moves to it what was read ahead; 0: nothing was */

/* --- what was read and is not used yet --- */
char *ahead_bytes(size_t *ret_length);
void ahead_use(size_t length);
bool ahead_is_empty(void);
char *ahead_room(void);         /* AHEAD_SIZE bytes to read into; only while it is empty */
void ahead_fill(size_t length); /* so many were read into it */

#endif
