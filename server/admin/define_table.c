#include "server/admin/admin.h"
#include "server/admin/define.h"

bool define_table(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[DEFINE_TABLE_NAME];
    const struct table_schema *table = define_find_table(admin, name, err);
    if (!table) return false;
    return define_check_permissions(admin, table, statement->child[DEFINE_TABLE_PERMISSIONS], 0, "", err) &&
           define_put(admin, statement, (struct definition){.kind = DEFINITION_TABLE, .name = table->name}, err);
}
