/* The life of an instance: of its process, that process' channel, and what it was started for. */
#ifndef INSTANCE_COURSE_H
#define INSTANCE_COURSE_H

#include "ground/base/error.h"

#include <stdbool.h>

/* Process and channel end each by itself, in either order; both are needed for an end. */
enum course_stage {
    COURSE_IDLE,   /* no process, no channel */
    COURSE_ASKED,  /* a process was asked for; its channel is not here yet */
    COURSE_OPEN,   /* its process lives and its channel is open */
    COURSE_CLOSED, /* its process lives; its channel has ended, or the engine had it ended */
    COURSE_ORPHAN, /* a channel whose process has ended, or was never asked for */
    COURSE_OVER,   /* both are gone, and how it ended is to be evaluated */
    COURSE_STAGES,
};

/* What its process does. */
enum course_work {
    COURSE_RESTS,  /* no run is under way */
    COURSE_RUNS,   /* a run was asked for and has not ended; of a stream always */
    COURSE_LATE,   /* the run passed its deadline, and the engine had its process ended */
    COURSE_PROVES, /* its process is for its plugin's selftest, which is not a run */
    COURSE_WORKS,
};

enum course_event {
    COURSE_ASK_RUN,       /* the engine asks for a process, for a run */
    COURSE_ASK_PROOF,     /* the same for the selftest */
    COURSE_CONNECT,       /* its channel came */
    COURSE_COLLECT,       /* the next run of a process that stays */
    COURSE_OUTCOME,       /* the collector's word that the run of a process that stays has ended */
    COURSE_DEADLINE,      /* its run takes too long */
    COURSE_DISCONNECT,    /* its channel has ended, or is not listened to any more */
    COURSE_DROP,          /* its channel was dropped unread */
    COURSE_PROCESS_ENDED, /* the parent's word */
    COURSE_CONCLUDE,      /* its end was evaluated */
    COURSE_EVENTS,
};

/* Zeroed: idle. Moved by course_move alone. */
struct course {
    enum course_stage stage;
    enum course_work work;
};

/* ERROR_STATE, with nothing moved, where that cannot happen now. */
int course_move(struct course *course, enum course_event event) MUST_CHECK;

/* A process was asked for, and its end was not reported. */
bool course_has_process(const struct course *course);
bool course_has_channel(const struct course *course);
/* A run was asked for and has not ended. */
bool course_has_run(const struct course *course);

#endif
