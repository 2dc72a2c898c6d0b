/* Cutting a set at a time, and how two sets differ. */
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "series/pack.h"
#include "series/private.h"

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
        set_drop_chunk(set, series);
    series->held = 0;
    for (size_t i = 0; i < count && times[i] <= to_ms; i++) {
        code = set_sample(set, series, times[i], values[i]);
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
    int64_t *times;
    double *values;
    size_t count, at;
};

static bool next(struct walk *walk, const struct labels *labels,
                 const struct series_comparison *comparison)
{
    while (walk->at < walk->count &&
           !comparison->wants(comparison->context, labels, walk->times[walk->at]))
        walk->at++;
    return walk->at < walk->count;
}

static int walk_both(struct walk *one, struct walk *other, const struct labels *labels,
                     const struct series_comparison *comparison)
{
    for (;; one->at++, other->at++) {
        bool is_one = next(one, labels, comparison), is_other = next(other, labels, comparison);
        if (!is_one && !is_other)
            return 0;
        int64_t time_ms = is_one ? one->times[one->at] : other->times[other->at];
        bool same = is_one && is_other && one->times[one->at] == other->times[other->at] &&
                    memcmp(&one->values[one->at], &other->values[other->at], sizeof(double)) == 0;
        if (!same)
            return comparison->on_difference(comparison->context, labels, time_ms);
    }
}

/* Either may be NULL: a series that one of the sets does not have. */
static int compare_one(const struct series *one, const struct series *other,
                       const struct series_comparison *comparison)
{
    struct walk left = {0}, right = {0};
    int code = one ? series_decode(one, &left.times, &left.values, &left.count) : 0;
    if (!code && other)
        code = series_decode(other, &right.times, &right.values, &right.count);
    if (!code)
        code = walk_both(&left, &right, (one ? one : other)->labels, comparison);
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
