/* Judges values against bounds, and durations against `for` and recovery. */
#include "evaluation/criterion/criterion.h"

#include <math.h>
#include <string.h>

#include "ground/base/json.h"
#include "ground/base/text.h"

static const char *const verdicts[] = {
    [VERDICT_NOT_APPLICABLE] = "not_applicable",
    [VERDICT_MET] = "met",
    [VERDICT_AT_RISK] = "at_risk",
    [VERDICT_UNKNOWN] = "unknown",
    [VERDICT_MISSED] = "missed",
};

const char *criterion_verdict_text(enum verdict verdict)
{
    return verdicts[verdict];
}

int criterion_verdict_from_text(const char *text, enum verdict *ret)
{
    for (int i = VERDICT_NOT_APPLICABLE; i <= VERDICT_MISSED; i++)
        if (strcmp(verdicts[i], text) == 0) {
            *ret = (enum verdict)i;
            return 0;
        }
    return ERROR_FORMAT;
}

enum verdict criterion_verdict_worse(enum verdict a, enum verdict b)
{
    return a > b ? a : b;
}

/* Longer operators first, so that "<=" is not read as "<". */
static const struct {
    const char *text;
    enum comparison comparison;
} operators[] = {
    {"==", COMPARE_EQUAL},         {"!=", COMPARE_NOT_EQUAL}, {"<=", COMPARE_LESS_EQUAL},
    {">=", COMPARE_GREATER_EQUAL}, {"<", COMPARE_LESS},       {">", COMPARE_GREATER},
};

int criterion_bound_parse(const char *text, struct bound *ret)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!text_begins(text, operators[i].text))
            continue;
        const char *number = text + strlen(operators[i].text);
        number += strspn(number, " ");
        struct bound bound = {.comparison = operators[i].comparison};
        int error = text_to_double(number, &bound.limit);
        if (error)
            return error;
        *ret = bound;
        return 0;
    }
    return ERROR_FORMAT;
}

bool criterion_bound_holds(const struct bound *bound, double value)
{
    switch (bound->comparison) {
    case COMPARE_EQUAL:
        return value == bound->limit;
    case COMPARE_NOT_EQUAL:
        return value != bound->limit;
    case COMPARE_LESS:
        return value < bound->limit;
    case COMPARE_LESS_EQUAL:
        return value <= bound->limit;
    case COMPARE_GREATER:
        return value > bound->limit;
    case COMPARE_GREATER_EQUAL:
        return value >= bound->limit;
    }
    return false;
}

int criterion_from_json(const json_t *json, struct criterion *ret, struct error *error)
{
    struct criterion criterion = {
        .for_ms = json_integer_of(json, "for", 0),
        .recover_ms = json_integer_of(json, "recover", 0),
    };
    const char *target = json_text_of(json, "target", "");
    const char *tolerance = json_text_of(json, "tolerance", "");
    if (criterion_bound_parse(target, &criterion.target))
        return error_set(error, ERROR_FORMAT,
                         "criterion.target: found \"%s\", allowed is a comparison such as \"== 0\" "
                         "or \"<= 2.5\"",
                         target);
    criterion.has_tolerance = *tolerance != '\0';
    if (criterion.has_tolerance && criterion_bound_parse(tolerance, &criterion.tolerance))
        return error_set(error, ERROR_FORMAT,
                         "criterion.tolerance: found \"%s\", allowed is a comparison such as "
                         "\"<= 5\", or nothing",
                         tolerance);
    *ret = criterion;
    return 0;
}

enum verdict criterion_judge(const struct criterion *criterion, double value)
{
    if (!isfinite(value))
        return VERDICT_UNKNOWN;
    if (criterion_bound_holds(&criterion->target, value))
        return VERDICT_MET;
    if (criterion->has_tolerance && criterion_bound_holds(&criterion->tolerance, value))
        return VERDICT_AT_RISK;
    return VERDICT_MISSED;
}

bool criterion_is_upper(const struct criterion *criterion)
{
    const struct bound *target = &criterion->target;
    return target->comparison == COMPARE_LESS || target->comparison == COMPARE_LESS_EQUAL ||
           (target->comparison == COMPARE_EQUAL && target->limit == 0);
}

/* The time since the last judgement that counts for the state that held then. */
static int64_t elapsed(const struct criterion_memory *memory, int64_t boot_ms, int64_t most_gap_ms)
{
    if (!memory->judged || boot_ms <= memory->at_ms)
        return 0;
    int64_t gap = boot_ms - memory->at_ms;
    return gap < most_gap_ms ? gap : most_gap_ms;
}

enum criterion_move criterion_step_provisional(const struct criterion *criterion,
                                               struct criterion_memory *memory,
                                               enum verdict verdict, int64_t boot_ms,
                                               int64_t most_gap_ms)
{
    if (verdict == VERDICT_MISSED)
        return criterion_step(criterion, memory, verdict, boot_ms, most_gap_ms);
    memory->judged = true;
    memory->last = verdict;
    memory->at_ms = boot_ms;
    memory->provisional = true;
    return CRITERION_NOTHING;
}

enum criterion_move criterion_step(const struct criterion *criterion,
                                   struct criterion_memory *memory, enum verdict verdict,
                                   int64_t boot_ms, int64_t most_gap_ms)
{
    int64_t gap = elapsed(memory, boot_ms, most_gap_ms);
    enum verdict before = memory->provisional ? VERDICT_UNKNOWN : memory->last;
    bool judged = memory->judged;
    memory->judged = true;
    memory->last = verdict;
    memory->at_ms = boot_ms;
    memory->provisional = false;
    if (verdict == VERDICT_UNKNOWN || verdict == VERDICT_NOT_APPLICABLE)
        return CRITERION_NOTHING;
    if (verdict == VERDICT_MISSED) {
        memory->met_ms = 0;
        if (judged && before == VERDICT_MISSED)
            memory->missed_ms += gap;
        if (memory->standing)
            return CRITERION_EXTEND;
        if (memory->missed_ms < criterion->for_ms)
            return CRITERION_NOTHING;
        memory->standing = true;
        return CRITERION_RAISE;
    }
    memory->missed_ms = 0;
    if (!memory->standing || verdict != VERDICT_MET) {
        memory->met_ms = 0;
        return CRITERION_NOTHING;
    }
    if (judged && before == VERDICT_MET)
        memory->met_ms += gap;
    if (memory->met_ms < criterion->recover_ms)
        return CRITERION_NOTHING;
    memory->standing = false;
    memory->met_ms = 0;
    return CRITERION_CLEAR;
}

json_t *criterion_memory_to_json(const struct criterion_memory *memory)
{
    return json_pack("{s:b, s:s, s:I, s:I, s:I, s:b, s:b}", "judged", memory->judged, "last",
                     criterion_verdict_text(memory->last), "at", (json_int_t)memory->at_ms,
                     "missed", (json_int_t)memory->missed_ms, "met", (json_int_t)memory->met_ms,
                     "standing", memory->standing, "provisional", memory->provisional);
}

void criterion_memory_from_json(const json_t *json, bool other_boot, int64_t boot_ms,
                                struct criterion_memory *ret)
{
    struct criterion_memory memory = {
        .judged = json_flag_of(json, "judged", false),
        .last = VERDICT_UNKNOWN,
        .at_ms = other_boot ? boot_ms : json_integer_of(json, "at", boot_ms),
        .missed_ms = json_integer_of(json, "missed", 0),
        .met_ms = json_integer_of(json, "met", 0),
        .standing = json_flag_of(json, "standing", false),
        .provisional = json_flag_of(json, "provisional", false),
    };
    if (criterion_verdict_from_text(json_text_of(json, "last", "unknown"), &memory.last))
        memory.last = VERDICT_UNKNOWN;
    *ret = memory;
}
