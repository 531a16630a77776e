#include "server/admin/admin.h"
#include "server/admin/define.h"

bool define_field(struct admin *admin, const struct node *statement, struct error *err) {
    const struct node *name = statement->child[DEFINE_FIELD_NAME];
    const struct table_schema *table = define_find_table(admin, statement->child[DEFINE_FIELD_TABLE], err);
    if (!table) return false;
    const struct column_schema *column = schema_find_column(table, name->text);
    if (!column) return fail(err, ERROR_NOT_FOUND, name->at, "no such column: %.*s", STR(name->text));
    const struct definition field = {.kind = DEFINITION_FIELD, .owner = table->name, .name = column->name};
    return define_check_permissions(admin, table, statement->child[DEFINE_FIELD_PERMISSIONS],
                                    PERMISSION_BIT(OPERATION_DELETE), "a field has no permissions for delete", err) &&
           define_put(admin, statement, field, err);
}
