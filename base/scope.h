/*
 * Scope owns what must be given back: `CLEANUP(buf_done) struct buf out;`
 *
 * CLEANUP names a destructor that takes a pointer to the variable. DEFINE_CLEANUP makes one from a destructor
 * that takes the variable's value and bears NULL.
 */
#ifndef BASE_SCOPE_H
#define BASE_SCOPE_H

#define CLEANUP(destructor) __attribute__((cleanup(destructor)))

#define DEFINE_CLEANUP(type, destructor)                                                                               \
    static inline void destructor##_at(type *place) {                                                                  \
        if (*place) destructor(*place);                                                                                \
    }

#endif
