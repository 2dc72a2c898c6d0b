/* Goes through the instances: what is lost, what was lost, what is too much. */
#include "engine/monitoring/concern.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { INTERVALS = 3 };

struct judging {
    struct monitoring *monitoring;
    struct monitoring_world *world;
};

static bool is_over(const struct concern *concern)
{
    return !concern->memory.standing && concern->memory.last == VERDICT_MET;
}

/* When time alone moves it: a miss that lasts long enough, a recovery that has. */
static int64_t due_boot_ms(const struct concern *concern, const struct concern_word *word,
                           int64_t recover_ms)
{
    const struct criterion_memory *memory = &concern->memory;
    if (memory->last == VERDICT_MISSED && !memory->standing)
        return memory->at_ms + word->for_ms - memory->missed_ms;
    if (memory->last == VERDICT_MET && memory->standing)
        return memory->at_ms + recover_ms - memory->met_ms;
    return INT64_MAX;
}

/* Takes one judgement; a concern that is no more leaves the list. */
static int take(struct judging *judging, const struct concern *like,
                const struct concern_word *word, struct error *error)
{
    struct monitoring *monitoring = judging->monitoring;
    struct concern *concern = concern_find(monitoring, like->kind, like->instance, like->attribute);
    enum criterion_move move;
    int code = 0;
    if (!concern && word->verdict != VERDICT_MISSED)
        return 0;
    if (!concern) {
        code = concern_add(monitoring, like, &concern);
        if (code)
            return code;
        concern->since_ms = judging->world->turn->now.wall_ms;
    }
    code = concern_step(judging->world, concern, word, &move, error);
    if (code)
        return code;
    if (is_over(concern))
        return concern_drop(monitoring, judging->world, concern, error);
    int64_t due = due_boot_ms(concern, word, concern_recover_ms(judging->world));
    if (due < monitoring->due_boot_ms)
        monitoring->due_boot_ms = due;
    return 0;
}

static int64_t lost_after_ms(const struct monitoring_world *world, const struct instance *instance,
                             const struct readers *readers)
{
    int64_t after = json_integer_of(world->config, "lost_after", 0);
    bool trial = !json_array_size(readers->adopted);
    if (trial ? readers->trial_urgent : readers->urgent)
        return json_integer_of(world->config, "lost_after_urgent", 0);
    return after > INTERVALS * instance->every_ms ? after : INTERVALS * instance->every_ms;
}

static void add_all(struct readers *readers, const struct monitoring_world *world,
                    const struct instance *instance)
{
    for (size_t i = 0; i < instance->attributes.count; i++)
        monitoring_readers_add(readers, world, &instance->attributes.items[i]);
}

static int judge_lost(struct judging *judging, struct instance *instance, struct error *error)
{
    CLEAN(monitoring_readers_finish) struct readers readers = {0};
    CLEAN(clean_text) char *reason = NULL;
    enum verdict verdict = monitoring_lost_judge(judging->world, instance, &readers, &reason);
    if (verdict == VERDICT_MISSED && !reason)
        return ERROR_MEMORY;
    if (verdict != VERDICT_MISSED &&
        !concern_find(judging->monitoring, MONITORING_LOST, instance->name, ""))
        return 0;
    if (verdict != VERDICT_MISSED)
        add_all(&readers, judging->world, instance);
    struct concern like = {
        .kind = MONITORING_LOST, .instance = instance->name, .attribute = "", .reason = reason};
    struct concern_word word = {.verdict = verdict,
                                .reason = reason ? reason : "",
                                .readers = &readers,
                                .for_ms = lost_after_ms(judging->world, instance, &readers),
                                .evidence = instance->record.evidence[0]};
    return take(judging, &like, &word, error);
}

static json_t *item_of(const json_t *loss)
{
    int64_t from = json_integer_of(loss, "from", 0), to = json_integer_of(loss, "to", 0);
    const char *unit = json_text_of(loss, "unit", "");
    char since[TEXT_TIME_SIZE], until[TEXT_TIME_SIZE];
    text_from_time(from, since);
    text_from_time(to, until);
    CLEAN(clean_text)
    char *lost = strcmp(unit, PUSHED_UNIT) == 0
                     ? text_format("%s to %s", since, until)
                     : text_format("%lld to %lld %s", (long long)from, (long long)to, unit);
    return json_pack("{s:{s:s, s:s, s:s}, s:s}", "labels", "source",
                     json_text_of(loss, "source", ""), "lost", lost ? lost : "", "why",
                     json_text_of(loss, "why", ""), "state", "lost");
}

/* A loss is over when it is told; for recovery none may come for as long as that takes. */
static int judge_losses(struct judging *judging, struct instance *instance, struct error *error)
{
    CLEAN(monitoring_readers_finish) struct readers readers = {0};
    CLEAN(clean_json) json_t *losses = instance_take_losses(instance);
    CLEAN(clean_json) json_t *items = json_array();
    json_t *loss;
    size_t index;
    if (!losses && !concern_find(judging->monitoring, MONITORING_LOSSES, instance->name, ""))
        return 0;
    add_all(&readers, judging->world, instance);
    json_array_foreach (losses, index, loss)
        json_array_append_new(items, item_of(loss));
    CLEAN(clean_text)
    char *reason = text_format("%s", json_text_of(json_array_get(losses, 0), "why", ""));
    struct concern like = {
        .kind = MONITORING_LOSSES, .instance = instance->name, .attribute = "", .reason = reason};
    struct concern_word word = {.verdict = losses ? VERDICT_MISSED : VERDICT_MET,
                                .reason = reason ? reason : "",
                                .readers = &readers,
                                .items = losses ? items : NULL,
                                .evidence = instance->record.evidence[0]};
    return take(judging, &like, &word, error);
}

struct overflow_search {
    const char *instance;
    bool event;
    bool found;
};

static bool is_overflow(const void *context, const struct labels *labels)
{
    const struct overflow_search *search = context;
    return *labels_get(labels, "overflow") &&
           strcmp(labels_get(labels, "instance"), search->instance) == 0;
}

static int note_overflow(void *context, const struct series_view *view)
{
    struct overflow_search *search = context;
    uint64_t bits;
    if (!view->count)
        return 0;
    for (size_t i = 0; search->event && i < view->count; i++)
        search->found = search->found || view->values[i] > 0;
    memcpy(&bits, &view->values[view->count - 1], sizeof bits);
    search->found = search->found || (!search->event && bits != SERIES_STALE_BITS);
    return 0;
}

/* Was the series for what is beyond the limit fed since there was no room, and is it still? */
static int find_overflow(struct monitoring_world *world, const struct instance *instance,
                         const struct attribute *attribute, bool *ret)
{
    CLEAN(clean_text)
    char *name =
        text_format("%s%s", attribute->name, attribute->kind == SERIES_TEXT ? "_info" : "");
    struct overflow_search search = {instance->name, attribute->kind == SERIES_EVENT, false};
    struct series_window window = {.name = name,
                                   .from_ms = instance->overflow.at_ms,
                                   .to_ms = world->turn->now.wall_ms,
                                   .wants = is_overflow,
                                   .wants_context = &search};
    if (!name)
        return ERROR_MEMORY;
    int code = series_each(world->turn->series, &window, note_overflow, &search);
    series_release(world->turn->series);
    *ret = search.found;
    return code;
}

static int judge_overflow(struct judging *judging, struct instance *instance,
                          const struct attribute *attribute, struct error *error)
{
    CLEAN(monitoring_readers_finish) struct readers readers = {0};
    bool over = false;
    bool known = concern_find(judging->monitoring, MONITORING_OVERFLOW, instance->name,
                              attribute->name) != NULL;
    if (!instance->overflow.reached && !known)
        return 0;
    int code =
        instance->overflow.reached ? find_overflow(judging->world, instance, attribute, &over) : 0;
    if (code || (!over && !known))
        return code;
    monitoring_readers_add(&readers, judging->world, attribute);
    struct concern like = {.kind = MONITORING_OVERFLOW,
                           .instance = instance->name,
                           .attribute = (char *)attribute->name,
                           .reason = ""};
    struct concern_word word = {.verdict = over ? VERDICT_MISSED : VERDICT_MET,
                                .reason = "more series than the limit",
                                .readers = &readers,
                                .evidence = instance->record.evidence[0]};
    return take(judging, &like, &word, error);
}

static int judge_instance(struct judging *judging, struct instance *instance, struct error *error)
{
    int code = judge_lost(judging, instance, error);
    if (!code)
        code = judge_losses(judging, instance, error);
    for (size_t i = 0; !code && i < instance->attributes.count; i++)
        code = judge_overflow(judging, instance, &instance->attributes.items[i], error);
    return code;
}

int monitoring_judge(struct monitoring *monitoring, struct monitoring_world *world,
                     struct error *error)
{
    struct judging judging = {monitoring, world};
    int code = 0;
    monitoring->due_boot_ms = INT64_MAX;
    for (size_t i = 0; !code && i < world->intake->count; i++)
        /* Of one that is disabled nothing is looked for, and nothing is over. */
        if (world->intake->instances[i]->condition != CONDITION_DISABLED)
            code = judge_instance(&judging, world->intake->instances[i], error);
    return code ? code : monitoring_tell(monitoring, world, error);
}
