/*
 * Folders and files of the data folder.
 */
#include "storage/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const companions[] = {"-wal", "-shm", "-journal"};
#define COMPANION_COUNT (sizeof companions / sizeof *companions)

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool path_name_is_valid(struct str name) {
    if (!name.length || name.length > PATH_NAME_MAX || !is_letter_or_digit(name.text[0])) return false;
    for (size_t i = 1; i < name.length; i++)
        if (!is_letter_or_digit(name.text[i]) && name.text[i] != '_' && name.text[i] != '-') return false;
    return true;
}

void path_fold(struct str name, char ret_name[PATH_NAME_MAX + 1]) {
    size_t length = name.length < PATH_NAME_MAX ? name.length : PATH_NAME_MAX;
    for (size_t i = 0; i < length; i++) {
        char c = name.text[i];
        ret_name[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    ret_name[length] = 0;
}

bool path_format(char ret_path[PATH_SIZE], struct error *err, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(ret_path, PATH_SIZE, format, arguments);
    va_end(arguments);
    if (length >= 0 && length < PATH_SIZE) return true;
    return fail(err, ERROR_INTERNAL, NOWHERE, "the path of a file is too long");
}

/* Paths are for the log only: a client has no business with them. */
static bool fail_path(struct error *err, const char *what, const char *path) {
    int number = errno;
    enum error_code code = number == ENOSPC || number == EDQUOT ? ERROR_LIMIT_EXCEEDED : ERROR_INTERNAL;
    fail(err, code, NOWHERE, "the server could not %s", what);
    error_detail(err, "%s: %s", path, strerror(number));
    return false;
}

static bool fail_kind(struct error *err, const char *path) {
    fail(err, ERROR_ALREADY_EXISTS, NOWHERE, "something that is no plain file or folder stands in the way");
    error_detail(err, "%s: a symbolic link or special file is refused", path);
    return false;
}

bool path_look(const char *path, enum path_kind *ret_kind, struct error *err) {
    struct stat info;
    if (lstat(path, &info) != 0) {
        if (errno != ENOENT) return fail_path(err, "look at a file", path);
        *ret_kind = PATH_MISSING;
    } else {
        *ret_kind = S_ISDIR(info.st_mode) ? PATH_FOLDER : S_ISREG(info.st_mode) ? PATH_FILE : PATH_OTHER;
    }
    return true;
}

static bool sync_folder(int fd) {
    return fsync(fd) == 0 || errno == EINVAL; /* some file systems cannot, and need not */
}

bool path_sync_folder(const char *path, struct error *err) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_path(err, "open a folder", path);
    bool fine = sync_folder(fd);
    if (!fine) fail_path(err, "write a folder to disk", path);
    close(fd);
    return fine;
}

/* Syncs the folder that holds `path`. */
static bool sync_parent(const char *path, struct error *err) {
    char folder[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    if (!slash) return path_sync_folder(".", err);
    if (slash == path) return path_sync_folder("/", err);
    return path_format(folder, err, "%.*s", (int)(slash - path), path) && path_sync_folder(folder, err);
}

bool path_make_folder(const char *path, bool *ret_made, struct error *err) {
    bool made = mkdir(path, 0700) == 0;
    if (!made && errno != EEXIST) return fail_path(err, "make a folder", path);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ELOOP || errno == ENOTDIR ? fail_kind(err, path) : fail_path(err, "open a folder", path);
    bool fine = fchmod(fd, 0700) == 0;
    if (!fine) fail_path(err, "set the mode of a folder", path);
    close(fd);
    if (!fine || !sync_parent(path, err)) return false;
    if (ret_made) *ret_made = made;
    return true;
}

bool path_make_file(const char *path, bool *ret_made, struct error *err) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) return fail_path(err, "make a file", path);
    bool made = fd >= 0;
    if (made) {
        bool fine = fsync(fd) == 0;
        if (!fine) fail_path(err, "write a file to disk", path);
        close(fd);
        if (!fine || !sync_parent(path, err)) return false;
    } else {
        enum path_kind kind;
        if (!path_look(path, &kind, err)) return false;
        if (kind != PATH_FILE) return fail_kind(err, path);
        if (chmod(path, 0600) != 0) return fail_path(err, "set the mode of a file", path);
    }
    if (ret_made) *ret_made = made;
    return true;
}

static bool delete_file(const char *path, struct error *err) {
    return unlink(path) == 0 || errno == ENOENT || fail_path(err, "delete a file", path);
}

bool path_clear_companions(const char *path, struct error *err) {
    for (size_t i = 0; i < COMPANION_COUNT; i++) {
        char companion[PATH_SIZE];
        enum path_kind kind;
        if (!path_format(companion, err, "%s%s", path, companions[i])) return false;
        if (!path_look(companion, &kind, err)) return false;
        if (kind != PATH_MISSING && kind != PATH_FILE) return fail_kind(err, companion);
        if (kind == PATH_FILE && !delete_file(companion, err)) return false;
    }
    return true;
}

bool path_delete_database(const char *path, struct error *err) {
    if (!delete_file(path, err)) return false;
    for (size_t i = 0; i < COMPANION_COUNT; i++) {
        char companion[PATH_SIZE];
        if (!path_format(companion, err, "%s%s", path, companions[i]) || !delete_file(companion, err)) return false;
    }
    return sync_parent(path, err);
}

bool path_rename(const char *folder, const char *from, const char *to, struct error *err) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return fail_path(err, "open a folder", folder);
    bool fine = renameat(fd, from, fd, to) == 0 && sync_folder(fd);
    if (!fine) fail_path(err, "rename a folder", from);
    close(fd);
    return fine;
}

/* Deletes an entry of the folder and what is in it. A data folder is three folders deep; what is deeper than `depth`
 * was put there by somebody else and is left. */
static bool delete_entry(int folder, const char *name, int depth) {
    if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) return true;
    if (errno != EISDIR && errno != EPERM) return false;
    if (!depth) {
        errno = ELOOP;
        return false;
    }
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT;
    DIR *entries = fdopendir(fd);
    if (!entries) {
        close(fd);
        return false;
    }
    bool fine = true;
    for (struct dirent *entry; fine && (errno = 0, entry = readdir(entries));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            fine = delete_entry(fd, entry->d_name, depth - 1);
    if (errno) fine = false;
    int number = errno;
    closedir(entries);
    errno = number;
    return fine && (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT);
}

#define DEPTH_MAX 32

bool path_delete_tree(const char *path, struct error *err) {
    if (delete_entry(AT_FDCWD, path, DEPTH_MAX)) return true;
    return fail_path(err, "delete a folder", path);
}

bool path_sweep(const char *folder, const char *prefix, struct error *err) {
    DIR *entries = opendir(folder);
    if (!entries) return fail_path(err, "open a folder", folder);
    bool fine = true;
    for (struct dirent *entry; fine && (errno = 0, entry = readdir(entries));)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            fine = delete_entry(dirfd(entries), entry->d_name, DEPTH_MAX);
    if (errno) fine = false;
    if (!fine) fail_path(err, "delete what a removal left", folder);
    closedir(entries);
    return fine;
}

static bool is_one_of(const char *name, const char *const names[]) {
    for (size_t i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

bool path_has_others(const char *folder, const char *const names[], bool *ret_has, struct error *err) {
    DIR *entries = opendir(folder);
    if (!entries) return fail_path(err, "open a folder", folder);
    bool has = false;
    errno = 0;
    for (struct dirent *entry; !has && (entry = readdir(entries));)
        has = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && !is_one_of(entry->d_name, names);
    bool fine = has || errno == 0;
    if (!fine) fail_path(err, "read a folder", folder);
    closedir(entries);
    if (fine) *ret_has = has;
    return fine;
}

int path_lock(const char *path, struct error *err) {
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail_path(err, "open the lock of the data folder", path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    if (errno == EWOULDBLOCK)
        fail(err, ERROR_BUSY, NOWHERE, "another server has the data folder open");
    else
        fail_path(err, "lock the data folder", path);
    close(fd);
    return -1;
}
