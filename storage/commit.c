/*
 * Group commit: each COMMIT waits for the disk, so writers of one file that come at the same time share one. The first
 * to come leads: it runs its own change and then those of who waits, each in a savepoint, and commits; meanwhile the
 * next gather. Nobody hears of a success before the COMMIT is on disk.
 *
 * A change that fails is undone alone. One that takes the whole transaction along (ON CONFLICT ROLLBACK,
 * RAISE(ROLLBACK), a full disk) fails alone as well: what others had done before it is run again, each in a transaction
 * of its own.
 */
#include "storage/store_private.h"

#include "base/call.h"
#include "base/clock.h"

/* A group is full with so many members, or after this time: nobody waits for the others for long. */
#define MEMBERS_MAX 256
#define RUN_TIME_MAX 2000000 /* ns */

#define SAVEPOINT "_bailiwick_member"

enum member_state {
    MEMBER_WAITS,
    MEMBER_LEADS, /* called to lead the next group */
    MEMBER_RUNS,
    MEMBER_DONE,
};

/* A writer: on the stack of its thread. */
struct member {
    const struct store_change *change;
    atomic_int state; /* an enum member_state; from WAITS only under the lock */
    bool is_fine;
    struct error error;
    struct member *next; /* that waits, or was run */
};

bool group_init(struct group *group, struct error *err) {
    *group = (struct group){0};
    return pthread_mutex_init(&group->lock, NULL) == 0 ||
           fail(err, ERROR_INTERNAL, NOWHERE, "the server could not make a lock");
}

void group_done(struct group *group) {
    pthread_mutex_destroy(&group->lock);
}

/* --- the queue, under the lock --- */

static void append(struct group *group, struct member *member) {
    member->next = NULL;
    if (group->last) group->last->next = member;
    if (!group->last) group->first = member;
    group->last = member;
    group->waiting++;
}

static struct member *take_first(struct group *group) {
    struct member *member = group->first;
    if (!member) return NULL;
    group->first = member->next;
    if (!group->first) group->last = NULL;
    group->waiting--;
    member->next = NULL;
    member->state = MEMBER_RUNS;
    return member;
}

static void leave(struct group *group, struct member *member) {
    struct member *before = NULL;
    for (struct member *other = group->first; other != member; other = other->next) before = other;
    if (before) before->next = member->next;
    if (!before) group->first = member->next;
    if (group->last == member) group->last = before;
    group->waiting--;
}

/* Whether the member waits no more, having been run by nobody. */
static bool give_up(struct group *group, struct member *self) {
    pthread_mutex_lock(&group->lock);
    bool waits = self->state == MEMBER_WAITS;
    if (waits) leave(group, self);
    pthread_mutex_unlock(&group->lock);
    return waits && !fail(&self->error, ERROR_BUSY, NOWHERE, "the database is busy");
}

/* Until the member is called to lead, which is true, or is done. It gives up once its deadline has passed before it was
 * run. */
static bool wait_to_lead(struct group *group, struct member *self) {
    for (;;) {
        int state = self->state;
        if (state == MEMBER_LEADS || state == MEMBER_DONE) return state == MEMBER_LEADS;
        bool has_time = call_wait(&self->state, state, state == MEMBER_WAITS ? self->change->deadline : 0);
        if (!has_time && give_up(group, self)) return false;
    }
}

/* --- leading --- */

/* A group at work. */
struct lead {
    struct store_file *file;
    struct conn *conn;
    struct member *first, *last; /* who was run, or is run now */
    size_t count;
    size_t unsaved; /* changes in the open transaction */
    int64_t began;
};

static bool begin(struct lead *lead, const struct store_change *change, struct error *err) {
    if (conn_in_transaction(lead->conn)) return true;
    conn_set_bounds(lead->conn, &(struct conn_bounds){.deadline = change->deadline});
    if (!conn_begin(lead->conn, true, err)) return false;
    store_await_settled(lead->file); /* nobody else can change the catalogue now */
    return true;
}

static bool run_change(struct conn *conn, struct member *member) {
    if (!member->change->run(member->change->context, conn, &member->error)) return false;
    if (!conn_owes_keys(conn)) return true;
    return fail(&member->error, ERROR_CONSTRAINT_VIOLATION, NOWHERE, "a foreign key refers to no row");
}

/* Undoes what the member did, and nothing else. */
static void undo(struct lead *lead) {
    conn_set_bounds(lead->conn, &(struct conn_bounds){0});
    if (!lead->unsaved || !conn_in_transaction(lead->conn) ||
        !conn_run(lead->conn, "ROLLBACK TO " SAVEPOINT "; RELEASE " SAVEPOINT, &(struct error){0}))
        conn_rollback(lead->conn);
}

static void run_member(struct lead *lead, struct member *member) {
    struct conn *conn = lead->conn;
    conn_forget_user(conn);
    bool shares = lead->unsaved > 0;
    member->is_fine = begin(lead, member->change, &member->error) &&
                      (!shares || conn_execute(conn, "SAVEPOINT " SAVEPOINT, NULL, 0, &member->error)) &&
                      run_change(conn, member);
    if (!member->is_fine) {
        undo(lead);
    } else if (shares) {
        conn_set_bounds(conn, &(struct conn_bounds){0});
        member->is_fine = conn_execute(conn, "RELEASE " SAVEPOINT, NULL, 0, &member->error);
        if (!member->is_fine) conn_rollback(conn);
    }
    if (member->is_fine) lead->unsaved++;
}

/* Commits; what was not committed has failed. */
static void commit(struct lead *lead) {
    struct error err = {0};
    if (!lead->unsaved || conn_commit(lead->conn, &err)) return;
    for (struct member *member = lead->first; member; member = member->next) {
        if (!member->is_fine) continue;
        member->is_fine = false;
        member->error = err;
    }
}

/* Somebody has taken the transaction along: who was fine before it is run again, alone. */
static void run_again(struct lead *lead) {
    for (struct member *member = lead->first; member; member = member->next) {
        if (!member->is_fine) continue;
        lead->unsaved = 0;
        run_member(lead, member);
        if (member->is_fine) member->is_fine = conn_commit(lead->conn, &member->error);
    }
    lead->unsaved = 0;
}

static struct member *next_to_run(struct lead *lead) {
    struct group *group = &lead->file->group;
    if (lead->count >= MEMBERS_MAX || clock_steady() - lead->began > RUN_TIME_MAX) return NULL;
    pthread_mutex_lock(&group->lock);
    struct member *member = take_first(group);
    pthread_mutex_unlock(&group->lock);
    return member;
}

static void run_group(struct lead *lead) {
    for (struct member *member = lead->first; member; member = next_to_run(lead)) {
        if (member != lead->first) lead->last = lead->last->next = member;
        lead->count++;
        run_member(lead, member);
        if (lead->unsaved && !conn_in_transaction(lead->conn)) {
            run_again(lead);
            return;
        }
    }
    commit(lead);
}

/* Tells those who were run, and calls the next to lead. */
static void finish(struct group *group, struct member *self) {
    pthread_mutex_lock(&group->lock);
    struct member *next = take_first(group);
    group->is_led = next != NULL;
    pthread_mutex_unlock(&group->lock);
    if (next) call_set(&next->state, MEMBER_LEADS);
    for (struct member *member = self->next; member; member = self->next) {
        self->next = member->next; /* it is gone once it has been told */
        call_set(&member->state, MEMBER_DONE);
    }
}

static void lead_group(struct store_file *file, struct member *self) {
    struct lead lead = {.file = file, .first = self, .last = self, .began = clock_steady()};
    lead.conn = store_borrow_conn(file, &self->error);
    if (lead.conn) run_group(&lead);
    store_give_back_conn(file, lead.conn);
    finish(&file->group, self);
}

bool store_change_rows(struct store_file *file, const struct store_change *change, struct error *err) {
    struct group *group = &file->group;
    struct member self = {.change = change, .state = MEMBER_WAITS};
    pthread_mutex_lock(&group->lock);
    bool leads = !group->is_led;
    group->is_led = true;
    if (!leads) append(group, &self);
    pthread_mutex_unlock(&group->lock);
    if (leads || wait_to_lead(group, &self)) lead_group(file, &self);
    if (!self.is_fine && err && err->code == ERROR_NONE) *err = self.error;
    return self.is_fine;
}
