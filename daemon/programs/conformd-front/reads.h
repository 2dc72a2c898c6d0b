/* The log of reads: who opened a session, who read evidence, findings or series. A line for the
 * first of a reader, kind and way, then at most one a minute with how many more. */
#ifndef CONFORMD_FRONT_READS_H
#define CONFORMD_FRONT_READS_H

#include "ground/base/minutes.h"
#include "ground/process/loop.h"
#include "outside/front/ask.h"

struct reads {
    struct minutes minutes;
    struct loop_timer *timer;
    bool enabled; /* the setting log_reads */
};

int reads_init(struct reads *reads, struct loop *loop) MUST_CHECK;
/* Reports what is counted up to now. */
void reads_finish(struct reads *reads);
/* An answer that is about to go out, over api.sock or not. */
void reads_note(struct reads *reads, const struct answer *answer, bool local);

#endif
