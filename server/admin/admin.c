#include "server/admin/admin.h"

static const struct admin_statement statements[] = {
#define ADMIN(kind, place, writes, function) {NODE_##kind, ADMIN_##place, writes, function},
#include "server/admin/statements.def"
#undef ADMIN
};

const struct admin_statement *admin_find(enum node_kind kind) {
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (statements[i].kind == kind) return &statements[i];
    return NULL;
}

static enum admin_place place_of_level(const struct node *statement) {
    for (uint32_t i = 0; i < statement->count; i++) {
        const struct node *child = statement->child[i];
        if (!child || child->kind != NODE_LEVEL) continue;
        switch ((enum node_level)NODE_CHOICE(child)) {
        case LEVEL_ON_ROOT:
            return ADMIN_ROOT;
        case LEVEL_ON_NAMESPACE:
            return ADMIN_NAMESPACE;
        case LEVEL_ON_DATABASE:
        case LEVEL_ON_SCOPE:
            return ADMIN_DATABASE;
        }
    }
    return ADMIN_DATABASE;
}

static enum admin_place place_of_info(const struct node *statement) {
    switch ((enum node_info)NODE_CHOICE(statement)) {
    case INFO_ROOT:
        return ADMIN_ROOT;
    case INFO_NAMESPACE:
        return ADMIN_NAMESPACE;
    case INFO_DATABASE:
    case INFO_SCOPE:
    case INFO_TABLE:
        return ADMIN_DATABASE;
    case INFO_USER:
        return place_of_level(statement);
    }
    return ADMIN_DATABASE;
}

enum admin_place admin_place_of(const struct admin_statement *own, const struct node *statement) {
    switch (own->place) {
    case ADMIN_STORE:
    case ADMIN_ROOT:
    case ADMIN_NAMESPACE:
    case ADMIN_DATABASE:
        return own->place;
    case ADMIN_ON_LEVEL:
        return place_of_level(statement);
    case ADMIN_FOR_LEVEL:
        return place_of_info(statement);
    }
    return ADMIN_DATABASE;
}
