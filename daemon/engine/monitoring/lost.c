/* Which instance was measured and is not, and which measures stand on what it does not tell. */
#include "engine/monitoring/concern.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

void monitoring_readers_finish(struct readers *readers)
{
    json_decref(readers->adopted);
    json_decref(readers->trial);
    *readers = (struct readers){0};
}

static bool is_in(const json_t *list, const char *id)
{
    size_t index;
    json_t *item;
    json_array_foreach ((json_t *)list, index, item) {
        if (strcmp(json_string_value(item), id) == 0)
            return true;
    }
    return false;
}

static void add_reader(void *visitor, const struct monitoring_reader *reader)
{
    struct readers *readers = visitor;
    if (readers->partial && reader->accepts_partial)
        return;
    json_t *list = reader->adopted ? readers->adopted : readers->trial;
    if (is_in(list, reader->measure))
        return;
    json_array_append_new(list, json_string(reader->measure));
    if (reader->adopted)
        readers->urgent = readers->urgent || reader->urgent;
    else
        readers->trial_urgent = readers->trial_urgent || reader->urgent;
}

void monitoring_readers_add(struct readers *readers, const struct monitoring_world *world,
                            const struct attribute *attribute)
{
    if (!readers->adopted)
        readers->adopted = json_array();
    if (!readers->trial)
        readers->trial = json_array();
    world->each_reader(world->context, attribute, add_reader, readers);
}

static void add_all(struct readers *readers, const struct monitoring_world *world,
                    const struct instance *instance)
{
    for (size_t i = 0; i < instance->attributes.count; i++)
        if (instance->attributes.items[i].measured)
            monitoring_readers_add(readers, world, &instance->attributes.items[i]);
}

static bool was_measured(const struct instance *instance)
{
    bool measured = instance->standing.ever_well;
    for (size_t i = 0; i < instance->attributes.count; i++)
        measured = measured || instance->attributes.items[i].measured;
    return measured;
}

/* What was read once and is named as missing is lost; where nothing is named, anything may be. */
static enum verdict judge_partial(const struct monitoring_world *world,
                                  const struct instance *instance, struct readers *readers,
                                  char **ret_reason)
{
    bool names = false;
    const char *reason = instance->reason ? instance->reason : "";
    readers->partial = true;
    for (size_t i = 0; i < instance->attributes.count; i++) {
        const struct attribute *attribute = &instance->attributes.items[i];
        names = names || attribute->missing;
        if (!attribute->missing || !attribute->measured)
            continue;
        monitoring_readers_add(readers, world, attribute);
        if (!*ret_reason)
            *ret_reason = text_format("%s is missing: %s", attribute->name,
                                      attribute->missing_why ? attribute->missing_why : "");
    }
    if (!names && instance->condition == CONDITION_PARTIAL) {
        add_all(readers, world, instance);
        *ret_reason = text_format("its runs are partial%s%s", *reason ? ": " : "", reason);
    }
    return *ret_reason ? VERDICT_MISSED : VERDICT_MET;
}

static bool is_late(const struct instance *instance, int64_t now_ms)
{
    int64_t patience = 2 * instance->every_ms + instance->deadline_ms;
    return instance->standing.last_end_ms && now_ms - instance->standing.last_end_ms > patience;
}

enum verdict monitoring_lost_judge(const struct monitoring_world *world,
                                   const struct instance *instance, struct readers *ret_readers,
                                   char **ret_reason)
{
    const char *reason = instance->reason ? instance->reason : "";
    if (!was_measured(instance))
        return VERDICT_NOT_APPLICABLE;
    /* One that reads and dies, again and again, is not well between its deaths. */
    enum condition condition = instance->standing.failing ? CONDITION_FAILED : instance->condition;
    switch (condition) {
    case CONDITION_STARTING:
    case CONDITION_STANDBY:
    case CONDITION_DISABLED:
        return VERDICT_UNKNOWN;
    case CONDITION_FAILED:
    case CONDITION_ABSENT:
        add_all(ret_readers, world, instance);
        *ret_reason =
            text_format("%s%s%s", instance_condition_text(condition), *reason ? ": " : "", reason);
        return VERDICT_MISSED;
    case CONDITION_WELL:
    case CONDITION_PARTIAL:
        break;
    }
    if (instance->standing.stepped)
        return VERDICT_UNKNOWN;
    if (!is_late(instance, world->turn->now.wall_ms))
        return judge_partial(world, instance, ret_readers, ret_reason);
    /* conformd itself was down: that is a finding of its own. */
    if (instance->standing.last_end_ms < world->started_ms && !instance->started.run)
        return VERDICT_UNKNOWN;
    add_all(ret_readers, world, instance);
    *ret_reason = strdup("its last run ended too long ago");
    return VERDICT_MISSED;
}
