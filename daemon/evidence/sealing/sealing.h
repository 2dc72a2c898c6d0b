/* Sealing: whole runs become records: leaves, series, positions, rows. */
#ifndef SEALING_SEALING_H
#define SEALING_SEALING_H

#include "evidence/instance/instance.h"
#include "evidence/turn/turn.h"

/* What a record needs beside its instance; filled by the engine. */
struct sealing {
    const struct turn *turn; /* the engine's */
    int64_t start_leaf;      /* what evidence refers to: boot and host, configuration */
    int64_t config_leaf;
    int64_t clock_leaf; /* the last word on the clock; -1: none */
    int64_t keep_ms;    /* how far back spans are kept */
};

/* What was in no leaf yet when the last process ended. */
int sealing_load(struct sealing *sealing, struct instance *instance,
                 struct error *error) MUST_CHECK;

/* In a turn: seals what the instance's run holds, and empties it. */
int sealing_run(struct sealing *sealing, struct instance *instance, struct error *error) MUST_CHECK;
/* In a turn: the leaf of its selftest, and the row of states (kind selftest). */
int sealing_proof(struct sealing *sealing, struct instance *instance,
                  struct error *error) MUST_CHECK;

/* In a turn: leaves whose time has come, of what is folded, is urgent, or has waited enough. */
int sealing_due(struct sealing *sealing, struct instance *instance, struct error *error) MUST_CHECK;
/* The evidence leaf of what a stream read and is in no leaf yet, so that an evaluation can refer
 * to it. */
int sealing_tell(struct sealing *sealing, struct instance *instance,
                 struct error *error) MUST_CHECK;
/* The same, and the coverage leaf of what is folded; before a stop, and each hour. */
int sealing_unfold(struct sealing *sealing, struct instance *instance,
                   struct error *error) MUST_CHECK;
/* All that is in no leaf yet, before it leaves the configuration. */
int sealing_last(struct sealing *sealing, struct instance *instance,
                 struct error *error) MUST_CHECK;

#endif
