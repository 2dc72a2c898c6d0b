/* One process of a collector at its channel: what it sends, and what may be acknowledged. */
#ifndef INTAKE_INTAKE_LINK_H
#define INTAKE_INTAKE_LINK_H

#include "evidence/intake/intake.h"
#include "ground/channel/frame.h"
#include "ground/channel/messages.h"

struct early;

struct intake_link {
    struct intake *intake;
    struct instance *instance;
    uint64_t taken; /* sequence of the last message taken */
    uint64_t held;  /* of the first batch that no commit took yet; 0: none */
    uint64_t acknowledged;
    bool sealed;         /* what is held was sealed in this turn */
    bool declared;       /* its tables came */
    unsigned lines;      /* for the log, since the last seal */
    char *why;           /* what a handler refused, as a sentence */
    struct early *early; /* messages behind a whole batch */
    size_t early_bytes;
};

/* A process was made for this instance: a link for its channel, the caller's until
 * intake_link_free; link->instance is NULL once the instance is gone. NULL without memory. */
struct intake_link *intake_link_new(struct intake *intake, struct instance *instance);
void intake_link_free(struct intake_link *link);
/* The channel has ended; sentence says why when it was not by its end of file. */
void intake_link_end(struct intake_link *link, const char *sentence);
/* After the commit: what may be acknowledged on a link; 0 when there is nothing new. */
uint64_t intake_acknowledge(struct intake_link *link);

/* Every message that a collector may send, for channel_new. What channel_around names there calls
 * intake_take, which calls the row's handler at once or when the batch before is sealed. */
extern const struct channel_rule intake_rules[];
int intake_take(struct intake_link *link, const struct channel_rule *rule,
                struct channel_message *message) MUST_CHECK;
/* After each turn: takes what was kept. A refusal is as one of intake_take. */
int intake_resume(struct intake_link *link) MUST_CHECK;
void intake_forget_early(struct intake_link *link);

#endif
