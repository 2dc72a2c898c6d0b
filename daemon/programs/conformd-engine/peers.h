/* The engine's channels to collectors, front and courier. */
#ifndef CONFORMD_ENGINE_PEERS_H
#define CONFORMD_ENGINE_PEERS_H

#include "engine/engine/engine.h"
#include "ground/process/child.h"

struct peer;

struct peers_calls {
    void (*on_changed)(void *context); /* something came: a turn may be due */
    void (*on_failed)(void *context, const char *what, const struct error *error);
    void *context;
};

struct peers {
    struct child *child;
    struct engine *engine;
    struct peers_calls calls;
    struct peer *front;
    struct peer *courier;
    struct peer **collectors;
    size_t count;
    size_t capacity;
};

void peers_init(struct peers *peers, struct child *child, struct engine *engine,
                const struct peers_calls *calls);
void peers_finish(struct peers *peers);

/* MESSAGE_CONNECT and MESSAGE_ENDED of the parent. */
int peers_on_connect(struct peers *peers, struct channel_message *message) MUST_CHECK;
int peers_on_ended(struct peers *peers, struct channel_message *message) MUST_CHECK;

/* Acknowledges what is taken and committed. */
void peers_acknowledge(struct peers *peers);
/* After a reload: channels of instances that are gone or changed. */
void peers_drop_orphans(struct peers *peers);
void peers_collect(struct peers *peers, struct instance *instance, int64_t run,
                   int64_t deadline_ms);
bool peers_deliver(struct peers *peers, const json_t *item);
bool peers_have_front(const struct peers *peers);
/* Hands the front a sealed memfd (borrowed). */
void peers_publish(struct peers *peers, const json_t *head, int fd);
/* Sends it to the front. */
void peers_pause(struct peers *peers, bool paused);
void peers_tell_parent(struct peers *peers, enum message_type type, const json_t *object);
/* No more messages are taken. */
void peers_stop(struct peers *peers);

#endif
