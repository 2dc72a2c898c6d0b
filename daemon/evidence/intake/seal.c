/* Seals a run: judges how it ended, folds it or writes its evidence, moves series and positions. */
#include "evidence/intake/seal.h"

#include <string.h>

#include "evidence/intake/beyond.h"
#include "evidence/intake/leaves.h"
#include "evidence/intake/pushed.h"
#include "evidence/intake/telling.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

/* As in include/conformd/collector.h, which the daemon's rooms do not see. */
enum status {
    STATUS_OK = 0,
    STATUS_MORE = 1,
    STATUS_PARTIAL = 2,
    STATUS_STANDBY = 3,
    STATUS_ABSENT = -2
};

static bool misses_anything(const struct instance *instance)
{
    if (instance->run.missing)
        return true;
    for (size_t i = 0; instance->stream && i < instance->attribute_count; i++)
        if (instance->attributes[i].missed_now)
            return true;
    return false;
}

static enum condition condition_of(const struct instance *instance)
{
    const struct run *run = &instance->run;
    if (telling_is_part(instance) && (instance->told || !run->reading_count))
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

static int store_positions(struct intake *intake, const struct instance *instance,
                           struct error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach (instance->run.positions, key, value) {
        struct store_query *query = store_query(
            intake->turn->store, "INSERT INTO positions(instance, key, value) VALUES(?1, ?2, ?3)"
                                 " ON CONFLICT DO UPDATE SET value = excluded.value");
        store_bind_text(query, 1, instance->name);
        store_bind_text(query, 2, key);
        store_bind_text(query, 3, json_string_value(value));
        int code = store_run(query, error);
        if (code)
            return code;
    }
    return 0;
}

static int record(struct intake *intake, struct instance *instance, enum telling_how how,
                  struct moment now, struct error *error)
{
    /* The stored state is to say that it is behind what no leaf tells of yet. */
    instance->moved = instance->moved || !instance->untold;
    instance->untold++;
    switch (how) {
    case TELLING_NOTHING:
        return seen_merge(&instance->fold.seen, &instance->run.seen);
    case TELLING_HOLD:
        if (instance->run.urgent && !instance->tell_boot_ms)
            instance->tell_boot_ms = now.boot_ms + LEAVES_URGENT_MS;
        return leaves_hold(intake, instance, error);
    case TELLING_LEAF:
        return leaves_evidence(intake, instance, error);
    case TELLING_FOLD:
        break;
    }
    if (!instance->fold.runs++)
        instance->fold.first_ms = now.wall_ms;
    instance->fold.last_ms = now.wall_ms;
    instance->moved = true;
    return seen_merge(&instance->fold.seen, &instance->run.seen);
}

/* A run that ended well watched the time since the one before, if that was not too long ago. */
static int watch(struct intake *intake, struct instance *instance, int64_t now_ms,
                 int64_t *ret_from_ms)
{
    int64_t gap = 2 * instance->every_ms;
    if (gap < 60000)
        gap = 60000;
    int64_t from = instance->watch_from_ms;
    /* What was lost lies somewhere in between. */
    bool lost = instance->stream && json_array_size(instance->run.lost);
    if (from == 0 || from > now_ms || now_ms - from > gap || lost)
        from = now_ms;
    instance->watch_from_ms = instance->last_well_ms = now_ms;
    instance->ever_well = true;
    *ret_from_ms = from;
    spans_trim(&instance->watched, now_ms - intake->longest_ms);
    return spans_add(&instance->watched, from, now_ms);
}

/* An attribute that was missing was not watched, although its instance was. What a stream says of
 * it at the end of an interval holds for all of that. */
static int watch_missed(struct intake *intake, struct instance *instance, int64_t from_ms,
                        int64_t now_ms)
{
    bool any_named = false;
    int code = 0;
    if (instance->stream && now_ms - instance->every_ms < from_ms)
        from_ms = now_ms - instance->every_ms;
    for (size_t i = 0; i < instance->attribute_count; i++)
        any_named = any_named || instance->attributes[i].missing;
    for (size_t i = 0; !code && i < instance->attribute_count; i++) {
        struct attribute *attribute = &instance->attributes[i];
        spans_trim(&attribute->missed, now_ms - intake->longest_ms);
        if (attribute->missing || (instance->condition == CONDITION_PARTIAL && !any_named))
            code = spans_add(&attribute->missed, from_ms, now_ms);
    }
    return code;
}

/* A snapshot that failed saw nothing of the time since the run before. A stream goes on from its
 * position, and watches it late. */
static int note_watched(struct intake *intake, struct instance *instance, int64_t now_ms)
{
    enum condition condition = instance->condition;
    int64_t from_ms = now_ms;
    instance->moved = instance->moved || instance->stepped;
    instance->stepped = false;
    if (condition == CONDITION_WELL)
        instance->last_whole_ms = now_ms;
    if (condition != CONDITION_WELL && condition != CONDITION_PARTIAL) {
        if (!instance->stream)
            instance->watch_from_ms = 0;
        return 0;
    }
    int code = watch(intake, instance, now_ms, &from_ms);
    return code ? code : watch_missed(intake, instance, from_ms, now_ms);
}

/* What a stream says is missing lasts for the interval in which it says so, at least. */
static void note_missing(struct instance *instance, bool in_interval)
{
    bool moved = false;
    for (size_t i = 0; i < instance->attribute_count; i++) {
        struct attribute *attribute = &instance->attributes[i];
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
        moved = moved || attribute->missing != before || attribute->missed_now != before_now;
    }
    instance->moved = instance->moved || moved;
}

static void note_run(struct instance *instance, enum condition condition, int64_t now_ms)
{
    char started[TEXT_TIME_SIZE], ended[TEXT_TIME_SIZE];
    text_from_time(instance->started_ms ? instance->started_ms : now_ms, started);
    text_from_time(now_ms, ended);
    json_decref(instance->last_run);
    instance->last_run = json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "id", (json_int_t)instance->running,
        "started_at", started, "ended_at", ended, "outcome", instance_condition_text(condition),
        "reason", instance->run.why ? instance->run.why : "", "readings",
        (json_int_t)instance->run.reading_count, "evidence", (json_int_t)instance->evidence[0],
        "tables", instance->tables_hash);
}

static int store_run_row(struct intake *intake, struct instance *instance, int64_t now_ms,
                         struct error *error)
{
    struct store_query *query =
        store_query(intake->turn->store,
                    "INSERT INTO runs(instance, started_ms, ended_ms, outcome, reason, readings,"
                    " leaf, usage) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    CLEAN(clean_text) char *usage = account_usage(instance);
    store_bind_text(query, 1, instance->name);
    store_bind_integer(query, 2, instance->started_ms);
    store_bind_integer(query, 3, now_ms);
    store_bind_text(query, 4, instance_condition_text(instance->condition));
    store_bind_text(query, 5, instance->reason ? instance->reason : "");
    store_bind_integer(query, 6, (int64_t)instance->run.reading_count);
    store_bind_integer(query, 7, instance->evidence[0]);
    store_bind_text(query, 8, usage);
    return store_run(query, error);
}

/* A stream hands over parts: what is not in one of them is not gone. What it read before it failed
 * counts, since its positions move on. */
static enum series_outcome series_outcome_of(const struct instance *instance,
                                             enum condition condition)
{
    bool well = condition == CONDITION_WELL || condition == CONDITION_PARTIAL;
    if (telling_is_part(instance))
        return SERIES_BATCH;
    if (instance->stream)
        return well || instance->run.reading_count ? SERIES_PARTIAL : SERIES_FAILED;
    return condition == CONDITION_WELL ? SERIES_WELL : well ? SERIES_PARTIAL : SERIES_FAILED;
}

/* A run that handed over nothing ends the series of its instance all the same. */
static int end_series(struct intake *intake, struct instance *instance, enum condition condition,
                      int64_t now_ms, struct error *error)
{
    struct run *run = &instance->run;
    enum series_outcome outcome = series_outcome_of(instance, condition);
    int code = 0;
    if (!run->series && outcome == SERIES_FAILED)
        code = series_run_begin(intake->turn->series, instance->name, 2 * instance->every_ms,
                                &run->series);
    if (code)
        return error_set(error, code, "the series of %s: %s", instance->name, error_text(code));
    struct series_run *series = run->series;
    run->series = NULL;
    return series ? series_run_end(series, outcome, now_ms, instance->last_end_ms, error) : 0;
}

/* Readings as a list of objects, for somebody who waits for them. */
static json_t *lines_to_json(const struct buffer *lines)
{
    json_t *list = json_array();
    for (const char *at = lines->data; at && *at;) {
        const char *end = strchr(at, '\n');
        json_t *row = NULL;
        if (!end || json_read(at, (size_t)(end - at), &row, NULL))
            break;
        json_array_append_new(list, row);
        at = end + 1;
    }
    return list;
}

static void show(struct instance *instance, enum condition condition)
{
    const struct run *run = &instance->run;
    if (!instance->waited_for || telling_is_part(instance))
        return;
    json_decref(instance->shown);
    instance->shown =
        json_pack("{s:s, s:I, s:s, s:s, s:o, s:o, s:O*, s:O*, s:I}", "name", instance->name, "run",
                  (json_int_t)instance->running, "outcome", instance_condition_text(condition),
                  "reason", run->why ? run->why : "", "readings", lines_to_json(&run->readings),
                  "excerpts", lines_to_json(&run->excerpts), "missing", run->missing, "lost",
                  run->lost, "evidence", (json_int_t)instance->evidence[0]);
}

/* What was read once is lost when it is not read any more; what never was is not set up. */
static void note_measured(struct instance *instance)
{
    for (size_t i = 0; i < instance->attribute_count; i++) {
        struct attribute *attribute = &instance->attributes[i];
        instance->moved = instance->moved || (!attribute->missing && !attribute->measured);
        attribute->measured = attribute->measured || !attribute->missing;
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
    instance->moved = instance->moved || !instance->stream || instance->condition != condition;
    instance->condition = condition;
    instance->read = instance->read || instance->run.reading_count;
    instance->failing = condition == CONDITION_FAILED || (instance->failing && in_interval);
    if (in_interval)
        return;
    free(instance->reason);
    instance->reason = strdup(why ? why : "");
    instance->told = instance->stream;
    instance->clock_set = false;
}

/* What the instance is from now on. */
static int note_state(struct intake *intake, struct instance *instance, enum condition condition,
                      struct moment now)
{
    const struct run *run = &instance->run;
    bool in_interval = telling_is_part(instance);
    bool well = condition == CONDITION_WELL || condition == CONDITION_PARTIAL;
    bool names_missing = misses_anything(instance);
    note_missing(instance, in_interval);
    if (run->broken_off || (well && !in_interval && (condition == CONDITION_WELL || names_missing)))
        note_measured(instance);
    note_word(instance, condition, in_interval);
    instance->backlog = run->backlog;
    if (!in_interval)
        personal_sealed(instance, now);
    if (run->overflow)
        instance->overflow_ms = now.wall_ms;
    else if (well && !instance->stream)
        instance->overflow_ms = 0;
    note_losses(instance);
    instance->last_end_ms = now.wall_ms;
    instance->ended_here = true;
    instance->due_count += !instance->stream;
    instance->taken_count += well && !instance->stream;
    return note_watched(intake, instance, now.wall_ms);
}

int seal_run(struct intake *intake, struct instance *instance, struct moment now,
             struct error *error)
{
    struct run *run = &instance->run;
    enum condition condition = condition_of(instance);
    bool moved = instance->condition != condition;
    struct telling telling = {.how = TELLING_LEAF};
    int code = pushed_note(instance, now.wall_ms);
    if (!code)
        code = beyond_tell(run, instance);
    if (!code)
        code = leaves_tables(intake, instance, error);
    if (!code)
        code = telling_choose(instance, condition, now.wall_ms, &telling);
    if (!code && telling.ends_fold)
        code = leaves_end_fold(intake, instance, error);
    if (!code)
        code = end_series(intake, instance, condition, now.wall_ms, error);
    if (!code)
        code = note_state(intake, instance, condition, now);
    if (code)
        return code;
    note_run(instance, condition, now.wall_ms);
    /* Before its leaf, which tells what all runs have cost. */
    account_run(instance);
    code = store_positions(intake, instance, error);
    if (!code)
        code = record(intake, instance, telling.how, now, error);
    if (code)
        return code;
    show(instance, condition);
    /* A stream's quiet intervals are told by its coverage leaves. */
    if (!code && (!instance->stream || moved))
        code = store_run_row(intake, instance, now.wall_ms, error);
    run_finish(run);
    if (instance->link) {
        instance->link->sealed = true;
        instance->link->lines = 0;
    }
    instance->touched = true;
    instance->changed = true;
    return code;
}
