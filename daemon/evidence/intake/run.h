/* What a collector handed over and no commit has taken yet: one run, or the batches of a stream. */
#ifndef INTAKE_RUN_H
#define INTAKE_RUN_H

#include "evidence/intake/seen.h"
#include "evidence/series/series.h"
#include "ground/base/buffer.h"
#include "ground/channel/frame.h"
#include "ground/channel/messages.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes of readings or of excerpts that one run may hand over. */
enum { RUN_PAYLOAD_LIMIT = 8 << 20, RUN_EXCERPTS_LIMIT = 1 << 20, RUN_PLACES_LIMIT = 1000 };

/* Zeroed is empty. */
struct run {
    struct series_run *series; /* opened by the first reading or batch */
    struct buffer readings;    /* JSON lines */
    struct buffer excerpts;
    size_t reading_count;
    struct beyond *beyond; /* what had no series of its own, summed up */
    size_t beyond_count;
    size_t beyond_capacity;
    size_t excerpt_count;
    size_t excerpts_dropped; /* beyond the limit */
    size_t batches;          /* of what waits: how many are merged in it */
    size_t event_count;      /* readings of events that are not zero */
    size_t out_of_scope;     /* refused */
    struct seen seen;        /* how much it read */
    json_t *positions;
    json_t *opened;  /* files that were read: provenance */
    json_t *lost;    /* losses */
    json_t *missing; /* {attribute: why} */
    int64_t status;  /* enum cfd_status */
    char *why;
    bool has_status;
    bool ready;    /* a batch or a run is whole: seal it */
    bool interval; /* a stream's interval is over: what it says of its state holds for all of it */
    bool urgent;   /* what it holds is evidence at once */
    bool backlog;  /* more is waiting: results are provisional */
    bool overflow; /* a series limit was reached */
    bool broken_off; /* a stream's process ended in its first interval, of which it had read some */
};
void run_finish(struct run *run);

struct instance;
struct intake;
struct early;

/* One process of a collector at its channel; the context of what intake_rules name. */
struct intake_link {
    struct intake *intake;
    struct instance *instance;
    int64_t run;
    uint64_t taken; /* sequence of the last message taken */
    uint64_t held;  /* of the first batch that no commit took yet; 0: none */
    uint64_t acknowledged;
    bool sealed;         /* what is held was sealed in this turn */
    bool declared;       /* its tables came */
    bool outcome;        /* the run has ended by the collector's word */
    bool closed;         /* its channel has ended */
    unsigned lines;      /* for the log, since the last seal */
    char *why;           /* what a handler refused, as a sentence */
    struct early *early; /* messages behind a whole batch */
    size_t early_bytes;
};

/* Every message that a collector may send, for channel_new. What channel_around names there calls
 * intake_take, which calls the row's handler at once or when the batch before is sealed. */
extern const struct channel_rule intake_rules[];
int intake_take(struct intake_link *link, const struct channel_rule *rule,
                struct channel_message *message) MUST_CHECK;
/* After each turn: takes what was kept. A refusal is as one of intake_take. */
int intake_resume(struct intake_link *link) MUST_CHECK;
void intake_forget_early(struct intake_link *link);

#endif
