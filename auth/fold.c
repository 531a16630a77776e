#include "auth/fold.h"

bool fold_name(struct arena *arena, struct str name, struct str *ret_folded, struct error *err) {
    char *folded = arena_alloc(arena, name.length + 1);
    if (!folded) return fail(err, ERROR_LIMIT_EXCEEDED, NOWHERE, "the request needs too much memory");
    for (size_t i = 0; i < name.length; i++) {
        char c = name.text[i];
        folded[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    *ret_folded = (struct str){folded, name.length};
    return true;
}
