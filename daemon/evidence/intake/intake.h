/* Intake: collectors' messages become sealed runs: evidence leaves, series, positions. */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "evidence/instance/instance.h"
#include "evidence/intake/pseudonym.h"
#include "evidence/sealing/sealing.h"

#include <jansson.h>

struct intake {
    struct sealing sealing;        /* what records need: the caller's turn among it */
    struct pseudonyms *pseudonyms; /* the caller's */
    struct instance **instances;
    size_t count;
    json_t *scope; /* {label: {value: true}} that readings may have, of the engine; NULL: any */
    /* A line that a collector wants logged. */
    void (*on_said)(void *context, const char *instance, int level, const char *text);
    void *context;
};

/* Makes an instance for each row of `collectors`, with what states(kind instance) remembers. The
 * members sealing.turn and pseudonyms are set by the caller. */
int intake_load(struct intake *intake, const json_t *collectors, struct error *error) MUST_CHECK;
void intake_finish(struct intake *intake);
struct instance *intake_find(const struct intake *intake, const char *name);

/* {instance, positions} for MESSAGE_POSITIONS. */
int intake_positions(struct intake *intake, const struct instance *instance, json_t **ret,
                     struct error *error) MUST_CHECK;

/* True when something is whole and wants a turn. */
bool intake_is_ready(const struct intake *intake);

/* In a turn: the wall clock was set to `now`. What was observed or read after it is forgotten,
 * the time until the next run counts as unobserved, and what is folded is written first. */
int intake_step(struct intake *intake, struct moment now, struct error *error) MUST_CHECK;

/* In a turn: it leaves the configuration, or is disabled. What is in no leaf yet is written. If
 * it comes back it has to run first. */
int intake_part(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;

/* In a turn: seals every whole run, and writes stream folds once an hour. */
int intake_seal(struct intake *intake, struct error *error) MUST_CHECK;
/* When something urgent that waits is to become a leaf, on the boot clock; INT64_MAX: nothing. */
int64_t intake_tell_ms(const struct intake *intake);
/* The commit took all batches that were sealed. */
void intake_committed(struct intake *intake);

/* An act's turn was undone, after the store was: what it wrote in leaves is in no leaf again,
 * and what it wrote of an instance is to be written again. Such a turn seals nothing. */
int intake_undone(struct intake *intake, struct error *error) MUST_CHECK;

/* Rows of all instances are to be written in this turn. */
void intake_mark_all(struct intake *intake);
/* Measures were evaluated with all that was sealed in this turn. */
void intake_judged(struct intake *intake);
/* Writes the rows of instances that moved, and of those that changed once a minute (states). */
int intake_save(struct intake *intake, struct error *error) MUST_CHECK;
/* Writes the evidence leaf of what a stream read and is in no leaf yet, so that an evaluation
 * can refer to it. */
int intake_tell(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;
/* The same, and the coverage leaf of what is folded; before a stop, and each hour. */
int intake_unfold(struct intake *intake, struct instance *instance, struct error *error) MUST_CHECK;

#endif
