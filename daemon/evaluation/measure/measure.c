/* Evaluates a measure: is it known, what is it, what is that worth. */
#include "evaluation/measure/judging.h"

#include <math.h>
#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

const char *measure_unknown_kind_text(enum unknown_kind kind)
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

bool measure_unknown_is_worse(enum unknown_kind kind, enum unknown_kind than)
{
    static const int rank[] = {
        [KNOWN] = 0,           [UNKNOWN_NOT_SET_UP] = 1, [UNKNOWN_TOO_FEW] = 2,
        [UNKNOWN_INVALID] = 3, [UNKNOWN_STOPPED] = 4,    [UNKNOWN_LOST] = 5};
    return rank[kind] > rank[than];
}

void measure_result_finish(struct result *result)
{
    if (!result)
        return;
    for (size_t i = 0; i < result->count; i++)
        labels_free(result->elements[i].labels);
    free(result->elements);
    free(result->reason);
    *result = (struct result){0};
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
    int code = measure_evaluate(measure->valid_when, world, &value, error);
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
                    strdup("the value is not a number: a denominator is zero, or data is missing; "
                           "zero_denominator says what that means"));
    if (!isfinite(result->value))
        result->has_value = false;
    return 0;
}

/* Values that a comparison or an extreme passed over are no numbers all the same. */
static void judge_passed_over(const struct measure *measure, const struct promql_value *value,
                              struct result *result)
{
    double none = NAN;
    if (!value->passed_over || result->verdict == VERDICT_MISSED)
        return;
    enum verdict verdict = judge_number(measure, &none);
    if (verdict <= result->verdict)
        return;
    if (verdict == VERDICT_UNKNOWN) {
        set_unknown(result, UNKNOWN_INVALID,
                    strdup("a value that the formula compares is not a number: a denominator is "
                           "zero, or data is missing; zero_denominator says what that means"));
        return;
    }
    result->verdict = verdict;
    result->value = none;
    result->has_value = true;
    result->breaching += verdict == VERDICT_MISSED;
}

/* Not everything was watched or seen: what is good is not known to be. What is a breach stays one
 * when more of the same can only make it worse, or when an element that was seen is its own. */
static void doubt(const struct measure *measure, struct result *result, enum unknown_kind kind,
                  char *sentence)
{
    CLEAN(clean_text) char *own = sentence;
    bool has_value = result->has_value;
    if (result->verdict == VERDICT_MISSED &&
        (criterion_is_upper(&measure->criterion) || measure_population_breaches(measure, result))) {
        free(result->reason);
        result->reason =
            text_format("a breach all the same, although %s", sentence ? sentence : "");
        result->part_watched = true;
        return;
    }
    if (result->verdict == VERDICT_UNKNOWN && !measure_unknown_is_worse(kind, result->unknown))
        return;
    set_unknown(result, kind, sentence);
    own = NULL;
    /* Shown, for it is what was seen so far; the state is unknown all the same. */
    result->has_value = has_value;
}

static void judge_doubts(const struct measure *measure, struct look *look, struct result *result)
{
    if (look->overflowed)
        doubt(measure, result, UNKNOWN_INVALID,
              text_format("%s has more series than its limit; those beyond it are known as a sum "
                          "only, and the formula asks for more",
                          look->overflowed));
    if (look->covered < measure->coverage)
        doubt(
            measure, result, UNKNOWN_TOO_FEW,
            text_format("%.0f %% of the time range of the formula was observed, %.0f %% is needed",
                        look->covered * 100, measure->coverage * 100));
    if (look->few) {
        doubt(measure, result, UNKNOWN_TOO_FEW, look->few);
        look->few = NULL;
    }
}

/* A formula that cannot be answered over this data says nothing about the control. */
static int forgive(int code, struct result *result, struct error *error)
{
    if (!code || code == ERROR_MEMORY || code == ERROR_DATABASE)
        return code;
    set_unknown(result, UNKNOWN_INVALID,
                text_format("the formula has no answer: %s", error_sentence(error)));
    error_finish(error);
    return 0;
}

/* What is known is judged. */
static int judge_known(const struct measure *measure, const struct measure_world *world,
                       struct result *result, struct error *error)
{
    struct promql_value value = {0};
    bool holds = true;
    int code = check_valid(measure, world, &holds, error);
    if (!code)
        code = measure_evaluate(measure->formula, world, &value, error);
    if (!code)
        code = judge_value(measure, &value, result);
    if (!code)
        judge_passed_over(measure, &value, result);
    promql_value_finish(&value);
    if (code)
        return forgive(code, result, error);
    if (!holds)
        set_unknown(result, UNKNOWN_INVALID, strdup("valid_when does not hold"));
    return 0;
}

int measure_judge(const struct measure *measure, const struct measure_world *world,
                  struct result *ret, struct error *error)
{
    struct result result = {0};
    CLEAN(measure_look_finish)
    struct look look = {.measure = measure, .world = world, .covered = 1};
    int code = measure_look_around(&look, &result, error);
    result.provisional = look.provisional;
    result.partial = look.partial;
    if (!code && look.unknown != KNOWN) {
        set_unknown(&result, look.unknown, look.reason);
        look.reason = NULL;
    } else if (!code) {
        code = judge_known(measure, world, &result, error);
        if (!code && measure_population_extent(measure, &result))
            code = ERROR_MEMORY;
        if (!code)
            judge_doubts(measure, &look, &result);
    }
    if (code) {
        measure_result_finish(&result);
        return code;
    }
    *ret = result;
    return 0;
}
