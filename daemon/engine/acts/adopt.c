/* Adopt: ends the trial of measures, shows the gaps, takes present sets as baselines. Approve: a
 * changed or drafted construct. */
#include "engine/acts/acts.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

/* The first series that the formula reads and that is not the engine's own: what is adopted of. */
static void first_name(void *context, const char *name)
{
    const char **first = context;
    if (!*first && !text_begins(name, "conformd_"))
        *first = name;
}

static int store_item(struct engine *engine, const struct judged *judged, const char *labels,
                      const char *actor, struct error *error)
{
    struct store_query *query = store_query(
        engine->turn.store, "INSERT INTO baselines(measure, labels, adopted_ms, adopted_by)"
                            " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING");
    store_bind_text(query, 1, judged->measure->id);
    store_bind_text(query, 2, labels);
    store_bind_integer(query, 3, engine->turn.now.wall_ms);
    store_bind_text(query, 4, actor);
    return store_run(query, error);
}

/* One present element becomes an item of the baseline: its labels that the measure names. */
static int adopt_row(struct engine *engine, const struct judged *judged,
                     const struct promql_row *row, const struct act *act, json_t *items)
{
    const json_t *names = json_object_get(judged->measure->construct, "baseline"), *name;
    CLEAN(clean_json) json_t *item = json_object();
    CLEAN(error_finish) struct error error = {0};
    size_t index;
    json_array_foreach (names, index, name) {
        const char *key = json_string_value(name);
        if (key)
            json_object_set_new(item, key, json_string(labels_get(row->labels, key)));
    }
    CLEAN(clean_text) char *text = json_canonical(item);
    if (!text)
        return ERROR_MEMORY;
    json_array_append(items, item);
    return store_item(engine, judged, text, act->actor, &error);
}

/* A baseline of what nobody has read would hold nothing: all there is would be new to it. */
static int check_known(struct engine *engine, const char *name, char **ret_reason)
{
    struct watch_answer answer = {.covered = 1};
    int code = coverage_attribute(&engine->watch, name, engine->turn.now.wall_ms,
                                  engine->turn.now.wall_ms, &answer);
    *ret_reason = answer.reason;
    return code;
}

static int adopt_baseline(struct engine *engine, struct judged *judged, const struct act *act,
                          json_t *items, struct error *error)
{
    const char *name = NULL;
    struct promql_value value = {0};
    struct promql *present = NULL;
    struct promql_fault fault = {0};
    if (!json_array_size(json_object_get(judged->measure->construct, "baseline")))
        return 0;
    measure_each_name(judged->measure, first_name, &name);
    int code = name ? promql_parse(name, &present, &fault) : ERROR_MISSING;
    promql_fault_finish(&fault);
    if (code)
        return error_set(error, code, "measure %s: there is no attribute to take a baseline of",
                         judged->measure->id);
    struct promql_request request = {.source = measure_source(engine->turn.series),
                                     .options = {.reach_ms = coverage_reach_ms(&engine->watch)},
                                     .from_ms = engine->turn.now.wall_ms,
                                     .to_ms = engine->turn.now.wall_ms};
    code = promql_evaluate(present, &request, &value, error);
    series_release(engine->turn.series);
    for (size_t i = 0; !code && i < value.count; i++)
        code = adopt_row(engine, judged, &value.rows[i], act, items);
    promql_value_finish(&value);
    promql_free(present);
    return code;
}

static bool is_named(const json_t *list, const char *id)
{
    size_t index;
    json_t *name;
    json_array_foreach (list, index, name) {
        if (json_is_string(name) && strcmp(json_string_value(name), id) == 0)
            return true;
    }
    return false;
}

/* NULL when it may be adopted; else why not yet. The caller frees. */
static int why_not_yet(struct engine *engine, const struct judged *judged, char **ret_reason)
{
    const char *name = NULL;
    *ret_reason = NULL;
    if (!json_array_size(json_object_get(judged->measure->construct, "baseline")))
        return 0;
    measure_each_name(judged->measure, first_name, &name);
    return name ? check_known(engine, name, ret_reason) : 0;
}

static void end_trial(struct engine *engine, struct judged *judged, const char *actor)
{
    /* What the trial would have raised is raised by the next judgement; what was raised under the
     * text before stays raised, to be extended or cleared. */
    if (judged->trial)
        judged->memory.standing = false;
    judged->trial = judged->draft_waits = false;
    free(judged->decided_by);
    judged->decided_by = strdup(actor);
    judged->decided_ms = engine->turn.now.wall_ms;
    judged->due_boot_ms = 0;
    judged->saved_ms = 0; /* what the API shows of it has changed, whatever its value does */
}

static json_t *show_adopted(const struct judged *judged, const char *why_not, json_t *items)
{
    const char *reason = judged->result.reason ? judged->result.reason : "";
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:O, s:b}", "id", judged->measure->id, "name",
                     json_text_of(judged->measure->construct, "name", ""), "state",
                     criterion_verdict_text(judged->result.verdict), "reason",
                     why_not ? why_not : reason, "would_raise", judged->memory.standing, "baseline",
                     items, "adopted", why_not == NULL);
}

static int adopt_measure(struct engine *engine, struct judged *judged, const struct act *act,
                         json_t *rows, struct error *error)
{
    CLEAN(clean_json) json_t *items = json_array();
    CLEAN(clean_text) char *why_not = NULL;
    struct judge_decision decision = {.kind = "measure",
                                      .id = judged->measure->id,
                                      .hash = judged->measure->hash,
                                      .actor = act->actor,
                                      .attributed = act->attributed,
                                      .right = act->right,
                                      .role = json_text_of(act->arguments, "role", "adopter"),
                                      .reason = json_text_of(act->arguments, "reason", "adopted"),
                                      .baseline = items};
    int code = why_not_yet(engine, judged, &why_not);
    if (!code && !why_not)
        code = adopt_baseline(engine, judged, act, items, error);
    if (!code && !why_not)
        code = judge_approve(&engine->judge, &decision, error);
    if (code)
        return code;
    json_array_append_new(rows, show_adopted(judged, why_not, items));
    if (!why_not)
        end_trial(engine, judged, act->actor);
    return 0;
}

int acts_adopt(struct engine *engine, const struct act *act, json_t **ret_body, struct error *error)
{
    const json_t *wanted = json_object_get(act->arguments, "measures"), *name;
    bool show_only = json_flag_of(act->arguments, "dry_run", false);
    CLEAN(clean_json) json_t *rows = json_array();
    size_t index;
    int code = 0;
    json_array_foreach (wanted, index, name) {
        const char *id = json_string_value(name);
        if (!id || !judge_find(&engine->judge, id))
            return error_set(error, ERROR_MISSING,
                             "there is no measure \"%s\"; conformctl measures shows all",
                             id ? id : "");
    }
    for (size_t i = 0; !code && i < engine->judge.measure_count; i++) {
        struct judged *judged = &engine->judge.measures[i];
        if (!judged->trial || (json_array_size(wanted) && !is_named(wanted, judged->measure->id)))
            continue;
        if (show_only)
            json_array_append_new(rows,
                                  judge_show_measure(&engine->judge, judged, judged->judged_ms));
        else
            code = adopt_measure(engine, judged, act, rows, error);
    }
    if (!code && !show_only)
        code = selfmetrics_baseline(&engine->own, error);
    if (!code)
        *ret_body = json_pack("{s:O, s:b}", "measures", rows, "dry_run", show_only);
    return code;
}

/* The configured text of a construct, which may differ from the approved one. */
static json_t *configured(const struct engine *engine, const char *list, const char *id)
{
    size_t index;
    json_t *construct;
    json_array_foreach (json_object_get(engine->config, list), index, construct) {
        if (strcmp(json_text_of(construct, "id", ""), id) == 0)
            return construct;
    }
    return NULL;
}

static int approve_measure(struct engine *engine, struct judged *judged, json_t *construct,
                           const struct act *act, struct error *error)
{
    struct measure_fault fault = {0};
    struct measure *measure = NULL;
    int code = measure_new(construct, &measure, &fault);
    if (code)
        error_set(error, code, "%s: %s", fault.setting ? fault.setting : "construct",
                  fault.sentence ? fault.sentence : error_text(code));
    measure_fault_finish(&fault);
    if (code)
        return code;
    measure_free(judged->measure);
    judged->measure = measure;
    end_trial(engine, judged, act->actor);
    return 0;
}

int acts_approve(struct engine *engine, const struct act *act, json_t **ret_body,
                 struct error *error)
{
    char hash[DIGEST_TEXT_SIZE];
    const char *id = json_text_of(act->arguments, "id", "");
    json_t *measure = configured(engine, "measures", id);
    json_t *objective = configured(engine, "objectives", id);
    json_t *construct = measure ? measure : objective;
    if (!construct)
        return error_set(error, ERROR_MISSING, "there is no measure or objective \"%s\"", id);
    CLEAN(clean_text) char *text = json_canonical(construct);
    int code = text ? digest_text(text, strlen(text), hash) : ERROR_MEMORY;
    struct judge_decision decision = {.kind = measure ? "measure" : "objective",
                                      .id = id,
                                      .hash = hash,
                                      .actor = act->actor,
                                      .attributed = act->attributed,
                                      .right = act->right,
                                      .role = json_text_of(act->arguments, "role", ""),
                                      .reason = json_text_of(act->arguments, "reason", "")};
    if (!code)
        code = judge_approve(&engine->judge, &decision, error);
    struct judged *judged = measure ? judge_find(&engine->judge, id) : NULL;
    if (!code && judged)
        code = approve_measure(engine, judged, construct, act, error);
    for (size_t i = 0; objective && !measure && i < engine->judge.objective_count; i++) {
        struct objective *row = &engine->judge.objectives[i];
        if (strcmp(json_text_of(row->construct, "id", ""), id) != 0)
            continue;
        row->approved = true;
        row->judged = false;
        json_decref(row->construct);
        row->construct = json_incref(construct);
    }
    if (!code)
        *ret_body = json_pack("{s:s, s:s, s:s, s:s}", "id", id, "kind", decision.kind, "hash", hash,
                              "approved_by", act->actor);
    return code;
}
