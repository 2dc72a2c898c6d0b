/* An engine with a clock of the test's, fake processes behind it, and a folder that goes away. */
#ifndef KIT_ENGINE_SCENE_H
#define KIT_ENGINE_SCENE_H

#include "conformd/collector.h"
#include "engine/acts/acts.h"
#include "ground/channel/wire.h"

#define SCENE_START 1795323600000 /* 2026-11-22T05:00:00Z, a Sunday */

enum { MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR }; /* milliseconds */

struct scene {
    char folder[64];
    struct moment now;
    json_t *config;
    struct engine *engine;
    struct error error;
    uint64_t sequence;
    /* What the engine asked for. */
    int starts, collects, ends;
    int couriers; /* asked for */
    int64_t run;
    bool proves;  /* set before it is opened: selftests are asked for */
    bool courier; /* is there */
    json_t *delivered;
    json_t *replied;
    int lines; /* for the log */
};

/* One attribute number 0 "x_bad"{user} gauge, 1 "x_hits"{user} event, 2 "x_age" gauge. */
extern const char scene_tables[];
extern const char scene_stream_tables[];
extern const char scene_personal_tables[]; /* its users are personal data */
/* Users, NULL at the end. */
extern const char *const scene_ann[], *const scene_bob[], *const scene_both[],
                                                              *const scene_nobody[];

struct scene *scene_new(void);
void scene_free(struct scene *scene);
/* The same for cmocka: *state is the scene. */
int scene_set_up(void **state);
int scene_tear_down(void **state);
/* Fails the test where code is not 0, with the sentence in scene->error. */
void scene_must(struct scene *scene, int code);
void scene_collector(struct scene *scene, const char *name, int64_t every_ms);
/* Returns the construct, borrowed, to be changed before scene_open. */
json_t *scene_measure(struct scene *scene, const char *id, const char *formula, const char *target);
/* M1: nobody is bad. */
json_t *scene_measure_bad(struct scene *scene);
/* Names of the first collector are kept as they are until this day ("2027-01-01"). */
void scene_legal_basis(struct scene *scene, const char *until);
void scene_channel(struct scene *scene, const char *name);
void scene_open(struct scene *scene);
int scene_start(struct scene *scene); /* the same, before its first turn; may fail */
/* Puts another configuration into force, which it takes. */
void scene_reload(struct scene *scene, json_t *config);
void scene_close(struct scene *scene); /* in order */
void scene_crash(struct scene *scene);

/* Time passes, and whatever is due meanwhile happens. */
void scene_pass(struct scene *scene, int64_t ms);
/* Turns at this time until nothing is due; fails the test where that never is. */
void scene_settle(struct scene *scene);
void scene_resume(struct scene *scene); /* after a turn: messages that waited for it are taken */

struct instance *scene_instance(struct scene *scene, const char *name);
/* The process that was started connects and sends tables. */
struct intake_link *scene_connect(struct scene *scene, const char *name, const char *tables);
/* What the channel does with a message: checked by the rule's sizes, then handled. */
int scene_send(struct scene *scene, struct intake_link *link, uint32_t type,
               const struct buffer *body);
int scene_send_text(struct scene *scene, struct intake_link *link, uint32_t type, const char *text);
void scene_reading(struct scene *scene, struct intake_link *link, uint32_t attribute,
                   const char *user, double value);
void scene_missing(struct scene *scene, struct intake_link *link, uint32_t attribute,
                   const char *why);
/* How much of a source it read. */
int scene_watched(struct scene *scene, struct intake_link *link, const char *source, uint64_t bytes,
                  uint64_t lines);
void scene_outcome(struct scene *scene, struct intake_link *link, int64_t status, const char *why);
void scene_batch(struct scene *scene, struct intake_link *link, uint32_t flags, const char *at);
void scene_eof(struct intake_link *link);
void scene_ended(struct scene *scene, const char *name, int code, const char *reason);
/* Its channel and its process end, and the link is freed. */
void scene_leave(struct scene *scene, struct intake_link *link, const char *name, int code);
/* The bytes from 10 to this were lost: it was truncated. */
void scene_lost(struct scene *scene, struct intake_link *link, const char *source, uint64_t to);
/* A selftest has ended. */
int scene_proved(struct scene *scene, struct intake_link *link, const char *status,
                 const char *sha256);
/* A whole run of a snapshot: x_bad of each user that is named is 1. */
void scene_run(struct scene *scene, const char *name, int64_t status, const char *const *users);

/* A row of states; the caller decrefs. NULL when there is none. */
json_t *scene_state(struct scene *scene, const char *kind, const char *id);
void scene_expect(struct scene *scene, const char *id, const char *state);
const char *scene_reason(struct scene *scene, const char *id); /* borrowed until the next call */
/* In this state, and these words are in its reason. */
void scene_expect_reason(struct scene *scene, const char *id, const char *state, const char *words);
bool scene_is_provisional(struct scene *scene, const char *id);
int64_t scene_count(struct scene *scene, const char *sql);
int64_t scene_findings(struct scene *scene);
int64_t scene_events(struct scene *scene, const char *name); /* of findings: "raised" */
/* How many leaves of this type hold these words. */
int64_t scene_leaves(struct scene *scene, const char *type, const char *words);
/* A command by login uid 1000; the answer, for the caller to decref. */
json_t *scene_act(struct scene *scene, const char *command, json_t *arguments);
void scene_act_well(struct scene *scene, const char *command, json_t *arguments);
double scene_query(struct scene *scene, const char *formula);

#endif
