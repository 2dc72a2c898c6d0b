/* The leaves of an instance: what it declares, evidence, coverage. Inside the room only. */
#ifndef INTAKE_LEAVES_H
#define INTAKE_LEAVES_H

#include "evidence/intake/intake.h"

/* The collector's own leaf: written when what it declares is new, referred to by evidence. */
int leaves_tables(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;

/* A collector that finds all that it hands over urgent gets no more leaves than this lets it. */
enum { LEAVES_URGENT_MS = 1000 };

/* May what a stream read wait for the end of the interval? Not when the last evidence leaf is an
 * interval old, of an urgent batch a second, or much waits already. */
bool leaves_may_wait(const struct instance *instance, int64_t now_ms);
/* Keeps the run, in the store too, for the leaf at the interval's end. */
int leaves_hold(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;
/* What waited when the last process ended. */
int leaves_load(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;
/* The evidence leaf of the run, with what waited. Call when the instance is as the run left it. */
int leaves_evidence(struct intake *intake, struct instance *instance,
                    struct error *error) MUST_CHECK;
/* The coverage leaf of what is folded, before evidence that follows at once, is not like it and
 * tells all the rest; while the instance stands as what is folded left it. */
int leaves_end_fold(struct intake *intake, struct instance *instance,
                    struct error *error) MUST_CHECK;
/* All that is told of it nowhere yet, before it leaves the configuration. */
int leaves_last(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;
/* The evidence leaf of what waits, where it has waited long enough. */
int leaves_due(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;

/* merge.c: moves what `from` holds behind what is in `to`, readings of one series as one. */
int intake_merge_run(struct run *to, const struct run *from) MUST_CHECK;
int intake_merge_readings(struct instance *instance, struct buffer *lines,
                          size_t *ret_count) MUST_CHECK;
/* A run as the row that waits, and back. */
char *intake_merge_to_text(const struct run *run);
int intake_merge_from_text(struct run *to, const char *text, struct error *error) MUST_CHECK;

#endif
