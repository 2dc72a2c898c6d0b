/* Evaluates measures and objectives: result, finding, message, leaf; and which of their texts is
 * in force. */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "evaluation/coverage/coverage.h"
#include "evidence/intake/intake.h"
#include "evidence/turn/turn.h"
#include "findings/judge/judged.h"

/* Zeroed at first; the engine provides what is above the line. */
struct judge {
    const struct turn *turn;
    struct intake *intake;
    struct coverage *watch;
    const json_t *config;
    const char *host;
    void *context;
    void (*log)(void *context, int level, const char *text);
    bool other_boot; /* the state was written before a reboot */
    bool synchronised;

    struct judged *measures;
    size_t measure_count;
    struct objective *objectives;
    size_t objective_count;
    json_t *new_texts; /* of constructs, that are in no config leaf yet */
    bool told;         /* something was put into the outbox; whoever looks there takes it back */
};

int judge_load(struct judge *judge, struct error *error) MUST_CHECK;
void judge_forget(struct judge *judge); /* what was loaded */
void judge_finish(struct judge *judge);
struct judged *judge_find(struct judge *judge, const char *id);
/* The own series were written: what reads them is to be evaluated. */
void judge_touch_own(struct judge *judge);
void judge_touch_all(struct judge *judge);
int judge_due(struct judge *judge, struct error *error) MUST_CHECK;

struct judge_decision {
    const char *kind; /* "measure", "objective" */
    const char *id;
    const char *hash;
    const char *actor;
    bool attributed;
    const char *role;
    const char *reason;
    const char *right; /* by which of the setting `rights`, or NULL */
    json_t *baseline;  /* the items that were taken, or NULL */
};
/* Marks the text with this hash as approved, those before it as superseded; an approval leaf. */
int judge_approve(struct judge *judge, const struct judge_decision *decision,
                  struct error *error) MUST_CHECK;

/* The leaf of a configuration, with the texts that are new. */
int judge_write_config(struct judge *judge, struct error *error) MUST_CHECK;
/* What the API says of a measure. */
json_t *judge_show_measure(struct judge *judge, struct judged *judged, int64_t now_ms);

#endif
