/* The engine's own series: runs due and taken, open actions, adopted baselines. */
#include "engine/state.h"

#include <string.h>

#include "base/clean.h"
#include "base/json.h"
#include "base/text.h"
#include "series/pack.h"

enum { PAIRS_LIMIT = 16, TELL_EVERY_MS = 3600000 };

bool own_has(const char *name)
{
    static const char *const names[] = {"conformd_runs_due", "conformd_runs_taken",
                                        "conformd_actions_open", "conformd_actions_overdue",
                                        "conformd_baseline"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int put(struct engine *engine, const struct label *pairs, size_t count, double value)
{
    CLEAN(labels_clean) struct labels *labels = NULL;
    int code = labels_new(pairs, count, &labels);
    return code ? code
                : series_put(engine->series, labels, engine->turn_ms, value, OWN_LOOKBACK_MS);
}

static int put_named(struct engine *engine, const char *name, const char *instance, double value)
{
    struct label pairs[] = {{LABELS_NAME, name}, {"instance", instance}};
    return put(engine, pairs, *instance ? 2 : 1, value);
}

/* A stream is due once a minute; it was taken when it has handed over in time. One that has just
 * been started for the first time is not due yet. */
static void count_stream(const struct engine *engine, struct instance *instance)
{
    bool well = instance->condition == CONDITION_WELL || instance->condition == CONDITION_PARTIAL;
    int64_t patience = OWN_EVERY_MS + 2 * instance->every_ms;
    instance->due_count = instance->condition != CONDITION_STARTING ||
                          engine->turn_ms - engine->started_ms > patience;
    instance->taken_count = well && engine->turn_ms - instance->last_end_ms <= patience;
}

/* Counts since the last time: sums over a range of them are exact. What is not on this host, or
 * followed by another, is not due. */
static int put_runs(struct engine *engine)
{
    int code = 0;
    for (size_t i = 0; !code && i < engine->intake.count; i++) {
        struct instance *instance = engine->intake.instances[i];
        if (instance->stream)
            count_stream(engine, instance);
        if (instance->condition == CONDITION_STANDBY ||
            (instance->condition == CONDITION_ABSENT && !instance->ever_well))
            instance->due_count = instance->taken_count = 0;
        code = put_named(engine, "conformd_runs_due", instance->name, (double)instance->due_count);
        if (!code)
            code = put_named(engine, "conformd_runs_taken", instance->name,
                             (double)instance->taken_count);
        if (!instance->stream && instance->due_count)
            instance->changed = instance->moved = true;
        instance->due_count = instance->taken_count = 0;
    }
    return code;
}

/* Actions come with the handling of findings; until then there are none, which is known. */
static int put_actions(struct engine *engine)
{
    int code = put_named(engine, "conformd_actions_open", "", 0);
    return code ? code : put_named(engine, "conformd_actions_overdue", "", 0);
}

static int put_baseline_row(struct engine *engine, const char *measure, const json_t *item)
{
    struct label pairs[PAIRS_LIMIT] = {{LABELS_NAME, "conformd_baseline"}, {"measure", measure}};
    size_t count = 2;
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)item, name, value) {
        if (count < PAIRS_LIMIT)
            pairs[count++] = (struct label){name, json_string_value(value)};
    }
    return put(engine, pairs, count, 1);
}

int own_baseline(struct engine *engine, int64_t now_ms, struct error *error)
{
    struct store_query *query = store_query(
        engine->store, "SELECT measure, labels FROM baselines ORDER BY measure, labels");
    int row, code = 0;
    while (!code && (row = store_step(query, error)) > 0) {
        CLEAN(clean_json) json_t *item = NULL;
        const char *text = store_text(query, 1);
        code = json_read(text, strlen(text), &item, error);
        if (!code)
            code = put_baseline_row(engine, store_text(query, 0), item);
    }
    if (!code && row < 0)
        code = row;
    return code ? code : series_put_end(engine->series, "conformd_baseline", now_ms);
}

int64_t engine_reach_ms(const struct engine *engine)
{
    int64_t reach = OWN_LOOKBACK_MS;
    for (size_t i = 0; i < engine->intake.count; i++)
        if (2 * engine->intake.instances[i]->every_ms > reach)
            reach = 2 * engine->intake.instances[i]->every_ms;
    return reach;
}

int own_put(struct engine *engine, struct moment now, struct error *error)
{
    if (now.boot_ms < engine->own_due_boot_ms)
        return 0;
    engine->own_due_boot_ms = now.boot_ms + OWN_EVERY_MS;
    int64_t from_ms = now.wall_ms - OWN_EVERY_MS;
    size_t last = engine->own_watched.count;
    /* Time before this start, or before the clock was set, was watched only up to the end of what
     * is stored. */
    if (from_ms < engine->own_from_ms &&
        (!last || engine->own_watched.items[last - 1].to_ms < engine->own_from_ms))
        from_ms = engine->own_from_ms;
    spans_trim(&engine->own_watched, now.wall_ms - engine->intake.longest_ms);
    int code =
        spans_add(&engine->own_watched, from_ms < now.wall_ms ? from_ms : now.wall_ms, now.wall_ms);
    if (!code)
        code = put_runs(engine);
    if (!code)
        code = put_actions(engine);
    if (!code)
        code = own_baseline(engine, now.wall_ms, error);
    if (!code)
        code = states_put(engine->store, "daemon", "watched", spans_to_json(&engine->own_watched),
                          error);
    for (size_t i = 0; i < engine->measure_count; i++)
        engine->measures[i].touched = engine->measures[i].touched || engine->measures[i].reads_own;
    return code;
}

/* The own series are no run of a collector, and have no readings: the samples are all there is. */
static int attach_own(struct engine *engine, json_t *fields)
{
    char text[DIGEST_TEXT_SIZE], samples[DIGEST_TEXT_SIZE];
    CLEAN(buffer_finish) struct buffer body = {0};
    CLEAN(clean_json)
    json_t *words = json_pack("{s:o, s:I}", "watched", spans_to_json(&engine->own_watched), "reach",
                              (json_int_t)engine->intake.longest_ms);
    CLEAN(clean_text) char *written = words ? json_canonical(words) : NULL;
    int code = written
                   ? series_pack(engine->series, NULL, engine->own_told_ms, engine->turn_ms, &body)
                   : ERROR_MEMORY;
    if (!code)
        code = ledger_attach(engine->ledger, PAYLOAD_TEXT, written, strlen(written), text);
    if (!code)
        json_object_set_new(fields, "pt", json_string(text));
    if (!code && body.length)
        code = ledger_attach(engine->ledger, PAYLOAD_SAMPLES, body.data, body.length, samples);
    if (!code && body.length)
        json_object_set_new(fields, "ps", json_string(samples));
    return code;
}

int own_tell(struct engine *engine, bool all, struct error *error)
{
    int64_t leaf, since_ms = engine->turn_ms - engine->own_told_ms;
    if (!engine->own_told_ms)
        since_ms = engine->turn_ms - engine->started_ms;
    if (!all && since_ms < TELL_EVERY_MS)
        return 0;
    json_t *fields = json_pack("{s:b}", "own", true);
    int code = attach_own(engine, fields);
    if (code) {
        json_decref(fields);
        return error_set(error, code, "the ledger takes no payload: %s", error_text(code));
    }
    engine->own_told_ms = engine->turn_ms;
    code = ledger_append(engine->ledger, LEAF_COVERAGE, fields, &leaf, error);
    return code ? code
                : states_put(engine->store, "daemon", "told",
                             json_pack("{s:I}", "own", (json_int_t)engine->own_told_ms), error);
}
