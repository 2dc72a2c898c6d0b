/* The steps of an instance's life: what engine and intake do with its process and its channel. A
 * step that returns false cannot be now, and left all as it was. */
#ifndef INSTANCE_STEPS_H
#define INSTANCE_STEPS_H

#include "ground/base/clock.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct instance;

/* Below this interval a snapshot's process stays between runs. */
enum { INSTANCE_RESIDENT_MS = 60000 };

/* The run under way, or the last one. */
struct started {
    int64_t run; /* its number; 0: none */
    int64_t wall_ms;
    int64_t boot_ms; /* 0: its process is not here yet */
};

/* What a stream's process has said of itself. */
enum stream_word {
    STREAM_SILENT,
    STREAM_READ, /* some that are sealed, and not yet how an interval ended */
    STREAM_TOLD, /* at an interval's end, its state */
};

struct process {
    int64_t run; /* that it was started for */
    int64_t boot_ms;
    enum stream_word heard;
    bool outcome; /* the run has ended by the collector's word */
    /* How it ended: the parent's word. */
    bool bad;
    bool stopped; /* on purpose: that is not a failure */
    char *why;
    char *broken; /* it broke the protocol, and how */
};

/* A process is asked for, for this run. */
bool instance_start(struct instance *instance, int64_t run, struct moment now) MUST_CHECK;
/* The next run of the process that stayed. */
bool instance_collect(struct instance *instance, int64_t run, struct moment now) MUST_CHECK;
/* A process is asked for, for the selftest of its plugin. */
bool instance_prove(struct instance *instance, int64_t run, struct moment now) MUST_CHECK;
/* The channel came: what the previous process had not sent completely is forgotten. */
bool instance_connect(struct instance *instance) MUST_CHECK;
/* Its process was asked to run: the parent may have held it back. */
void instance_began(struct instance *instance, struct moment now);
/* The run takes too long, and its process is ended. */
bool instance_overdue(struct instance *instance) MUST_CHECK;
/* Its process is asked to end, and its messages are ignored from now on. */
void instance_leave(struct instance *instance);
/* The collector's word that its run has ended. */
bool instance_outcome(struct instance *instance) MUST_CHECK;

/* The channel has ended; sentence says why when it was not by its end of file. */
void instance_disconnect(struct instance *instance, const char *sentence);
/* The channel was dropped unread. */
void instance_drop(struct instance *instance);
/* The parent's report of a process's end (MESSAGE_ENDED). */
void instance_ended(struct instance *instance, const json_t *ended);
/* In a turn: an end that waited until what was sent is sealed is evaluated. */
void instance_conclude(struct instance *instance);

/* Something is whole and wants a turn. */
bool instance_is_ready(const struct instance *instance);
/* Its process stays between runs. */
bool instance_stays(const struct instance *instance);
/* A run that is under way is not started twice, nor a process beside another. */
bool instance_is_busy(const struct instance *instance);

/* Its next start on the boot clock; what people are shown stays. */
void instance_due(struct instance *instance, int64_t boot_ms);
/* The same so long from now, shown to people. */
void instance_wait(struct instance *instance, struct moment now, int64_t wait_ms);

/* The wall clock was set to `now`: schedules continue, only what people are shown changes, and
 * measures are evaluated again. A stream's last report may be newer than what is remembered of
 * it: set back, it is gone. */
void instance_step_due(struct instance *instance, struct moment now, bool back);

/* Somebody waits for its run; or nobody does any more. */
void instance_await(struct instance *instance, bool waits);
/* What the run read that somebody waits for, the caller's; NULL while it is not there. */
json_t *instance_take_shown(struct instance *instance);

#endif
