#include "server/file_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool file_text_read(const char *path, size_t limit, struct buf *bytes, struct error *err) {
    char part[4096];
    FILE *file = fopen(path, "re");
    bool fine = file != NULL;
    errno = file ? 0 : errno;
    for (size_t got; fine && !bytes->failed && (got = fread(part, 1, sizeof part, file)) > 0;)
        buf_add(bytes, part, got);
    if (file && ferror(file)) fine = false;
    if (!fine) fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s cannot be read: %s", path, strerror(errno));
    if (file) fclose(file);
    if (fine && bytes->failed)
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s is larger than %zu bytes", path, limit);
    return fine;
}

bool file_text_write(int fd, struct str text) {
    while (text.length) {
        ssize_t written = write(fd, text.text, text.length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text = str_slice(text, (size_t)written, text.length);
    }
    return true;
}
