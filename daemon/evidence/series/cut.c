/* Cutting a set at a time, and how two sets differ. */
#include <stdlib.h>
#include <string.h>

#include "evidence/series/pack.h"
#include "evidence/series/series_private.h"
#include "ground/base/clean.h"

static int cut_one(struct series_set *set, struct series *series, int64_t to_ms)
{
    CLEAN(clean_memory) int64_t *times = NULL;
    double *values;
    size_t count;
    if (!series->last || series->last->last_ms <= to_ms)
        return 0;
    int code = series_decode(series, &times, &values, &count);
    if (code)
        return code;
    while (series->first)
        series_set_drop_chunk(set, series);
    series->held = 0;
    for (size_t i = 0; i < count && times[i] <= to_ms; i++) {
        code = series_set_sample(set, series, times[i], values[i]);
        if (code < 0)
            return code;
    }
    return 0;
}

int series_cut(struct series_set *set, int64_t to_ms)
{
    int code = 0;
    for (size_t i = 0; !code && i < set->count; i++)
        code = cut_one(set, set->all[i], to_ms);
    return code;
}

static int by_labels(const void *a, const void *b)
{
    return labels_compare((*(struct series *const *)a)->labels,
                          (*(struct series *const *)b)->labels);
}

static struct series **sorted(const struct series_set *set)
{
    struct series **all = malloc((set->count + 1) * sizeof(struct series *));
    if (all && set->count) {
        memcpy(all, set->all, set->count * sizeof(struct series *));
        qsort(all, set->count, sizeof(struct series *), by_labels);
    }
    return all;
}

/* A walk over the samples of one series that are wanted. */
struct walk {
    struct series_samples samples;
    int64_t *times; /* the same, to be freed */
    double *values;
    size_t at;
};

static bool next(struct walk *walk, const struct series_comparison *comparison)
{
    while (walk->at < walk->samples.count &&
           !comparison->wants(comparison->context, &walk->samples, walk->at))
        walk->at++;
    return walk->at < walk->samples.count;
}

static bool is_same(const struct walk *one, const struct walk *other)
{
    return one->times[one->at] == other->times[other->at] &&
           memcmp(&one->values[one->at], &other->values[other->at], sizeof(double)) == 0;
}

static int walk_both(struct walk *one, struct walk *other,
                     const struct series_comparison *comparison)
{
    for (;; one->at++, other->at++) {
        bool is_one = next(one, comparison), is_other = next(other, comparison);
        if (!is_one && !is_other)
            return 0;
        if (is_one && is_other && is_same(one, other))
            continue;
        const struct walk *walk = is_one ? one : other;
        return comparison->on_difference(comparison->context, walk->samples.labels,
                                         walk->times[walk->at]);
    }
}

/* NULL: a series that the set does not have. */
static int begin_walk(const struct series *series, struct walk *ret)
{
    size_t count = 0;
    *ret = (struct walk){0};
    if (!series)
        return 0;
    int code = series_decode(series, &ret->times, &ret->values, &count);
    ret->samples = (struct series_samples){series->labels, ret->times, ret->values, count};
    return code;
}

static int compare_one(const struct series *one, const struct series *other,
                       const struct series_comparison *comparison)
{
    struct walk left, right = {0};
    int code = begin_walk(one, &left);
    if (!code)
        code = begin_walk(other, &right);
    if (!code)
        code = walk_both(&left, &right, comparison);
    free(left.times);
    free(right.times);
    return code;
}

int series_compare(const struct series_set *one, const struct series_set *other,
                   const struct series_comparison *comparison)
{
    CLEAN(clean_memory) struct series **left = sorted(one);
    CLEAN(clean_memory) struct series **right = sorted(other);
    size_t i = 0, j = 0;
    int code = left && right ? 0 : ERROR_MEMORY;
    while (!code && (i < one->count || j < other->count)) {
        int order = i == one->count     ? 1
                    : j == other->count ? -1
                                        : labels_compare(left[i]->labels, right[j]->labels);
        code = compare_one(order <= 0 ? left[i] : NULL, order >= 0 ? right[j] : NULL, comparison);
        i += order <= 0;
        j += order >= 0;
    }
    return code;
}
