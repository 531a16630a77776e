/*
 * What SQLite's failures mean: the one place where its result codes and texts become ours.
 */
#include "base/log.h"
#include "storage/conn_private.h"

#include <string.h>

/* SQLite says most of what is wrong with a statement in words only. */
static const struct {
    const char *text; /* begins the message, or occurs in it where `within` */
    bool within;
    enum error_code code;
    const char *concealed;
} phrases[] = {
    {"no such table", false, ERROR_NOT_FOUND, "no such table"},
    {"no such view", false, ERROR_NOT_FOUND, "no such view"},
    {"no such column", false, ERROR_NOT_FOUND, "no such column"},
    {"fts5: ", false, ERROR_INVALID_VALUE, "the pattern of MATCH is not valid"},
    {"unterminated string", false, ERROR_INVALID_VALUE, "the pattern of MATCH is not valid"},
    {"parse error in rank function", false, ERROR_INVALID_VALUE, "the rank is not valid"},
    {"unable to use function", false, ERROR_INVALID_VALUE,
     "a function of full-text search cannot be used in this place: search in a sub-select of its own"},
    {"no such function", false, ERROR_NOT_FOUND, "no such function"},
    {"no such index", false, ERROR_NOT_FOUND, "no such index"},
    {"no such trigger", false, ERROR_NOT_FOUND, "no such trigger"},
    {"no such collation sequence", false, ERROR_NOT_FOUND, "no such collation sequence"},
    {"no such module", false, ERROR_NOT_FOUND, "no such module"},
    {"no such window", false, ERROR_NOT_FOUND, "no such window"},
    {"no such savepoint", false, ERROR_NOT_FOUND, "no such savepoint"},
    {"unable to identify the object to be reindexed", false, ERROR_NOT_FOUND, "no such object"},
    {"unknown database", false, ERROR_NOT_FOUND, "no such database"},
    {"has no column named", true, ERROR_NOT_FOUND, "no such column"},
    {"already exists", true, ERROR_ALREADY_EXISTS, "already exists"},
    {"already another table or index with this name", true, ERROR_ALREADY_EXISTS, "already exists"},
    {"duplicate column name", false, ERROR_ALREADY_EXISTS, "duplicate column name"},
    {"too many", false, ERROR_LIMIT_EXCEEDED, "the statement is too large"},
    {"at most", false, ERROR_LIMIT_EXCEEDED, "the statement is too large"},
    {"Expression tree is too large", false, ERROR_LIMIT_EXCEEDED, "the statement is nested too deep"},
    {"parser stack overflow", false, ERROR_LIMIT_EXCEEDED, "the statement is nested too deep"},
    {"LIKE or GLOB pattern too complex", false, ERROR_LIMIT_EXCEEDED, "the pattern is too long"},
    {"string or blob too big", false, ERROR_LIMIT_EXCEEDED, "a value is too large"},
};

static bool begins(const char *text, const char *phrase) {
    return strncmp(text, phrase, strlen(phrase)) == 0;
}

static bool translate_phrase(const char *text, bool conceal, struct error *err) {
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (phrases[i].within ? !strstr(text, phrases[i].text) : !begins(text, phrases[i].text)) continue;
        fail(err, phrases[i].code, NOWHERE, "%s", conceal ? phrases[i].concealed : text);
        if (conceal) error_detail(err, "%s", text);
        return true;
    }
    return false;
}

static const char *constraint_name(int code) {
    switch (code) {
    case SQLITE_CONSTRAINT_CHECK:
        return "a CHECK constraint was violated";
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return "a FOREIGN KEY constraint was violated";
    case SQLITE_CONSTRAINT_NOTNULL:
        return "a NOT NULL constraint was violated";
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return "a PRIMARY KEY constraint was violated";
    case SQLITE_CONSTRAINT_UNIQUE:
        return "a UNIQUE constraint was violated";
    case SQLITE_CONSTRAINT_DATATYPE:
        return "a value does not have the type of its column";
    }
    return "a constraint was violated";
}

/* What RAISE says is a constant of the trigger, written for those who set it off. SQLite's own texts name tables and
 * columns, but no values. */
static void translate_constraint(int code, const char *text, bool conceal, struct error *err) {
    bool shown = !conceal || code == SQLITE_CONSTRAINT_TRIGGER;
    fail(err, ERROR_CONSTRAINT_VIOLATION, NOWHERE, "%s", shown ? text : constraint_name(code));
    if (!shown) error_detail(err, "%s", text);
}

static void translate_refusal(const struct guard *guard, struct error *err) {
    bool is_owner = guard->footprint && guard->footprint->kind == FOOTPRINT_OWNER;
    fail(err, ERROR_PERMISSION_DENIED, NOWHERE, "%s", guard->reason[0] ? guard->reason : "permission denied");
    if (!is_owner && !guard->reason[0])
        log_line("bug: a statement left its footprint and was stopped: %s", guard->refusal);
    error_detail(err, "authorizer: %s", guard->refusal);
}

/* A failure for which SQLite has no code of its own but SQLITE_ERROR. While a statement is prepared no row has been
 * looked at: what SQLite says then is about the statement's own names, unless it names something of the rewriter's, or
 * a view or trigger of the owner's is compiled along. */
static void translate_other(const struct footprint *footprint, const char *text, enum moment moment, bool conceal,
                            struct error *err) {
    bool is_its_own = !footprint || footprint->definer_count == 0;
    if (moment == MOMENT_PREPARE && is_its_own && !strcasestr(text, "_bailiwick")) conceal = false;
    if (translate_phrase(text, conceal, err)) return;
    if (!conceal) {
        fail(err, ERROR_SQLITE, NOWHERE, "%s", text);
        return;
    }
    fail(err, ERROR_SQLITE, NOWHERE,
         moment == MOMENT_RUN ? "the statement failed on a value" : "the statement is not valid");
    error_detail(err, "%s", text);
}

bool translate(struct conn *conn, int code, enum moment moment, bool conceal, struct error *err) {
    const char *text = conn->db ? sqlite3_errmsg(conn->db) : sqlite3_errstr(code);
    if (conn->guard.is_late) return fail(err, ERROR_TIMEOUT, NOWHERE, "the statement ran longer than it may");
    if (conn->guard.refused) {
        translate_refusal(&conn->guard, err);
        return false;
    }
    if (conn->function_error.code != ERROR_NONE) {
        fail(err, conn->function_error.code, NOWHERE, "%s", conn->function_error.message);
        if (conn->function_error.detail[0]) error_detail(err, "%s", conn->function_error.detail);
        return false;
    }
    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        translate_constraint(code, text, conceal, err);
        return false;
    case SQLITE_MISMATCH:
        return fail(err, ERROR_INVALID_VALUE, NOWHERE, "a value does not have the type of its column");
    case SQLITE_INTERRUPT:
        return fail(err, ERROR_TIMEOUT, NOWHERE, "the statement ran longer than it may");
    case SQLITE_NOMEM:
        return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the statement needs more memory than it may have");
    case SQLITE_TOOBIG:
        return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE,
                    moment == MOMENT_PREPARE ? "the statement is too long" : "a value is too large");
    case SQLITE_FULL:
        return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the database or its disk is full");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        fail(err, ERROR_BUSY, NOWHERE, "the database is busy");
        break;
    case SQLITE_READONLY:
        fail(err, ERROR_READ_ONLY, NOWHERE, "the database is read-only");
        break;
    case SQLITE_AUTH:
    case SQLITE_PERM:
        fail(err, ERROR_PERMISSION_DENIED, NOWHERE, "permission denied");
        break;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_PROTOCOL:
    case SQLITE_MISUSE:
    case SQLITE_INTERNAL:
        fail(err, ERROR_INTERNAL, NOWHERE, "the database file cannot be used");
        break;
    default:
        translate_other(conn->guard.footprint, text, moment, conceal, err);
        return false;
    }
    error_detail(err, "SQLite %d: %s", code, text);
    return false;
}
