/* The table of the parent's children: when each is started again, when it is killed and why.
 * Pure but for the memory of its rows: the clock is an argument (boot milliseconds). */
#ifndef CHILDREN_CHILDREN_H
#define CHILDREN_CHILDREN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ground/base/error.h"
#include "ground/roles/role.h"

struct channel;
struct child_link;

enum {
    CHILDREN_UNREADY_MS = 60000, /* from start to ready */
    CHILDREN_WELL_MS = 10000,    /* ready for so long: its deaths are forgotten */
    CHILDREN_DEATHS_MOST = 10,   /* of a collector before it is ready: set aside */
    CHILDREN_ASIDE_MS = 600000,  /* after each death of one that is set aside */
};

/* How often a child died. Zeroed at first. */
struct backoff {
    unsigned deaths;  /* since it was last ready for CHILDREN_WELL_MS */
    unsigned unready; /* before it was ready, one after another */
    int64_t died_ms;  /* the last of them */
};
/* It died, or ended as it should not; ready_for_ms is -1 when it never was ready. */
void children_backoff_died(struct backoff *backoff, int64_t ready_for_ms, int64_t now_ms);
/* How long to wait from the last death on: 0 after the first, then 100 ms doubling to 60 s. */
int64_t children_backoff_delay_ms(const struct backoff *backoff);
/* A collector that is set aside; after CHILDREN_ASIDE_MS it may be tried once more. */
bool children_backoff_is_spent(const struct backoff *backoff, int64_t now_ms);

enum children_state {
    CHILDREN_IDLE,     /* no process, and none is wanted */
    CHILDREN_WAITING,  /* no process; one is to be started at start_at_ms */
    CHILDREN_STARTING, /* a process that has not said READY */
    CHILDREN_READY,    /* a process that serves */
};

struct children_row {
    enum role role;
    char *instance; /* a collector's name, else NULL */
    enum children_state state;
    pid_t pid;               /* 0: none */
    struct channel *channel; /* the parent's end; NULL without a process */
    struct child_link *link;
    void *owner;        /* the caller's */
    bool killed;        /* SIGKILL was sent; its end is awaited */
    bool in_order;      /* the parent asked it to end: that is not a death */
    bool again;         /* the next start was asked for before this process has ended */
    const char *reason; /* why the parent ended it: static text, NULL when it did not */
    int64_t start_at_ms;
    int64_t started_ms;
    int64_t ready_ms;    /* -1 before */
    int64_t heard_ms;    /* last message */
    int64_t deadline_ms; /* of a run, as a moment; 0: none, the rule of silence holds */
    int64_t kill_at_ms;  /* it was asked to stop; 0: it was not */
    int64_t run;
    int64_t next_run;      /* of the start that is asked for */
    bool next_selftest;    /* it is for the plugin's selftest */
    int64_t next_limit_ms; /* its deadline, from its start on; 0: none */
    char *status;          /* its last line for `systemctl status`, or NULL */
    struct backoff backoff;
};

struct children {
    struct children_row **rows;
    size_t count;
    size_t capacity;
};

/* The row of a role (and a collector's instance), or NULL. */
struct children_row *children_find(const struct children *table, enum role role,
                                   const char *instance);
/* The same, added when it is not there. */
int children_add(struct children *table, enum role role, const char *instance,
                 struct children_row **ret) MUST_CHECK;
/* Drops a row without a process. */
void children_drop(struct children *table, struct children_row *row);
void children_finish(struct children *table);

/* Wants a process at start: a new one waits for its back-off, which runs from the last death.
 * False when it is set aside. */
bool children_want(struct children_row *row, int64_t now_ms);
void children_started(struct children_row *row, pid_t pid, int64_t now_ms);
void children_heard(struct children_row *row, int64_t now_ms);
void children_became_ready(struct children_row *row, int64_t now_ms);
/* The parent asked it to finish, and gives it grace_ms for that. */
void children_stopping(struct children_row *row, int64_t now_ms, int64_t grace_ms);
/* It is to be killed now. reason: static text, as in MESSAGE_ENDED. */
void children_condemn(struct children_row *row, int64_t now_ms, const char *reason);
/* Its process is gone: counts a death unless it ended well (code 0) or was asked to by the parent.
 */
void children_ended(struct children_row *row, bool well, int64_t now_ms);

enum children_action { CHILDREN_NOTHING, CHILDREN_START, CHILDREN_KILL };
/* What is due now; a kill's reason is set in the row. */
enum children_action children_due(struct children_row *row, int64_t now_ms);
/* The next moment at which something of the table may be due, or INT64_MAX. */
int64_t children_next_ms(const struct children *table);

#endif
