#include "auth/basic.h"

#include "auth/fold.h"
#include "auth/login.h"
#include "auth/refuse.h"
#include "auth/verified.h"
#include "base/clock.h"
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
    struct throttle_attempt attempt;
    bool is_throttled;
    bool is_new; /* was not remembered */
};

#define CANDIDATES 3

struct candidates {
    struct candidate items[CANDIDATES];
    size_t count;
};

static void candidates_done(struct candidates *candidates) {
    for (size_t i = 0; i < candidates->count; i++) login_done(&candidates->items[i].login);
}

/* Whether the level may be entered from where the request comes. */
static bool may_enter(const struct candidate *candidate, const struct credential_request *request) {
    return candidate->level != LEVEL_ROOT || request->root_may_enter;
}

static bool add(struct candidates *candidates, struct store *store, const struct credential_request *request,
                struct candidate candidate, struct str name, struct str password, struct error *err) {
    if (!login_find(store, candidate.ns, candidate.db, name, &candidate.login, err)) return false;
    if (candidate.login.definition)
        candidate.verified = verified_make(candidate.login.definition, password, request->ip);
    throttle_begin(&candidate.attempt, request->throttle, request->ip);
    if (may_enter(&candidate, request)) login_name_add(&candidate.attempt, candidate.ns, candidate.db, name);
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
    if (!add(candidates, store, request, root, name, password, err)) return false;
    if (ns.length && !add(candidates, store, request, namespace, name, password, err)) return false;
    return !ns.length || !db.length || add(candidates, store, request, database, name, password, err);
}

static bool is_missing(const struct candidate *candidate) {
    return !candidate->login.definition;
}

static struct candidate *find_remembered(struct candidates *candidates, const struct credential_request *request) {
    for (size_t i = 0; i < candidates->count; i++) {
        struct candidate *candidate = &candidates->items[i];
        if (!candidate->is_throttled && !is_missing(candidate) && may_enter(candidate, request) &&
            verified_knows(&candidate->verified))
            return candidate;
    }
    return NULL;
}

/* Tries the levels that have such a login, or those that have none, as long as none fits. */
static bool try(struct candidates *candidates, const struct credential_request *request, bool missing,
                struct str password, struct candidate **ret_candidate, struct error *err) {
    for (size_t i = 0; i < candidates->count && !*ret_candidate; i++) {
        struct candidate *candidate = &candidates->items[i];
        bool is_right;
        if (candidate->is_throttled || is_missing(candidate) != missing) continue;
        if (!login_verify(&candidate->login, password, &is_right, err)) return false;
        if (is_right && may_enter(candidate, request)) *ret_candidate = candidate;
    }
    return true;
}

/* The first whose password it is; NULL where there is none. Levels without such a login cost their verification only
 * when no level fits, so that nobody waits for what is not there but who is refused anyway. A level where the name is
 * throttled is passed over, also if the pair is remembered, or the answer would tell a guesser which one is right; it
 * must not keep out the same name of another level. */
static bool choose(struct candidates *candidates, const struct credential_request *request, struct str password,
                   const struct candidate **ret_candidate, struct error *err) {
    struct error throttled = {0};
    int64_t now = clock_steady();
    for (size_t i = 0; i < candidates->count; i++)
        candidates->items[i].is_throttled = !throttle_may_try(&candidates->items[i].attempt, now, &throttled);
    struct candidate *chosen = find_remembered(candidates, request);
    *ret_candidate = chosen;
    if (chosen) return true;
    if (!try(candidates, request, false, password, &chosen, err)) return false;
    if (!chosen && !try(candidates, request, true, password, &chosen, err)) return false;
    if (chosen) {
        chosen->is_new = true;
        verified_remember(&chosen->verified);
        throttle_succeeded(&chosen->attempt, clock_steady());
    }
    for (size_t i = 0; i < candidates->count && !chosen; i++)
        if (!candidates->items[i].is_throttled) throttle_failed(&candidates->items[i].attempt, clock_steady());
    *ret_candidate = chosen;
    return chosen || throttled.code == ERROR_NONE || hand_on(err, &throttled);
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

bool basic_read_name(struct arena *arena, struct str encoded, struct str *ret_name) {
    struct str password;
    return decode(arena, encoded, ret_name, &password);
}

bool basic_check(struct store *store, struct arena *arena, const struct credential_request *request, struct str encoded,
                 struct session *ret_session, struct error *err) {
    struct str name, password;
    if (!decode(arena, encoded, &name, &password)) return refuse(err, "the Basic credentials are not well formed");
    CLEANUP(candidates_done) struct candidates candidates = {0};
    if (!find_all(&candidates, store, arena, request, name, password, err)) return false;
    const struct candidate *candidate;
    if (!choose(&candidates, request, password, &candidate, err)) return false;
    if (!candidate) return refuse(err, "no login has this name and password");
    struct roles roles;
    if (!roles_of_login(arena, candidate->login.snapshot, candidate->login.definition, &roles, err)) return false;
    *ret_session = (struct session){
        .level = candidate->level,
        .roles = roles,
        .login = name,
        .home_ns = candidate->ns,
        .home_db = candidate->db,
        .was_verified = candidate->is_new,
    };
    return true;
}
