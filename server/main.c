/*
 * The command line.
 */
#include "base/log.h"
#include "base/scope.h"
#include "server/check.h"
#include "server/commands.h"

#include <string.h>

#define USAGE 2

static int start(char **arguments);
static int sql(char **arguments);
static int check(char **arguments);
static int check_roles(char **arguments);
static int config(char **arguments);
static int version(char **arguments);
static int help(char **arguments);

static const struct entry {
    const char *name;
    int (*run)(char **arguments);
    enum command options; /* whose options it has; 0: none */
    const char *usage;
    const char *summary;
} entries[] = {
    {"start", start, COMMAND_START, "start [OPTION]…", "serve a data folder"},
    {"sql", sql, COMMAND_SQL, "sql [OPTION]… [FILE | -e SQL]", "run statements on a server"},
    {"check", check, COMMAND_CHECK, "check [--jsonl] FILE|-", "parse statements without a server"},
    {"check-roles", check_roles, COMMAND_CHECK_ROLES, "check-roles [OPTION]… FILE", "try a file of roles"},
    {"config", config, COMMAND_START, "config [OPTION]…",
     "check the settings that start would use, and print them and where from"},
    {"version", version, 0, "version", "print the version"},
    {"help", help, 0, "help [COMMAND]", "print what commands and options there are"},
};

#define ENTRY_COUNT (sizeof entries / sizeof *entries)

static const struct entry *find(const char *name) {
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        if (strcmp(entries[i].name, name) == 0) return &entries[i];
    return NULL;
}

static int wrong_usage(const struct error *err) {
    log_line("%s", err->message);
    return USAGE;
}

static int wrong(const char *what, const char *argument) {
    log_line("%s: %s (see bailiwick help)", what, argument);
    return USAGE;
}

/* What was printed is worth nothing if it did not arrive. */
static int finish_output(void) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    log_line("the output cannot be written");
    return 1;
}

static bool asks_for_help(char **arguments) {
    return arguments[0] && (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0);
}

static int start(char **arguments) {
    CLEANUP(settings_done) struct settings settings = {0};
    struct error err = {0};
    if (!settings_read(COMMAND_START, arguments, &settings, &err)) return wrong_usage(&err);
    return command_start(&settings);
}

static int sql(char **arguments) {
    CLEANUP(settings_done) struct settings settings = {0};
    struct error err = {0};
    if (!settings_read(COMMAND_SQL, arguments, &settings, &err)) return wrong_usage(&err);
    return command_sql(&settings);
}

static int check(char **arguments) {
    CLEANUP(settings_done) struct settings settings = {0};
    struct error err = {0};
    if (!settings_read(COMMAND_CHECK, arguments, &settings, &err)) return wrong_usage(&err);
    if (!settings.operand) return wrong("what to check is missing", "FILE or -");
    int status = check_file(settings.operand, settings.jsonl, stdout, stderr);
    int output = finish_output();
    return status ? status : output;
}

static int check_roles(char **arguments) {
    CLEANUP(settings_done) struct settings settings = {0};
    struct error err = {0};
    if (!settings_read(COMMAND_CHECK_ROLES, arguments, &settings, &err)) return wrong_usage(&err);
    if (!settings.operand) return wrong("what to check is missing", "FILE");
    return command_check_roles(&settings);
}

static int config(char **arguments) {
    CLEANUP(settings_done) struct settings settings = {0};
    struct error err = {0};
    if (!settings_read(COMMAND_START, arguments, &settings, &err)) return wrong_usage(&err);
    return command_config(&settings);
}

static int version(char **arguments) {
    if (arguments[0]) return wrong("unexpected argument", arguments[0]);
    puts("bailiwick-" BAILIWICK_VERSION);
    return finish_output();
}

static void print_entry(const struct entry *entry) {
    printf("usage: bailiwick %s\n\n%s\n", entry->usage, entry->summary);
    if (!entry->options) return;
    puts("\noptions:");
    settings_help(entry->options, stdout);
}

static void print_overview(FILE *out) {
    fputs("usage: bailiwick COMMAND\n\ncommands:\n", out);
    for (size_t i = 0; i < ENTRY_COUNT; i++) fprintf(out, "  %-28s %s\n", entries[i].usage, entries[i].summary);
}

static int help(char **arguments) {
    if (!arguments[0]) {
        print_overview(stdout);
        return finish_output();
    }
    const struct entry *entry = find(arguments[0]);
    if (!entry) return wrong("unknown command", arguments[0]);
    if (arguments[1]) return wrong("unexpected argument", arguments[1]);
    print_entry(entry);
    return finish_output();
}

int main(int count, char **arguments) {
    if (count < 2) {
        log_line("a command is missing (see bailiwick help)");
        return USAGE;
    }
    if (asks_for_help(arguments + 1)) return help(arguments + 2);
    if (strcmp(arguments[1], "--version") == 0) return version(arguments + 2);
    const struct entry *entry = find(arguments[1]);
    if (!entry) return wrong("unknown command", arguments[1]);
    if (asks_for_help(arguments + 2)) {
        print_entry(entry);
        return finish_output();
    }
    return entry->run(arguments + 2);
}
