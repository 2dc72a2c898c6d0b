/* When runs start and messages leave. */
#include "engine/state.h"

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"

enum {
    BUSY_MS = 1000,           /* a run under way is looked at again */
    RESTART_MS = 1000,        /* a stream that ended is asked for again; the parent backs off */
    LOOK_AGAIN_MS = 1000,     /* rows that are due and under way or without a courier */
    IDLE_WAL_BYTES = 1 << 20, /* below this there is nothing worth a checkpoint */
};

static bool stays(const struct instance *instance)
{
    return instance->stream || instance->every_ms < INSTANCE_RESIDENT_MS;
}

static void start(struct engine *engine, struct instance *instance, struct moment now)
{
    int64_t deadline_ms = instance->stream ? 0 : now.wall_ms + instance->deadline_ms;
    instance->running = engine->next_run++;
    instance->started_ms = now.wall_ms;
    instance->overdue = false;
    instance->due_boot_ms = now.boot_ms + instance->every_ms;
    instance->next_due_ms = now.wall_ms + instance->every_ms;
    if (instance->link && stays(instance) && !instance->link->closed) {
        instance->link->run = instance->running;
        instance->link->outcome = false;
        engine->calls->collect(engine->context, instance, instance->running, deadline_ms);
        return;
    }
    instance->ended = false;
    /* Until its tables say otherwise it may be a stream, which has no deadline. */
    engine->calls->start(engine->context, instance->name, instance->running,
                         instance->tables && !stays(instance) ? deadline_ms : 0);
}

/* A run that is under way is not started twice; a stream starts once and stays. */
static bool is_busy(const struct instance *instance)
{
    if (!instance->running)
        return false;
    if (instance->stream)
        return !instance->ended;
    return !(instance->link && instance->link->outcome) && !instance->ended;
}

/* The first run of a snapshot has no deadline of the parent's: nobody knew that it is none. */
static void end_overdue(struct engine *engine, struct instance *instance, struct moment now)
{
    if (instance->stream || instance->overdue ||
        now.wall_ms - instance->started_ms < instance->deadline_ms)
        return;
    instance->overdue = true;
    engine->calls->end(engine->context, instance->name, "deadline");
}

void schedule_start_due(struct engine *engine, struct moment now)
{
    for (size_t i = 0; i < engine->intake.count; i++) {
        struct instance *instance = engine->intake.instances[i];
        if (now.boot_ms < instance->due_boot_ms || instance->run.ready)
            continue;
        if (is_busy(instance)) {
            end_overdue(engine, instance, now);
            instance->due_boot_ms = now.boot_ms + BUSY_MS;
            continue;
        }
        start(engine, instance, now);
    }
}

void engine_ended(struct engine *engine, const json_t *ended, struct moment now)
{
    struct instance *instance = intake_find(&engine->intake, json_text_of(ended, "instance", ""));
    if (!instance)
        return;
    int64_t run = json_integer_of(ended, "run", 0);
    if (run && run != instance->running && !stays(instance))
        return; /* of a run before */
    intake_ended(instance, ended);
    if (instance->stream && now.boot_ms + RESTART_MS < instance->due_boot_ms)
        instance->due_boot_ms = now.boot_ms + RESTART_MS;
}

static bool is_in_flight(const struct engine *engine, int64_t id)
{
    for (size_t i = 0; i < engine->in_flight_count; i++)
        if (engine->in_flight[i] == id)
            return true;
    return false;
}

/* Gives one row to the courier; asks for a courier when there is none. */
static bool hand_over(struct engine *engine, const struct outbox_item *item)
{
    CLEAN(clean_json)
    json_t *message = json_pack("{s:I, s:s, s:s, s:s}", "id", (json_int_t)item->id, "channel",
                                item->channel, "event", item->event, "body", item->body);
    if (engine->calls->deliver(engine->context, message)) {
        engine->courier_asked = false;
        engine->in_flight[engine->in_flight_count++] = item->id;
        return true;
    }
    if (!engine->courier_asked)
        engine->calls->start(engine->context, "courier", 0, 0);
    engine->courier_asked = true;
    return false;
}

/* When the outbox is to be looked at again. Rows under way wait for their answer. */
static int note_next(struct engine *engine, int64_t now_ms, struct error *error)
{
    struct outbox_figures figures;
    int code = outbox_figures(engine->store, &figures, error);
    if (code)
        return code;
    engine->outbox_next_ms = figures.next_ms;
    if (figures.next_ms <= now_ms)
        engine->outbox_next_ms = now_ms + LOOK_AGAIN_MS;
    return 0;
}

int schedule_deliver(struct engine *engine, struct moment now, struct error *error)
{
    struct outbox_item item = {0};
    int64_t after = 0;
    int row = 0;
    bool going = true;
    if (now.wall_ms < engine->outbox_next_ms)
        return 0;
    while (going && engine->in_flight_count < ENGINE_IN_FLIGHT &&
           (row = outbox_next(engine->store, now.wall_ms, after, &item, error)) > 0) {
        after = item.id;
        if (!is_in_flight(engine, item.id))
            going = hand_over(engine, &item);
        outbox_item_finish(&item);
    }
    return row < 0 ? row : note_next(engine, now.wall_ms, error);
}

static void land(struct engine *engine, int64_t id)
{
    for (size_t i = 0; i < engine->in_flight_count; i++)
        if (engine->in_flight[i] == id)
            engine->in_flight[i--] = engine->in_flight[--engine->in_flight_count];
}

int engine_delivered(struct engine *engine, const json_t *delivered, struct moment now,
                     struct error *error)
{
    int64_t id = json_integer_of(delivered, "id", 0);
    struct outbox_failure failure = {.id = id,
                                     .after_ms = json_integer_of(delivered, "after_ms", 0),
                                     .why = json_text_of(delivered, "why", "")};
    land(engine, id);
    engine->outbox_next_ms = 0;
    int code = turn_begin(engine, &now, error);
    if (!code && json_flag_of(delivered, "ok", false))
        code = outbox_taken(engine->store, id, now.wall_ms, error);
    else if (!code)
        code = outbox_failed(engine->store, now.wall_ms, &failure, error);
    return code ? code : turn_end(engine, now, error);
}

void engine_courier_gone(struct engine *engine)
{
    engine->in_flight_count = 0;
    engine->courier_asked = false;
    engine->outbox_next_ms = 0;
}

int64_t engine_next_ms(const struct engine *engine, struct moment now)
{
    int64_t next = engine->own_due_boot_ms;
    for (size_t i = 0; i < engine->intake.count; i++)
        if (engine->intake.instances[i]->due_boot_ms < next)
            next = engine->intake.instances[i]->due_boot_ms;
    for (size_t i = 0; i < engine->measure_count; i++)
        if (engine->measures[i].due_boot_ms < next)
            next = engine->measures[i].due_boot_ms;
    if (engine->outbox_next_ms != INT64_MAX) {
        int64_t wait = engine->outbox_next_ms - now.wall_ms;
        if (now.boot_ms + (wait > 0 ? wait : 0) < next)
            next = now.boot_ms + (wait > 0 ? wait : 0);
    }
    return next;
}

int engine_idle(struct engine *engine, struct moment now, struct error *error)
{
    int code = 0;
    if (store_wal_bytes(engine->store) > IDLE_WAL_BYTES)
        code = store_checkpoint(engine->store, error);
    (void)now;
    return code;
}
