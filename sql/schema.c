/*
 * Finding tables and columns by their names.
 */
#include "sql/schema.h"

static unsigned char folded(char c) {
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Negative, zero or positive as a sorts before, with or after b: ASCII without case, the order of schema.tables. */
static int compare_names(struct str a, struct str b) {
    size_t length = a.length < b.length ? a.length : b.length;
    for (size_t i = 0; i < length; i++) {
        int difference = folded(a.text[i]) - folded(b.text[i]);
        if (difference) return difference;
    }
    return a.length < b.length ? -1 : a.length > b.length;
}

const struct table_schema *schema_find_table(const struct schema *schema, struct str name) {
    size_t low = 0, high = schema->table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_names(schema->tables[middle].name, name);
        if (!order) return &schema->tables[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct str schema_rowid_name(const struct table_schema *table) {
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    if (table->rowid_alias >= 0) return table->columns[table->rowid_alias].name;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!schema_find_column(table, str_of(names[i]))) return str_of(names[i]);
    return (struct str){0};
}

const struct column_schema *schema_find_column(const struct table_schema *table, struct str name) {
    for (size_t i = 0; i < table->column_count; i++)
        if (str_same_name(table->columns[i].name, name)) return &table->columns[i];
    return NULL;
}
