/*
 * Scripts that differ from one that was met before in literals alone, which may be bound (lift.h): they share what is
 * known of it, and so its plans. A script is known so from the second time that one of its kind is met.
 *
 * What is remembered is the text with these literals blanked: nothing of what anybody asked for is in it.
 */
#ifndef SQL_LIFTED_SCRIPT_H
#define SQL_LIFTED_SCRIPT_H

#include "sql/known_script.h"

/* The literals that one script brings for what is known of its kind. */
struct lifted_literals {
    struct literals sent;         /* where they stand in the script */
    const struct literals *blank; /* and in known_script's */
    const struct value *values;   /* the value of each; strings may lie in the script */
};

struct lifted_script {
    const struct known_script *known; /* given back by known_script_unref */
    struct script script;             /* as known_script's, but with the text and the places of this one */
    struct lifted_literals literals;
};

/* False: none of its kind is known, or memory is short. What is given lives in the arena. */
bool lifted_script_find(struct arena *arena, struct str text, struct lifted_script *ret_lifted);

/* Remembers the kind of a script that has just been parsed. False where it has no literals that may be bound: then the
 * script itself may be remembered. */
bool lifted_script_keep(struct arena *arena, const struct script *script);

/* A place in the script, for one in known_script's text. */
uint32_t lifted_script_at(const struct lifted_literals *literals, uint32_t at);

#endif
