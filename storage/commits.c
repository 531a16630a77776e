#include "storage/conn_private.h"

/* Numbers are drawn from one well, so that a file that was closed and opened again, or made anew, repeats none; and the
 * later of two is the larger. */
static uint64_t next_number(void) {
    static atomic_uint_fast64_t last;
    return atomic_fetch_add(&last, 1) + 1;
}

void commit_count_init(struct commit_count *count) {
    uint64_t number = next_number();
    for (size_t i = 0; i < COMMIT_PARTS; i++) atomic_init(&count->numbers[i], number);
}

void commit_count_add(struct commit_count *count, uint64_t tables) {
    uint64_t number = next_number();
    for (size_t i = 0; i < COMMIT_PARTS; i++)
        if (tables >> i & 1) atomic_store(&count->numbers[i], number);
}

/* The largest is that of the commit that came last: see next_number. */
uint64_t commit_count_get(const struct commit_count *count, uint64_t tables) {
    uint64_t largest = 0;
    for (; tables; tables &= tables - 1) {
        uint64_t number = atomic_load(&count->numbers[__builtin_ctzll(tables)]);
        if (number > largest) largest = number;
    }
    return largest;
}

/* FNV-1a, from http://www.isthe.com/chongo/tech/comp/fnv/, of the name in lower case. */
uint64_t commit_tables_of(struct str name) {
    uint64_t hash = 14695981039346656037u;
    if (str_starts_name(name, "_bailiwick")) return COMMIT_OWN_TABLES;
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.text[i];
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * 1099511628211u;
    }
    return (uint64_t)2 << (hash >> 32) % (COMMIT_PARTS - 1);
}

uint64_t commit_tables_written(int action, struct str name) {
    switch (action) {
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        return commit_tables_of(name);
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return 0;
    }
    return COMMIT_ANY_TABLE;
}
