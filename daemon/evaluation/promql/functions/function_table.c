/* The functions of the language: names, arguments, and who computes them. */
#include "evaluation/promql/functions/functions.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define S PROMQL_SCALAR
#define V PROMQL_VECTOR
#define M PROMQL_MATRIX
#define T PROMQL_STRING

/* Sorted by name. */
static const struct function functions[] = {
    {.name = "abs", V, {V}, 1, .map = fabs},
    {.name = "absent", V, {V}, 1, .call = promql_call_absent},
    {.name = "absent_over_time", V, {M}, 1, .call = promql_call_absent},
    {.name = "acos", V, {V}, 1, .map = acos},
    {.name = "acosh", V, {V}, 1, .map = acosh},
    {.name = "asin", V, {V}, 1, .map = asin},
    {.name = "asinh", V, {V}, 1, .map = asinh},
    {.name = "atan", V, {V}, 1, .map = atan},
    {.name = "atanh", V, {V}, 1, .map = atanh},
    {.name = "avg_over_time", V, {M}, 1, .over = promql_over_avg},
    {.name = "ceil", V, {V}, 1, .map = ceil},
    {.name = "changes", V, {M}, 1, .over = promql_over_changes},
    {.name = "clamp", V, {V, S, S}, 3, .call = promql_call_clamp},
    {.name = "clamp_max", V, {V, S}, 2, .call = promql_call_clamp_max},
    {.name = "clamp_min", V, {V, S}, 2, .call = promql_call_clamp_min},
    {.name = "cos", V, {V}, 1, .map = cos},
    {.name = "cosh", V, {V}, 1, .map = cosh},
    {.name = "count_over_time", V, {M}, 1, .over = promql_over_count},
    {.name = "day_of_month", V, {V}, 1, 1, .call = promql_call_date},
    {.name = "day_of_week", V, {V}, 1, 1, .call = promql_call_date},
    {.name = "day_of_year", V, {V}, 1, 1, .call = promql_call_date},
    {.name = "days_in_month", V, {V}, 1, 1, .call = promql_call_date},
    {.name = "deg", V, {V}, 1, .map = promql_map_deg},
    {.name = "delta", V, {M}, 1, .over = promql_over_delta},
    {.name = "deriv", V, {M}, 1, .over = promql_over_deriv},
    {.name = "exp", V, {V}, 1, .map = exp},
    {.name = "floor", V, {V}, 1, .map = floor},
    {.name = "histogram_quantile", V, {S, V}, 2, .call = promql_call_histogram_quantile},
    {.name = "holt_winters", V, {M, S, S}, 3, .over = promql_over_holt_winters},
    {.name = "hour", V, {V}, 1, 1, .call = promql_call_date},
    {.name = "idelta", V, {M}, 1, .over = promql_over_idelta},
    {.name = "increase", V, {M}, 1, .over = promql_over_increase},
    {.name = "irate", V, {M}, 1, .over = promql_over_irate},
    {.name = "label_join", V, {V, T, T, T}, 4, -1, .call = promql_call_label_join},
    {.name = "label_replace", V, {V, T, T, T, T}, 5, .call = promql_call_label_replace},
    {.name = "last_over_time", V, {M}, 1, .over = promql_over_last, .keeps_name = true},
    {.name = "ln", V, {V}, 1, .map = log},
    {.name = "log10", V, {V}, 1, .map = log10},
    {.name = "log2", V, {V}, 1, .map = log2},
    {.name = "max_over_time", V, {M}, 1, .over = promql_over_max, .chooses = true},
    {.name = "min_over_time", V, {M}, 1, .over = promql_over_min, .chooses = true},
    {.name = "minute", V, {V}, 1, 1, .call = promql_call_date},
    {.name = "month", V, {V}, 1, 1, .call = promql_call_date},
    {.name = "pi", S, {S}, 0, .call = promql_call_pi},
    {.name = "predict_linear", V, {M, S}, 2, .over = promql_over_predict_linear},
    {.name = "present_over_time", V, {M}, 1, .over = promql_over_present},
    {.name = "quantile_over_time", V, {S, M}, 2, .over = promql_over_quantile, .chooses = true},
    {.name = "rad", V, {V}, 1, .map = promql_map_rad},
    {.name = "rate", V, {M}, 1, .over = promql_over_rate},
    {.name = "resets", V, {M}, 1, .over = promql_over_resets, .chooses = true},
    {.name = "round", V, {V, S}, 2, 1, .call = promql_call_round},
    {.name = "scalar", S, {V}, 1, .call = promql_call_scalar},
    {.name = "sgn", V, {V}, 1, .map = promql_map_sgn},
    {.name = "sin", V, {V}, 1, .map = sin},
    {.name = "sinh", V, {V}, 1, .map = sinh},
    {.name = "sort", V, {V}, 1, .call = promql_call_sort},
    {.name = "sort_desc", V, {V}, 1, .call = promql_call_sort},
    {.name = "sqrt", V, {V}, 1, .map = sqrt},
    {.name = "stddev_over_time", V, {M}, 1, .over = promql_over_stddev},
    {.name = "stdvar_over_time", V, {M}, 1, .over = promql_over_stdvar},
    {.name = "sum_over_time", V, {M}, 1, .over = promql_over_sum},
    {.name = "tan", V, {V}, 1, .map = tan},
    {.name = "tanh", V, {V}, 1, .map = tanh},
    {.name = "time", S, {S}, 0, .call = promql_call_time},
    {.name = "timestamp", V, {V}, 1, .call = promql_call_timestamp},
    {.name = "vector", V, {S}, 1, .call = promql_call_vector},
    {.name = "year", V, {V}, 1, 1, .call = promql_call_date},
};

const struct function *promql_function_find(const char *name, size_t length)
{
    size_t low = 0, high = sizeof functions / sizeof *functions;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strncmp(name, functions[middle].name, length);
        if (!order)
            order = functions[middle].name[length] ? -1 : 0;
        if (!order)
            return &functions[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* One letter more, less or other. */
static bool is_near(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return strcasecmp(*a ? a + 1 : a, *b ? b + 1 : b) == 0 || strcasecmp(a, *b ? b + 1 : b) == 0 ||
           strcasecmp(*a ? a + 1 : a, b) == 0 || strcasecmp(a, b) == 0;
}

const char *promql_function_resembling(const char *name)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcasecmp(name, functions[i].name) == 0)
            return functions[i].name;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (is_near(name, functions[i].name))
            return functions[i].name;
    return NULL;
}
