/* Looks at every selector of a measure: was it watched, is it whole? The worst of them decides. */
#include "evaluation/measure/judging.h"

#include <string.h>

#include "ground/base/clean.h"
#include "ground/base/text.h"

void measure_look_finish(struct look *look)
{
    free(look->reason);
    free(look->overflowed);
    free(look->few);
}

/* Takes the sentence. */
void measure_look_unknown(struct look *look, enum unknown_kind kind, char *reason)
{
    if (!measure_unknown_is_worse(kind, look->unknown)) {
        free(reason);
        return;
    }
    free(look->reason);
    look->unknown = kind;
    look->reason = reason;
}

bool measure_view_is_live(const struct series_view *view, int64_t to_ms)
{
    size_t last = view->count - 1;
    return view->count && !promql_is_stale(view->values[last]) &&
           view->times[last] >= to_ms - view->lookback_ms;
}

/* Series of one selector: any that is live, any whose last word is too old. */
struct silence {
    const struct measure_world *world;
    const struct promql_selector *selector;
    int64_t to_ms;
    int64_t since_ms;
    bool event;
    bool live;
    bool silent;
};

static bool wants(const void *context, const struct labels *labels)
{
    const struct silence *silence = context;
    return measure_world_counts(silence->world, labels) &&
           promql_wants(silence->selector->matchers, silence->selector->count, labels);
}

static int on_view(void *context, const struct series_view *view)
{
    struct silence *silence = context;
    size_t last = view->count - 1;
    bool live = measure_view_is_live(view, silence->to_ms);
    silence->live = silence->live || live;
    silence->silent =
        silence->silent || (view->count && !live && view->times[last] >= silence->since_ms &&
                            !promql_is_stale(view->values[last]));
    return 0;
}

/* A partial run takes nothing away, so that what it could not read goes on as it was, and falls
 * silent after a while. That is not an improvement: since the last whole run nothing may have. */
static int check_partial(struct look *look, const struct promql_selector *selector,
                         const struct watch_answer *answer)
{
    int64_t to_ms = promql_selector_end(selector, look->world->now_ms);
    int64_t from_ms = to_ms - look->world->reach_ms;
    struct silence silence = {
        .world = look->world, .selector = selector, .to_ms = to_ms, .since_ms = answer->whole_ms};
    struct series_window window = {.name = selector->name,
                                   .from_ms =
                                       answer->whole_ms < from_ms ? answer->whole_ms : from_ms,
                                   .to_ms = to_ms,
                                   .newest = true,
                                   .wants = wants,
                                   .wants_context = &silence};
    int code = series_each(look->world->series, &window, on_view, &silence);
    series_release(look->world->series);
    look->partial = true;
    if (!code && (silence.silent || !silence.live))
        measure_look_unknown(
            look, answer->partly,
            text_format("%s; something that was read before is silent now",
                        answer->partly_reason ? answer->partly_reason : "a run was partial"));
    return code;
}

static bool is_overflow(const void *context, const struct labels *labels)
{
    const struct silence *silence = context;
    return strcmp(labels_get(labels, "overflow"), "true") == 0 &&
           measure_world_counts(silence->world, labels);
}

/* An event's series goes on with increments of 0, which hide nothing. */
static int on_overflow(void *context, const struct series_view *view)
{
    struct silence *silence = context;
    int64_t from_ms = silence->to_ms - silence->selector->range_ms;
    bool live = measure_view_is_live(view, silence->to_ms);
    for (size_t i = view->count; i-- > 0 && (view->times[i] >= from_ms || i + 1 == view->count);)
        silence->live = silence->live || ((live || silence->selector->range_ms) &&
                                          !promql_is_stale(view->values[i]) &&
                                          (!silence->event || view->values[i] != 0));
    return 0;
}

/* Beyond the limit of series only their sum is known. */
static int check_overflow(struct look *look, const struct promql_selector *selector, bool event)
{
    if (selector->summed || look->overflowed)
        return 0;
    int64_t to_ms = promql_selector_end(selector, look->world->now_ms);
    struct silence silence = {
        .world = look->world, .selector = selector, .to_ms = to_ms, .event = event};
    struct series_window window = {.name = selector->name,
                                   .from_ms = to_ms - selector->range_ms - look->world->reach_ms,
                                   .to_ms = to_ms,
                                   .wants = is_overflow,
                                   .wants_context = &silence};
    int code = series_each(look->world->series, &window, on_overflow, &silence);
    series_release(look->world->series);
    if (!code && silence.live && !(look->overflowed = strdup(selector->name)))
        code = ERROR_MEMORY;
    return code;
}

static int check_hidden(struct look *look, const struct promql_selector *selector)
{
    char *why = NULL;
    int code = look->world->hidden ? look->world->hidden(look->world->context, selector, &why) : 0;
    if (why)
        measure_look_unknown(look, UNKNOWN_INVALID, why);
    return code;
}

static void look_at(void *context, const struct promql_selector *selector)
{
    struct look *look = context;
    struct watch_answer answer = {.covered = 1};
    if (!look->code && selector->name)
        look->code = check_hidden(look, selector);
    if (look->code || !selector->name)
        return;
    int64_t to_ms = promql_selector_end(selector, look->world->now_ms);
    look->code = look->world->watch(look->world->context, selector->name,
                                    to_ms - selector->range_ms, to_ms, &answer);
    look->provisional = look->provisional || answer.provisional;
    if (answer.covered < look->covered)
        look->covered = answer.covered;
    if (answer.unknown != KNOWN) {
        measure_look_unknown(look, answer.unknown, answer.reason);
        answer.reason = NULL;
    }
    if (!look->code && answer.partly != KNOWN && look->measure->accept_partial) {
        look->code = check_partial(look, selector, &answer);
    } else if (answer.partly != KNOWN) {
        measure_look_unknown(look, answer.partly, answer.partly_reason);
        answer.partly_reason = NULL;
    }
    if (!look->code)
        look->code = check_overflow(look, selector, answer.event);
    free(answer.reason);
    free(answer.partly_reason);
}

int measure_look_around(struct look *look, struct result *result, struct error *error)
{
    measure_each_selector(look->measure, look_at, look);
    return look->code ? look->code : measure_population_count(look, result, error);
}
