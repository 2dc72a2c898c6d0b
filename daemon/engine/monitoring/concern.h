/* One thing that the monitoring follows, and the measures that depend on it. Inside the room
 * only. */
#ifndef MONITORING_CONCERN_H
#define MONITORING_CONCERN_H

#include "engine/monitoring/monitoring.h"
#include "evaluation/criterion/criterion.h"

struct concern {
    char *key; /* of its finding: "collector:NAME", "losses:NAME", "overflow:NAME:ATTRIBUTE" */
    enum monitoring_kind kind;
    char *instance;
    char *attribute; /* "" but for an overflow */
    char *reason;
    struct criterion_memory memory;
    int64_t since_ms;    /* wall time at which it began */
    int64_t extended_ms; /* when its finding was last extended */
    int64_t saved_ms;
    char *finding; /* reference, or NULL */
    bool raises;   /* a measure that depends on it is adopted */
    bool moved;    /* in this turn: the leaf is to contain it */
};

/* The measures under a concern. */
struct readers {
    json_t *adopted; /* ids */
    json_t *trial;
    bool urgent; /* one of those that count is */
    bool trial_urgent;
    bool partial; /* of a partial run: a measure that accepts that is not a member */
};
void monitoring_readers_finish(struct readers *readers);
/* Those that read the attribute, added to what is there; NULL: every measure. */
void monitoring_readers_add(struct readers *readers, const struct monitoring_world *world,
                            const struct attribute *attribute);

const char *concern_kind_text(enum monitoring_kind kind);
struct concern *concern_find(struct monitoring *monitoring, enum monitoring_kind kind,
                             const char *instance, const char *attribute);
int concern_add(struct monitoring *monitoring, const struct concern *like,
                struct concern **ret) MUST_CHECK;
/* What must outlive a restart, as it is in its row of states and in the leaf. */
json_t *concern_row(const struct concern *concern);
int concern_save(const struct monitoring_world *world, struct concern *concern,
                 struct error *error) MUST_CHECK;
/* It is over: its row goes, and it leaves the list. */
int concern_drop(struct monitoring *monitoring, const struct monitoring_world *world,
                 struct concern *concern, struct error *error) MUST_CHECK;

/* told.c: writes the state leaf of a turn in which something changed, or an hour is over. */
int monitoring_tell(struct monitoring *monitoring, const struct monitoring_world *world,
                    struct error *error) MUST_CHECK;

/* What an evaluation of one concern says. */
struct concern_word {
    enum verdict verdict;
    const char *reason;
    struct readers *readers;
    int64_t for_ms;
    const json_t *items; /* beside the members; or NULL */
    int64_t evidence;    /* leaf, or -1 */
};
int concern_step(struct monitoring_world *world, struct concern *concern,
                 const struct concern_word *word, enum criterion_move *ret,
                 struct error *error) MUST_CHECK;
int64_t concern_recover_ms(const struct monitoring_world *world);

/* What a finding of the monitoring says; kind_text as of a concern. */
struct concern_facts {
    const char *title;
    const char *value;
    const char *criterion;
    const char *quality;
    const struct readers *readers;
    const json_t *items;
    int64_t evidence;
    int64_t from_ms;
};
json_t *concern_facts(const struct monitoring_world *world, const struct concern_facts *facts);
struct concern_message {
    const char *event;
    const char *ref;
    bool urgent;
};
int concern_tell(struct monitoring_world *world, const struct concern_message *message,
                 json_t *data, struct error *error) MUST_CHECK;

/* lost.c: is this instance lost? VERDICT_MISSED with a reason and its readers; VERDICT_UNKNOWN
 * where it is not for now to say. ret_reason is the caller's. */
enum verdict monitoring_lost_judge(const struct monitoring_world *world,
                                   const struct instance *instance, struct readers *ret_readers,
                                   char **ret_reason);

#endif
