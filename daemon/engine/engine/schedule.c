/* When runs start and messages leave. */
#include "engine/engine/state.h"

#include <string.h>

#include "engine/engine/quiet.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum {
    RESTART_MS = 1000,    /* what ended or was stopped early is asked for again; the parent
                           * backs off */
    REFUSED_MS = 60000,   /* what could not be started is asked for again */
    PROOF_MS = 60000,     /* a selftest may take so long */
    LOOK_AGAIN_MS = 1000, /* rows that are due and under way or without a courier */
    RENEW_MS = 60000,     /* ... or after so long where its last run failed */
    REPLACE_MS = 3600000, /* a process that stays is replaced, so that a leak costs an hour */
};

static bool is_open(const struct instance *instance)
{
    return instance->course.stage == COURSE_OPEN;
}

static void start(struct engine *engine, struct instance *instance, struct moment now)
{
    int64_t deadline_ms = instance->stream ? 0 : now.wall_ms + instance->deadline_ms;
    int64_t run = engine->next_run++;
    if (instance_collect(instance, run, now)) {
        engine->calls->collect(engine->context, instance, run, deadline_ms);
        return;
    }
    /* Until its tables say otherwise it may be a stream, which has no deadline. */
    if (instance_start(instance, run, now))
        engine->calls->start(engine->context, instance->name, run,
                             instance->tables && !instance_stays(instance) ? deadline_ms : 0);
}

/* A process for its plugin's selftest, which is not a run. */
static void start_proof(struct engine *engine, struct instance *instance, struct moment now)
{
    int64_t run = engine->next_run++;
    if (instance_prove(instance, run, now))
        engine->calls->start(engine->context, instance->name, run, now.wall_ms + PROOF_MS);
}

/* When a busy instance is to be looked at: a run has a deadline, a stream has none, nor has one
 * that the parent holds back. The first run of a snapshot has none of the parent's: nobody knew
 * that it is none. */
static int64_t overdue_ms(const struct instance *instance)
{
    const struct course *course = &instance->course;
    if (instance->stream || course->work != COURSE_RUNS || !course_has_process(course) ||
        !instance->started.boot_ms)
        return INT64_MAX;
    return instance->started.boot_ms + instance->deadline_ms;
}

static int64_t wake_ms(const struct instance *instance)
{
    if (instance_is_busy(instance))
        return overdue_ms(instance);
    return instance->condition == CONDITION_DISABLED ? INT64_MAX : instance->due.boot_ms;
}

/* A process that stays goes after its time, or after a run that failed: what it leaked or spoilt
 * would fail the next ones too. One whose source is at fault is not replaced at each run. */
static bool is_old(const struct instance *instance, struct moment now)
{
    int64_t age_ms = now.boot_ms - instance->process.boot_ms;
    return !instance->stream && is_open(instance) &&
           (age_ms >= REPLACE_MS || proof_is_due(instance, now) ||
            (age_ms >= RENEW_MS && instance->condition == CONDITION_FAILED));
}

/* A stream's process makes room for its selftest, and goes on where it was. One whose source keeps
 * nothing cannot: it is tried before its next start. */
static bool makes_room(const struct instance *instance, struct moment now)
{
    return instance->stream && !instance->pushed.is && is_open(instance) &&
           proof_is_due(instance, now);
}

static void replace(struct engine *engine, struct instance *instance, const char *why)
{
    /* It is started again when its end is told. */
    instance_leave(instance);
    engine->calls->end(engine->context, instance->name, why);
}

/* In a window that was agreed to be left alone only a person starts it. */
static bool waits_for_window(struct instance *instance, struct moment now)
{
    int64_t left_ms = quiet_left_ms(instance->not_between, now.wall_ms);
    if (!left_ms || instance->asked.waits)
        return false;
    instance_wait(instance, now, left_ms);
    instance_mark(instance, UNSAVED_NOW); /* shown with the next turn */
    return true;
}

void engine_schedule_start_due(struct engine *engine, struct moment now)
{
    for (size_t i = 0; i < engine->intake.count; i++) {
        struct instance *instance = engine->intake.instances[i];
        if (makes_room(instance, now) && !instance_is_ready(instance))
            replace(engine, instance, "for its selftest");
        if (now.boot_ms < wake_ms(instance) || instance_is_ready(instance))
            continue;
        if (instance_is_busy(instance)) {
            if (instance_overdue(instance))
                engine->calls->end(engine->context, instance->name, "deadline");
        } else if (is_old(instance, now)) {
            replace(engine, instance, "replaced");
        } else if (proof_is_due(instance, now)) {
            start_proof(engine, instance, now);
        } else if (!waits_for_window(instance, now)) {
            start(engine, instance, now);
        }
    }
}

void engine_ended(struct engine *engine, const json_t *ended, struct moment now)
{
    struct instance *instance = intake_find(&engine->intake, json_text_of(ended, "instance", ""));
    if (!instance || !course_has_process(&instance->course))
        return;
    int64_t run = json_integer_of(ended, "run", 0);
    if (run && run != instance->process.run)
        return; /* of a process before */
    bool stopped = !strcmp(json_text_of(ended, "reason", ""), "stopped");
    bool broken_off = instance->course.work == COURSE_RUNS && stopped;
    bool proving = instance->course.work == COURSE_PROVES;
    instance_ended(instance, ended);
    if (broken_off)
        instance_due(instance, now.boot_ms + RESTART_MS);
    else if (!json_flag_of(ended, "started", true))
        instance_due(instance, now.boot_ms + (instance->every_ms > REFUSED_MS ? instance->every_ms
                                                                              : REFUSED_MS));
    else if (instance->stream && !proving)
        instance_due(instance, now.boot_ms + RESTART_MS);
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
    struct notify_outbox_figures figures;
    int code = notify_outbox_figures(engine->turn.store, &figures, error);
    if (code)
        return code;
    engine->outbox_next_ms = figures.next_ms;
    if (figures.next_ms <= now_ms)
        engine->outbox_next_ms = now_ms + LOOK_AGAIN_MS;
    return 0;
}

int engine_schedule_deliver(struct engine *engine, struct moment now, struct error *error)
{
    struct outbox_item item = {0};
    int64_t after = 0;
    int row = 0;
    bool going = true;
    if (now.wall_ms < engine->outbox_next_ms)
        return 0;
    while (going && engine->in_flight_count < ENGINE_IN_FLIGHT &&
           (row = notify_outbox_next(engine->turn.store, now.wall_ms, after, &item, error)) > 0) {
        after = item.id;
        if (!is_in_flight(engine, item.id))
            going = hand_over(engine, &item);
        notify_outbox_item_finish(&item);
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
    int code = engine_turn_begin(engine, &now, error);
    if (!code && json_flag_of(delivered, "ok", false))
        code = notify_outbox_taken(engine->turn.store, id, now.wall_ms, error);
    else if (!code)
        code = notify_outbox_failed(engine->turn.store, now.wall_ms, &failure, error);
    return code ? code : engine_turn_end(engine, error);
}

void engine_courier_came(struct engine *engine)
{
    engine->courier_asked = false;
    engine->outbox_next_ms = 0;
}

int engine_courier_gone(struct engine *engine, struct moment now, struct error *error)
{
    engine->courier_asked = false;
    engine->outbox_next_ms = now.wall_ms + LOOK_AGAIN_MS;
    if (!engine->in_flight_count)
        return 0;
    int code = engine_turn_begin(engine, &now, error);
    /* Each of them may be what ended it: all wait longer and longer. */
    for (size_t i = 0; !code && i < engine->in_flight_count; i++) {
        struct outbox_failure failure = {.id = engine->in_flight[i],
                                         .why =
                                             "the courier ended before the message was delivered"};
        code = notify_outbox_failed(engine->turn.store, now.wall_ms, &failure, error);
    }
    engine->in_flight_count = 0;
    return code ? code : engine_turn_end(engine, error);
}

int64_t engine_next_ms(const struct engine *engine, struct moment now)
{
    int64_t next = engine->own.due_boot_ms;
    if (engine->monitoring.due_boot_ms < next)
        next = engine->monitoring.due_boot_ms;
    if (intake_tell_ms(&engine->intake) < next)
        next = intake_tell_ms(&engine->intake);
    for (size_t i = 0; i < engine->intake.count; i++)
        if (wake_ms(engine->intake.instances[i]) < next)
            next = wake_ms(engine->intake.instances[i]);
    for (size_t i = 0; i < engine->judge.measure_count; i++)
        if (engine->judge.measures[i].due_boot_ms < next)
            next = engine->judge.measures[i].due_boot_ms;
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
    if (now.boot_ms - engine->swept_boot_ms >= OWN_EVERY_MS) {
        engine->swept_boot_ms = now.boot_ms;
        code = engine_turn_begin(engine, &now, error);
        if (!code)
            code = upkeep_sweep_old(&engine->upkeep, engine->config, error);
        if (!code)
            code = upkeep_dispose_old(&engine->upkeep, engine->config, error);
        if (!code)
            code = engine_turn_end(engine, error);
        if (!code)
            code = upkeep_dispose_traces(&engine->upkeep, error);
    }
    return code ? code : upkeep_tend_log(&engine->upkeep, now, error);
}
