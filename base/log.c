/*
 * The log. A line is made in an array and leaves in one write(2), so that lines of several threads do not mix.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_SIZE 2048
#define LINE_SIZE (MESSAGE_SIZE * 4 + 32)

/* A log that cannot be written has nobody left to tell. */
static void write_all(const char *text, size_t length) {
    while (length) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text += written;
        length -= (size_t)written;
    }
}

static void write_line(const char *message) {
    static const char prefix[] = "bailiwick: ", digits[] = "0123456789abcdef";
    char line[LINE_SIZE];
    size_t length = sizeof prefix - 1;
    memcpy(line, prefix, length);
    for (const unsigned char *byte = (const unsigned char *)message; *byte; byte++) {
        if (*byte >= 0x20 && *byte != 0x7F) {
            line[length++] = (char)*byte;
            continue;
        }
        line[length++] = '\\';
        line[length++] = 'x';
        line[length++] = digits[*byte >> 4];
        line[length++] = digits[*byte & 15];
    }
    line[length++] = '\n';
    write_all(line, length);
}

void log_line(const char *format, ...) {
    int before = errno;
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length >= 0) write_line(message);
    errno = before;
}

void log_error(const char *request, const struct error *err) {
    log_line("%s%s%s: %s%s%s", request ? request : "", request ? ": " : "", error_code_name(err->code), err->message,
             err->detail[0] ? ": " : "", err->detail);
}
