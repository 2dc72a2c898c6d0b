/* What is known of an attribute: attribute by attribute, from the instances that feed it. */
#include "engine/state.h"

#include <string.h>

#include "base/text.h"

static bool named_with(const char *name, const char *stem, const char *suffix)
{
    size_t length = strlen(stem);
    return strncmp(name, stem, length) == 0 && strcmp(name + length, suffix) == 0;
}

bool watch_reads(const struct attribute *attribute, const char *name)
{
    if (attribute->kind == SERIES_EVENT && named_with(name, attribute->name, "_total"))
        return true;
    return attribute->kind == SERIES_TEXT ? named_with(name, attribute->name, "_info")
                                          : strcmp(attribute->name, name) == 0;
}

static const struct attribute *feeding_attribute(const struct instance *instance, const char *name)
{
    for (size_t i = 0; i < instance->attribute_count; i++)
        if (watch_reads(&instance->attributes[i], name))
            return &instance->attributes[i];
    return NULL;
}

bool watch_feeds(const struct instance *instance, const char *name)
{
    return feeding_attribute(instance, name) != NULL;
}

static void say(struct watch_answer *ret, enum unknown_kind kind, char *reason)
{
    free(ret->reason);
    ret->partial = false;
    ret->unknown = kind;
    ret->reason = reason;
}

/* Nothing was ever read from it: it may be passed over where another instance feeds the attribute.
 */
static bool is_idle(const struct instance *instance)
{
    if (instance->condition == CONDITION_STANDBY)
        return true;
    return instance->condition == CONDITION_ABSENT && !instance->ever_well;
}

static bool is_late(const struct instance *instance, int64_t now_ms)
{
    int64_t patience = 2 * instance->every_ms + instance->deadline_ms;
    return instance->last_end_ms && now_ms - instance->last_end_ms > patience;
}

/* Its word has become old: its own fault, or that of conformd, which did not run. */
static void say_late(const struct engine *engine, const struct instance *instance,
                     struct watch_answer *ret)
{
    int64_t age_s = (engine->turn_ms - instance->last_end_ms) / 1000;
    if (instance->last_end_ms < engine->started_ms && instance->running == 0)
        say(ret, UNKNOWN_STOPPED,
            text_format("conformd was not running: the last run of collector %s ended %lld s ago",
                        instance->name, (long long)age_s));
    else
        say(ret, UNKNOWN_LOST,
            text_format("collector %s is late: its last run ended %lld s ago", instance->name,
                        (long long)age_s));
}

static bool names_missing(const struct instance *instance)
{
    for (size_t i = 0; i < instance->attribute_count; i++)
        if (instance->attributes[i].missing)
            return true;
    return false;
}

/* Of a partial run only what it named is missing; where it named nothing, anything may be. */
static bool ask_partial(const struct instance *instance, const struct attribute *attribute,
                        enum unknown_kind kind, struct watch_answer *ret)
{
    const char *reason = instance->reason ? instance->reason : "";
    if (attribute->missing)
        say(ret, kind,
            text_format("collector %s: %s", instance->name,
                        attribute->missing_why ? attribute->missing_why : ""));
    else if (instance->condition == CONDITION_PARTIAL && !names_missing(instance))
        say(ret, kind,
            text_format("collector %s: partial%s%s", instance->name, *reason ? ": " : "", reason));
    else
        return true;
    ret->partial = true;
    return false;
}

/* One instance's word on one attribute; true when it is known. */
static bool ask_instance(const struct engine *engine, const struct instance *instance,
                         const struct attribute *attribute, struct watch_answer *ret)
{
    enum unknown_kind kind = attribute->measured ? UNKNOWN_LOST : UNKNOWN_NOT_SET_UP;
    const char *reason = instance->reason ? instance->reason : "";
    switch (instance->condition) {
    case CONDITION_STARTING:
        say(ret, kind, text_format("collector %s has not ended its first run", instance->name));
        return false;
    case CONDITION_FAILED:
    case CONDITION_ABSENT:
    case CONDITION_STANDBY:
        say(ret, kind,
            text_format("collector %s: %s%s%s", instance->name, condition_text(instance->condition),
                        *reason ? ": " : "", reason));
        return false;
    case CONDITION_WELL:
    case CONDITION_PARTIAL:
        break;
    }
    if (is_late(instance, engine->turn_ms)) {
        say_late(engine, instance, ret);
        return false;
    }
    return ask_partial(instance, attribute, kind, ret);
}

static void note_cover(const struct spans *spans, int64_t from_ms, int64_t to_ms,
                       struct watch_answer *ret)
{
    if (to_ms <= from_ms)
        return;
    double share = (double)spans_covered(spans, from_ms, to_ms) / (double)(to_ms - from_ms);
    if (share < ret->covered)
        ret->covered = share;
}

int watch_attribute(void *context, const char *name, int64_t from_ms, int64_t to_ms,
                    struct watch_answer *ret)
{
    struct engine *engine = context;
    const struct instance *idle = NULL;
    size_t feeding = 0;
    if (text_begins(name, "conformd_")) {
        note_cover(&engine->own_watched, from_ms, to_ms, ret);
        return 0;
    }
    for (size_t i = 0; i < engine->intake.count; i++) {
        const struct instance *instance = engine->intake.instances[i];
        const struct attribute *attribute = feeding_attribute(instance, name);
        if (!attribute)
            continue;
        if (is_idle(instance)) {
            idle = instance;
            continue;
        }
        feeding++;
        ret->provisional = ret->provisional || instance->backlog;
        bool known = ask_instance(engine, instance, attribute, ret);
        note_cover(&instance->watched, from_ms, to_ms, ret);
        /* What is only partial is reported last: a worse reason comes before it. */
        if (!known && !ret->partial)
            return 0;
    }
    if (feeding)
        return 0;
    if (idle)
        say(ret, UNKNOWN_NOT_SET_UP,
            text_format("collector %s: %s%s%s", idle->name, condition_text(idle->condition),
                        idle->reason && *idle->reason ? ": " : "",
                        idle->reason ? idle->reason : ""));
    else
        say(ret, UNKNOWN_NOT_SET_UP, text_format("no collector has declared %s yet", name));
    return 0;
}
