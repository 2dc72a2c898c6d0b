/* Channels of the engine: what comes is handed to intake, acts and outbox. */
#include "programs/conformd-engine/peers.h"

#include <stdlib.h>
#include <string.h>

#include "engine/acts/acts.h"
#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/log.h"
#include "ground/channel/wire.h"

/* One channel. */
struct peer {
    struct peers *peers;
    struct channel *channel;
    struct child_link *link;
    struct intake_link *intake; /* of a collector */
    bool ended;
};

enum { BODY_MOST = CHANNEL_MOST - CHANNEL_LEAST };

static void free_peer(struct peer *peer)
{
    if (!peer)
        return;
    child_link_free(peer->link);
    channel_free(peer->channel);
    free(peer);
}

static void drop_collector(struct peers *peers, struct peer *peer)
{
    for (size_t i = 0; i < peers->count; i++)
        if (peers->collectors[i] == peer)
            peers->collectors[i--] = peers->collectors[--peers->count];
    intake_link_free(peer->intake);
    free_peer(peer);
}

/* A collector's messages may have made a run whole; what needs no commit is acknowledged at once.
 */
static void acknowledge(struct peer *peer)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    uint64_t upto = peer->ended ? 0 : intake_acknowledge(peer->intake);
    if (!upto)
        return;
    wire_put_u64(&body, upto);
    int code = channel_send(peer->channel, MESSAGE_ACK, &body, -1, NULL);
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "an acknowledgement could not be sent: %s", error_text(code));
    child_link_flush(peer->link);
}

static bool is_spent(const struct intake_link *link)
{
    return !link->instance || !instance_is_ready(link->instance);
}

void peers_drop_orphans(struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++)
        if (!peers->collectors[i]->intake->instance)
            drop_collector(peers, peers->collectors[i--]);
}

static int send_start(struct peers *peers, struct peer *peer, struct instance *instance)
{
    CLEAN(error_finish) struct error error = {0};
    CLEAN(clean_json) json_t *positions = NULL;
    if (instance->course.work == COURSE_PROVES)
        return 0;
    int code = intake_positions(engine_intake(peers->engine), instance, &positions, &error);
    if (!code)
        code = messages_send(peer->channel, MESSAGE_POSITIONS, positions);
    /* It may have died before its channel came here; reading tells its end. */
    if (code)
        return code == ERROR_CLOSED ? 0 : code;
    /* The parent may have held it back: its time runs from now. */
    instance_began(instance, clock_now());
    int64_t deadline_ms = instance->started.wall_ms + instance->deadline_ms;
    peers_collect(peers, instance, instance->started.run, instance->stream ? 0 : deadline_ms);
    return 0;
}

void peers_collect(struct peers *peers, struct instance *instance, int64_t run, int64_t deadline_ms)
{
    CLEAN(buffer_finish) struct buffer body = {0};
    wire_put_u64(&body, (uint64_t)run);
    wire_put_i64(&body, deadline_ms);
    for (size_t i = 0; i < peers->count; i++) {
        struct peer *peer = peers->collectors[i];
        if (peer->intake != instance->link || peer->ended)
            continue;
        int code = channel_send(peer->channel, MESSAGE_COLLECT, &body, -1, NULL);
        if (code && code != ERROR_CLOSED)
            log_write(LOG_LEVEL_ERROR, "collector %s: %s", instance->name, error_text(code));
        child_link_flush(peer->link);
    }
}

static void on_collector_end(void *context, int code, const char *sentence)
{
    struct peer *peer = context;
    const struct instance *instance = peer->intake->instance;
    peer->ended = true;
    intake_link_end(peer->intake, code == ERROR_CLOSED ? NULL : sentence);
    /* It waits for acknowledgements that will not come: the parent ends it. */
    if (code != ERROR_CLOSED && instance) {
        const char *why = peer->intake->why ? peer->intake->why : sentence;
        CLEAN(clean_json)
        json_t *end =
            json_pack("{s:s, s:s}", "instance", instance->name, "reason", "it broke the protocol");
        log_write(LOG_LEVEL_ERROR, "collector %s broke the protocol: %s", instance->name, why);
        peers_tell_parent(peer->peers, MESSAGE_END, end);
    }
    peer->peers->calls.on_changed(peer->peers->calls.context);
}

static void resume(struct peer *peer)
{
    int code = peer->ended ? 0 : intake_resume(peer->intake);
    if (!code)
        return;
    child_link_pause(peer->link, true);
    on_collector_end(peer, code, error_text(code));
}

void peers_acknowledge(struct peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        resume(peers->collectors[i]);
        acknowledge(peers->collectors[i]);
    }
    /* Links that ended are kept until what they brought is sealed. */
    for (size_t i = 0; i < peers->count; i++)
        if (peers->collectors[i]->ended && is_spent(peers->collectors[i]->intake))
            drop_collector(peers, peers->collectors[i--]);
}

/* A turn behind each message. */
static int around_message(void *context, const struct channel_rule *rule,
                          struct channel_message *message)
{
    struct peer *peer = context;
    int code = intake_take(peer->intake, rule, message);
    acknowledge(peer);
    peer->peers->calls.on_changed(peer->peers->calls.context);
    return code;
}

static struct peer *new_peer(struct peers *peers, int fd, const struct channel_rule *rules,
                             bool trusted)
{
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->peers = peers;
    if (channel_new(fd, rules, trusted, peer, &peer->channel)) {
        free(peer);
        return NULL;
    }
    return peer;
}

static int connect_collector(struct peers *peers, struct channel_message *message, const char *name)
{
    struct instance *instance = intake_find(engine_intake(peers->engine), name);
    if (!instance)
        return 0;
    int code = array_reserve(&peers->collectors, &peers->capacity, peers->count,
                             sizeof *peers->collectors);
    struct peer *peer = code ? NULL : new_peer(peers, message->fd, intake_rules, false);
    if (!peer)
        return ERROR_MEMORY;
    message->fd = -1;
    channel_around(peer->channel, around_message);
    for (size_t i = 0; i < peers->count; i++)
        if (peers->collectors[i]->intake == instance->link)
            drop_collector(peers, peers->collectors[i--]);
    peer->intake = intake_link_new(engine_intake(peers->engine), instance);
    if (!peer->intake ||
        child_link_new(peers->child, peer->channel, on_collector_end, peer, &peer->link)) {
        intake_link_free(peer->intake);
        free_peer(peer);
        return ERROR_MEMORY;
    }
    peers->collectors[peers->count++] = peer;
    return send_start(peers, peer, instance);
}

static int on_ask(void *context, struct channel_message *message)
{
    struct peer *peer = context;
    CLEAN(clean_json) json_t *ask = NULL, *answer = NULL;
    int code = messages_json(message, &ask);
    if (code)
        return code;
    answer = acts_answer(peer->peers->engine, ask, clock_now());
    code = answer ? messages_send(peer->channel, MESSAGE_ANSWER, answer) : ERROR_MEMORY;
    child_link_flush(peer->link);
    return code == ERROR_CLOSED ? 0 : code;
}

static int on_delivered(void *context, struct channel_message *message)
{
    struct peer *peer = context;
    struct peers *peers = peer->peers;
    CLEAN(clean_json) json_t *delivered = NULL;
    CLEAN(error_finish) struct error error = {0};
    int code = messages_json(message, &delivered);
    if (code)
        return code;
    if (!json_flag_of(delivered, "ok", false))
        log_write(LOG_LEVEL_WARNING, "a message was refused: %s",
                  json_text_of(delivered, "why", ""));
    if (engine_delivered(peers->engine, delivered, clock_now(), &error))
        peers->calls.on_failed(peers->calls.context, "the outbox", &error);
    peers->calls.on_changed(peers->calls.context);
    return 0;
}

static const struct channel_rule front_rules[] = {
    {MESSAGE_ASK, 0, BODY_MOST, CHANNEL_FD_MAYBE, on_ask},
    {0},
};

static const struct channel_rule courier_rules[] = {
    {MESSAGE_DELIVERED, 2, BODY_MOST, CHANNEL_FD_NONE, on_delivered},
    {0},
};

static void on_front_end(void *context, int code, const char *sentence)
{
    struct peer *peer = context;
    struct peers *peers = peer->peers;
    if (code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the front's channel: %s", sentence);
    if (peers->front == peer)
        peers->front = NULL;
    free_peer(peer);
}

/* What was on its way is tried again. */
static void lose_courier(struct peers *peers)
{
    CLEAN(error_finish) struct error error = {0};
    if (engine_courier_gone(peers->engine, clock_now(), &error))
        peers->calls.on_failed(peers->calls.context, "the outbox", &error);
    peers->calls.on_changed(peers->calls.context);
}

static void on_courier_end(void *context, int code, const char *sentence)
{
    struct peer *peer = context;
    struct peers *peers = peer->peers;
    if (code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the courier's channel: %s", sentence);
    if (peers->courier == peer) {
        peers->courier = NULL;
        lose_courier(peers);
    }
    free_peer(peer);
}

static int connect_own(struct peers *peers, struct channel_message *message, bool is_front)
{
    struct peer **place = is_front ? &peers->front : &peers->courier;
    struct peer *peer = new_peer(peers, message->fd, is_front ? front_rules : courier_rules, true);
    if (!peer)
        return ERROR_MEMORY;
    message->fd = -1;
    if (child_link_new(peers->child, peer->channel, is_front ? on_front_end : on_courier_end, peer,
                       &peer->link)) {
        free_peer(peer);
        return ERROR_MEMORY;
    }
    if (!is_front && *place)
        lose_courier(peers);
    free_peer(*place);
    *place = peer;
    if (!is_front)
        engine_courier_came(peers->engine);
    return 0;
}

int peers_on_connect(struct peers *peers, struct channel_message *message)
{
    CLEAN(clean_json) json_t *json = NULL;
    struct error none = {0};
    int code = json_read((const char *)message->body, message->length, &json, &none);
    error_finish(&none);
    if (code)
        return ERROR_PEER;
    const char *role = json_text_of(json, "role", "");
    if (strcmp(role, "collector") == 0)
        code = connect_collector(peers, message, json_text_of(json, "instance", ""));
    else
        code = connect_own(peers, message, strcmp(role, "front") == 0);
    peers->calls.on_changed(peers->calls.context);
    return code;
}

int peers_on_ended(struct peers *peers, struct channel_message *message)
{
    CLEAN(clean_json) json_t *ended = NULL;
    int code = messages_json(message, &ended);
    if (code)
        return code;
    if (strcmp(json_text_of(ended, "role", ""), "collector") == 0)
        engine_ended(peers->engine, ended, clock_now());
    else if (strcmp(json_text_of(ended, "role", ""), "courier") == 0 && !peers->courier)
        lose_courier(peers);
    return 0;
}

bool peers_deliver(struct peers *peers, const json_t *item)
{
    if (!peers->courier)
        return false;
    int code = messages_send(peers->courier->channel, MESSAGE_DELIVER, item);
    child_link_flush(peers->courier->link);
    return code == 0;
}

bool peers_have_front(const struct peers *peers)
{
    return peers->front != NULL;
}

void peers_publish(struct peers *peers, const json_t *head, int fd)
{
    CLEAN(clean_text) char *text = json_canonical(head);
    CLEAN(buffer_finish) struct buffer body = {0};
    if (!text || !peers->front)
        return;
    buffer_text(&body, text);
    int code = channel_send(peers->front->channel, MESSAGE_METRICS, &body, fd, NULL);
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the front accepts no metrics: %s", error_text(code));
    child_link_flush(peers->front->link);
}

void peers_pause(struct peers *peers, bool paused)
{
    CLEAN(clean_json) json_t *body = json_pack("{s:b}", "paused", paused);
    if (!peers->front)
        return;
    int code = messages_send(peers->front->channel, MESSAGE_PAUSE, body);
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the front cannot be sent a pause: %s", error_text(code));
    child_link_flush(peers->front->link);
}

void peers_tell_parent(struct peers *peers, enum message_type type, const json_t *object)
{
    int code = messages_send(peers->child->parent, type, object);
    if (code && code != ERROR_CLOSED)
        log_write(LOG_LEVEL_ERROR, "the parent accepts no messages: %s", error_text(code));
    child_flush(peers->child);
}

void peers_init(struct peers *peers, struct child *child, struct engine *engine,
                const struct peers_calls *calls)
{
    *peers = (struct peers){.child = child, .engine = engine, .calls = *calls};
}

void peers_stop(struct peers *peers)
{
    while (peers->count)
        drop_collector(peers, peers->collectors[0]);
    free_peer(peers->front);
    free_peer(peers->courier);
    peers->front = peers->courier = NULL;
}

void peers_finish(struct peers *peers)
{
    peers_stop(peers);
    free(peers->collectors);
    peers->collectors = NULL;
}
