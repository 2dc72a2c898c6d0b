/* What a sealed run leaves known of its instance, and what a step of the clock takes of that. */
#include "evidence/instance/standing.h"

#include <string.h>

#include "evidence/instance/instance.h"
#include "ground/base/text.h"

/* As in include/conformd/collector.h, which the daemon's rooms do not see. */
enum status {
    STATUS_OK = 0,
    STATUS_MORE = 1,
    STATUS_PARTIAL = 2,
    STATUS_STANDBY = 3,
    STATUS_ABSENT = -2
};

const char *instance_condition_text(enum condition condition)
{
    switch (condition) {
    case CONDITION_STARTING:
        return "starting";
    case CONDITION_WELL:
        return "well";
    case CONDITION_PARTIAL:
        return "partial";
    case CONDITION_FAILED:
        return "failed";
    case CONDITION_ABSENT:
        return "absent";
    case CONDITION_STANDBY:
        return "standby";
    case CONDITION_DISABLED:
        return "disabled";
    }
    return "unknown";
}

bool instance_is_part(const struct instance *instance)
{
    return instance->stream && !instance->run.interval && !instance->run.has_status;
}

static bool misses_anything(const struct instance *instance)
{
    if (instance->run.missing)
        return true;
    for (size_t i = 0; instance->stream && i < instance->attributes.count; i++)
        if (instance->attributes.items[i].missed_now)
            return true;
    return false;
}

enum condition instance_condition_of_run(const struct instance *instance)
{
    const struct run *run = &instance->run;
    bool told = instance->process.heard == STREAM_TOLD;
    if (instance_is_part(instance) && (told || !run->reading_count))
        return instance->condition;
    if (!run->has_status && !instance->stream)
        return CONDITION_FAILED;
    switch (run->has_status ? run->status : STATUS_OK) {
    case STATUS_OK:
    case STATUS_MORE:
        return misses_anything(instance) ? CONDITION_PARTIAL : CONDITION_WELL;
    case STATUS_PARTIAL:
        return CONDITION_PARTIAL;
    case STATUS_STANDBY:
        return CONDITION_STANDBY;
    case STATUS_ABSENT:
        return CONDITION_ABSENT;
    default:
        return CONDITION_FAILED;
    }
}

/* A run that ended well watched the time since the one before, if that was not too long ago. */
static int watch(struct instance *instance, int64_t now_ms, int64_t keep_ms, int64_t *ret_from_ms)
{
    struct standing *standing = &instance->standing;
    int64_t gap = 2 * instance->every_ms;
    if (gap < 60000)
        gap = 60000;
    int64_t from = standing->watch_from_ms;
    /* What was lost lies somewhere in between. */
    bool lost = instance->stream && json_array_size(instance->run.lost);
    if (from == 0 || from > now_ms || now_ms - from > gap || lost)
        from = now_ms;
    standing->watch_from_ms = standing->last_well_ms = now_ms;
    standing->ever_well = true;
    *ret_from_ms = from;
    spans_trim(&standing->watched, now_ms - keep_ms);
    return spans_add(&standing->watched, from, now_ms);
}

/* An attribute that was missing was not watched, although its instance was. What a stream says of
 * it at the end of an interval holds for all of that. */
static int watch_missed(struct instance *instance, struct span span, int64_t keep_ms)
{
    bool any_named = false;
    int code = 0;
    if (instance->stream && span.to_ms - instance->every_ms < span.from_ms)
        span.from_ms = span.to_ms - instance->every_ms;
    for (size_t i = 0; i < instance->attributes.count; i++)
        any_named = any_named || instance->attributes.items[i].missing;
    for (size_t i = 0; !code && i < instance->attributes.count; i++) {
        struct attribute *attribute = &instance->attributes.items[i];
        spans_trim(&attribute->missed, span.to_ms - keep_ms);
        if (attribute->missing || (instance->condition == CONDITION_PARTIAL && !any_named))
            code = spans_add(&attribute->missed, span.from_ms, span.to_ms);
    }
    return code;
}

/* A snapshot that failed saw nothing of the time since the run before. A stream goes on from its
 * position, and watches it late. */
static int note_watched(struct instance *instance, int64_t now_ms, int64_t keep_ms)
{
    struct standing *standing = &instance->standing;
    enum condition condition = instance->condition;
    int64_t from_ms = now_ms;
    if (standing->stepped)
        instance_mark(instance, UNSAVED_NOW);
    standing->stepped = false;
    if (condition == CONDITION_WELL)
        standing->last_whole_ms = now_ms;
    if (condition != CONDITION_WELL && condition != CONDITION_PARTIAL) {
        if (!instance->stream)
            standing->watch_from_ms = 0;
        return 0;
    }
    int code = watch(instance, now_ms, keep_ms, &from_ms);
    return code ? code : watch_missed(instance, (struct span){from_ms, now_ms}, keep_ms);
}

/* What a stream says is missing lasts for the interval in which it says so, at least. */
static void note_missing(struct instance *instance, bool in_interval)
{
    for (size_t i = 0; i < instance->attributes.count; i++) {
        struct attribute *attribute = &instance->attributes.items[i];
        const char *why =
            json_string_value(json_object_get(instance->run.missing, attribute->name));
        bool before = attribute->missing, before_now = attribute->missed_now;
        if (why) {
            free(attribute->missing_why);
            attribute->missing_why = strdup(why);
            attribute->missing = attribute->missed_now = true;
        }
        if (!in_interval) {
            attribute->missing = attribute->missed_now;
            attribute->missed_now = false;
        }
        if (attribute->missing != before || attribute->missed_now != before_now)
            instance_mark(instance, UNSAVED_NOW);
    }
}

/* What was read once is lost when it is not read any more; what never was is not set up. */
static void note_measured(struct instance *instance)
{
    for (size_t i = 0; i < instance->attributes.count; i++) {
        struct attribute *attribute = &instance->attributes.items[i];
        if (attribute->missing || attribute->measured)
            continue;
        attribute->measured = true;
        instance_mark(instance, UNSAVED_NOW);
    }
}

/* At most a screenful is told; all of them are in the evidence. */
static void note_losses(struct instance *instance)
{
    enum { LOSSES_TOLD = 20 };
    size_t index;
    json_t *loss;
    if (!json_array_size(instance->run.lost))
        return;
    if (!instance->losses)
        instance->losses = json_array();
    json_array_foreach (instance->run.lost, index, loss) {
        if (json_array_size(instance->losses) < LOSSES_TOLD)
            json_array_append(instance->losses, loss);
    }
}

/* What it says of its own state, which a part of an interval does not. */
static void note_word(struct instance *instance, enum condition condition, bool in_interval)
{
    const char *why = instance->run.why;
    struct standing *standing = &instance->standing;
    struct process *process = &instance->process;
    if (!instance->stream || instance->condition != condition)
        instance_mark(instance, UNSAVED_NOW);
    instance->condition = condition;
    if (instance->run.reading_count && process->heard == STREAM_SILENT)
        process->heard = STREAM_READ;
    standing->failing = condition == CONDITION_FAILED || (standing->failing && in_interval);
    if (in_interval)
        return;
    free(instance->reason);
    instance->reason = strdup(why ? why : "");
    if (instance->stream)
        process->heard = STREAM_TOLD;
    standing->clock_set = false;
}

int instance_note_sealed(struct instance *instance, enum condition condition, struct moment now,
                         int64_t keep_ms)
{
    const struct run *run = &instance->run;
    bool in_interval = instance_is_part(instance);
    bool well = condition == CONDITION_WELL || condition == CONDITION_PARTIAL;
    bool names_missing = misses_anything(instance);
    note_missing(instance, in_interval);
    if (run->broken_off || (well && !in_interval && (condition == CONDITION_WELL || names_missing)))
        note_measured(instance);
    note_word(instance, condition, in_interval);
    instance->standing.backlog = run->backlog;
    if (!in_interval)
        names_sealed(instance, now);
    if (run->overflow)
        instance->overflow.at_ms = now.wall_ms;
    else if (well && !instance->stream)
        instance->overflow.at_ms = 0;
    note_losses(instance);
    instance->standing.last_end_ms = now.wall_ms;
    instance->standing.ended_here = true;
    instance->counts.due += !instance->stream;
    instance->counts.taken += well && !instance->stream;
    return note_watched(instance, now.wall_ms, keep_ms);
}

void instance_note_run(struct instance *instance, enum condition condition, int64_t now_ms)
{
    char started[TEXT_TIME_SIZE], ended[TEXT_TIME_SIZE];
    const struct run *run = &instance->run;
    int64_t started_ms = instance->started.wall_ms;
    text_from_time(started_ms ? started_ms : now_ms, started);
    text_from_time(now_ms, ended);
    json_decref(instance->last_run);
    instance->last_run = json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "id", (json_int_t)instance->started.run,
        "started_at", started, "ended_at", ended, "outcome", instance_condition_text(condition),
        "reason", run->why ? run->why : "", "readings", (json_int_t)run->reading_count, "evidence",
        (json_int_t)instance->record.evidence[0], "tables", instance->tables_hash);
}

void instance_note_evidence(struct instance *instance, int64_t leaf, int64_t now_ms)
{
    struct record *record = &instance->record;
    size_t rest = (INSTANCE_EVIDENCE - 1) * sizeof(int64_t);
    memmove(record->evidence + 1, record->evidence, rest);
    memmove(record->evidence_ms + 1, record->evidence_ms, rest);
    record->evidence[0] = leaf;
    record->evidence_ms[0] = now_ms;
    instance_note_evidence_of_run(instance);
}

void instance_note_evidence_of_run(struct instance *instance)
{
    if (instance->last_run)
        json_object_set_new(instance->last_run, "evidence",
                            json_integer((json_int_t)instance->record.evidence[0]));
}

static void cut(int64_t *time_ms, int64_t now_ms)
{
    if (*time_ms > now_ms)
        *time_ms = now_ms;
}

void instance_step(struct instance *instance, int64_t now_ms)
{
    struct standing *standing = &instance->standing;
    struct record *record = &instance->record;
    spans_cut(&standing->watched, now_ms);
    for (size_t i = 0; i < instance->attributes.count; i++)
        spans_cut(&instance->attributes.items[i].missed, now_ms);
    standing->watch_from_ms = 0;
    standing->clock_set = true;
    /* What it read last has left the series, and what it read before is not what is now. */
    standing->stepped = standing->stepped || standing->last_end_ms > now_ms;
    cut(&standing->last_end_ms, now_ms);
    cut(&standing->last_whole_ms, now_ms);
    /* What a turn of this very time reads is not told yet. */
    cut(&record->told_ms, now_ms - 1);
    cut(&instance->overflow.at_ms, now_ms);
    cut(&instance->names.from_ms, now_ms);
    cut(&instance->pushed.kept_ms, now_ms);
    for (int i = 1; i < INSTANCE_EVIDENCE; i++)
        if (record->evidence_ms[i] > now_ms)
            record->evidence_ms[i] = 0;
    record->untold++;
    instance_mark(instance, UNSAVED_NOW);
}

void instance_part(struct instance *instance)
{
    struct standing *standing = &instance->standing;
    spans_cut(&standing->watched, 0);
    for (size_t i = 0; i < instance->attributes.count; i++)
        spans_cut(&instance->attributes.items[i].missed, 0);
    instance->condition = CONDITION_STARTING;
    standing->stepped = false;
    standing->last_end_ms = standing->last_whole_ms = standing->watch_from_ms = 0;
    instance->pushed.kept_ms = 0;
    instance->record.untold++;
}

void instance_enable(struct instance *instance, bool enabled)
{
    if (enabled && instance->condition != CONDITION_DISABLED)
        return;
    instance->condition = enabled ? CONDITION_STARTING : CONDITION_DISABLED;
    free(instance->reason);
    instance->reason = enabled ? NULL : strdup("enabled = false");
}
