#include "auth/denial.h"

#include <string.h>

enum denial {
    DENIAL_SELECT,
    DENIAL_INSERT,
    DENIAL_REPLACE,
    DENIAL_UPDATE,
    DENIAL_DELETE,
    DENIAL_BEGIN,
    DENIAL_USE,
    DENIAL_COUNT
};

static const char *const denial_names[DENIAL_COUNT] = {
    [DENIAL_SELECT] = "select", [DENIAL_INSERT] = "insert", [DENIAL_REPLACE] = "replace", [DENIAL_UPDATE] = "update",
    [DENIAL_DELETE] = "delete", [DENIAL_BEGIN] = "begin",   [DENIAL_USE] = "use",
};

static bool denied[DENIAL_COUNT];

static bool add_denial(bool *set, struct str name, struct error *err) {
    for (int i = 0; i < DENIAL_COUNT; i++)
        if (str_is_name(name, denial_names[i])) return set[i] = true;
    return fail(err, ERROR_INVALID_VALUE, NOWHERE, "restricted principals have no statement %.*s", STR(name));
}

bool denial_set_statements(struct str list, struct error *err) {
    bool set[DENIAL_COUNT] = {false};
    struct str name;
    if (!list.length) list = (struct str){0};
    while (str_next_item(&list, &name))
        if (!add_denial(set, name, err)) return false;
    memcpy(denied, set, sizeof denied);
    return true;
}

/* The name of what a statement does and is denied; NULL where nothing is. */
static const char *find_denial(const struct node *statement) {
    bool does[DENIAL_COUNT] = {
        [DENIAL_SELECT] = statement->kind == NODE_SELECT, [DENIAL_INSERT] = statement->kind == NODE_INSERT,
        [DENIAL_UPDATE] = statement->kind == NODE_UPDATE, [DENIAL_DELETE] = statement->kind == NODE_DELETE,
        [DENIAL_BEGIN] = statement->kind == NODE_BEGIN,   [DENIAL_USE] = statement->kind == NODE_USE,
    };
    if ((does[DENIAL_INSERT] || does[DENIAL_UPDATE]) && NODE_CHOICE(statement) == CONFLICT_REPLACE)
        does[DENIAL_REPLACE] = does[DENIAL_DELETE] = true;
    if (does[DENIAL_INSERT] && node_updates_on_conflict(statement)) does[DENIAL_UPDATE] = true;
    for (int i = 0; i < DENIAL_COUNT; i++)
        if (does[i] && denied[i]) return denial_names[i];
    return NULL;
}

bool denial_check(const struct node *statement, struct error *err) {
    const char *name = find_denial(statement);
    if (!name) return true;
    return fail(err, ERROR_PERMISSION_DENIED, statement->at, "%s is denied to restricted principals here", name);
}
