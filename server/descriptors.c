#include "server/descriptors.h"

#include "base/log.h"

#include <limits.h>
#include <sys/resource.h>

#define OTHERS 64             /* listening, the log, the lock, files of the keys, what the libraries open */
#define CONNECTIONS_LEAST 8   /* with fewer nothing is served */
#define FOR_A_FILE 2          /* the database and its log */
#define FOR_A_SHARED_FILE 3   /* and the index of the log */
#define FILES_FOR_A_REQUEST 2 /* while it runs: its database's, and one above it or of a shared commit */

int descriptors_raise(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return OTHERS;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) return OTHERS;
    return limit.rlim_cur < INT_MAX ? (int)limit.rlim_cur : INT_MAX;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int descriptors_share_out(struct settings *settings, int limit) {
    int64_t each = settings->share_files ? FOR_A_SHARED_FILE : FOR_A_FILE;
    int64_t free = (int64_t)limit - OTHERS;
    int64_t wanted = settings->connections + each * (settings->open_files + FILES_FOR_A_REQUEST * settings->requests);
    if (free < wanted) {
        settings->connections = least(settings->connections, free / 2);
        int64_t files = (free - settings->connections) / each;
        settings->requests = least(settings->requests, files / 2 / FILES_FOR_A_REQUEST);
        if (settings->connections < CONNECTIONS_LEAST || settings->requests < 1) return 0;
        log_line("the limit of %d open files leaves room for %lld connections and %lld requests at once", limit,
                 (long long)settings->connections, (long long)settings->requests);
    }
    int64_t files = (free - settings->connections) / each - FILES_FOR_A_REQUEST * settings->requests;
    return (int)least(files, settings->open_files * settings->file_connections);
}
