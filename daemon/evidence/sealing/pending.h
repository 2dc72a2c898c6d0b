/* What a stream read and is in no leaf yet: it waits for the end of the interval, in the store
 * too (table pending). Inside the room only. */
#ifndef SEALING_PENDING_H
#define SEALING_PENDING_H

#include "evidence/sealing/sealing.h"

/* A collector that marks everything it sends as urgent gets no more leaves than this allows. */
enum { PENDING_URGENT_MS = 1000 };

/* May what a stream read wait for the end of the interval? Not when the last evidence leaf is an
 * interval old, of an urgent batch a second, or much waits already. */
bool pending_may_wait(const struct instance *instance, int64_t now_ms);
/* Keeps the run for the leaf at the interval's end; an urgent one has its leaf within a second. */
int pending_hold(struct sealing *sealing, struct instance *instance,
                 struct error *error) MUST_CHECK;
/* The evidence leaf of the run, with what waited. Call when the instance is as the run left it. */
int pending_tell_with_run(struct sealing *sealing, struct instance *instance,
                          struct error *error) MUST_CHECK;
/* The evidence leaf of what waits, where it is urgent or has waited long enough. */
int pending_tell_due(struct sealing *sealing, struct instance *instance,
                     struct error *error) MUST_CHECK;

#endif
