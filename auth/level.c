#include "auth/level.h"

const char *level_name(enum level level) {
    switch (level) {
    case LEVEL_GUEST:
        return "guest";
    case LEVEL_SCOPE:
        return "scope";
    case LEVEL_DATABASE:
        return "database";
    case LEVEL_NAMESPACE:
        return "namespace";
    case LEVEL_ROOT:
        return "root";
    case LEVEL_COUNT:
        break;
    }
    return "nobody";
}
