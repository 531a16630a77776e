/*
 * Bailiwick's own statements in their canonical form: what the catalogue stores and INFO shows. No secret is in it, and
 * neither IF NOT EXISTS nor OVERWRITE, which say how to define and not what.
 */
#include "sql/print_private.h"
#include "sql/schema.h"

static void print_named(struct printer *p, const char *words, const struct node *name) {
    buf_add_text(p->out, words);
    print_part(p, name);
}

static void print_remove(struct printer *p, const struct node *node, const char *noun) {
    buf_format(p->out, "REMOVE %s %s", noun, node->flags & IF_EXISTS ? "IF EXISTS " : "");
    print_part(p, node->child[0]); /* every REMOVE_… begins with its NAME */
}

static void print_level(struct printer *p, const struct node *node) {
    static const char *const words[] = {[LEVEL_ON_ROOT] = "ROOT",
                                        [LEVEL_ON_NAMESPACE] = "NAMESPACE",
                                        [LEVEL_ON_DATABASE] = "DATABASE",
                                        [LEVEL_ON_SCOPE] = "SCOPE"};
    buf_add_text(p->out, words[NODE_CHOICE(node)]);
    if (node->child[LEVEL_NAME]) buf_add_char(p->out, ' ');
    print_part(p, node->child[LEVEL_NAME]);
}

static void print_scope_clause(struct printer *p, const char *words, const struct node *statements) {
    if (!statements) return;
    buf_format(p->out, " %s (", words);
    if (statements->kind == NODE_LIST) {
        for (uint32_t i = 0; i < statements->count; i++) {
            if (i > 0) buf_add_text(p->out, "; ");
            print_part(p, statements->child[i]);
        }
    } else {
        print_part(p, statements);
    }
    buf_add_char(p->out, ')');
}

static void print_roles(struct printer *p, const struct node *roles) {
    if (!roles) return;
    buf_add_text(p->out, " ROLES ");
    print_list(p, roles);
}

static void print_scope(struct printer *p, const struct node *node) {
    print_named(p, "DEFINE SCOPE ", node->child[DEFINE_SCOPE_NAME]);
    print_clause(p, "SESSION", node->child[DEFINE_SCOPE_SESSION]);
    print_clause(p, "WITH REFRESH", node->child[DEFINE_SCOPE_REFRESH]);
    print_scope_clause(p, "SIGNUP", node->child[DEFINE_SCOPE_SIGNUP]);
    print_scope_clause(p, "SIGNIN", node->child[DEFINE_SCOPE_SIGNIN]);
    print_scope_clause(p, "CONNECT", node->child[DEFINE_SCOPE_CONNECT]);
    print_scope_clause(p, "ON SIGNUP", node->child[DEFINE_SCOPE_ON_SIGNUP]);
    print_scope_clause(p, "ON SIGNIN", node->child[DEFINE_SCOPE_ON_SIGNIN]);
    print_roles(p, node->child[DEFINE_SCOPE_ROLES]);
}

static void print_rule(struct printer *p, const struct node *node) {
    if (PERMISSION_KIND(node) == PERMISSION_WHERE)
        print_named(p, "WHERE ", node->child[PERMISSION_PREDICATE]);
    else
        buf_add_text(p->out, PERMISSION_KIND(node) == PERMISSION_FULL ? "FULL" : "NONE");
}

static void print_permission(struct printer *p, const struct node *node) {
    static const char *const words[OPERATION_COUNT] = {"select", "create", "update", "delete"};
    const char *before = "FOR ";
    for (int operation = 0; operation < OPERATION_COUNT; operation++) {
        if (!(node->flags & PERMISSION_BIT(operation))) continue;
        buf_format(p->out, "%s%s", before, words[operation]);
        before = ", ";
    }
    buf_add_char(p->out, ' ');
    print_rule(p, node);
}

static void print_permissions(struct printer *p, const struct node *list) {
    uint32_t all = 0;
    for (int operation = 0; operation < OPERATION_COUNT; operation++) all |= PERMISSION_BIT(operation);
    if (list->count == 1 && (list->child[0]->flags & all) == all)
        print_rule(p, list->child[0]);
    else
        print_list(p, list);
}

static void print_role_field(struct printer *p, const struct node *field) {
    print_part(p, field->child[ROLE_FIELD_NAME]);
    if (!field->child[ROLE_FIELD_PERMISSIONS]) return;
    buf_add_char(p->out, ' ');
    print_permissions(p, field->child[ROLE_FIELD_PERMISSIONS]);
}

static void print_role_table(struct printer *p, const struct node *table) {
    const struct node *permissions = table->child[ROLE_TABLE_PERMISSIONS], *fields = table->child[ROLE_TABLE_FIELDS];
    print_named(p, "TABLE ", table->child[ROLE_TABLE_NAME]);
    if (permissions) buf_add_char(p->out, ' ');
    if (permissions) print_permissions(p, permissions);
    for (uint32_t i = 0; fields && i < fields->count; i++) {
        buf_add_text(p->out, i > 0 ? ", " : " FIELDS (");
        print_role_field(p, fields->child[i]);
    }
    if (fields) buf_add_char(p->out, ')');
}

static void print_role(struct printer *p, const struct node *node) {
    const struct node *roles = node->child[DEFINE_ROLE_ROLES], *tables = node->child[DEFINE_ROLE_TABLES];
    print_named(p, "DEFINE ROLE ", node->child[DEFINE_ROLE_NAME]);
    print_clause(p, "ON", node->child[DEFINE_ROLE_LEVEL]);
    print_roles(p, roles);
    if (!tables && !roles) buf_add_text(p->out, " PERMISSIONS NONE");
    for (uint32_t i = 0; tables && i < tables->count; i++) {
        buf_add_text(p->out, i > 0 ? ", " : " PERMISSIONS ");
        print_role_table(p, tables->child[i]);
    }
}

static void print_info(struct printer *p, const struct node *node) {
    static const char *const words[] = {
        [INFO_ROOT] = "ROOT",   [INFO_NAMESPACE] = "NAMESPACE", [INFO_DATABASE] = "DATABASE",
        [INFO_SCOPE] = "SCOPE", [INFO_TABLE] = "TABLE",         [INFO_USER] = "LOGIN"};
    buf_format(p->out, "INFO FOR %s", words[NODE_CHOICE(node)]);
    if (node->child[INFO_NAME]) buf_add_char(p->out, ' ');
    print_part(p, node->child[INFO_NAME]);
    print_clause(p, "ON", node->child[INFO_LEVEL]);
}

static void print_explain_permissions(struct printer *p, const struct node *node) {
    buf_add_text(p->out, "EXPLAIN PERMISSIONS ");
    if (NODE_CHOICE(node) == PRINCIPAL_GUEST) buf_add_text(p->out, "FOR GUEST ");
    if (NODE_CHOICE(node) == PRINCIPAL_LOGIN) {
        print_named(p, "FOR LOGIN ", node->child[EXPLAIN_PERMISSIONS_NAME]);
        buf_add_char(p->out, ' ');
    }
    if (NODE_CHOICE(node) == PRINCIPAL_SCOPE) {
        print_named(p, "FOR SCOPE ", node->child[EXPLAIN_PERMISSIONS_NAME]);
        print_clause(p, "ID", node->child[EXPLAIN_PERMISSIONS_ID]);
        buf_add_char(p->out, ' ');
    }
    print_part(p, node->child[EXPLAIN_PERMISSIONS_STATEMENT]);
}

static void print_alter_login(struct printer *p, const struct node *node) {
    static const char *const words[] = {[ALTER_LOGIN_DISABLE] = " DISABLE",
                                        [ALTER_LOGIN_ENABLE] = " ENABLE",
                                        [ALTER_LOGIN_PASSWORD_TO] = " PASSWORD"}; /* which is not told */
    print_named(p, "ALTER LOGIN ", node->child[ALTER_LOGIN_NAME]);
    print_clause(p, "ON", node->child[ALTER_LOGIN_LEVEL]);
    buf_add_text(p->out, words[NODE_CHOICE(node)]);
}

static void print_definition(struct printer *p, const struct node *node) {
    if (node->kind == NODE_DEFINE_NAMESPACE) {
        print_named(p, "DEFINE NAMESPACE ", node->child[DEFINE_NAMESPACE_NAME]);
    } else if (node->kind == NODE_DEFINE_DATABASE) {
        print_named(p, "DEFINE DATABASE ", node->child[DEFINE_DATABASE_NAME]);
    } else if (node->kind == NODE_DEFINE_LOGIN) {
        print_named(p, "DEFINE LOGIN ", node->child[DEFINE_LOGIN_NAME]);
        print_clause(p, "ON", node->child[DEFINE_LOGIN_LEVEL]);
        print_clause(p, "CERTIFICATE", node->child[DEFINE_LOGIN_CERTIFICATE]);
        print_roles(p, node->child[DEFINE_LOGIN_ROLES]);
        print_clause(p, "DURATION FOR TOKEN", node->child[DEFINE_LOGIN_DURATION]);
        print_clause(p, "WITH REFRESH", node->child[DEFINE_LOGIN_REFRESH]);
        if (node->flags & LOGIN_DISABLED) buf_add_text(p->out, " DISABLED");
    } else if (node->kind == NODE_DEFINE_TOKEN) {
        print_named(p, "DEFINE TOKEN ", node->child[DEFINE_TOKEN_NAME]);
        print_clause(p, "ON", node->child[DEFINE_TOKEN_LEVEL]);
        print_clause(p, "TYPE", node->child[DEFINE_TOKEN_TYPE]);
        print_clause(p, "ISSUER", node->child[DEFINE_TOKEN_ISSUER]);
        print_clause(p, "AUDIENCE", node->child[DEFINE_TOKEN_AUDIENCE]);
        print_roles(p, node->child[DEFINE_TOKEN_ROLES]);
    } else if (node->kind == NODE_DEFINE_SCOPE) {
        print_scope(p, node);
    } else if (node->kind == NODE_DEFINE_TABLE) {
        print_named(p, "DEFINE TABLE ", node->child[DEFINE_TABLE_NAME]);
        buf_add_text(p->out, " PERMISSIONS ");
        print_permissions(p, node->child[DEFINE_TABLE_PERMISSIONS]);
    } else if (node->kind == NODE_DEFINE_FIELD) {
        print_named(p, "DEFINE FIELD ", node->child[DEFINE_FIELD_NAME]);
        print_clause(p, "ON", node->child[DEFINE_FIELD_TABLE]);
        buf_add_text(p->out, " PERMISSIONS ");
        print_permissions(p, node->child[DEFINE_FIELD_PERMISSIONS]);
    } else if (node->kind == NODE_DEFINE_ROLE) {
        print_role(p, node);
    }
}

static void print_removal(struct printer *p, const struct node *node) {
    if (node->kind == NODE_REMOVE_NAMESPACE) {
        print_remove(p, node, "NAMESPACE");
    } else if (node->kind == NODE_REMOVE_DATABASE) {
        print_remove(p, node, "DATABASE");
    } else if (node->kind == NODE_REMOVE_LOGIN) {
        print_remove(p, node, "LOGIN");
        print_clause(p, "ON", node->child[REMOVE_LOGIN_LEVEL]);
    } else if (node->kind == NODE_REMOVE_TOKEN) {
        print_remove(p, node, "TOKEN");
        print_clause(p, "ON", node->child[REMOVE_TOKEN_LEVEL]);
    } else if (node->kind == NODE_REMOVE_SCOPE) {
        print_remove(p, node, "SCOPE");
    } else if (node->kind == NODE_REMOVE_TABLE) {
        print_remove(p, node, "TABLE");
    } else if (node->kind == NODE_REMOVE_FIELD) {
        print_remove(p, node, "FIELD");
        print_clause(p, "ON", node->child[REMOVE_FIELD_TABLE]);
    } else if (node->kind == NODE_REMOVE_ROLE) {
        print_remove(p, node, "ROLE");
        print_clause(p, "ON", node->child[REMOVE_ROLE_LEVEL]);
    }
}

void print_own(struct printer *p, const struct node *node) {
    if (node->kind == NODE_USE) {
        buf_add_text(p->out, "USE");
        print_clause(p, "NS", node->child[USE_NS]);
        print_clause(p, "DB", node->child[USE_DB]);
    } else if (node->kind == NODE_INFO) {
        print_info(p, node);
    } else if (node->kind == NODE_EXPLAIN_PERMISSIONS) {
        print_explain_permissions(p, node);
    } else if (node->kind == NODE_ALTER_LOGIN) {
        print_alter_login(p, node);
    } else if (node->kind == NODE_LEVEL) {
        print_level(p, node);
    } else if (node->kind == NODE_PERMISSION) {
        print_permission(p, node);
    } else if (node->kind == NODE_ROLE) {
        print_part(p, node->child[ROLE_NAME]);
        print_parenthesised_list(p, node->child[ROLE_DATABASES]);
    } else if (node->kind == NODE_ROLE_TABLE) {
        print_role_table(p, node);
    } else if (node->kind == NODE_ROLE_FIELD) {
        print_role_field(p, node);
    } else if (node->kind == NODE_DURATION) {
        buf_add_str(p->out, node->text);
    } else {
        print_definition(p, node);
        print_removal(p, node);
    }
}
