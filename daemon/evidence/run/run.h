/* What a collector sent and is not committed yet: one run, or the batches of a stream. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "evidence/run/seen.h"
#include "evidence/series/series.h"
#include "ground/base/buffer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes of readings or of excerpts that one run may send. */
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

#endif
