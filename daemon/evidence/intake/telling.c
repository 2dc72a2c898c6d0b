/* A run is like the one before when it read the same, or failed in the same way: how it ended, why,
 * and what was missing. */
#include "evidence/intake/telling.h"

#include <string.h>

#include "evidence/intake/leaves.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"

bool telling_is_part(const struct instance *instance)
{
    return instance->stream && !instance->run.interval && !instance->run.has_status;
}

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
    for (size_t i = 0; i < instance->attribute_count; i++) {
        const struct attribute *attribute = &instance->attributes[i];
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
    return instance->condition == condition && (quiet || telling_is_part(instance) ||
                                                (*hash && strcmp(hash, instance->fold.hash) == 0));
}

int telling_choose(struct instance *instance, enum condition condition, int64_t now_ms,
                   struct telling *ret)
{
    char hash[DIGEST_TEXT_SIZE];
    bool part = telling_is_part(instance);
    int code = fingerprint(instance, condition, hash);
    if (code)
        return code;
    bool like = is_like_before(instance, condition, hash);
    struct telling telling = {.how = TELLING_LEAF};
    if (like && !has_content(instance) && instance->evidence[0] >= 0)
        telling.how = part ? TELLING_NOTHING : TELLING_FOLD;
    /* At most one evidence leaf an interval, of what is urgent one a second: what comes after it
     * waits. */
    else if (like && instance->stream && leaves_may_wait(instance, now_ms))
        telling.how = TELLING_HOLD;
    /* A stream's quiet intervals go on being folded beside its evidence. */
    telling.ends_fold = !like || (!instance->stream && telling.how == TELLING_LEAF);
    if (!part)
        memcpy(instance->fold.hash, hash, sizeof hash);
    *ret = telling;
    return 0;
}
