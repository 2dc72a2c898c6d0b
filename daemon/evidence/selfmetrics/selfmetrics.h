/* The engine's measurements of itself: when it ran, and its own series. */
#ifndef SELFMETRICS_SELFMETRICS_H
#define SELFMETRICS_SELFMETRICS_H

#include "evidence/intake/intake.h"
#include "evidence/turn/turn.h"

enum {
    OWN_EVERY_MS = 60000,
    OWN_LOOKBACK_MS = 3 * OWN_EVERY_MS,
};

/* Zeroed at first; the engine provides what is above the line. */
struct selfmetrics {
    const struct turn *turn;
    struct intake *intake;

    int64_t started_ms;
    int64_t from_ms; /* wall time from which the engine has run without a break */
    struct spans watched;
    int64_t told_ms; /* up to where the own series are in the ledger */
    int64_t due_boot_ms;
};

/* What the previous process wrote, and when it ran. */
int selfmetrics_load(struct selfmetrics *own, struct error *error) MUST_CHECK;
void selfmetrics_finish(struct selfmetrics *own);
bool selfmetrics_has(const char *name); /* true for the name of one of them */
/* When they are due; *ret_put says whether they were. */
int selfmetrics_put(struct selfmetrics *own, bool *ret_put, struct error *error) MUST_CHECK;
/* The hourly coverage leaf of the own series; `all`: also before the hour is over. */
int selfmetrics_tell(struct selfmetrics *own, bool all, struct error *error) MUST_CHECK;
int selfmetrics_baseline(struct selfmetrics *own, struct error *error) MUST_CHECK;
/* In a turn: the wall clock was set, from this time to that of the turn. */
void selfmetrics_step(struct selfmetrics *own, int64_t from_ms);

#endif
