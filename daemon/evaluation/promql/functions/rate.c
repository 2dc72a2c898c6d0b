/* How fast a range of samples changes: extrapolated, instant, fitted, smoothed. */
#include <math.h>

#include "evaluation/promql/functions/functions.h"

static double seconds(int64_t ms)
{
    return (double)ms / 1000;
}

/* The increase of a counter: each fall is a reset to zero. */
static double increase_of(const struct window *window, bool counter)
{
    double change = window->values[window->count - 1] - window->values[0];
    for (size_t i = 1; counter && i < window->count; i++)
        if (window->values[i] < window->values[i - 1])
            change += window->values[i - 1];
    return change;
}

/* The seconds that the samples stand for: extended to the range's borders where these are about
 * as near as one sample to the next, else by half that distance; a counter not below zero. */
static double extended_seconds(const struct window *window, double change, bool counter)
{
    int64_t first_ms = window->times[0], last_ms = window->times[window->count - 1];
    double to_start = seconds(first_ms - window->start_ms);
    double to_end = seconds(window->end_ms - last_ms);
    double sampled = seconds(last_ms - first_ms);
    double between = sampled / (double)(window->count - 1);
    if (counter && change > 0 && window->values[0] >= 0) {
        double to_zero = sampled * (window->values[0] / change);
        if (to_zero < to_start)
            to_start = to_zero;
    }
    double near = between * 1.1;
    return sampled + (to_start < near ? to_start : between / 2) +
           (to_end < near ? to_end : between / 2);
}

static bool extrapolate(const struct window *window, bool counter, bool rate, double *ret)
{
    if (window->count < 2)
        return false;
    double change = increase_of(window, counter);
    double sampled = seconds(window->times[window->count - 1] - window->times[0]);
    double factor = extended_seconds(window, change, counter) / sampled;
    if (rate)
        factor /= seconds(window->range_ms);
    *ret = change * factor;
    return true;
}

bool promql_over_rate(const struct window *window, double *ret)
{
    return extrapolate(window, true, true, ret);
}

bool promql_over_increase(const struct window *window, double *ret)
{
    return extrapolate(window, true, false, ret);
}

bool promql_over_delta(const struct window *window, double *ret)
{
    return extrapolate(window, false, false, ret);
}

/* From the last two samples. */
static bool instant(const struct window *window, bool rate, double *ret)
{
    if (window->count < 2)
        return false;
    size_t last = window->count - 1;
    double now = window->values[last], before = window->values[last - 1];
    double between = seconds(window->times[last] - window->times[last - 1]);
    if (between <= 0)
        return false;
    double change = rate && now < before ? now : now - before;
    *ret = rate ? change / between : change;
    return true;
}

bool promql_over_irate(const struct window *window, double *ret)
{
    return instant(window, true, ret);
}

bool promql_over_idelta(const struct window *window, double *ret)
{
    return instant(window, false, ret);
}

struct line {
    double slope; /* per second */
    double at_zero;
};

static bool is_constant(const struct window *window)
{
    for (size_t i = 1; i < window->count; i++)
        if (window->values[i] != window->values[0])
            return false;
    return true;
}

/* Least squares over the samples, with zero_ms as the origin of time. */
static struct line fit_line(const struct window *window, int64_t zero_ms)
{
    struct kahan x = {0, 0}, y = {0, 0}, xy = {0, 0}, xx = {0, 0};
    if (is_constant(window)) {
        if (isinf(window->values[0]))
            return (struct line){(double)NAN, (double)NAN};
        return (struct line){0, window->values[0]};
    }
    for (size_t i = 0; i < window->count; i++) {
        double at = seconds(window->times[i] - zero_ms), value = window->values[i];
        promql_kahan_add(&x, at);
        promql_kahan_add(&y, value);
        promql_kahan_add(&xy, at * value);
        promql_kahan_add(&xx, at * at);
    }
    double n = (double)window->count, sum_x = x.sum + x.rest, sum_y = y.sum + y.rest;
    double covariance = (xy.sum + xy.rest) - sum_x * sum_y / n;
    double variance = (xx.sum + xx.rest) - sum_x * sum_x / n;
    double slope = covariance / variance;
    return (struct line){slope, sum_y / n - slope * sum_x / n};
}

bool promql_over_deriv(const struct window *window, double *ret)
{
    if (window->count < 2)
        return false;
    *ret = fit_line(window, window->times[0]).slope;
    return true;
}

bool promql_over_predict_linear(const struct window *window, double *ret)
{
    if (window->count < 2)
        return false;
    struct line line = fit_line(window, window->time_ms);
    *ret = line.slope * window->parameter[0] + line.at_zero;
    return true;
}

/* Double exponential smoothing; the factors were checked to lie between 0 and 1. */
bool promql_over_holt_winters(const struct window *window, double *ret)
{
    double smoothing = window->parameter[0], trending = window->parameter[1];
    if (window->count < 2)
        return false;
    double before = 0, now = window->values[0], trend = window->values[1] - window->values[0];
    for (size_t i = 1; i < window->count; i++) {
        if (i > 1)
            trend = trending * (now - before) + (1 - trending) * trend;
        double next = smoothing * window->values[i] + (1 - smoothing) * (now + trend);
        before = now;
        now = next;
    }
    *ret = now;
    return true;
}
