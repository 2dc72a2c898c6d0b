/* The engine: owns every decision. One turn is one transaction; nothing is half done after a crash.
 * This room knows no event loop: its main hands it messages and time, and does what the calls ask.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "evidence/intake/intake_link.h"
#include "ground/base/clock.h"
#include "ground/base/error.h"

#include <jansson.h>
#include <stdbool.h>

struct engine;

/* What the engine asks of its main; called only after the commit that decided it. */
struct engine_calls {
    /* A process for this instance ("courier" too, run 0); deadline wall ms, 0 for none. */
    void (*start)(void *context, const char *instance, int64_t run, int64_t deadline_ms);
    /* Send MESSAGE_COLLECT on the link of a process that stays. */
    void (*collect)(void *context, struct instance *instance, int64_t run, int64_t deadline_ms);
    /* End that process. */
    void (*end)(void *context, const char *instance, const char *reason);
    /* Hand this to the courier; false when it is not there (then start is called). */
    bool (*deliver)(void *context, const json_t *item);
    /* Answer somebody who waited: a control command that took its time. */
    void (*reply)(void *context, void *asker, json_t *answer);
    /* Nobody may begin to read the store, or may again. May be NULL. */
    void (*pause)(void *context, bool paused);
    /* End the reader, if that is its process. May be NULL. */
    void (*end_reader)(void *context, int64_t pid, const char *reason);
    void (*log)(void *context, int level, const char *text);
    /* The clocks; NULL for the system's. A test brings its own. */
    struct moment (*now)(void *context);
    /* Whether the wall clock is synchronised; NULL: nobody is asked, and it counts as such. */
    enum clock_state (*clock)(void *context);
};

/* config: the engine's part. Opens the store, loads all, writes start and config leaves.
 * ERROR_EXISTS when another daemon has the folder. */
int engine_open(json_t *config, const struct engine_calls *calls, void *context,
                struct engine **ret, struct error *error) MUST_CHECK;
/* Writes the stop leaf and closes. */
int engine_close(struct engine *engine, struct error *error) MUST_CHECK;
/* Closes after a failure: nothing is written. */
void engine_abort(struct engine *engine);

struct intake *engine_intake(struct engine *engine);

/* The parent's ENDED for a collector; {instance, run, ...}. */
void engine_ended(struct engine *engine, const json_t *ended, struct moment now);
/* The courier's DELIVERED. */
int engine_delivered(struct engine *engine, const json_t *delivered, struct moment now,
                     struct error *error) MUST_CHECK;
/* A courier is there: what is due is handed to it. */
void engine_courier_came(struct engine *engine);
/* The courier is gone: what was under way counts as not taken, and is tried again after its wait.*/
int engine_courier_gone(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;

/* True when a turn has something to do. */
bool engine_wants_turn(const struct engine *engine, struct moment now);
/* One turn: seal, evaluate, register, report, commit. An error ends the program: the store is as
 * it was before the turn and the next process goes on from there. */
int engine_turn(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;
/* When the next thing is due, as CLOCK_BOOTTIME ms. */
int64_t engine_next_ms(const struct engine *engine, struct moment now);
/* A new configuration in force: unchanged collectors and running times go on; links of those that
 * changed are gone afterwards. */
int engine_reload(struct engine *engine, json_t *config, struct moment now,
                  struct error *error) MUST_CHECK;
/* Idle work: once a minute old samples, messages, sessions and rows go; a checkpoint when there is
 * something to move. A bounded amount a call, in transactions of its own. */
int engine_idle(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;

/* For a front that is new. */
bool engine_pauses_readers(const struct engine *engine);

/* This asker is gone: nobody waits any more. */
void engine_forget_asker(struct engine *engine, void *asker);

/* Renders /metrics, /metrics/samples or health; kind and type as in MESSAGE_METRICS. */
int engine_publish(struct engine *engine, const char *kind, bool openmetrics, struct moment now,
                   struct buffer *ret) MUST_CHECK;
/* Counts turns, so that the main knows whether something changed. */
int64_t engine_turns(const struct engine *engine);

#endif
