/* The series of the daemon as a source for formulas. */
#include "evaluation/measure/judging.h"

#include <string.h>

bool measure_world_counts(const struct measure_world *world, const struct labels *labels)
{
    return !world->counts || world->counts(world->context, labels);
}

struct source_visit {
    const struct promql_ask *ask;
    const struct measure_world *world; /* or NULL: all series count */
    int (*give)(void *to, const struct promql_series *series);
    void *to;
};

static bool source_wants(const void *context, const struct labels *labels)
{
    const struct source_visit *visit = context;
    return promql_wants(visit->ask->matchers, visit->ask->count, labels) &&
           (!visit->world || measure_world_counts(visit->world, labels));
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

static int visit_series(struct series_set *series, struct source_visit *visit)
{
    const struct promql_ask *ask = visit->ask;
    struct series_window window = {.from_ms = ask->from_ms,
                                   .to_ms = ask->to_ms,
                                   .newest = ask->newest,
                                   .wants = source_wants,
                                   .wants_context = visit};
    for (size_t i = 0; i < ask->count; i++)
        if (ask->matchers[i].match == MATCH_EQUAL &&
            strcmp(ask->matchers[i].name, LABELS_NAME) == 0)
            window.name = ask->matchers[i].value;
    return series_each(series, &window, source_give, visit);
}

static int select_all(void *context, const struct promql_ask *ask,
                      int (*give)(void *to, const struct promql_series *series), void *to)
{
    struct source_visit visit = {ask, NULL, give, to};
    return visit_series(context, &visit);
}

static int select_counted(void *context, const struct promql_ask *ask,
                          int (*give)(void *to, const struct promql_series *series), void *to)
{
    const struct measure_world *world = context;
    struct source_visit visit = {ask, world, give, to};
    return visit_series(world->series, &visit);
}

struct promql_source measure_source(struct series_set *series)
{
    return (struct promql_source){.context = series, .select = select_all};
}

int measure_evaluate(const struct promql *formula, const struct measure_world *world,
                     struct promql_value *ret, struct error *error)
{
    struct promql_request request = {
        .source = {.context = (void *)(uintptr_t)world, .select = select_counted},
        .options = {.reach_ms = world->reach_ms},
        .from_ms = world->now_ms,
        .to_ms = world->now_ms};
    int code = promql_evaluate(formula, &request, ret, error);
    series_release(world->series);
    return code;
}
