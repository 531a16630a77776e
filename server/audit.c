#include "server/audit.h"

#include "base/certificate_identity.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/scope.h"
#include "server/file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES ((size_t)64 << 10) /* a statement is cut far below, and escaping makes it six times as long */

struct audit {
    const char *path; /* NULL: stderr */
    pthread_mutex_t lock;
    int fd;
    uint64_t lost; /* lines since one was written */
};

static int open_file(const char *path) {
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
}

struct audit *audit_open(const char *path, struct error *err) {
    int fd = path ? open_file(path) : STDERR_FILENO;
    if (fd < 0) return fail_null(err, ERROR_INTERNAL, NOWHERE, "the audit log %s: %s", path, strerror(errno));
    struct audit *audit = calloc(1, sizeof *audit);
    if (!audit) {
        if (path) close(fd);
        return fail_null(err, ERROR_INTERNAL, NOWHERE, "memory is short");
    }
    *audit = (struct audit){.path = path, .fd = fd};
    pthread_mutex_init(&audit->lock, NULL);
    return audit;
}

void audit_close(struct audit *audit) {
    if (!audit) return;
    if (audit->lost) log_line("%llu audit lines were lost", (unsigned long long)audit->lost);
    if (audit->path) close(audit->fd);
    pthread_mutex_destroy(&audit->lock);
    free(audit);
}

void audit_reopen(struct audit *audit) {
    if (!audit->path) return;
    int fd = open_file(audit->path);
    if (fd < 0) {
        log_line("the audit log %s cannot be opened anew: %s", audit->path, strerror(errno));
        return;
    }
    pthread_mutex_lock(&audit->lock);
    int old = audit->fd;
    audit->fd = fd;
    pthread_mutex_unlock(&audit->lock);
    close(old);
    log_line("the audit log was opened anew");
}

/* --- a line --- */

static void add_name(struct buf *line, const char *name) {
    if (line->length && line->data[line->length - 1] != '{') buf_add_char(line, ',');
    buf_format(line, "\"%s\":", name);
}

static void add_text(struct buf *line, const char *name, struct str text) {
    if (!text.length) return;
    add_name(line, name);
    json_write_string(line, text);
}

static void add_who(struct buf *line, const struct audit_who *who) {
    add_name(line, who->is_claimed ? "claimed" : "who");
    buf_add_char(line, '{');
    add_text(line, "level", str_of(who->level));
    add_text(line, "ns", who->ns);
    add_text(line, "db", who->db);
    add_text(line, "scope", who->scope);
    add_text(line, "login", who->login);
    add_text(line, "issuer", who->issuer);
    if (who->id.kind != VALUE_NULL) {
        add_name(line, "id");
        json_write_value(line, &who->id);
    }
    buf_add_char(line, '}');
}

static const char *outcome_of(const struct audit_event *event) {
    switch (error_http_status(event->err->code)) {
    case 200:
        return event->is_pending ? "pending" : "ok";
    case 401:
    case 403:
    case 429:
        return "refused";
    }
    return "failed";
}

static void add_fingerprint(struct buf *line, struct str certificate) {
    struct certificate_identity identity;
    if (!certificate.length || !certificate_identify(certificate, &identity, NULL)) return;
    add_name(line, "certificate");
    buf_add_text(line, "\"SHA256:");
    for (size_t i = 0; i < sizeof identity.fingerprint; i++) buf_format(line, "%02x", identity.fingerprint[i]);
    buf_add_char(line, '"');
}

static void write_line(struct buf *line, const struct audit_event *event) {
    char time[32];
    clock_iso(clock_unix_ms(), time);
    buf_add_char(line, '{');
    add_text(line, "time", str_of(time));
    add_text(line, "request", str_of(event->request));
    add_text(line, "action", str_of(event->action));
    add_text(line, "outcome", str_of(outcome_of(event)));
    if (event->err->code != ERROR_NONE) add_text(line, "code", str_of(error_code_name(event->err->code)));
    add_who(line, &event->who);
    add_fingerprint(line, event->certificate);
    add_text(line, "ip", event->ip);
    add_text(line, "origin", event->origin);
    add_text(line, "ns", event->place_ns);
    add_text(line, "db", event->place_db);
    add_text(line, "statement", event->statement);
    buf_add_text(line, "}\n");
}

/* The first of several lines that are lost is told, and how many they were when one is written again. */
static void count_lost(struct audit *audit, bool fine, int failure) {
    if (!fine && audit->lost++ == 0) log_line("the audit log cannot be written: %s", strerror(failure));
    if (!fine || !audit->lost) return;
    log_line("the audit log is written again; %llu lines were lost", (unsigned long long)audit->lost);
    audit->lost = 0;
}

void audit_write(struct audit *audit, const struct audit_event *event) {
    CLEANUP(buf_done) struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    write_line(&line, event);
    pthread_mutex_lock(&audit->lock);
    errno = ENOMEM;
    bool fine = !line.failed && file_text_write(audit->fd, buf_str(&line));
    count_lost(audit, fine, errno);
    pthread_mutex_unlock(&audit->lock);
}
