/*
 * The tree of a statement. One kind of struct for all nodes: what each kind holds stands in nodes.def, beside the SQL
 * it is made of. Everything lives in the arena of the parse.
 */
#ifndef SQL_AST_H
#define SQL_AST_H

#include "base/arena.h"
#include "base/str.h"

enum node_kind {
#define NODE(kind, ...) NODE_##kind,
#include "sql/nodes.def"
#undef NODE
    NODE_KIND_COUNT
};

/* The slots: SELECT_FROM and so on are indexes into node->child. */
#define SLOT_0(kind)
#define SLOT_1(kind, a) kind##_##a,
#define SLOT_2(kind, a, b) kind##_##a, kind##_##b,
#define SLOT_3(kind, a, b, c) kind##_##a, kind##_##b, kind##_##c,
#define SLOT_4(kind, a, b, c, d) kind##_##a, kind##_##b, kind##_##c, kind##_##d,
#define SLOT_5(kind, a, b, c, d, e) kind##_##a, kind##_##b, kind##_##c, kind##_##d, kind##_##e,
#define SLOT_6(kind, a, b, c, d, e, f) kind##_##a, kind##_##b, kind##_##c, kind##_##d, kind##_##e, kind##_##f,
#define SLOT_7(kind, a, b, c, d, e, f, g)                                                                              \
    kind##_##a, kind##_##b, kind##_##c, kind##_##d, kind##_##e, kind##_##f, kind##_##g,
#define SLOT_8(kind, a, b, c, d, e, f, g, h)                                                                           \
    kind##_##a, kind##_##b, kind##_##c, kind##_##d, kind##_##e, kind##_##f, kind##_##g, kind##_##h,
#define SLOT_9(kind, a, b, c, d, e, f, g, h, i)                                                                        \
    kind##_##a, kind##_##b, kind##_##c, kind##_##d, kind##_##e, kind##_##f, kind##_##g, kind##_##h, kind##_##i,
#define SLOT_PICK(k, a, b, c, d, e, f, g, h, i, name, ...) name
#define NODE(...)                                                                                                      \
    enum {                                                                                                             \
        SLOT_PICK(__VA_ARGS__, SLOT_9, SLOT_8, SLOT_7, SLOT_6, SLOT_5, SLOT_4, SLOT_3, SLOT_2, SLOT_1, SLOT_0,         \
                  SLOT_0)(__VA_ARGS__) SLOT_COUNT_OF(__VA_ARGS__, 0)                                                   \
    };
#define SLOT_COUNT_OF(kind, ...) NODE_##kind##_SLOT_COUNT
#include "sql/nodes.def"
#undef NODE

enum { NAME_BARE = 0, NAME_DOUBLE = '"', NAME_SINGLE = '\'', NAME_BRACKET = '[', NAME_BACKTICK = '`' };

/* Bits of `flags`, for many kinds. */
enum node_flag {
    NEGATED = 1 << 8,
    DISTINCT = 1 << 9,
    ALL = 1 << 10,
    STAR_ARGUMENT = 1 << 11, /* count(*) */
    HAS_AS = 1 << 12,
    HAS_PARENTHESES = 1 << 13,
    RECURSIVE = 1 << 14,
    MATERIALIZED = 1 << 15,
    NOT_MATERIALIZED = 1 << 16,
    TEMPORARY = 1 << 17,
    IF_NOT_EXISTS = 1 << 18,
    IF_EXISTS = 1 << 19,
    OVERWRITE = 1 << 20,
    WITHOUT_ROWID = 1 << 21,
    STRICT = 1 << 22,
    UNIQUE = 1 << 23,
    QUERY_PLAN = 1 << 24,
    REPLACE_WORD = 1 << 25, /* REPLACE INTO … */
    LOGIN_DISABLED = 1 << 27,
    DEFINER = 1 << 26,       /* VARIABLE: stands in a predicate */
    OWN_CHANGE = 1 << 8,     /* VARIABLE: stands for changes(), total_changes() or last_insert_rowid() */
    NAMED_BY_TEXT = 1 << 28, /* COLUMN: alone as a result, SQLite calls it as it is written */
    RESOLVING = 1 << 28,     /* CTE: resolve.c is in its body, so that what names it there is itself */
    RESOLVED = 1 << 29,
    UPDATES_ON_CONFLICT = 1 << 30, /* INSERT: what known_script.h remembers of ON CONFLICT DO UPDATE */
};

/* The low byte of `flags` is one of these, by kind of node. */
#define NODE_CHOICE(node) ((node)->flags & 0xff)

enum node_operator { /* UNARY, BINARY, LIKE */
                     OPERATOR_OR,
                     OPERATOR_AND,
                     OPERATOR_NOT,
                     OPERATOR_IS,
                     OPERATOR_IS_NOT,
                     OPERATOR_IS_DISTINCT,
                     OPERATOR_IS_NOT_DISTINCT,
                     OPERATOR_EQUAL,
                     OPERATOR_NOT_EQUAL,
                     OPERATOR_LESS,
                     OPERATOR_LESS_EQUAL,
                     OPERATOR_GREATER,
                     OPERATOR_GREATER_EQUAL,
                     OPERATOR_BIT_AND,
                     OPERATOR_BIT_OR,
                     OPERATOR_SHIFT_LEFT,
                     OPERATOR_SHIFT_RIGHT,
                     OPERATOR_ADD,
                     OPERATOR_SUBTRACT,
                     OPERATOR_MULTIPLY,
                     OPERATOR_DIVIDE,
                     OPERATOR_REMAINDER,
                     OPERATOR_CONCATENATE,
                     OPERATOR_JSON,      /* -> */
                     OPERATOR_JSON_TEXT, /* ->> */
                     OPERATOR_MINUS,
                     OPERATOR_PLUS,
                     OPERATOR_BIT_NOT,
                     OPERATOR_LIKE,
                     OPERATOR_GLOB,
                     OPERATOR_REGEXP,
                     OPERATOR_MATCH,
};

enum node_compound { /* CORE, VALUES: how it follows the arm before it */
                     COMPOUND_FIRST,
                     COMPOUND_UNION,
                     COMPOUND_UNION_ALL,
                     COMPOUND_INTERSECT,
                     COMPOUND_EXCEPT,
};

enum node_join { /* JOIN: bits in the low byte */
                 JOIN_FIRST = 0,
                 JOIN_COMMA = 1,
                 JOIN_INNER = 2, /* JOIN or INNER JOIN */
                 JOIN_CROSS = 4,
                 JOIN_NATURAL = 8,
                 JOIN_LEFT = 16,
                 JOIN_RIGHT = 32, /* FULL: both LEFT and RIGHT */
                 JOIN_OUTER = 64, /* the word OUTER */
};

enum node_sort { /* TERM: bits */
                 SORT_ASC = 1,
                 SORT_DESC = 2,
                 SORT_NULLS_FIRST = 4,
                 SORT_NULLS_LAST = 8,
};

enum node_conflict { /* INSERT, UPDATE, RAISE, constraints */
                     CONFLICT_NONE,
                     CONFLICT_ROLLBACK,
                     CONFLICT_ABORT,
                     CONFLICT_FAIL,
                     CONFLICT_IGNORE,
                     CONFLICT_REPLACE,
};

enum node_frame { /* FRAME: bits */
                  FRAME_RANGE = 1,
                  FRAME_ROWS = 2,
                  FRAME_GROUPS = 4,
                  FRAME_EXCLUDE_NO_OTHERS = 8,
                  FRAME_EXCLUDE_CURRENT_ROW = 16,
                  FRAME_EXCLUDE_GROUP = 32,
                  FRAME_EXCLUDE_TIES = 64,
};

enum node_bound {
    BOUND_UNBOUNDED_PRECEDING,
    BOUND_PRECEDING,
    BOUND_CURRENT_ROW,
    BOUND_FOLLOWING,
    BOUND_UNBOUNDED_FOLLOWING,
};

enum node_constraint { /* CONSTRAINT: of those with an EXPRESSION; DEFAULT is CONSTRAINT_OTHER */
                       CONSTRAINT_OTHER,
                       CONSTRAINT_CHECK,
                       CONSTRAINT_GENERATED,
};

enum node_object { /* DROP */
                   OBJECT_TABLE,
                   OBJECT_VIEW,
                   OBJECT_INDEX,
                   OBJECT_TRIGGER,
};

enum node_alter {
    ALTER_RENAME_TABLE,
    ALTER_RENAME_COLUMN,
    ALTER_ADD_COLUMN,
    ALTER_DROP_COLUMN,
};

enum node_alter_login { /* ALTER_LOGIN */
                        ALTER_LOGIN_DISABLE,
                        ALTER_LOGIN_ENABLE,
                        ALTER_LOGIN_PASSWORD_TO,
};

enum node_transaction { /* BEGIN */
                        TRANSACTION_DEFERRED,
                        TRANSACTION_IMMEDIATE,
                        TRANSACTION_EXCLUSIVE,
};

enum node_level { /* LEVEL */
                  LEVEL_ON_ROOT,
                  LEVEL_ON_NAMESPACE,
                  LEVEL_ON_DATABASE,
                  LEVEL_ON_SCOPE,
};

enum node_info {
    INFO_ROOT,
    INFO_NAMESPACE,
    INFO_DATABASE,
    INFO_SCOPE,
    INFO_TABLE,
    INFO_USER,
};

enum node_principal { /* EXPLAIN_PERMISSIONS: for whom */
                      PRINCIPAL_SELF,
                      PRINCIPAL_SCOPE,
                      PRINCIPAL_GUEST,
                      PRINCIPAL_LOGIN,
};

enum node_permission { /* PERMISSION: one of the first three, and bits of operations (1 << (4 + enum operation)) */
                       PERMISSION_NONE,
                       PERMISSION_FULL,
                       PERMISSION_WHERE,
};
#define PERMISSION_KIND(node) ((node)->flags & 3)
#define PERMISSION_BIT(operation) (1u << (4 + (operation)))

struct source; /* resolve.h */

struct node {
    enum node_kind kind;
    uint32_t flags;
    uint32_t at;     /* byte offset of its first token in the text; NOWHERE for what we made */
    uint32_t end;    /* byte offset after its last token */
    uint32_t height; /* 1 for a leaf; kept by node_append and build.h */
    struct str text;
    uint32_t count; /* children */
    uint32_t capacity;
    struct node **child;
    const struct source *source; /* COLUMN, TABLE …: what the name means, set by resolve.h */
};

/* A node with room for all its kind's slots; NULL when the arena is full. */
struct node *node_new(struct arena *arena, enum node_kind kind, uint32_t at, uint32_t end) MUST_CHECK;
struct node *node_new_text(struct arena *arena, enum node_kind kind, struct str text, uint32_t flags) MUST_CHECK;

/* Adds a child at the end of a LIST, FROM, ROW or VALUES; a NULL list is made first. Returns the list; NULL when the
 * arena is full. */
struct node *node_append(struct arena *arena, struct node *list, struct node *child) MUST_CHECK;

/* Whether something holds of a node, or of one below it; a NULL node has none. */
bool node_any(const struct node *node, bool (*holds)(const struct node *node));
/* Whether it, or one below it, is of a kind. */
bool node_has_kind(const struct node *node, enum node_kind kind);

/* How many values each row of a VALUES or LITERAL_ROWS has; 0 for any other node. */
uint32_t node_row_width(const struct node *rows);

/* Where an expression has the sub-select that it asks: a sub-select as a value, EXISTS, IN (SELECT …). NULL: it is no
 * such expression. */
struct node **node_asked_select(const struct node *expression);

/* Whether an INSERT says ON CONFLICT DO UPDATE, also as known_script.h remembers it. */
bool node_updates_on_conflict(const struct node *insert);

/* The table or view that a DROP or ALTER is about; empty for every other statement. */
struct str node_changed_table(const struct node *statement);

/* A deep copy, positions, flags and sources included. */
struct node *node_copy(struct arena *arena, const struct node *node) MUST_CHECK;

#endif
