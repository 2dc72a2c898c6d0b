/* The order of a collector's callbacks: a run on demand, or a stream that goes on. */
#ifndef COLLECTOR_LIFE_H
#define COLLECTOR_LIFE_H

#include "host/collector/lend.h"

enum {
    LIFE_SLICE_MS = 200,      /* a stream's collect works at most so long */
    LIFE_GAP_MS = 50,         /* at least so long between two collects that found the end */
    LIFE_APART_MS = 500,      /* so long between two batches, but of a backlog and what is urgent */
    LIFE_STOP_MS = 3000,      /* a stream that is asked to stop may still collect so long */
    LIFE_RESIDENT_MS = 60000, /* with an interval below, a snapshot's process stays */
};

/* What the engine asked for and did not get yet. */
struct life_asked {
    bool positions; /* they came */
    bool collect;
    int64_t run;
    int64_t deadline_ms; /* wall clock; 0 for a stream */
};

/* Zeroed at first; the owner sets the first part, and lender.plugin, settings, wait and the rest of
 * its own part of the lender. */
struct life {
    struct lender lender;
    int64_t every_ms; /* the interval */
    bool stopping;    /* set by the owner: finish as soon as may be */

    struct channel *channel;
    void *self;
    bool opened;  /* close is due */
    bool started; /* stop is due */
    int fd;       /* a stream's descriptor, or -1 */
    struct life_asked asked;
    int status;        /* the worst of the interval */
    bool more;         /* the last collect said so */
    bool due;          /* an interval's end has not been sent yet */
    int64_t next_ms;   /* boot clock: end of the interval */
    int64_t pause_ms;  /* boot clock: the descriptor is not looked at before */
    int64_t handed_ms; /* boot clock: the last batch */
};

/* Calls open. ERROR_SETTING when it reported faults, ERROR_FORMAT when it failed otherwise, with
 * what it logged last as sentence. Nothing is sent. */
int life_open(struct life *life, struct error *error) MUST_CHECK;
/* Takes over the channel's descriptor and sends the tables. */
int life_connect(struct life *life, int fd, struct error *error) MUST_CHECK;
/* Serves the engine until the run is over (a snapshot), a stop, or the channel's end. 0;
 * ERROR_CLOSED when engine or parent are gone; ERROR_PEER for a malformed message. */
int life_run(struct life *life) MUST_CHECK;
/* Calls stop and close as they are due, and frees all. */
void life_finish(struct life *life);

/* Runs the method on the trees below root; a status. Nothing else may have been called. */
int life_selftest(struct life *life, const char *root);

#endif
