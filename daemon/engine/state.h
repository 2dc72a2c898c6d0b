/* What the engine holds in memory. Inside the room only. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "engine/engine.h"
#include "engine/judged.h"
#include "engine/stated.h"
#include "ledger/ledger.h"
#include "monitoring/monitoring.h"
#include "notify/notify.h"
#include "own/own.h"
#include "register/register.h"
#include "store/states.h"
#include "upkeep/upkeep.h"
#include "watch/watch.h"

enum {
    ENGINE_IN_FLIGHT = 16, /* messages at the courier at one time */
};

/* Who waits for a run. */
struct waiter {
    void *asker;
    struct instance *instance;
};

struct engine {
    json_t *config;
    const struct engine_calls *calls;
    void *context;
    struct store *store;
    struct ledger *ledger;
    struct series_set *series;
    struct intake intake;
    struct monitoring monitoring;
    struct sync sync;

    struct judged *measures;
    size_t measure_count;
    struct objective *objectives;
    size_t objective_count;

    struct upkeep upkeep;
    struct own own;
    struct watch watch;

    struct waiter *waiters;
    size_t waiter_count;
    size_t waiter_capacity;

    json_t *new_texts; /* of constructs, that no config leaf tells of yet */

    char host[65];
    char boot[37];         /* /proc/sys/kernel/random/boot_id */
    bool other_boot;       /* the state was written before a reboot */
    int64_t loaded_ms;     /* when the configuration came into force */
    int64_t turn_ms;       /* wall time of the last turn */
    int64_t turn_boot_ms;  /* 0 before the first */
    int64_t last_turn_ms;  /* wall time of the last turn of the process before; 0: none */
    const char *last_end;  /* how that ended: stop, crash, reboot; NULL: there was none */
    int64_t last_boot_ms;  /* of the last turn of the process before, of the same boot */
    int64_t swept_boot_ms; /* when old rows were last dropped */
    int64_t turns;
    int64_t next_run;
    int64_t in_flight[ENGINE_IN_FLIGHT]; /* outbox rows at the courier */
    size_t in_flight_count;
    int64_t outbox_next_ms; /* wall time of the next row that waits */
    bool courier_asked;
    bool failed_turn; /* memory and store could not be brought together: the program ends */
};

struct moment engine_now(const struct engine *engine);

/* constructs.c */
int constructs_load(struct engine *engine, struct error *error) MUST_CHECK;
void constructs_finish(struct engine *engine);
struct judged *constructs_find(struct engine *engine, const char *id);
struct construct_decision {
    const char *kind; /* "measure", "objective" */
    const char *id;
    const char *hash;
    const char *actor;
    bool attributed;
    const char *role;
    const char *reason;
    json_t *baseline; /* the items that were taken, or NULL */
};
/* Marks the text with this hash as approved, those before it as superseded; an approval leaf. */
int constructs_approve(struct engine *engine, const struct construct_decision *decision,
                       struct error *error) MUST_CHECK;

/* judge.c */
int judge_due(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;

/* objectives.c */
int objectives_judge(struct engine *engine, struct objective *objective,
                     struct error *error) MUST_CHECK;

/* facts.c: what a finding, a message and the API say of a result. */
json_t *facts_of_measure(struct engine *engine, struct judged *judged, int64_t now_ms);
json_t *facts_of_finding(struct engine *engine, struct judged *judged, int64_t now_ms);
void facts_gather_evidence(struct engine *engine, struct judged *judged, int64_t now_ms);
/* What streams read and no leaf tells of yet becomes evidence, for those that feed the measure. */
int facts_tell(struct engine *engine, const struct judged *judged, struct error *error) MUST_CHECK;

/* schedule.c */
void schedule_start_due(struct engine *engine, struct moment now);
int schedule_deliver(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;

/* turn.c: what acts share with a turn. */
int turn_begin(struct engine *engine, struct moment *now, struct error *error) MUST_CHECK;
int turn_end(struct engine *engine, struct moment now, struct error *error) MUST_CHECK;
/* Takes a turn back: the store is as it was, and memory is read from it again. What cannot be
 * brought together so ends the program at the next turn. */
void turn_undo(struct engine *engine);
/* privacy.c: a leaf when the key of pseudonyms is new, and what the API tells of it. */
int privacy_note_key(struct engine *engine, struct error *error) MUST_CHECK;

#endif
