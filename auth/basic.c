#include "auth/basic.h"

#include "auth/fold.h"
#include "auth/login.h"
#include "auth/refuse.h"
#include "auth/verified.h"
#include "base/json.h"
#include "base/scope.h"

#include <string.h>

/* One level that the name is looked for on. */
struct candidate {
    enum level level;
    struct str ns; /* folded */
    struct str db;
    struct login login;
    struct verified verified;
};

#define CANDIDATES 3

struct candidates {
    struct candidate items[CANDIDATES];
    size_t count;
};

static void candidates_done(struct candidates *candidates) {
    for (size_t i = 0; i < candidates->count; i++) login_done(&candidates->items[i].login);
}

static bool add(struct candidates *candidates, struct store *store, struct candidate candidate, struct str name,
                struct str password, struct error *err) {
    if (!login_find(store, candidate.ns, candidate.db, name, &candidate.login, err)) return false;
    if (candidate.login.definition) candidate.verified = verified_make(candidate.login.definition, password);
    candidates->items[candidates->count++] = candidate;
    return true;
}

static bool find_all(struct candidates *candidates, struct store *store, struct arena *arena,
                     const struct credential_request *request, struct str name, struct str password,
                     struct error *err) {
    struct str ns, db, none = {0};
    if (!fold_name(arena, request->ns, &ns, err) || !fold_name(arena, request->db, &db, err)) return false;
    const struct candidate root = {.level = LEVEL_ROOT};
    const struct candidate namespace = {.level = LEVEL_NAMESPACE, .ns = ns, .db = none};
    const struct candidate database = {.level = LEVEL_DATABASE, .ns = ns, .db = db};
    if (!add(candidates, store, root, name, password, err)) return false;
    if (ns.length && !add(candidates, store, namespace, name, password, err)) return false;
    return !ns.length || !db.length || add(candidates, store, database, name, password, err);
}

static bool is_missing(const struct candidate *candidate) {
    return !candidate->login.definition;
}

/* The first whose password it is; NULL where there is none. Levels without such a login cost their verification only
 * when no level fits, so that nobody waits for what is not there but who is refused anyway. */
static struct candidate *choose(struct candidates *candidates, struct str password) {
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *candidate = &candidates->items[i];
        if (!is_missing(candidate) && verified_knows(&candidate->verified)) return candidate;
    }
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *candidate = &candidates->items[i];
        if (is_missing(candidate) || !login_verify(&candidate->login, password)) continue;
        verified_remember(&candidate->verified);
        return candidate;
    }
    for (size_t i = 0; i < candidates->count; i++)
        if (is_missing(&candidates->items[i])) (void)login_verify(&candidates->items[i].login, password);
    return NULL;
}

/* name:password, in base64; the name has no colon. */
static bool decode(struct arena *arena, struct str encoded, struct str *ret_name, struct str *ret_password) {
    struct str text;
    if (!base64_read(arena, encoded, false, &text)) return false;
    const char *colon = text.length ? memchr(text.text, ':', text.length) : NULL;
    if (!colon) return false;
    size_t at = (size_t)(colon - text.text);
    *ret_name = str_slice(text, 0, at);
    *ret_password = str_slice(text, at + 1, text.length);
    return true;
}

bool basic_check(struct store *store, struct arena *arena, const struct credential_request *request, struct str encoded,
                 struct session *ret_session, struct error *err) {
    struct str name, password;
    if (!decode(arena, encoded, &name, &password)) return refuse(err, "the Basic credentials are not well formed");
    CLEANUP(candidates_done) struct candidates candidates = {0};
    if (!find_all(&candidates, store, arena, request, name, password, err)) return false;
    const struct candidate *candidate = choose(&candidates, password);
    if (!candidate) return refuse(err, "no login has this name and password");
    *ret_session = (struct session){
        .level = candidate->level,
        .login = name,
        .home_ns = candidate->ns,
        .home_db = candidate->db,
    };
    return true;
}
