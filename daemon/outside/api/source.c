/* Formulas and selectors over the daemon's own series. */
#include "outside/api/source.h"

#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "outside/api/params.h"

/* --- a source for promql_evaluate --- */

struct giving {
    const struct source *source;
    int (*give)(void *to, const struct promql_series *series);
    void *to;
};

static int on_view(void *context, const struct series_view *view)
{
    const struct giving *giving = context;
    struct promql_series series = {
        .labels = view->labels,
        .times = view->times,
        .values = view->values,
        .count = view->count,
        .lookback_ms = giving->source->own_lookback ? view->lookback_ms : 0,
    };
    return giving->give(giving->to, &series);
}

/* Matchers as the context of a window's choice. */
struct matchers {
    const struct promql_matcher *list;
    size_t count;
};

static bool wants(const void *context, const struct labels *labels)
{
    const struct matchers *matchers = context;
    return promql_wants(matchers->list, matchers->count, labels);
}

/* The name that a matcher pins, so that the set need not look at all series. */
static const char *pinned_name(const struct matchers *matchers)
{
    for (size_t i = 0; i < matchers->count; i++) {
        const struct promql_matcher *matcher = &matchers->list[i];
        if (matcher->match == MATCH_EQUAL && !strcmp(matcher->name, LABELS_NAME) && *matcher->value)
            return matcher->value;
    }
    return NULL;
}

static int select_series(void *context, const struct promql_ask *ask,
                         int (*give)(void *to, const struct promql_series *series), void *to)
{
    struct source *source = context;
    struct matchers matchers = {ask->matchers, ask->count};
    struct series_window window = {
        .name = pinned_name(&matchers),
        .from_ms = ask->from_ms,
        .to_ms = ask->to_ms,
        .newest = ask->newest,
        .wants = wants,
        .wants_context = &matchers,
    };
    struct giving giving = {source, give, to};
    return series_each(source->series, &window, on_view, &giving);
}

struct promql_source source_of(struct source *source)
{
    return (struct promql_source){.context = source, .select = select_series};
}

int source_reach(const struct call *call, int64_t *ret_ms, struct error *error)
{
    enum { LEAST_MS = 5 * 60 * 1000 };
    struct store_query *query =
        store_query(call->api->store, "SELECT coalesce(max(lookback_ms), 0) FROM series");
    int step = store_step(query, error);
    if (step < 0)
        return step;
    int64_t reach_ms = step ? store_integer(query, 0) : 0;
    store_reset(query);
    *ret_ms = reach_ms > LEAST_MS ? reach_ms : LEAST_MS;
    return 0;
}

/* --- match[] --- */

static void keep_selector(void *context, const struct promql_selector *selector)
{
    struct matchers *matchers = context;
    *matchers = (struct matchers){selector->matchers, selector->count};
}

static struct matchers matchers_of(const struct promql *formula)
{
    struct matchers matchers = {0};
    promql_each_selector(formula, keep_selector, &matchers);
    return matchers;
}

/* NAME{...} and nothing else: as it is printed, outside of the braces only a name stands. */
static bool is_selector(const struct promql *formula)
{
    CLEAN(clean_text) char *text = promql_print(formula);
    if (!text || promql_type(formula) != PROMQL_VECTOR)
        return false;
    size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
    if (!text[name])
        return true;
    bool quoted = false;
    const char *at = text + name;
    if (*at != '{')
        return false;
    for (; *at && (quoted || *at != '}'); at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '"')
            quoted = !quoted;
    }
    return *at && !at[1];
}

static int parse_selector(const char *text, struct promql **ret, struct error *error)
{
    struct promql_fault fault = {0};
    struct promql *formula = NULL;
    int code = promql_parse(text, &formula, &fault);
    if (code) {
        error_set(error, ERROR_RANGE, "invalid parameter \"match[]\": 1:%zu: parse error: %s",
                  fault.column, fault.sentence ? fault.sentence : error_text(code));
        promql_fault_finish(&fault);
        return ERROR_RANGE;
    }
    if (!is_selector(formula)) {
        promql_free(formula);
        return error_set(error, ERROR_RANGE,
                         "invalid parameter \"match[]\": \"%s\" is not a series selector", text);
    }
    *ret = formula;
    return 0;
}

static int read_selectors(const struct call *call, struct chosen *chosen, struct error *error)
{
    size_t count = 0;
    while (params_text(call, "match[]", count))
        count++;
    chosen->selectors = calloc(count + 1, sizeof(struct promql *));
    if (!chosen->selectors)
        return ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        int code = parse_selector(params_text(call, "match[]", i), &chosen->selectors[i], error);
        if (code)
            return code;
        chosen->count++;
    }
    return 0;
}

int source_choose(const struct call *call, bool needed, struct chosen *ret, struct error *error)
{
    struct chosen chosen = {0};
    int code = params_time(call, "start", PARAM_TIME_LEAST, &chosen.from_ms, error);
    code = code ? code : params_time(call, "end", PARAM_TIME_MOST, &chosen.to_ms, error);
    code = code ? code : read_selectors(call, &chosen, error);
    if (!code && needed && !chosen.count)
        code = error_set(error, ERROR_RANGE, "no match[] parameter provided");
    if (code) {
        source_chosen_finish(&chosen);
        return code;
    }
    *ret = chosen;
    return 0;
}

void source_chosen_finish(struct chosen *chosen)
{
    for (size_t i = 0; i < chosen->count; i++)
        promql_free(chosen->selectors[i]);
    free(chosen->selectors);
    *chosen = (struct chosen){0};
}

struct visit {
    struct matchers matchers;
    int (*on_labels)(void *context, const struct labels *labels);
    void *context;
    int code; /* of on_labels, where it is called while choosing */
};

static int on_chosen(void *context, const struct series_view *view)
{
    const struct visit *visit = context;
    return visit->on_labels(visit->context, view->labels);
}

static bool wants_view(const void *context, const struct labels *labels)
{
    const struct visit *visit = context;
    return wants(&visit->matchers, labels);
}

/* Without a time to look at, labels are all that is needed: no sample is decoded. */
static bool visit_and_refuse(const void *context, const struct labels *labels)
{
    struct visit *visit = *(struct visit *const *)context;
    if (!visit->code && wants(&visit->matchers, labels))
        visit->code = visit->on_labels(visit->context, labels);
    return false;
}

static int visit_series(const struct call *call, const struct chosen *chosen, struct visit *visit)
{
    bool any_time = chosen->from_ms == PARAM_TIME_LEAST && chosen->to_ms == PARAM_TIME_MOST;
    struct series_window window = {
        .name = pinned_name(&visit->matchers),
        .from_ms = chosen->from_ms,
        .to_ms = chosen->to_ms,
        .newest = true, /* only its labels are of use */
        .wants = any_time ? visit_and_refuse : wants_view,
        .wants_context = any_time ? (const void *)&visit : visit,
    };
    int code = series_each(call->api->series, &window, on_chosen, visit);
    series_release(call->api->series);
    return code ? code : visit->code;
}

/* True when an answer "no" of a matcher may only mean that it ran out of work. */
static bool is_exhausted(const struct matchers *matchers)
{
    for (size_t i = 0; i < matchers->count; i++)
        if (matchers->list[i].regex && promql_matcher_is_exhausted(&matchers->list[i]))
            return true;
    return false;
}

int source_each(const struct call *call, const struct chosen *chosen,
                int (*on_labels)(void *context, const struct labels *labels), void *context,
                struct error *error)
{
    int code = 0;
    for (size_t i = 0; !code && (i < chosen->count || (i == 0 && chosen->count == 0)); i++) {
        struct visit visit = {.on_labels = on_labels, .context = context};
        if (chosen->count)
            visit.matchers = matchers_of(chosen->selectors[i]);
        code = visit_series(call, chosen, &visit);
        if (!code && is_exhausted(&visit.matchers))
            code = error_set(error, ERROR_STATE,
                             "a regular expression in match[] needs too much work");
    }
    if (code && code != ERROR_STATE)
        error_set(error, code, "the series cannot be read: %s", error_text(code));
    return code;
}
