/* /metrics: the engine's own families and aggregates. Health. */
#include "engine/metrics/metrics.h"

#include <string.h>

#include "findings/notify/notify.h"
#include "findings/register/register.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

static int open_family(struct exposition *out, const char *name, enum exposition_type type,
                       const char *help)
{
    const char *unit = text_ends(name, "_seconds") ? "seconds" : NULL;
    struct exposition_family family = {.name = name, .help = help, .unit = unit, .type = type};
    return exposition_family(out, &family);
}

static int put_single(struct exposition *out, const char *name, enum exposition_type type,
                      const char *help, double value)
{
    int code = open_family(out, name, type, help);
    return code ? code : exposition_point(out, NULL, 0, value);
}

static int put_measures(const struct judge *judge, struct exposition *out)
{
    static const char *const states[] = {"not_applicable", "met",    "at_risk",
                                         "unknown",        "missed", NULL};
    int code = open_family(out, "conformd_measure_value", EXPOSITION_GAUGE,
                           "Value of the worst element of a measure; absent while it is unknown.");
    for (size_t i = 0; !code && i < judge->measure_count; i++) {
        const struct judged *judged = &judge->measures[i];
        struct label pair = {"measure", judged->measure->id};
        if (judged->result.has_value && judged->result.verdict != VERDICT_UNKNOWN)
            code = exposition_point(out, &pair, 1, judged->result.value);
    }
    if (!code)
        code =
            open_family(out, "conformd_measure_state", EXPOSITION_STATESET, "State of a measure.");
    for (size_t i = 0; !code && i < judge->measure_count; i++) {
        const struct judged *judged = &judge->measures[i];
        struct label pair = {"measure", judged->measure->id};
        enum verdict verdict = judged->judged ? judged->result.verdict : VERDICT_UNKNOWN;
        code = exposition_states(out, &pair, 1, states, criterion_verdict_text(verdict));
    }
    if (!code)
        code = open_family(out, "conformd_measure_trial", EXPOSITION_GAUGE,
                           "1 while a measure is on trial and raises nothing.");
    for (size_t i = 0; !code && i < judge->measure_count; i++) {
        struct label pair = {"measure", judge->measures[i].measure->id};
        code = exposition_point(out, &pair, 1, judge->measures[i].trial);
    }
    if (!code)
        code = open_family(out, "conformd_evaluations", EXPOSITION_COUNTER,
                           "Evaluations of a measure since its text came into force.");
    for (size_t i = 0; !code && i < judge->measure_count; i++) {
        struct label pair = {"measure", judge->measures[i].measure->id};
        code = exposition_point(out, &pair, 1, (double)judge->measures[i].evaluations);
    }
    return code;
}

static int put_objectives(const struct judge *judge, struct exposition *out)
{
    static const char *const states[] = {"unknown",  "on_course", "behind",
                                         "achieved", "missed",    NULL};
    int code =
        open_family(out, "conformd_objective_state", EXPOSITION_STATESET, "State of an objective.");
    for (size_t i = 0; !code && i < judge->objective_count; i++) {
        const struct objective *objective = &judge->objectives[i];
        struct label pair = {"objective", json_text_of(objective->construct, "id", "")};
        code = exposition_states(out, &pair, 1, states, objective_state_text(objective->state));
    }
    return code;
}

static int put_collectors(const struct judge *judge, struct exposition *out)
{
    static const char *const states[] = {"starting", "well",    "partial",  "failed",
                                         "absent",   "standby", "disabled", NULL};
    int code = open_family(out, "conformd_collector_state", EXPOSITION_STATESET,
                           "State of a collector since its last run.");
    for (size_t i = 0; !code && i < judge->intake->count; i++) {
        const struct instance *instance = judge->intake->instances[i];
        struct label pair = {"collector", instance->name};
        code =
            exposition_states(out, &pair, 1, states, instance_condition_text(instance->condition));
    }
    if (!code)
        code = open_family(out, "conformd_collector_last_well_timestamp_seconds", EXPOSITION_GAUGE,
                           "When a collector's last run ended well.");
    for (size_t i = 0; !code && i < judge->intake->count; i++) {
        const struct instance *instance = judge->intake->instances[i];
        struct label pair = {"collector", instance->name};
        if (instance->standing.last_well_ms)
            code = exposition_point(out, &pair, 1, (double)instance->standing.last_well_ms / 1000);
    }
    if (!code)
        code = open_family(out, "conformd_readings_out_of_scope", EXPOSITION_COUNTER,
                           "Readings that were refused: what they are about is not in the scope.");
    for (size_t i = 0; !code && i < judge->intake->count; i++) {
        const struct instance *instance = judge->intake->instances[i];
        struct label pair = {"collector", instance->name};
        code = exposition_point(out, &pair, 1, (double)instance->account.out_of_scope);
    }
    return code;
}

static int put_findings(const struct judge *judge, struct exposition *out)
{
    int64_t candidates = 0, open = 0;
    CLEAN(error_finish) struct error error = {0};
    int code = register_count(judge->turn->store, &candidates, &open, &error);
    if (!code)
        code = open_family(out, "conformd_findings", EXPOSITION_GAUGE,
                           "Findings that are not closed.");
    struct label candidate = {"state", "candidate"}, taken = {"state", "open"};
    if (!code)
        code = exposition_point(out, &candidate, 1, (double)candidates);
    return code ? code : exposition_point(out, &taken, 1, (double)open);
}

static int put_log(const struct metrics_source *source, struct exposition *out)
{
    struct store_log log;
    store_log(source->judge->turn->store, &log);
    int code = upkeep_publish_commits(source->upkeep, out);
    if (!code)
        code = put_single(out, "conformd_store_log_bytes", EXPOSITION_GAUGE,
                          "The store's write-ahead log, from its beginning to the last commit.",
                          (double)log.bytes);
    return code ? code
                : put_single(out, "conformd_readers_paused", EXPOSITION_GAUGE,
                             "1 while nobody may begin to read the store.",
                             source->upkeep->log.paused);
}

static int put_store(const struct metrics_source *source, struct exposition *out)
{
    struct series_figures series;
    struct ledger_head head;
    struct notify_outbox_figures outbox;
    CLEAN(error_finish) struct error error = {0};
    series_figures(source->judge->turn->series, &series);
    ledger_head(source->judge->turn->ledger, &head);
    int code = notify_outbox_figures(source->judge->turn->store, &outbox, &error);
    if (!code)
        code = put_single(out, "conformd_ledger_leaves", EXPOSITION_COUNTER,
                          "Entries of the ledger.", (double)head.size);
    if (!code)
        code = put_single(out, "conformd_series", EXPOSITION_GAUGE, "Series in memory.",
                          (double)series.series);
    if (!code)
        code = put_single(out, "conformd_samples", EXPOSITION_GAUGE, "Samples in memory.",
                          (double)series.samples);
    if (!code)
        code = put_single(out, "conformd_outbox_waiting", EXPOSITION_GAUGE,
                          "Messages that are not delivered yet.", (double)outbox.waiting);
    if (!code)
        code = put_single(out, "conformd_turns", EXPOSITION_COUNTER,
                          "Transactions since the start.", (double)source->turns);
    if (!code)
        code = put_log(source, out);
    return code ? code
                : put_single(out, "conformd_last_turn_timestamp_seconds", EXPOSITION_GAUGE,
                             "When the last transaction was committed.",
                             (double)source->judge->turn->now.wall_ms / 1000);
}

static int put_metrics(const struct metrics_source *source, struct exposition *out)
{
    struct label version = {"version", CONFORMD_VERSION};
    int code = open_family(out, "conformd_build", EXPOSITION_INFO, "The version that runs.");
    if (!code)
        code = exposition_point(out, &version, 1, 1);
    if (!code)
        code = put_measures(source->judge, out);
    if (!code)
        code = put_objectives(source->judge, out);
    if (!code)
        code = put_collectors(source->judge, out);
    if (!code)
        code = put_findings(source->judge, out);
    return code ? code : put_store(source, out);
}

/* The whole engine is ready when each collector has ended a run or said why not. */
static int put_health(const struct metrics_source *source, struct buffer *ret)
{
    size_t starting = 0;
    for (size_t i = 0; i < source->judge->intake->count; i++)
        starting += source->judge->intake->instances[i]->condition == CONDITION_STARTING;
    CLEAN(clean_json)
    json_t *json = json_pack("{s:b, s:I, s:I}", "ready", true, "turns", (json_int_t)source->turns,
                             "starting", (json_int_t)starting);
    CLEAN(clean_text) char *text = json_canonical(json);
    if (!text)
        return ERROR_MEMORY;
    buffer_text(ret, text);
    return ret->failed ? ERROR_MEMORY : 0;
}

int metrics_render(const struct metrics_source *source, const char *kind, bool openmetrics,
                   int64_t now_ms, struct buffer *ret)
{
    if (strcmp(kind, "health") == 0)
        return put_health(source, ret);
    struct exposition out = {.buffer = ret,
                             .dialect = openmetrics ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT};
    int code = strcmp(kind, "samples") == 0 ? metrics_samples(source->judge, now_ms, &out)
                                            : put_metrics(source, &out);
    int ended = exposition_finish(&out);
    return code ? code : ended;
}
