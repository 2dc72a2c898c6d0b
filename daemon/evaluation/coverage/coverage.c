/* What is known of an attribute: attribute by attribute, from the instances that feed it. */
#include "evaluation/coverage/coverage.h"

#include <string.h>

#include "ground/base/text.h"

static bool named_with(const char *name, const char *stem, const char *suffix)
{
    size_t length = strlen(stem);
    return strncmp(name, stem, length) == 0 && strcmp(name + length, suffix) == 0;
}

bool coverage_reads(const struct attribute *attribute, const char *name)
{
    if (attribute->kind == SERIES_EVENT && named_with(name, attribute->name, "_total"))
        return true;
    return attribute->kind == SERIES_TEXT ? named_with(name, attribute->name, "_info")
                                          : strcmp(attribute->name, name) == 0;
}

static const struct attribute *feeding_attribute(const struct instance *instance, const char *name)
{
    for (size_t i = 0; i < instance->attributes.count; i++)
        if (coverage_reads(&instance->attributes.items[i], name))
            return &instance->attributes.items[i];
    return NULL;
}

bool coverage_feeds(const struct instance *instance, const char *name)
{
    return feeding_attribute(instance, name) != NULL;
}

/* One question, and the answer of one instance to it. */
struct asking {
    const struct coverage *watch;
    const struct instance *instance;
    const struct attribute *attribute;
    int64_t from_ms;
    int64_t to_ms;
    struct watch_answer answer;
};

static void say(struct watch_answer *ret, enum unknown_kind kind, char *reason)
{
    free(ret->reason);
    ret->unknown = kind;
    ret->reason = reason;
}

/* Nothing is read from it: it may be passed over where another instance feeds the attribute.
 */
static bool is_idle(const struct instance *instance)
{
    if (instance->condition == CONDITION_STANDBY || instance->condition == CONDITION_DISABLED)
        return true;
    return instance->condition == CONDITION_ABSENT && !instance->standing.ever_well;
}

static int64_t patience(const struct instance *instance)
{
    return 2 * instance->every_ms + instance->deadline_ms;
}

static bool is_late(const struct instance *instance, int64_t now_ms)
{
    return instance->standing.last_end_ms &&
           now_ms - instance->standing.last_end_ms > patience(instance);
}

/* Its word has become old: its own fault, or that of conformd, which did not run, and has not been
 * there again for long enough. */
static void say_late(struct asking *asking)
{
    const struct coverage *watch = asking->watch;
    const struct instance *instance = asking->instance;
    int64_t age_s = (watch->turn->now.wall_ms - instance->standing.last_end_ms) / 1000;
    if (!instance->standing.ended_here &&
        watch->turn->now.wall_ms - watch->own->started_ms <= patience(instance))
        say(&asking->answer, UNKNOWN_STOPPED,
            text_format("conformd was not running: the last run of collector %s ended %lld s ago",
                        instance->name, (long long)age_s));
    else
        say(&asking->answer, UNKNOWN_LOST,
            text_format("collector %s is late: its last run ended %lld s ago", instance->name,
                        (long long)age_s));
}

static bool names_missing(const struct instance *instance)
{
    for (size_t i = 0; i < instance->attributes.count; i++)
        if (instance->attributes.items[i].missing)
            return true;
    return false;
}

/* Of a partial run only what it named is missing; where it named nothing, anything may be. */
static void ask_partial(struct asking *asking, enum unknown_kind kind)
{
    const struct instance *instance = asking->instance;
    const struct attribute *attribute = asking->attribute;
    const char *reason = instance->reason ? instance->reason : "";
    if (attribute->missing)
        asking->answer.partly_reason =
            text_format("collector %s: %s", instance->name,
                        attribute->missing_why ? attribute->missing_why : "");
    else if (instance->condition == CONDITION_PARTIAL && !names_missing(instance))
        asking->answer.partly_reason =
            text_format("collector %s: partial%s%s", instance->name, *reason ? ": " : "", reason);
    else
        return;
    asking->answer.partly = kind;
    asking->answer.whole_ms = instance->standing.last_whole_ms;
    /* The 0 of an interval says that it was watched, and it was not. */
    if (attribute->kind == SERIES_EVENT && asking->from_ms == asking->to_ms)
        asking->answer.covered = 0;
}

/* How it stands now, by its last run. */
static void ask_now(struct asking *asking)
{
    const struct instance *instance = asking->instance;
    enum unknown_kind kind = asking->attribute->measured ? UNKNOWN_LOST : UNKNOWN_NOT_SET_UP;
    const char *reason = instance->reason ? instance->reason : "";
    switch (instance->condition) {
    case CONDITION_STARTING:
        say(&asking->answer, kind,
            text_format("collector %s has not ended its first run", instance->name));
        return;
    case CONDITION_FAILED:
    case CONDITION_ABSENT:
    case CONDITION_STANDBY:
    case CONDITION_DISABLED:
        say(&asking->answer, kind,
            text_format("collector %s: %s%s%s", instance->name,
                        instance_condition_text(instance->condition), *reason ? ": " : "", reason));
        return;
    case CONDITION_WELL:
    case CONDITION_PARTIAL:
        break;
    }
    if (is_late(instance, asking->watch->turn->now.wall_ms))
        say_late(asking);
    else if (instance->names.switched && asking->attribute->personal)
        say(&asking->answer, kind,
            text_format("collector %s keeps names as %s now, and has not reported since",
                        instance->name, instance->names.plain ? "they are" : "new pseudonyms"));
    else if (instance->standing.stepped)
        say(&asking->answer, kind,
            text_format("the clock was set back, and collector %s has not ended a run since",
                        instance->name));
    else
        ask_partial(asking, kind);
}

/* How much of the time in question it was watched. A moment of the past was watched or it was not;
 * one after its last run is spoken for by that. */
static void ask_time(struct asking *asking)
{
    const struct instance *instance = asking->instance;
    int64_t from_ms = asking->from_ms, to_ms = asking->to_ms;
    const struct spans *missed = &asking->attribute->missed;
    double share = 1;
    if (to_ms > asking->watch->turn->now.wall_ms && to_ms == from_ms)
        share = 0;
    else if (to_ms > from_ms)
        share = (double)spans_covered_but(&instance->standing.watched, missed, from_ms, to_ms) /
                (double)(to_ms - from_ms);
    else if (to_ms < instance->standing.last_end_ms)
        share = spans_hold(&instance->standing.watched, to_ms) && !spans_hold(missed, to_ms);
    if (share < asking->answer.covered)
        asking->answer.covered = share;
}

/* Takes the worst of several instances' words. */
static void merge(struct watch_answer *ret, struct watch_answer *one)
{
    if (one->partly != KNOWN && (ret->partly == KNOWN || one->whole_ms < ret->whole_ms))
        ret->whole_ms = one->whole_ms;
    if (measure_unknown_is_worse(one->unknown, ret->unknown)) {
        say(ret, one->unknown, one->reason);
        one->reason = NULL;
    }
    if (measure_unknown_is_worse(one->partly, ret->partly)) {
        free(ret->partly_reason);
        ret->partly = one->partly;
        ret->partly_reason = one->partly_reason;
        one->partly_reason = NULL;
    }
    if (one->covered < ret->covered)
        ret->covered = one->covered;
    ret->provisional = ret->provisional || one->provisional;
    ret->event = ret->event || one->event;
    free(one->reason);
    free(one->partly_reason);
}

static int watch_own(const struct coverage *watch, const char *name, const struct asking *asking,
                     struct watch_answer *ret)
{
    int64_t from_ms = asking->from_ms, to_ms = asking->to_ms;
    if (!selfmetrics_has(name))
        say(ret, UNKNOWN_NOT_SET_UP, text_format("conformd has no series %s", name));
    if (to_ms > from_ms)
        ret->covered =
            (double)spans_covered(&watch->own->watched, from_ms, to_ms) / (double)(to_ms - from_ms);
    else if (watch->turn->now.wall_ms - to_ms > OWN_EVERY_MS || to_ms > watch->turn->now.wall_ms)
        ret->covered = spans_hold(&watch->own->watched, to_ms);
    return 0;
}

/* One that is disabled and has never told what it reads may be the one that is meant. */
static const struct instance *find_silent(const struct coverage *watch)
{
    for (size_t i = 0; i < watch->intake->count; i++) {
        const struct instance *instance = watch->intake->instances[i];
        if (instance->condition == CONDITION_DISABLED && !instance->tables)
            return instance;
    }
    return NULL;
}

static void say_undeclared(const struct coverage *watch, const char *name, struct watch_answer *ret)
{
    const struct instance *silent = find_silent(watch);
    if (silent)
        say(ret, UNKNOWN_NOT_SET_UP,
            text_format("no collector has declared %s yet, and collector %s is disabled", name,
                        silent->name));
    else
        say(ret, UNKNOWN_NOT_SET_UP, text_format("no collector has declared %s yet", name));
}

/* Nobody feeds it: it stands by, is disabled (which somebody decided: nothing is lost), its source
 * is not here, or no collector knows it. */
static void say_nobody(const struct asking *idle, const char *name, struct watch_answer *ret)
{
    const struct instance *instance = idle->instance;
    if (!instance) {
        say_undeclared(idle->watch, name, ret);
        return;
    }
    if (instance->condition == CONDITION_DISABLED) {
        say(ret, UNKNOWN_NOT_SET_UP, text_format("collector %s is disabled", instance->name));
        return;
    }
    const char *reason = instance->reason ? instance->reason : "";
    say(ret, idle->attribute->measured ? UNKNOWN_LOST : UNKNOWN_NOT_SET_UP,
        text_format("collector %s: %s%s%s", instance->name,
                    instance_condition_text(instance->condition), *reason ? ": " : "", reason));
}

int64_t coverage_reach_ms(const struct coverage *watch)
{
    int64_t reach = OWN_LOOKBACK_MS;
    for (size_t i = 0; i < watch->intake->count; i++)
        if (2 * watch->intake->instances[i]->every_ms > reach)
            reach = 2 * watch->intake->instances[i]->every_ms;
    return reach;
}

struct measure_world coverage_world(struct coverage *watch)
{
    return (struct measure_world){.series = watch->turn->series,
                                  .now_ms = watch->turn->now.wall_ms,
                                  .reach_ms = coverage_reach_ms(watch),
                                  .context = watch,
                                  .watch = coverage_attribute,
                                  .counts = coverage_counts,
                                  .is_personal = coverage_is_personal,
                                  .hidden = coverage_hidden};
}

int coverage_attribute(void *context, const char *name, int64_t from_ms, int64_t to_ms,
                       struct watch_answer *ret)
{
    struct coverage *watch = context;
    struct asking idle = {.watch = watch, .from_ms = from_ms, .to_ms = to_ms};
    size_t feeding = 0;
    if (text_begins(name, "conformd_"))
        return watch_own(watch, name, &idle, ret);
    for (size_t i = 0; i < watch->intake->count; i++) {
        struct asking asking = {.watch = watch,
                                .instance = watch->intake->instances[i],
                                .attribute = feeding_attribute(watch->intake->instances[i], name),
                                .from_ms = from_ms,
                                .to_ms = to_ms,
                                .answer = {.covered = 1}};
        if (!asking.attribute)
            continue;
        if (is_idle(asking.instance)) {
            idle.instance = asking.instance;
            idle.attribute = asking.attribute;
            continue;
        }
        feeding++;
        asking.answer.provisional = asking.instance->standing.backlog ||
                                    asking.instance->standing.clock_set ||
                                    !proof_holds(asking.instance);
        asking.answer.event =
            asking.attribute->kind == SERIES_EVENT && strcmp(asking.attribute->name, name) == 0;
        ask_now(&asking);
        ask_time(&asking);
        merge(ret, &asking.answer);
    }
    if (!feeding)
        say_nobody(&idle, name, ret);
    return 0;
}

static bool is_wanted(const struct promql_selector *selector, const char *instance)
{
    for (size_t i = 0; i < selector->count; i++)
        if (strcmp(selector->matchers[i].name, "instance") == 0 &&
            !promql_matcher_wants(&selector->matchers[i], instance))
            return false;
    return true;
}

bool coverage_asks_nobody(const struct coverage *watch, const struct promql_selector *selector)
{
    /* Of each instance there is one of these. */
    bool own = text_begins(selector->name, "conformd_runs_");
    size_t feeding = 0, wanted = 0;
    for (size_t i = 0; i < watch->intake->count; i++) {
        const struct instance *instance = watch->intake->instances[i];
        if (!own && (!coverage_feeds(instance, selector->name) || is_idle(instance)))
            continue;
        feeding++;
        wanted += is_wanted(selector, instance->name);
    }
    return feeding && !wanted;
}

bool coverage_is_personal(void *context, const char *name, const char *label)
{
    const struct coverage *watch = context;
    for (size_t i = 0; i < watch->intake->count; i++) {
        const struct attribute *attribute = feeding_attribute(watch->intake->instances[i], name);
        for (size_t at = 0; attribute && at < attribute->label_count; at++)
            if ((attribute->personal & 1u << at) && strcmp(attribute->labels[at], label) == 0)
                return true;
    }
    return false;
}

bool coverage_counts(void *context, const struct labels *labels)
{
    const struct coverage *watch = context;
    const char *name = labels_get(labels, "instance");
    if (!*name || text_begins(labels_get(labels, LABELS_NAME), "conformd_"))
        return true;
    const struct instance *instance = intake_find(watch->intake, name);
    return instance && instance->condition != CONDITION_DISABLED;
}
