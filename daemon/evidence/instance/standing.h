/* The state of an instance, by what its runs reported and when they were sealed. */
#ifndef INSTANCE_STANDING_H
#define INSTANCE_STANDING_H

#include "evidence/run/spans.h"
#include "ground/base/clock.h"
#include "ground/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct instance;

/* The condition of an instance since its last sealed run. */
enum condition {
    CONDITION_STARTING, /* no run has ended yet */
    CONDITION_WELL,
    CONDITION_PARTIAL, /* some attributes are missing */
    CONDITION_FAILED,
    CONDITION_ABSENT,   /* its source is not on this host */
    CONDITION_STANDBY,  /* another instance follows its source */
    CONDITION_DISABLED, /* the configuration keeps it from running */
};
const char *instance_condition_text(enum condition condition);

/* What its runs have left known. */
struct standing {
    bool ever_well;        /* it was measured once: from now on silence is a loss */
    bool failing;          /* a stream failed, and no interval of it has ended since */
    bool ended_here;       /* a run has ended in this process of the engine */
    bool stepped;          /* the clock was set back behind its last run: nothing is known of now */
    bool backlog;          /* more is waiting: results are provisional */
    bool clock_set;        /* the clock was set since its last report: results are provisional */
    int64_t last_end_ms;   /* wall time of the last sealed run; 0: none */
    int64_t last_well_ms;  /* of one that ended well */
    int64_t last_whole_ms; /* of one that read everything */
    int64_t watch_from_ms; /* the observed time goes on from here; 0: a new one begins */
    struct spans watched;
};

/* How the run that is to be sealed ended. */
enum condition instance_condition_of_run(const struct instance *instance);
/* What a stream says of its state holds for the whole interval, and comes at its end. Until then
 * the batch is a part, and it is as it was. */
bool instance_is_part(const struct instance *instance);

/* When a run is sealed at `now`: what the instance is from now on. Spans are kept for keep_ms. */
int instance_note_sealed(struct instance *instance, enum condition condition, struct moment now,
                         int64_t keep_ms) MUST_CHECK;
/* Behind it, the last run as the API shows it. */
void instance_note_run(struct instance *instance, enum condition condition, int64_t now_ms);

/* This evidence leaf is about it. */
void instance_note_evidence(struct instance *instance, int64_t leaf, int64_t now_ms);
/* The last run's evidence is the newest leaf there is. */
void instance_note_evidence_of_run(struct instance *instance);

/* The wall clock was set to now_ms: times after it are of a clock that was wrong then. */
void instance_step(struct instance *instance, int64_t now_ms);
/* It leaves the configuration, or is disabled: if it comes back it starts from the beginning. */
void instance_part(struct instance *instance);
/* Kept from running it has no state but that; when it may run again it starts from the
 * beginning. */
void instance_enable(struct instance *instance, bool enabled);

#endif
