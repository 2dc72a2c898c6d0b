/* The control socket: a line of JSON in, lines of JSON out. */
#ifndef CONFORMD_ENGINE_CONTROL_H
#define CONFORMD_ENGINE_CONTROL_H

#include "engine/acts/acts.h"
#include "ground/process/loop.h"

struct control_calls {
    /* Answers a request, or NULL when the answer comes by control_reply. */
    json_t *(*on_command)(void *context, const json_t *request, const struct acts_asker *asker);
    void (*on_gone)(void *context, void *asker);
    void *context;
};

struct control_client;
struct control {
    struct loop *loop;
    struct loop_watch *watch;
    int listener;
    struct control_calls calls;
    struct control_client *clients;
    size_t count;
};

/* listener is an inherited, listening descriptor. At most 32 clients at one time, 64 KiB a line. */
int control_init(struct control *control, struct loop *loop, int listener,
                 const struct control_calls *calls) MUST_CHECK;
/* The late answer (taken over) for an asker that is still there. */
void control_reply(struct control *control, void *asker, json_t *answer);
void control_stop(struct control *control);
void control_finish(struct control *control);

#endif
