/* Folding: a run is like the one before when it read the same, or failed in the same way: how it
 * ended, why, and what was missing. Such runs are told in one coverage leaf. */
#include "evidence/sealing/folding.h"

#include <string.h>

#include "evidence/sealing/leaves.h"
#include "evidence/sealing/pending.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { FOLD_MS = 3600000 };

/* Something that stands in no series: it has a leaf however the run ended. */
static bool has_content(const struct instance *instance)
{
    const struct run *run = &instance->run;
    return run->event_count || run->lost || (run->excerpts.length && instance->stream);
}

/* What is missing, by this run or by a part of the interval that it ends. */
static json_t *missing_of(const struct instance *instance)
{
    json_t *missing = json_object();
    for (size_t i = 0; i < instance->attributes.count; i++) {
        const struct attribute *attribute = &instance->attributes.items[i];
        json_t *why = json_object_get(instance->run.missing, attribute->name);
        if (why)
            json_object_set(missing, attribute->name, why);
        else if (attribute->missed_now && attribute->missing_why)
            json_object_set_new(missing, attribute->name, json_string(attribute->missing_why));
    }
    return missing;
}

static int add_word(const struct instance *instance, enum condition condition, struct buffer *all)
{
    CLEAN(clean_json) json_t *missing = missing_of(instance);
    CLEAN(clean_text) char *text = missing ? json_canonical(missing) : NULL;
    const char *why = instance->run.why;
    if (!text)
        return ERROR_MEMORY;
    buffer_print(all, "%s: %s\n%s\n", instance_condition_text(condition), why ? why : "", text);
    return 0;
}

static int fingerprint(const struct instance *instance, enum condition condition,
                       char ret_hash[DIGEST_TEXT_SIZE])
{
    const struct run *run = &instance->run;
    CLEAN(buffer_finish) struct buffer all = {0};
    ret_hash[0] = '\0';
    if (!instance->stream && has_content(instance))
        return 0;
    /* A stream's gauges (silence, bytes) move at every interval and are in the series anyway. */
    if (!instance->stream) {
        buffer_append(&all, run->readings.data, run->readings.length);
        buffer_byte(&all, '\n');
        buffer_append(&all, run->excerpts.data, run->excerpts.length);
    }
    if (condition != CONDITION_WELL && add_word(instance, condition, &all))
        return ERROR_MEMORY;
    if (run->out_of_scope)
        buffer_print(&all, "%zu refused", run->out_of_scope);
    if (all.failed)
        return ERROR_MEMORY;
    return digest_text(all.data ? all.data : "", all.length, ret_hash);
}

static bool is_like_before(const struct instance *instance, enum condition condition,
                           const char *hash)
{
    /* A part of an interval has no word of its own, and a quiet one is like any other. */
    bool quiet = instance->stream && condition == CONDITION_WELL;
    return instance->condition == condition &&
           (quiet || instance_is_part(instance) ||
            (*hash && strcmp(hash, instance->record.fold.hash) == 0));
}

int folding_choose(struct instance *instance, enum condition condition, int64_t now_ms,
                   struct folding *ret)
{
    char hash[DIGEST_TEXT_SIZE];
    bool part = instance_is_part(instance);
    int code = fingerprint(instance, condition, hash);
    if (code)
        return code;
    bool like = is_like_before(instance, condition, hash);
    struct folding choice = {.how = FOLDING_LEAF};
    if (like && !has_content(instance) && instance->record.evidence[0] >= 0)
        choice.how = part ? FOLDING_NOTHING : FOLDING_FOLD;
    /* At most one evidence leaf an interval, of what is urgent one a second: what comes after it
     * waits. */
    else if (like && instance->stream && pending_may_wait(instance, now_ms))
        choice.how = FOLDING_HOLD;
    /* A stream's quiet intervals go on being folded beside its evidence. */
    choice.ends_fold = !like || (!instance->stream && choice.how == FOLDING_LEAF);
    if (!part)
        memcpy(instance->record.fold.hash, hash, sizeof hash);
    *ret = choice;
    return 0;
}

int folding_add(struct instance *instance, int64_t now_ms)
{
    struct fold *fold = &instance->record.fold;
    if (!fold->runs++)
        fold->first_ms = now_ms;
    fold->last_ms = now_ms;
    instance_mark(instance, UNSAVED_NOW);
    return seen_merge(&fold->seen, &instance->run.seen);
}

int folding_add_nothing(struct instance *instance)
{
    return seen_merge(&instance->record.fold.seen, &instance->run.seen);
}

/* Empties the fold. */
static json_t *coverage_fields(struct instance *instance)
{
    char first[TEXT_TIME_SIZE], last[TEXT_TIME_SIZE];
    struct fold *fold = &instance->record.fold;
    text_from_time(fold->first_ms, first);
    text_from_time(fold->last_ms, last);
    json_t *fields = json_pack(
        "{s:I, s:I, s:s, s:s, s:I, s:s}", "collector", (json_int_t)instance->record.tables_leaf,
        "same_as", (json_int_t)instance->record.evidence[0], "first", first, "last", last, "runs",
        (json_int_t)fold->runs, "outcome", instance_condition_text(instance->condition));
    fold->runs = 0;
    int code = seen_tell(&fold->seen, fields);
    seen_finish(&fold->seen);
    if (!code)
        return fields;
    json_decref(fields);
    return NULL;
}

/* Why the runs that are folded failed, and what they read. */
static int attach_fold(struct sealing *sealing, const struct instance *instance, json_t *fields)
{
    CLEAN(clean_json) json_t *sources = leaves_take_sources(fields);
    CLEAN(clean_json)
    json_t *text = json_pack("{s:s, s:s, s:O*}", "instance", instance->name, "reason",
                             leaves_reason(instance, NULL), "sources", sources);
    if (instance->condition == CONDITION_WELL && !sources)
        return 0;
    return leaves_attach_json(sealing, text, fields);
}

int folding_end(struct sealing *sealing, struct instance *instance, struct error *error)
{
    int64_t leaf;
    if (!instance->record.fold.runs)
        return 0;
    json_t *fields = coverage_fields(instance);
    int code = fields ? attach_fold(sealing, instance, fields) : ERROR_MEMORY;
    if (!code)
        return ledger_append(sealing->turn->ledger, LEAF_COVERAGE, fields, &leaf, error);
    json_decref(fields);
    return leaves_refused(error, code);
}

static int tell(struct sealing *sealing, struct instance *instance, struct error *error)
{
    json_t *fields = coverage_fields(instance);
    return fields ? leaves_tell(sealing, instance, NULL, fields, error) : ERROR_MEMORY;
}

int sealing_unfold(struct sealing *sealing, struct instance *instance, struct error *error)
{
    int code = sealing_tell(sealing, instance, error);
    return code || !instance->record.fold.runs ? code : tell(sealing, instance, error);
}

int folding_tell_due(struct sealing *sealing, struct instance *instance, struct error *error)
{
    const struct fold *fold = &instance->record.fold;
    bool due = fold->runs && sealing->turn->now.wall_ms - fold->first_ms >= FOLD_MS;
    return due ? sealing_unfold(sealing, instance, error) : 0;
}

int sealing_last(struct sealing *sealing, struct instance *instance, struct error *error)
{
    struct record *record = &instance->record;
    int code = sealing_unfold(sealing, instance, error);
    if (code || !record->untold || record->evidence[0] < 0)
        return code;
    /* Parts of an interval in which nothing was but gauges. */
    record->fold.first_ms = record->fold.last_ms = instance->standing.last_end_ms;
    return tell(sealing, instance, error);
}
