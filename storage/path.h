/*
 * Folders and files of the data folder. A name that was checked by path_name_is_valid is always a safe file name; a
 * symbolic link in place of a folder or file is refused, and whatever changed a folder is on disk when a function
 * returns.
 *
 * A database file is never opened here once SQLite may have it open: closing any descriptor of a file drops the locks
 * that the process holds on it.
 */
#ifndef STORAGE_PATH_H
#define STORAGE_PATH_H

#include "base/error.h"
#include "base/str.h"

#define PATH_NAME_MAX 64
#define PATH_SIZE 4096

/* 1 to 64 of a-z A-Z 0-9 _ -, beginning with a letter or digit. */
bool path_name_is_valid(struct str name);

/* A valid name in lower case with a NUL. */
void path_fold(struct str name, char ret_name[PATH_NAME_MAX + 1]);

/* Formats a path; too long a one is ERROR_INTERNAL. */
bool path_format(char ret_path[PATH_SIZE], struct error *err, const char *format, ...) PRINTF_LIKE(3, 4) MUST_CHECK;

enum path_kind {
    PATH_MISSING,
    PATH_FOLDER,
    PATH_FILE,
    PATH_OTHER, /* a symbolic link, a device … */
};

/* What is there, links not followed. */
bool path_look(const char *path, enum path_kind *ret_kind, struct error *err) MUST_CHECK;

/* Makes a folder of mode 0700, or takes the one that is there and gives it that mode. *ret_made tells which; it may be
 * NULL. */
bool path_make_folder(const char *path, bool *ret_made, struct error *err) MUST_CHECK;

/* Makes an empty file of mode 0600, or takes the one that is there and gives it that mode. */
bool path_make_file(const char *path, bool *ret_made, struct error *err) MUST_CHECK;

/* Deletes a SQLite file and what SQLite keeps beside it; what is not there is fine. */
bool path_delete_database(const char *path, struct error *err) MUST_CHECK;

/* Deletes what a SQLite file that is not there has left beside its place; a symbolic link there is refused. */
bool path_clear_companions(const char *path, struct error *err) MUST_CHECK;

/* Renames within one folder. */
bool path_rename(const char *folder, const char *from, const char *to, struct error *err) MUST_CHECK;

/* Deletes a folder and all that is in it, links not followed; what is not there is fine. */
bool path_delete_tree(const char *path, struct error *err) MUST_CHECK;

/* Deletes the entries of a folder whose names begin with `prefix`. */
bool path_sweep(const char *folder, const char *prefix, struct error *err) MUST_CHECK;

/* Whether a folder has an entry whose name is not in `names`, which ends with NULL. */
bool path_has_others(const char *folder, const char *const names[], bool *ret_has, struct error *err) MUST_CHECK;

/* Makes the folder's entries durable. */
bool path_sync_folder(const char *path, struct error *err) MUST_CHECK;

/* Takes the lock of a data folder; the descriptor holds it until it is closed. -1 on failure; another holder is
 * ERROR_BUSY. */
int path_lock(const char *path, struct error *err) MUST_CHECK;

#endif
