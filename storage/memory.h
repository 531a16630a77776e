/*
 * SQLite's memory: malloc, with a budget for what one connection may take, and a limit for all of them.
 *
 * A budget belongs to a connection and is charged only while a thread works on that connection (budget_enter to
 * budget_leave), so it stays true whichever threads work on the connection one after the other.
 */
#ifndef STORAGE_MEMORY_H
#define STORAGE_MEMORY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct budget {
    int64_t used;  /* bytes taken since the budget was set, less those given back; may be negative */
    int64_t limit; /* 0: none */
};

/* Makes SQLite use this allocator, without its process-wide statistics. Before any other use of SQLite. */
bool memory_init(struct error *err) MUST_CHECK;

/* Charges this thread's use of SQLite to a budget until budget_leave. Returns what was charged before, for
 * budget_leave. */
struct budget *budget_enter(struct budget *budget);
void budget_leave(struct budget *before);

#endif
