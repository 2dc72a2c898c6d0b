/* The series of the daemon as a source for formulas. */
#include "measure/measure.h"

#include <string.h>

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
