/* What the engine holds in memory. Inside the room, and for acts. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "engine/engine/engine.h"
#include "engine/monitoring/monitoring.h"
#include "evaluation/coverage/coverage.h"
#include "evidence/selfmetrics/selfmetrics.h"
#include "evidence/store/states.h"
#include "evidence/turn/turn.h"
#include "evidence/upkeep/upkeep.h"
#include "findings/judge/judge.h"
#include "findings/notify/notify.h"

enum {
    ENGINE_IN_FLIGHT = 16, /* messages at the courier at one time */
};

/* Who waits for a run. */
struct waiter {
    void *asker;
    struct instance *instance;
};

/* What is known of the clock; zeroed at first. */
struct sync {
    bool looked;
    int64_t looked_boot_ms;
    enum clock_state state;
};

struct engine {
    json_t *config;
    const struct engine_calls *calls;
    void *context;
    struct turn turn; /* boot time 0: none of this boot */
    struct intake intake;
    struct monitoring monitoring;
    struct sync sync;

    struct upkeep upkeep;
    struct selfmetrics own;
    struct coverage watch;
    struct judge judge;

    struct waiter *waiters;
    size_t waiter_count;
    size_t waiter_capacity;

    char host[65];
    char boot[37];         /* /proc/sys/kernel/random/boot_id */
    bool other_boot;       /* the state was written before a reboot */
    int64_t loaded_ms;     /* when the configuration came into force */
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

/* schedule.c */
void engine_schedule_start_due(struct engine *engine, struct moment now);
int engine_schedule_deliver(struct engine *engine, struct moment now,
                            struct error *error) MUST_CHECK;

/* engine_turn.c: what acts share with a turn. */
int engine_turn_begin(struct engine *engine, struct moment *now, struct error *error) MUST_CHECK;
int engine_turn_end(struct engine *engine, struct error *error) MUST_CHECK;
/* Takes an act's turn back: the store is as it was, and memory agrees with it. Where that cannot be
 * brought about, the next turn is an error, which ends the program. */
void engine_turn_undo(struct engine *engine);
/* Evaluates what is due, at the present time. */
int engine_turn_judge(struct engine *engine, struct error *error) MUST_CHECK;
/* sync.c: looks at the clock at most each minute; in the caller's turn. */
int engine_sync_look(struct engine *engine, struct error *error) MUST_CHECK;
bool engine_sync_is_good(const struct engine *engine);
const char *engine_sync_text(const struct engine *engine);
/* privacy.c: a leaf when the key of pseudonyms is new, and what the API shows of it. */
int engine_privacy_note_key(struct engine *engine, struct error *error) MUST_CHECK;

#endif
