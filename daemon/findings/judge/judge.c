/* Judges what is touched or due: result, `for` and recovery, finding, message. */
#include "findings/judge/parts.h"

#include <string.h>

#include "evaluation/isms/isms.h"
#include "evidence/store/states.h"
#include "findings/notify/notify.h"
#include "findings/register/register.h"
#include "ground/base/clean.h"
#include "ground/base/json.h"
#include "ground/base/text.h"

enum {
    ROW_EVERY_MS = 60000,    /* of results, while the state is the same */
    SAVE_EVERY_MS = 10000,   /* of states, while nothing but the time moved */
    EXTEND_EVERY_MS = 60000, /* of a finding, while what is found is the same */
    DAY_MS = 86400000,
};

struct touch {
    struct judge *judge;
    bool touched;
};

static void touch_name(void *context, const char *name)
{
    struct touch *touch = context;
    for (size_t i = 0; !touch->touched && i < touch->judge->intake->count; i++) {
        const struct instance *instance = touch->judge->intake->instances[i];
        touch->touched = instance->touched && coverage_feeds(instance, name);
    }
}

static bool is_touched(struct judge *judge, const struct judged *judged)
{
    struct touch touch = {judge, judged->touched};
    if (!touch.touched)
        measure_each_name(judged->measure, touch_name, &touch);
    return touch.touched;
}

/* At least so long ago; a time that has not come is of a clock that was set back since. */
static bool is_ago(int64_t since_ms, int64_t now_ms, int64_t least_ms)
{
    return now_ms < since_ms || now_ms - since_ms >= least_ms;
}

static char *finding_key(const struct judged *judged)
{
    return text_format("measure:%s", judged->measure->id);
}

static int result_row(struct judge *judge, struct judged *judged, bool tells, struct error *error)
{
    int64_t leaf = -1;
    char number[TEXT_DOUBLE_SIZE] = "";
    if (judged->result.has_value)
        text_from_double(judged->result.value, number);
    CLEAN(clean_json)
    json_t *body = json_pack("{s:s, s:s, s:I}", "value", number, "reason",
                             judged->result.reason ? judged->result.reason : "", "scope",
                             (json_int_t)isms_scope_version(judge->config));
    CLEAN(clean_text) char *text = body ? json_canonical(body) : NULL;
    int code = !text   ? ERROR_MEMORY
               : tells ? judge_leaf_result(judge, judged, body, &leaf, error)
                       : 0;
    if (code)
        return code;
    struct store_query *query =
        store_query(judge->turn->store, "INSERT INTO results(measure, time_ms, state, body, leaf)"
                                        " VALUES(?1, ?2, ?3, ?4, ?5)");
    store_bind_text(query, 1, judged->measure->id);
    store_bind_integer(query, 2, judge->turn->now.wall_ms);
    store_bind_text(query, 3, criterion_verdict_text(judged->result.verdict));
    store_bind_text(query, 4, text);
    if (leaf >= 0)
        store_bind_integer(query, 5, leaf);
    else
        store_bind_text(query, 5, NULL);
    judged->row_ms = judge->turn->now.wall_ms;
    return store_run(query, error);
}

static int tell(struct judge *judge, struct judged *judged, const char *event, const char *ref,
                struct error *error)
{
    CLEAN(clean_json) json_t *data = judge_facts_of_finding(judge, judged);
    if (!data)
        return ERROR_MEMORY;
    json_object_set_new(data, "ref", json_string(ref));
    json_object_set_new(data, "state", json_string(criterion_verdict_text(judged->result.verdict)));
    struct notify_context context = {.turn = judge->turn,
                                     .channels = json_object_get(judge->config, "channels"),
                                     .host = judge->host};
    const char *urgency = json_text_of(judged->measure->construct, "urgency", "");
    struct notify_event told = {event, ref, notify_urgency_from_text(urgency), data};
    judge->told = true;
    return notify_put(&context, &told, error);
}

static int raise_or_extend(struct judge *judge, struct judged *judged, bool raises,
                           struct error *error)
{
    struct register_raised raised = {0};
    CLEAN(clean_text) char *key = finding_key(judged);
    CLEAN(clean_json) json_t *facts = judge_facts_of_finding(judge, judged);
    if (!key || !facts)
        return ERROR_MEMORY;
    int code = raises ? register_raise(judge->turn, key, facts, &raised, error)
                      : register_extend(judge->turn, key, facts, &raised, error);
    if (code)
        return code;
    judged->extended_ms = judge->turn->now.wall_ms;
    free(judged->finding);
    judged->finding = raised.ref;
    if (!raised.ref)
        return 0;
    if (raised.is_new)
        return tell(judge, judged, "candidate", raised.ref, error);
    return raised.returned ? tell(judge, judged, "returned", raised.ref, error) : 0;
}

static int clear(struct judge *judge, struct judged *judged, struct error *error)
{
    CLEAN(clean_text) char *key = finding_key(judged), *ref = NULL;
    int code = register_clear(judge->turn, key, &ref, error);
    if (code || !ref)
        return code;
    return tell(judge, judged, "condition_cleared", ref, error);
}

/* On trial nothing is raised; what is urgent is told all the same, as what would be raised. */
static int move_on_trial(struct judge *judge, struct judged *judged, enum criterion_move move,
                         struct error *error)
{
    const char *urgency = json_text_of(judged->measure->construct, "urgency", "");
    if (move != CRITERION_RAISE || notify_urgency_from_text(urgency) != URGENCY_NOW)
        return 0;
    return tell(judge, judged, "would_raise", judged->measure->id, error);
}

static int act_on_move(struct judge *judge, struct judged *judged, enum criterion_move move,
                       bool changed, struct error *error)
{
    if (judged->trial)
        return move_on_trial(judge, judged, move, error);
    switch (move) {
    case CRITERION_NOTHING:
        return 0;
    case CRITERION_RAISE:
        return raise_or_extend(judge, judged, true, error);
    case CRITERION_EXTEND:
        return changed || is_ago(judged->extended_ms, judge->turn->now.wall_ms, EXTEND_EVERY_MS)
                   ? raise_or_extend(judge, judged, false, error)
                   : 0;
    case CRITERION_CLEAR:
        return clear(judge, judged, error);
    }
    return 0;
}

static int save(struct judge *judge, struct judged *judged, struct error *error)
{
    const char *id = judged->measure->id;
    int code = states_put(judge->turn->store, "measure", id,
                          judge_show_measure(judge, judged, judge->turn->now.wall_ms), error);
    if (code)
        return code;
    judged->saved_ms = judge->turn->now.wall_ms;
    return states_put(judge->turn->store, "measure_memory", id, judge_leaf_memory(judged), error);
}

/* Is the state another than that of the last judgement, be it this process' or the one before's? */
static bool is_moved(const struct judged *judged, const struct result *result)
{
    const char *unknown = judged->known_unknown ? judged->known_unknown : "";
    if (judged->judged)
        return judged->result.verdict != result->verdict ||
               judged->result.unknown != result->unknown;
    return !judged->memory.judged || judged->memory.last != result->verdict ||
           strcmp(unknown, measure_unknown_kind_text(result->unknown)) != 0;
}

static bool same_reason(const struct result *a, const struct result *b)
{
    return strcmp(a->reason ? a->reason : "", b->reason ? b->reason : "") == 0;
}

/* Takes the new result in place of the old one; tells what changed. */
static void take_result(struct judged *judged, struct result *result, int64_t now_ms,
                        bool *ret_moved, bool *ret_changed)
{
    const struct result *old = &judged->result;
    bool first = !judged->memory.judged || judged->since_ms == 0;
    *ret_moved = is_moved(judged, result);
    *ret_changed = *ret_moved || !judged->judged || old->has_value != result->has_value ||
                   (result->has_value && old->value != result->value) ||
                   old->breaching != result->breaching || old->seen != result->seen ||
                   old->partial != result->partial || old->provisional != result->provisional ||
                   !same_reason(old, result);
    if (first || judged->memory.last != result->verdict)
        judged->since_ms = now_ms;
    measure_result_finish(&judged->result);
    judged->result = *result;
    judged->judged = true;
    judged->judged_ms = now_ms;
}

/* Results are analysed once a UTC day; the figures between stand in the series. */
static bool is_analysed(const struct judged *judged, int64_t now_ms)
{
    return judged->leaf_ms / DAY_MS != now_ms / DAY_MS;
}

/* When it is looked at again: a miss that still has to last, when it has lasted. */
static int64_t next_look(const struct judged *judged, struct moment now)
{
    const struct measure *measure = judged->measure;
    int64_t left = measure->criterion.for_ms - judged->memory.missed_ms;
    if (judged->result.verdict == VERDICT_MISSED && !judged->memory.standing &&
        left < measure->every_ms)
        return now.boot_ms + (left > 0 ? left : 1);
    return now.boot_ms + measure->every_ms;
}

/* What a judgement did. */
struct outcome {
    enum criterion_move move;
    bool moved;   /* the state is another */
    bool changed; /* or something else of the result is */
    bool tells;   /* it is a leaf */
};

/* What follows from it: evidence that waited, the finding, the row and its leaf. */
static int keep(struct judge *judge, struct judged *judged, const struct outcome *outcome,
                struct error *error)
{
    int64_t now_ms = judge->turn->now.wall_ms;
    int code = 0;
    if (outcome->tells || outcome->move == CRITERION_RAISE)
        code = judge_facts_tell(judge, judged, error);
    judge_facts_gather_evidence(judge, judged);
    if (!code)
        code = act_on_move(judge, judged, outcome->move, outcome->changed, error);
    bool row = outcome->tells || (outcome->changed && is_ago(judged->row_ms, now_ms, ROW_EVERY_MS));
    return code || !row ? code : result_row(judge, judged, outcome->tells, error);
}

static bool is_saved(const struct judged *judged, const struct outcome *outcome, int64_t now_ms)
{
    bool still = outcome->move == CRITERION_NOTHING || outcome->move == CRITERION_EXTEND;
    return !outcome->changed && !outcome->tells && still &&
           !is_ago(judged->saved_ms, now_ms, SAVE_EVERY_MS);
}

/* What is provisional, or was judged by a clock that is not synchronised, proves no recovery. */
static bool counts(const struct judged *judged)
{
    return !judged->result.provisional && !judged->unsynchronised;
}

static int judge_one(struct judge *judge, struct judged *judged, struct error *error)
{
    struct moment now = judge->turn->now;
    struct measure_world world = coverage_world(judge->watch);
    struct result result = {0};
    struct outcome outcome = {0};
    int code = judge_applies_judge(judge, judged, &world, &result, error);
    if (code)
        return code;
    take_result(judged, &result, now.wall_ms, &outcome.moved, &outcome.changed);
    int64_t gap_ms = 2 * judged->measure->every_ms;
    outcome.move = (counts(judged) ? criterion_step : criterion_step_provisional)(
        &judged->measure->criterion, &judged->memory, judged->result.verdict, now.boot_ms, gap_ms);
    outcome.tells = outcome.moved || is_analysed(judged, now.wall_ms);
    code = keep(judge, judged, &outcome, error);
    judged->touched = false;
    judged->evaluations++;
    judged->due_boot_ms = next_look(judged, now);
    bool saved = is_saved(judged, &outcome, now.wall_ms);
    return code || saved ? code : save(judge, judged, error);
}

int judge_due(struct judge *judge, struct error *error)
{
    struct moment now = judge->turn->now;
    bool any = false;
    int code = 0;
    for (size_t i = 0; !code && i < judge->measure_count; i++) {
        struct judged *judged = &judge->measures[i];
        if (now.boot_ms < judged->due_boot_ms && !is_touched(judge, judged))
            continue;
        any = true;
        code = judge_one(judge, judged, error);
    }
    intake_judged(judge->intake);
    for (size_t i = 0; any && !code && i < judge->objective_count; i++)
        code = judge_objectives_judge(judge, &judge->objectives[i], error);
    return code;
}
