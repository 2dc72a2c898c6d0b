/* Opening and closing a set, and the daemon's own series. */
#include "evidence/series/pages.h"

#include <stdlib.h>
#include <string.h>

static const struct series_limits presets = {
    .keep_ms = 400LL * 86400000,
    .per_source = 1000,
    .lookback_ms = 300000,
};

static struct series_set *new_set(struct store *store, const struct series_limits *limits)
{
    struct series_set *set = calloc(1, sizeof *set);
    if (!set)
        return NULL;
    set->store = store;
    set->limits = limits ? *limits : presets;
    if (set->limits.keep_ms <= 0)
        set->limits.keep_ms = presets.keep_ms;
    if (!set->limits.per_source)
        set->limits.per_source = presets.per_source;
    if (set->limits.lookback_ms <= 0)
        set->limits.lookback_ms = presets.lookback_ms;
    set->floor_ms = INT64_MIN;
    return set;
}

int series_open_reader(struct store *store, const struct series_limits *limits,
                       struct series_set **ret, struct error *error)
{
    struct series_set *set = new_set(store, limits);
    if (!set)
        return error_set(error, ERROR_MEMORY, "out of memory");
    series_set_empty(set);
    set->loading = true;
    *ret = set;
    return 0;
}

int series_open(struct store *store, const struct series_limits *limits, struct series_set **ret,
                struct error *error)
{
    struct series_set *set = new_set(store, limits);
    if (!set)
        return error_set(error, ERROR_MEMORY, "out of memory");
    int code = series_reload(set, error);
    if (code) {
        series_close(set);
        return code;
    }
    *ret = set;
    return 0;
}

int series_reload(struct series_set *set, struct error *error)
{
    series_set_empty(set);
    set->loading = true;
    int code = pages_load(set, error);
    set->loading = false;
    return code;
}

void series_close(struct series_set *set)
{
    if (!set)
        return;
    while (set->runs)
        series_run_drop(set->runs);
    series_set_empty(set);
    free(set);
}

int series_put(struct series_set *set, const struct labels *labels, int64_t time_ms, double value,
               int64_t lookback_ms)
{
    struct series *series;
    if (!series_labels_fit(labels))
        return ERROR_RANGE;
    struct labels *copy = labels_copy(labels);
    if (!copy)
        return ERROR_MEMORY;
    int code = series_set_obtain(set, copy, KIND_OWN, &series);
    if (!code)
        code = series_set_lookback(set, series, lookback_ms);
    if (!code)
        code = series_set_sample(set, series, time_ms, value);
    return code < 0 ? code : 0;
}

int series_put_end(struct series_set *set, const char *name, int64_t time_ms)
{
    const struct family *family = series_set_family(set, name);
    for (size_t i = 0; family && i < family->count; i++) {
        struct series *series = family->members[i];
        if (series->kind != KIND_OWN || !series->last || series->last->last_ms == time_ms)
            continue;
        int code = series_set_stale(set, series, time_ms);
        if (code < 0)
            return code;
    }
    return 0;
}

void series_figures(const struct series_set *set, struct series_figures *ret)
{
    *ret = (struct series_figures){
        .series = set->count,
        .samples = set->samples,
        .dropped_late = set->dropped_late,
        .bytes = set->bytes,
    };
}
