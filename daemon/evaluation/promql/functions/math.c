/* Functions that work on each value. */
#include <math.h>

#include "evaluation/promql/functions/functions.h"

double promql_map_sgn(double value)
{
    return value < 0 ? -1 : value > 0 ? 1 : value;
}

double promql_map_deg(double value)
{
    return value * 180 / M_PI;
}

double promql_map_rad(double value)
{
    return value * M_PI / 180;
}

int promql_call_pi(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                   struct operand *ret)
{
    (void)evaluation, (void)node, (void)time_ms;
    ret->scalar = M_PI;
    return 0;
}

/* fmin and fmax prefer a number; the language lets NaN win, but over the last infinity. */
static double least(double a, double b)
{
    if (isnan(a) || isnan(b))
        return a == -(double)INFINITY || b == -(double)INFINITY ? -(double)INFINITY : (double)NAN;
    return fmin(a, b);
}

static double most(double a, double b)
{
    if (isnan(a) || isnan(b))
        return a == (double)INFINITY || b == (double)INFINITY ? (double)INFINITY : (double)NAN;
    return fmax(a, b);
}

static double round_to(double value, double to, double unused)
{
    (void)unused;
    double inverse = 1 / to; /* exact for 0.1 and the like, where division by it is not */
    return floor(value * inverse + 0.5) / inverse;
}

static double clamp(double value, double low, double high)
{
    return most(low, least(high, value));
}

static double clamp_min(double value, double low, double unused)
{
    (void)unused;
    return most(low, value);
}

static double clamp_max(double value, double high, double unused)
{
    (void)unused;
    return least(high, value);
}

/* A vector and up to two scalars; without them 1, the preset of round(). */
static int each(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                double (*work)(double, double, double), struct vector *ret)
{
    double parameter[2] = {1, 1};
    int code = promql_evaluate_vector(evaluation, node->child[0], time_ms, ret);
    for (size_t i = 1; !code && i < node->children; i++)
        code = promql_evaluate_scalar(evaluation, node->child[i], time_ms, &parameter[i - 1]);
    if (!code && work == clamp && parameter[1] < parameter[0])
        ret->count = 0;
    for (size_t i = 0; !code && i < ret->count; i++) {
        struct sample *sample = &ret->item[i];
        sample->value = work(sample->value, parameter[0], parameter[1]);
        sample->time_ms = time_ms;
        code = promql_tag_bare(evaluation, sample->tag, &sample->tag);
    }
    return code;
}

int promql_call_round(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                      struct operand *ret)
{
    return each(evaluation, node, time_ms, round_to, &ret->vector);
}

int promql_call_clamp(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                      struct operand *ret)
{
    return each(evaluation, node, time_ms, clamp, &ret->vector);
}

int promql_call_clamp_min(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                          struct operand *ret)
{
    return each(evaluation, node, time_ms, clamp_min, &ret->vector);
}

int promql_call_clamp_max(struct evaluation *evaluation, const struct node *node, int64_t time_ms,
                          struct operand *ret)
{
    return each(evaluation, node, time_ms, clamp_max, &ret->vector);
}
