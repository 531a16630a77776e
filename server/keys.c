#include "server/keys.h"

#include "base/certificate.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/secret.h"
#include "server/file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES 65536
#define DAY ((int64_t)24 * 3600)
#define EARLIER DAY                  /* clocks of clients may be late */
#define CERTIFICATE_DAYS (397 * DAY) /* the longest that all browsers bear */
#define AUTHORITY_DAYS (3650 * DAY)
#define RENEWAL_DAYS (30 * DAY)
#define AUTHORITY "ca.pem"
#define AUTHORITY_KEY "caKey.pem"

/* --- files --- */

struct pem {
    struct buf text;
    bool is_there;
};

static void pem_done(struct pem *pem) {
    if (pem->text.data) secret_wipe(pem->text.data, pem->text.length);
    buf_done(&pem->text);
}

static bool read_all(int fd, struct buf *text) {
    char part[4096];
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) > 0 && text->length < FILE_MAX_BYTES) buf_add(text, part, (size_t)got);
    secret_wipe(part, sizeof part);
    return got == 0 && !text->failed;
}

static bool read_file(int folder, const char *name, struct pem *pem, struct error *err) {
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) return true;
    bool fine = fd >= 0 && read_all(fd, &pem->text);
    int why = errno;
    if (fd >= 0) close(fd);
    pem->is_there = true;
    return fine ||
           fail(err, ERROR_INVALID_VALUE, NOWHERE, "%s/%s cannot be read: %s", KEYS_FOLDER, name, strerror(why));
}

/* The whole file or the one from before, also after a crash. */
static bool write_file(int folder, const char *name, struct pem *pem, struct error *err) {
    static const char fresh[] = "new.tmp";
    (void)unlinkat(folder, fresh, 0);
    int fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool fine = fd >= 0 && file_text_write(fd, buf_str(&pem->text)) && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0) fine = false;
    fine = fine && renameat(folder, fresh, folder, name) == 0 && fsync(folder) == 0;
    pem->is_there = true;
    return fine ||
           fail(err, ERROR_INTERNAL, NOWHERE, "%s/%s cannot be written: %s", KEYS_FOLDER, name, strerror(errno));
}

static int open_folder(const char *data, struct error *err) {
    int parent = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_made = parent >= 0 && (mkdirat(parent, KEYS_FOLDER, 0700) == 0 || errno == EEXIST);
    int folder = is_made ? openat(parent, KEYS_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (folder < 0)
        (void)fail(err, ERROR_INTERNAL, NOWHERE, "the folder %s/%s cannot be used: %s", data, KEYS_FOLDER,
                   strerror(errno));
    if (parent >= 0) close(parent);
    return folder;
}

/* --- what is to be made --- */

struct keys {
    int folder;
    struct pem authority;
    struct pem authority_key;
    struct pem certificate;
    struct pem key;
    struct certificate_names names;
    char machine[HOST_NAME_MAX + 1];
    int64_t now;
};

static void keys_done(struct keys *keys) {
    pem_done(&keys->authority);
    pem_done(&keys->authority_key);
    pem_done(&keys->certificate);
    pem_done(&keys->key);
    if (keys->folder >= 0) close(keys->folder);
}

static void add_name(struct certificate_names *names, const char *name) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
    if (!*name || strspn(name, allowed) != strlen(name) || strlen(name) > HOST_NAME_MAX) return;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0) return;
    if (names->count < sizeof names->items / sizeof *names->items) names->items[names->count++] = name;
}

static void find_names(struct keys *keys, const char *host) {
    add_name(&keys->names, "localhost");
    add_name(&keys->names, "127.0.0.1");
    add_name(&keys->names, "::1");
    if (gethostname(keys->machine, sizeof keys->machine - 1) == 0) add_name(&keys->names, keys->machine);
    if (strcmp(host, "0.0.0.0") != 0) add_name(&keys->names, host);
}

static bool read_files(struct keys *keys, struct error *err) {
    return read_file(keys->folder, AUTHORITY, &keys->authority, err) &&
           read_file(keys->folder, AUTHORITY_KEY, &keys->authority_key, err) &&
           read_file(keys->folder, KEYS_CERTIFICATE, &keys->certificate, err) &&
           read_file(keys->folder, KEYS_KEY, &keys->key, err);
}

static struct certificate_time time_for(const struct keys *keys, int64_t length) {
    return (struct certificate_time){.from = keys->now - EARLIER, .to = keys->now + length};
}

/* Whether a new certificate is due. */
static bool is_due(const struct keys *keys, bool *ret_due, struct error *err) {
    *ret_due = true;
    if (!keys->certificate.is_there) return true;
    struct certificate_facts facts;
    if (!certificate_examine(buf_str(&keys->certificate.text), buf_str(&keys->authority.text), &keys->names, &facts,
                             err))
        return false;
    *ret_due = facts.is_of_authority && (facts.ends < keys->now + RENEWAL_DAYS || !facts.has_names);
    if (!*ret_due || keys->authority_key.is_there || facts.ends <= keys->now) return true;
    log_line("warning: the certificate is due to be made anew, but %s/%s is missing", KEYS_FOLDER, AUTHORITY_KEY);
    *ret_due = false;
    return true;
}

static bool need_key(struct keys *keys, const char *name, struct pem *pem, struct error *err) {
    if (pem->is_there) return true;
    return certificate_make_key(&pem->text, err) && write_file(keys->folder, name, pem, err);
}

/* An authority that outlives what it signs; its key stays, so that what was signed before still holds. */
static bool need_authority(struct keys *keys, struct error *err) {
    struct certificate_facts facts = {0};
    if (keys->authority.is_there) {
        struct str text = buf_str(&keys->authority.text);
        if (!certificate_examine(text, text, &keys->names, &facts, err)) return false;
        if (!keys->authority_key.is_there)
            return fail(err, ERROR_INVALID_VALUE, NOWHERE,
                        "%s/%s is missing: without it no new certificate can be signed", KEYS_FOLDER, AUTHORITY_KEY);
        if (facts.ends >= keys->now + CERTIFICATE_DAYS) return true;
        log_line("tls: the authority %s/%s ends too soon and is made anew", KEYS_FOLDER, AUTHORITY);
    }
    buf_clear(&keys->authority.text);
    const char *name = keys->machine[0] ? keys->machine : "localhost";
    return need_key(keys, AUTHORITY_KEY, &keys->authority_key, err) &&
           certificate_make_authority(buf_str(&keys->authority_key.text), name, time_for(keys, AUTHORITY_DAYS),
                                      &keys->authority.text, err) &&
           write_file(keys->folder, AUTHORITY, &keys->authority, err);
}

static bool make_certificate(struct keys *keys, struct error *err) {
    if (!need_authority(keys, err) || !need_key(keys, KEYS_KEY, &keys->key, err)) return false;
    buf_clear(&keys->certificate.text);
    return certificate_make_server(buf_str(&keys->key.text), buf_str(&keys->authority.text),
                                   buf_str(&keys->authority_key.text), &keys->names,
                                   time_for(keys, CERTIFICATE_DAYS - DAY), &keys->certificate.text, err) &&
           write_file(keys->folder, KEYS_CERTIFICATE, &keys->certificate, err);
}

bool keys_prepare(const char *data, const char *host, bool *ret_changed, struct error *err) {
    CLEANUP(keys_done) struct keys keys = {.folder = open_folder(data, err), .now = clock_unix()};
    if (keys.folder < 0) return false;
    bool due;
    find_names(&keys, host);
    if (!read_files(&keys, err) || !is_due(&keys, &due, err)) return false;
    if (due && !make_certificate(&keys, err)) return false;
    if (due) log_line("tls: a certificate was made; clients trust it by %s/%s/%s", data, KEYS_FOLDER, AUTHORITY);
    *ret_changed = due;
    return true;
}
