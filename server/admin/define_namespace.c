#include "server/admin/admin.h"
#include "server/admin/define.h"

bool define_namespace(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[DEFINE_NAMESPACE_NAME];
    struct error failure = {0};
    if (!store_name_is_valid(name->text))
        return fail(err, ERROR_INVALID_VALUE, name->at,
                    "a name is 1 to 64 of a-z 0-9 _ - and begins with a letter or digit");
    if (store_make_namespace(admin->store, name->text, &failure)) return true;
    /* there is nothing in a namespace's definition to overwrite */
    if (failure.code == ERROR_ALREADY_EXISTS && define_mode(statement) != DEFINITION_CREATE) return true;
    *err = failure;
    return false;
}
