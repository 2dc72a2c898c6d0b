/* Evaluates a measure: is it known, what is it, what is that worth. */
#include "measure/measure.h"

#include <math.h>
#include <string.h>

#include "base/clean.h"
#include "base/text.h"

const char *unknown_kind_text(enum unknown_kind kind)
{
    switch (kind) {
    case KNOWN:
        return "";
    case UNKNOWN_NOT_SET_UP:
        return "not set up";
    case UNKNOWN_LOST:
        return "lost";
    case UNKNOWN_INVALID:
        return "invalid";
    case UNKNOWN_TOO_FEW:
        return "too few";
    case UNKNOWN_STOPPED:
        return "stopped";
    }
    return "";
}

void result_finish(struct result *result)
{
    if (!result)
        return;
    for (size_t i = 0; i < result->count; i++)
        labels_free(result->elements[i].labels);
    free(result->elements);
    free(result->reason);
    *result = (struct result){0};
}

struct source_visit {
    const struct promql_ask *ask;
    int (*give)(void *to, const struct promql_series *series);
    void *to;
};

static bool source_wants(const void *context, const struct labels *labels)
{
    const struct promql_ask *ask = context;
    return promql_wants(ask->matchers, ask->count, labels);
}

static int source_give(void *context, const struct series_view *view)
{
    struct source_visit *visit = context;
    struct promql_series series = {.labels = view->labels,
                                   .times = view->times,
                                   .values = view->values,
                                   .count = view->count,
                                   .lookback_ms = view->lookback_ms};
    return visit->give(visit->to, &series);
}

static int source_select(void *context, const struct promql_ask *ask,
                         int (*give)(void *to, const struct promql_series *series), void *to)
{
    struct source_visit visit = {ask, give, to};
    struct series_window window = {
        .from_ms = ask->from_ms, .to_ms = ask->to_ms, .wants = source_wants, .wants_context = ask};
    for (size_t i = 0; i < ask->count; i++)
        if (ask->matchers[i].match == MATCH_EQUAL &&
            strcmp(ask->matchers[i].name, LABELS_NAME) == 0)
            window.name = ask->matchers[i].value;
    return series_each(context, &window, source_give, &visit);
}

struct promql_source measure_source(struct series_set *series)
{
    return (struct promql_source){.context = series, .select = source_select};
}

/* One pass over the selectors of a formula: the worst of what is known decides. */
struct watch_visit {
    const struct measure *measure;
    const struct measure_world *world;
    enum unknown_kind unknown;
    char *reason;
    double covered;
    bool provisional;
    bool partial;
    int code;
};

static void watch_selector(void *context, const struct promql_selector *selector)
{
    struct watch_visit *visit = context;
    struct watch_answer answer = {.covered = 1};
    if (visit->code || !selector->name)
        return;
    int64_t to_ms = visit->world->now_ms - selector->offset_ms;
    visit->code = visit->world->watch(visit->world->context, selector->name,
                                      to_ms - selector->range_ms, to_ms, &answer);
    visit->provisional = visit->provisional || answer.provisional;
    if (answer.covered < visit->covered)
        visit->covered = answer.covered;
    if (answer.unknown != KNOWN && answer.partial && visit->measure->accept_partial) {
        visit->partial = true;
    } else if (answer.unknown != KNOWN && visit->unknown != UNKNOWN_LOST) {
        free(visit->reason);
        visit->unknown = answer.unknown;
        visit->reason = answer.reason;
        return;
    }
    free(answer.reason);
}

static int evaluate(const struct promql *formula, const struct measure_world *world,
                    struct promql_value *ret, struct error *error)
{
    struct promql_request request = {.source = measure_source(world->series),
                                     .options = {.reach_ms = world->reach_ms},
                                     .from_ms = world->now_ms,
                                     .to_ms = world->now_ms};
    int code = promql_evaluate(formula, &request, ret, error);
    series_release(world->series);
    return code;
}

/* What is unknown has no value, whatever its elements look like. */
static void set_unknown(struct result *result, enum unknown_kind kind, char *reason)
{
    result->verdict = VERDICT_UNKNOWN;
    result->has_value = false;
    result->breaching = 0;
    result->unknown = kind;
    free(result->reason);
    result->reason = reason;
}

/* True when valid_when is not given or holds: it has an answer, and none of it is zero. */
static int check_valid(const struct measure *measure, const struct measure_world *world,
                       bool *ret_holds, struct error *error)
{
    struct promql_value value = {0};
    *ret_holds = true;
    if (!measure->valid_when)
        return 0;
    int code = evaluate(measure->valid_when, world, &value, error);
    if (code)
        return code;
    if (value.type == PROMQL_SCALAR)
        *ret_holds = value.scalar != 0 && !isnan(value.scalar);
    else
        *ret_holds = value.count > 0;
    for (size_t i = 0; i < value.count && value.type == PROMQL_VECTOR; i++)
        if (value.rows[i].points[0].value == 0 || isnan(value.rows[i].points[0].value))
            *ret_holds = false;
    promql_value_finish(&value);
    return 0;
}

static enum verdict judge_number(const struct measure *measure, double *value)
{
    if (isfinite(*value))
        return criterion_judge(&measure->criterion, *value);
    switch (measure->zero_denominator.as) {
    case INSTEAD_MET:
        return VERDICT_MET;
    case INSTEAD_NUMBER:
        *value = measure->zero_denominator.number;
        return criterion_judge(&measure->criterion, *value);
    case INSTEAD_UNKNOWN:
        break;
    }
    return VERDICT_UNKNOWN;
}

static void judge_empty(const struct measure *measure, struct result *result)
{
    switch (measure->when_empty.as) {
    case INSTEAD_MET:
        result->verdict = VERDICT_MET;
        return;
    case INSTEAD_NUMBER:
        result->has_value = true;
        result->value = measure->when_empty.number;
        result->verdict = criterion_judge(&measure->criterion, result->value);
        result->breaching = result->verdict == VERDICT_MISSED;
        return;
    case INSTEAD_UNKNOWN:
        set_unknown(result, UNKNOWN_TOO_FEW,
                    strdup("the formula has no answer, and when_empty does not say what that "
                           "means"));
        return;
    }
}

/* Takes one element; the worst so far gives the result its value. */
static void judge_element(const struct measure *measure, struct result *result,
                          struct labels *labels, double value)
{
    struct result_element *element = &result->elements[result->count++];
    *element = (struct result_element){.labels = labels, .value = value};
    element->verdict = judge_number(measure, &element->value);
    result->breaching += element->verdict == VERDICT_MISSED;
    if (result->has_value && element->verdict <= result->verdict)
        return;
    result->verdict = element->verdict;
    result->value = element->value;
    result->has_value = true;
}

static int judge_value(const struct measure *measure, struct promql_value *value,
                       struct result *result)
{
    size_t count = value->type == PROMQL_SCALAR ? 1 : value->count;
    if (!count) {
        judge_empty(measure, result);
        return 0;
    }
    result->elements = calloc(count, sizeof *result->elements);
    if (!result->elements)
        return ERROR_MEMORY;
    if (value->type == PROMQL_SCALAR)
        judge_element(measure, result, NULL, value->scalar);
    for (size_t i = 0; i < count && value->type != PROMQL_SCALAR; i++) {
        judge_element(measure, result, value->rows[i].labels, value->rows[i].points[0].value);
        value->rows[i].labels = NULL;
    }
    if (result->verdict == VERDICT_UNKNOWN && !result->reason)
        set_unknown(result, UNKNOWN_INVALID,
                    strdup("the value is no number: a denominator is zero, or data is missing; "
                           "zero_denominator says what that means"));
    if (!isfinite(result->value))
        result->has_value = false;
    return 0;
}

/* Too little of the range was watched: what is good is not known to be, what is a breach is one
 * when more of the same can only make it worse. */
static void judge_coverage(const struct measure *measure, double covered, struct result *result)
{
    if (covered >= measure->coverage || result->verdict == VERDICT_UNKNOWN)
        return;
    if (result->verdict == VERDICT_MISSED && criterion_is_upper(&measure->criterion)) {
        result->part_watched = true;
        return;
    }
    bool has_value = result->has_value;
    set_unknown(result, UNKNOWN_TOO_FEW,
                text_format("%.0f %% of the time that the formula looks back on was watched, %.0f "
                            "%% is needed",
                            covered * 100, measure->coverage * 100));
    /* Shown, for it is what was seen so far; the state is unknown all the same. */
    result->has_value = has_value;
}

int measure_judge(const struct measure *measure, const struct measure_world *world,
                  struct result *ret, struct error *error)
{
    struct result result = {.expected = 1};
    struct watch_visit visit = {.measure = measure, .world = world, .covered = 1};
    struct promql_value value = {0};
    bool holds = true;
    promql_each_selector(measure->formula, watch_selector, &visit);
    if (measure->valid_when)
        promql_each_selector(measure->valid_when, watch_selector, &visit);
    result.provisional = visit.provisional;
    result.partial = visit.partial;
    int code = visit.code;
    if (!code && visit.unknown != KNOWN) {
        set_unknown(&result, visit.unknown, visit.reason);
        *ret = result;
        return 0;
    }
    result.seen = 1;
    if (!code)
        code = check_valid(measure, world, &holds, error);
    if (!code)
        code = evaluate(measure->formula, world, &value, error);
    if (!code)
        code = judge_value(measure, &value, &result);
    promql_value_finish(&value);
    free(visit.reason);
    /* A formula that cannot be answered over this data says nothing about the control. */
    if (code && code != ERROR_MEMORY && code != ERROR_DATABASE) {
        set_unknown(&result, UNKNOWN_INVALID,
                    text_format("the formula has no answer: %s", error_sentence(error)));
        error_finish(error);
        code = 0;
        holds = true;
    }
    if (code) {
        result_finish(&result);
        return code;
    }
    if (!holds)
        set_unknown(&result, UNKNOWN_INVALID, strdup("valid_when does not hold"));
    judge_coverage(measure, visit.covered, &result);
    *ret = result;
    return 0;
}
