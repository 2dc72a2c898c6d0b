/* What conformd finds about its own monitoring (27001:2022 9.1): an instance that was measured
 * and is not, data that was lost, series beyond their limit, time in which conformd was down.
 * Each is one finding of the monitoring process, with the measures that depend on it as members. */
#ifndef MONITORING_MONITORING_H
#define MONITORING_MONITORING_H

#include "evidence/intake/intake.h"
#include "evidence/turn/turn.h"

#include <jansson.h>
#include <stdbool.h>

enum monitoring_kind {
    MONITORING_LOST,     /* an instance was measured and is not */
    MONITORING_LOSSES,   /* a collector reports that it could not read what there was */
    MONITORING_OVERFLOW, /* an attribute has more series than its limit */
};

/* A measure that depends on what is asked for. */
struct monitoring_reader {
    const char *measure;
    bool adopted; /* approved: on trial nothing is raised */
    bool urgent;  /* urgency = now */
    bool accepts_partial;
    int64_t every_ms;
};

/* What a turn provides; borrowed. */
struct monitoring_world {
    const struct turn *turn;
    const struct intake *intake;
    const json_t *config; /* lost_after, lost_after_urgent, channels, classification */
    const char *host;
    const char *version;
    int64_t started_ms;
    /* Visits the measures that read this attribute; NULL: every measure there is. */
    void (*each_reader)(void *context, const struct attribute *attribute,
                        void (*visit)(void *visitor, const struct monitoring_reader *reader),
                        void *visitor);
    void *context;
    bool told; /* set when a message was put into the outbox */
};

/* Zeroed is empty. */
struct monitoring {
    struct concern *concerns;
    size_t count;
    size_t capacity;
    int64_t due_boot_ms; /* when time alone moves something; 0 before the first evaluation */
    int64_t told_ms;     /* when all of it was last written in a leaf; 0: not by this process */
    json_t *over;        /* keys of what ended in this turn, or NULL */
};

/* Reads what must outlive a restart (states of kind monitoring). other_boot: as of criteria. */
int monitoring_load(struct monitoring *monitoring, struct store *store, bool other_boot,
                    int64_t boot_ms, struct error *error) MUST_CHECK;
void monitoring_finish(struct monitoring *monitoring);

/* In every turn, after what came was sealed. Time counts on CLOCK_BOOTTIME, of a gap at most two
 * minutes: a time in which nobody looked is not a loss of the collector's. Takes the losses of
 * the instances. What changed is written in one state leaf, and all of it once an hour, so that
 * it can be rebuilt. */
int monitoring_judge(struct monitoring *monitoring, struct monitoring_world *world,
                     struct error *error) MUST_CHECK;

/* In the turn of a start: the time since the last turn of the process before is a gap leaf;
 * where an adopted measure was not evaluated for longer than it may be lost, it is one finding
 * too. */
struct monitoring_gap {
    int64_t from_ms; /* wall time of the last turn */
    int64_t lasted_ms;
    const char *why; /* "stop", "crash", "reboot" */
};
int monitoring_tell_gap(struct monitoring_world *world, const struct monitoring_gap *gap,
                        struct error *error) MUST_CHECK;

#endif
