/*
 * Files of text, read and written whole.
 */
#ifndef SERVER_FILE_TEXT_H
#define SERVER_FILE_TEXT_H

#include "base/buf.h"
#include "base/error.h"

/* Reads a file into a buffer whose limit is `limit` bytes. ERROR_INVALID_VALUE where it cannot be read, or is larger.
 */
bool file_text_read(const char *path, size_t limit, struct buf *bytes, struct error *err) MUST_CHECK;

/* Writes all of it. False, with errno, where that fails. */
bool file_text_write(int fd, struct str text) MUST_CHECK;

#endif
