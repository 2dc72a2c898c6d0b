/* The engine's own series: runs due and taken, open actions, adopted baselines. */
#include "evidence/selfmetrics/selfmetrics.h"

#include <string.h>

#include "evidence/series/pack.h"
#include "evidence/store/states.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum { PAIRS_LIMIT = 16, TELL_EVERY_MS = 3600000 };

int selfmetrics_load(struct selfmetrics *own, struct error *error)
{
    CLEAN(clean_json) json_t *watched = NULL, *told = NULL;
    int code = states_get(own->turn->store, "daemon", "told", &told, error);
    if (code && code != ERROR_MISSING)
        return code;
    own->told_ms = json_integer_of(told, "own", 0);
    code = states_get(own->turn->store, "daemon", "watched", &watched, error);
    if (code)
        return code == ERROR_MISSING ? 0 : code;
    return spans_from_json(watched, &own->watched);
}

void selfmetrics_finish(struct selfmetrics *own)
{
    spans_finish(&own->watched);
}

bool selfmetrics_has(const char *name)
{
    static const char *const names[] = {"conformd_runs_due", "conformd_runs_taken",
                                        "conformd_actions_open", "conformd_actions_overdue",
                                        "conformd_baseline"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static int put(struct selfmetrics *own, const struct label *pairs, size_t count, double value)
{
    CLEAN(labels_clean) struct labels *labels = NULL;
    int code = labels_new(pairs, count, &labels);
    return code ? code
                : series_put(own->turn->series, labels, own->turn->now.wall_ms, value,
                             OWN_LOOKBACK_MS);
}

static int put_named(struct selfmetrics *own, const char *name, const char *instance, double value)
{
    struct label pairs[] = {{LABELS_NAME, name}, {"instance", instance}};
    return put(own, pairs, *instance ? 2 : 1, value);
}

/* A stream is due once a minute; it was taken when it has handed over in time. One that has just
 * been started for the first time is not due yet. */
static struct counts count_stream(const struct selfmetrics *own, const struct instance *instance)
{
    bool well = instance->condition == CONDITION_WELL || instance->condition == CONDITION_PARTIAL;
    int64_t patience = OWN_EVERY_MS + 2 * instance->every_ms, now_ms = own->turn->now.wall_ms;
    return (struct counts){.due = instance->condition != CONDITION_STARTING ||
                                  now_ms - own->started_ms > patience,
                           .taken = well && now_ms - instance->standing.last_end_ms <= patience};
}

/* What is not on this host, or followed by another, or disabled, is not due. */
static bool is_due(const struct instance *instance)
{
    return instance->condition != CONDITION_STANDBY && instance->condition != CONDITION_DISABLED &&
           (instance->condition != CONDITION_ABSENT || instance->standing.ever_well);
}

/* Counts since the last time: sums over a range of them are exact. */
static int put_runs(struct selfmetrics *own)
{
    int code = 0;
    for (size_t i = 0; !code && i < own->intake->count; i++) {
        struct instance *instance = own->intake->instances[i];
        struct counts counts = instance_take_counts(instance);
        if (instance->stream)
            counts = count_stream(own, instance);
        if (!is_due(instance))
            counts = (struct counts){0};
        code = put_named(own, "conformd_runs_due", instance->name, (double)counts.due);
        if (!code)
            code = put_named(own, "conformd_runs_taken", instance->name, (double)counts.taken);
        if (!instance->stream && counts.due)
            instance_mark(instance, UNSAVED_NOW);
    }
    return code;
}

/* Actions come with the handling of findings; until then there are none, which is known. */
static int put_actions(struct selfmetrics *own)
{
    int code = put_named(own, "conformd_actions_open", "", 0);
    return code ? code : put_named(own, "conformd_actions_overdue", "", 0);
}

static int put_baseline_row(struct selfmetrics *own, const char *measure, const json_t *item)
{
    struct label pairs[PAIRS_LIMIT] = {{LABELS_NAME, "conformd_baseline"}, {"measure", measure}};
    size_t count = 2;
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)item, name, value) {
        if (count < PAIRS_LIMIT)
            pairs[count++] = (struct label){name, json_string_value(value)};
    }
    return put(own, pairs, count, 1);
}

int selfmetrics_baseline(struct selfmetrics *own, struct error *error)
{
    struct store_query *query = store_query(
        own->turn->store, "SELECT measure, labels FROM baselines ORDER BY measure, labels");
    int row, code = 0;
    while (!code && (row = store_step(query, error)) > 0) {
        CLEAN(clean_json) json_t *item = NULL;
        const char *text = store_text(query, 1);
        code = json_read(text, strlen(text), &item, error);
        if (!code)
            code = put_baseline_row(own, store_text(query, 0), item);
    }
    if (!code && row < 0)
        code = row;
    return code ? code
                : series_put_end(own->turn->series, "conformd_baseline", own->turn->now.wall_ms);
}

void selfmetrics_step(struct selfmetrics *own, int64_t from_ms)
{
    struct moment now = own->turn->now;
    spans_cut(&own->watched, now.wall_ms);
    own->from_ms = now.wall_ms;
    if (own->told_ms >= now.wall_ms)
        own->told_ms = now.wall_ms - 1;
    own->due_boot_ms = now.boot_ms;
    own->started_ms += now.wall_ms - from_ms;
}

int selfmetrics_put(struct selfmetrics *own, bool *ret_put, struct error *error)
{
    struct moment now = own->turn->now;
    *ret_put = false;
    if (now.boot_ms < own->due_boot_ms)
        return 0;
    own->due_boot_ms = now.boot_ms + OWN_EVERY_MS;
    int64_t from_ms = now.wall_ms - OWN_EVERY_MS;
    size_t last = own->watched.count;
    /* Time before this start, or before the clock was set, was watched only up to the end of what
     * is stored. */
    if (from_ms < own->from_ms && (!last || own->watched.items[last - 1].to_ms < own->from_ms))
        from_ms = own->from_ms;
    spans_trim(&own->watched, now.wall_ms - own->intake->sealing.keep_ms);
    int code = spans_add(&own->watched, from_ms < now.wall_ms ? from_ms : now.wall_ms, now.wall_ms);
    if (!code)
        code = put_runs(own);
    if (!code)
        code = put_actions(own);
    if (!code)
        code = selfmetrics_baseline(own, error);
    if (!code)
        code =
            states_put(own->turn->store, "daemon", "watched", spans_to_json(&own->watched), error);
    *ret_put = !code;
    return code;
}

/* The own series are no run of a collector, and have no readings: the samples are all there is. */
static int attach_own(struct selfmetrics *own, json_t *fields)
{
    char text[DIGEST_TEXT_SIZE], samples[DIGEST_TEXT_SIZE];
    CLEAN(buffer_finish) struct buffer body = {0};
    CLEAN(clean_json)
    json_t *words = json_pack("{s:o, s:I}", "watched", spans_to_json(&own->watched), "reach",
                              (json_int_t)own->intake->sealing.keep_ms);
    CLEAN(clean_text) char *written = words ? json_canonical(words) : NULL;
    int code =
        written ? series_pack(own->turn->series, NULL, own->told_ms, own->turn->now.wall_ms, &body)
                : ERROR_MEMORY;
    if (!code)
        code = ledger_attach(own->turn->ledger, PAYLOAD_TEXT, written, strlen(written), text);
    if (!code)
        json_object_set_new(fields, "pt", json_string(text));
    if (!code && body.length)
        code = ledger_attach(own->turn->ledger, PAYLOAD_SAMPLES, body.data, body.length, samples);
    if (!code && body.length)
        json_object_set_new(fields, "ps", json_string(samples));
    return code;
}

int selfmetrics_tell(struct selfmetrics *own, bool all, struct error *error)
{
    int64_t leaf, since_ms = own->turn->now.wall_ms - own->told_ms;
    if (!own->told_ms)
        since_ms = own->turn->now.wall_ms - own->started_ms;
    if (!all && since_ms < TELL_EVERY_MS)
        return 0;
    json_t *fields = json_pack("{s:b}", "own", true);
    int code = attach_own(own, fields);
    if (code) {
        json_decref(fields);
        return error_set(error, code, "the ledger refused a payload: %s", error_text(code));
    }
    own->told_ms = own->turn->now.wall_ms;
    code = ledger_append(own->turn->ledger, LEAF_COVERAGE, fields, &leaf, error);
    return code ? code
                : states_put(own->turn->store, "daemon", "told",
                             json_pack("{s:I}", "own", (json_int_t)own->told_ms), error);
}
