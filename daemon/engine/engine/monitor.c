/* Hands the monitoring of the monitoring what it judges by: the instances, and who reads what. */
#include "engine/engine/monitor.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"

struct reading {
    const struct attribute *attribute;
    bool reads;
};

static void note_name(void *context, const char *name)
{
    struct reading *reading = context;
    reading->reads = reading->reads || coverage_reads(reading->attribute, name);
}

static void each_reader(void *context, const struct attribute *attribute,
                        void (*visit)(void *visitor, const struct monitoring_reader *reader),
                        void *visitor)
{
    const struct engine *engine = context;
    for (size_t i = 0; i < engine->judge.measure_count; i++) {
        const struct judged *judged = &engine->judge.measures[i];
        struct reading reading = {attribute, attribute == NULL};
        if (attribute)
            measure_each_name(judged->measure, note_name, &reading);
        if (!reading.reads)
            continue;
        const char *urgency = json_text_of(judged->measure->construct, "urgency", "");
        struct monitoring_reader reader = {.measure = judged->measure->id,
                                           .adopted = !judged->trial,
                                           .urgent =
                                               notify_urgency_from_text(urgency) == URGENCY_NOW,
                                           .accepts_partial = judged->measure->accept_partial,
                                           .every_ms = judged->measure->every_ms};
        visit(visitor, &reader);
    }
}

static struct monitoring_world world_of(struct engine *engine)
{
    return (struct monitoring_world){.turn = &engine->turn,
                                     .intake = &engine->intake,
                                     .config = engine->config,
                                     .host = engine->host,
                                     .version = CONFORMD_VERSION,
                                     .started_ms = engine->own.started_ms,
                                     .each_reader = each_reader,
                                     .context = engine};
}

int monitor_judge(struct engine *engine, struct error *error)
{
    struct monitoring_world world = world_of(engine);
    int code = monitoring_judge(&engine->monitoring, &world, error);
    if (world.told)
        engine->outbox_next_ms = 0;
    return code;
}

int monitor_load(struct engine *engine, struct error *error)
{
    monitoring_finish(&engine->monitoring);
    return monitoring_load(&engine->monitoring, engine->turn.store, engine->other_boot,
                           engine_now(engine).boot_ms, error);
}

int monitor_note_end(struct engine *engine, struct error *error)
{
    CLEAN(buffer_finish) struct buffer leaf = {0};
    CLEAN(clean_json) json_t *json = NULL;
    struct ledger_head head;
    ledger_head(engine->turn.ledger, &head);
    if (!head.size)
        return 0;
    int code = ledger_read(engine->turn.ledger, head.size - 1, &leaf, error);
    if (!code)
        code = json_read(leaf.data, leaf.length, &json, error);
    bool stopped = strcmp(json_text_of(json, "t", ""), ledger_leaf_type_text(LEAF_STOP)) == 0;
    engine->last_end = stopped ? "stop" : engine->other_boot ? "reboot" : "crash";
    return code;
}

int monitor_start(struct engine *engine, struct error *error)
{
    int code = monitor_load(engine, error);
    if (code || !engine->last_end)
        return code;
    struct moment now = engine->turn.now;
    int64_t wall_ms = now.wall_ms - engine->last_turn_ms;
    int64_t lasted_ms = engine->last_boot_ms ? now.boot_ms - engine->last_boot_ms : wall_ms;
    struct monitoring_gap gap = {.from_ms = engine->last_turn_ms,
                                 .lasted_ms = lasted_ms > 0 ? lasted_ms : 0,
                                 .why = engine->last_end};
    struct monitoring_world world = world_of(engine);
    return monitoring_tell_gap(&world, &gap, error);
}
