/* The front's questions to the reader: has one started when there is something to ask, and ends one
 * that takes too long. */
#ifndef CONFORMD_FRONT_READING_H
#define CONFORMD_FRONT_READING_H

#include "ground/process/child.h"
#include "outside/front/ask.h"
#include "outside/front/questions.h"

/* Each question ends in one of these, once. */
struct reading_calls {
    void (*on_answer)(void *context, const struct question *question, const struct answer *answer);
    void (*on_refused)(void *context, const struct question *question, int status,
                       const char *sentence);
    void *context;
};

struct reading {
    struct child *child;
    struct reading_calls calls;
    struct questions questions;
    struct channel *channel; /* to the reader; NULL without one */
    struct child_link *link;
    struct loop_timer *late;
    bool wanted; /* the parent was asked for one */
    bool paused; /* by the engine */
};

int reading_init(struct reading *reading, struct child *child,
                 const struct reading_calls *calls) MUST_CHECK;
void reading_finish(struct reading *reading);

void reading_ask(struct reading *reading, void *request, int purpose, const struct ask *ask);
/* MESSAGE_CONNECT with the role "reader", and MESSAGE_ENDED for one that could not be started. */
int reading_on_connect(struct reading *reading, struct channel_message *message) MUST_CHECK;
int reading_on_ended(struct reading *reading, struct channel_message *message) MUST_CHECK;
/* Nothing new is asked while paused. */
void reading_pause(struct reading *reading, bool paused);
/* All that wait are refused (503), and what was asked of the parent is forgotten. */
void reading_drop(struct reading *reading, const char *sentence);

#endif
