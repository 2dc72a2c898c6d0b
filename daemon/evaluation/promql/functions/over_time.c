/* What a range of samples comes to: sums, means, extremes, spread. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation/promql/functions/functions.h"

void promql_kahan_add(struct kahan *kahan, double value)
{
    double sum = kahan->sum + value;
    if (fabs(kahan->sum) >= fabs(value))
        kahan->rest += (kahan->sum - sum) + value;
    else
        kahan->rest += (value - sum) + kahan->sum;
    kahan->sum = sum;
}

static double kahan_total(const struct kahan *kahan)
{
    return isinf(kahan->sum) ? kahan->sum : kahan->sum + kahan->rest;
}

bool promql_over_sum(const struct window *window, double *ret)
{
    struct kahan sum = {0, 0};
    for (size_t i = 0; i < window->count; i++)
        promql_kahan_add(&sum, window->values[i]);
    *ret = kahan_total(&sum);
    return true;
}

/* An infinite mean stays as it is until an infinity of the other sign or NaN comes. */
static bool keeps_infinite(double mean, double value)
{
    if (!isinf(mean) || isnan(value))
        return false;
    return !isinf(value) || (mean > 0) == (value > 0);
}

/* A running mean, since the sum of large values could overflow. */
bool promql_over_avg(const struct window *window, double *ret)
{
    struct kahan mean = {0, 0};
    for (size_t i = 0; i < window->count; i++) {
        double count = (double)(i + 1), value = window->values[i];
        if (!keeps_infinite(mean.sum, value))
            promql_kahan_add(&mean, value / count - mean.sum / count);
    }
    *ret = kahan_total(&mean);
    return true;
}

bool promql_over_min(const struct window *window, double *ret)
{
    double least = window->values[0];
    for (size_t i = 1; i < window->count; i++)
        if (window->values[i] < least || isnan(least))
            least = window->values[i];
    *ret = least;
    return true;
}

bool promql_over_max(const struct window *window, double *ret)
{
    double most = window->values[0];
    for (size_t i = 1; i < window->count; i++)
        if (window->values[i] > most || isnan(most))
            most = window->values[i];
    *ret = most;
    return true;
}

bool promql_over_count(const struct window *window, double *ret)
{
    *ret = (double)window->count;
    return true;
}

bool promql_over_last(const struct window *window, double *ret)
{
    *ret = window->values[window->count - 1];
    return true;
}

bool promql_over_present(const struct window *window, double *ret)
{
    (void)window;
    *ret = 1;
    return true;
}

/* Welford's method, compensated. */
bool promql_over_stdvar(const struct window *window, double *ret)
{
    struct kahan mean = {0, 0}, squares = {0, 0};
    for (size_t i = 0; i < window->count; i++) {
        double value = window->values[i];
        double delta = value - (mean.sum + mean.rest);
        promql_kahan_add(&mean, delta / (double)(i + 1));
        promql_kahan_add(&squares, delta * (value - (mean.sum + mean.rest)));
    }
    *ret = (squares.sum + squares.rest) / (double)window->count;
    return true;
}

bool promql_over_stddev(const struct window *window, double *ret)
{
    promql_over_stdvar(window, ret);
    *ret = sqrt(*ret);
    return true;
}

/* NaN sorts first. */
static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    if (isnan(left) || isnan(right))
        return (isnan(left) ? 0 : 1) - (isnan(right) ? 0 : 1);
    return (left > right) - (left < right);
}

double promql_quantile_of(double q, double *values, size_t count)
{
    if (!count || isnan(q))
        return (double)NAN;
    if (q < 0 || q > 1)
        return q < 0 ? -(double)INFINITY : (double)INFINITY;
    qsort(values, count, sizeof *values, by_value);
    double rank = q * (double)(count - 1);
    size_t lower = (size_t)floor(rank);
    size_t upper = lower + 1 < count ? lower + 1 : count - 1;
    double weight = rank - floor(rank);
    return values[lower] * (1 - weight) + values[upper] * weight;
}

bool promql_over_quantile(const struct window *window, double *ret)
{
    memcpy(window->scratch, window->values, window->count * sizeof(double));
    *ret = promql_quantile_of(window->parameter[0], window->scratch, window->count);
    return true;
}

bool promql_over_changes(const struct window *window, double *ret)
{
    size_t changes = 0;
    for (size_t i = 1; i < window->count; i++) {
        double before = window->values[i - 1], now = window->values[i];
        if (now != before && !(isnan(now) && isnan(before)))
            changes++;
    }
    *ret = (double)changes;
    return true;
}

bool promql_over_resets(const struct window *window, double *ret)
{
    size_t resets = 0;
    for (size_t i = 1; i < window->count; i++)
        if (window->values[i] < window->values[i - 1])
            resets++;
    *ret = (double)resets;
    return true;
}
