/* Functions and aggregations of formulas, on cases worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ground/base/clean.h"
#include "promql_memory.h"

/* The single value that the formula gives; -404 for an empty answer. */
static double value_of(struct memory *memory, const char *formula, int64_t at_s)
{
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    if (promql_parse(formula, &promql, &fault))
        fail_msg("%s: column %zu: %s", formula, fault.column, fault.sentence);
    struct promql_request request = {.source = memory_source(memory), .from_ms = at_s * 1000};
    struct promql_value value = {0};
    CLEAN(error_finish) struct error error = {0};
    if (promql_evaluate(promql, &request, &value, &error))
        fail_msg("%s: %s", formula, error_sentence(&error));
    double result = value.type == PROMQL_SCALAR ? value.scalar
                    : value.count               ? value.rows[0].points[0].value
                                                : -404;
    if (value.count > 1)
        fail_msg("%s gives %zu series", formula, value.count);
    promql_value_finish(&value);
    promql_free(promql);
    return result;
}

struct expectation {
    const char *formula;
    int64_t at_s;
    double value;
};

static void check_all(struct memory *memory, const struct expectation *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double value = value_of(memory, expected[i].formula, expected[i].at_s);
        bool same = isnan(value)
                        ? isnan(expected[i].value)
                        : value == expected[i].value || fabs(value - expected[i].value) <
                                                            1e-9 * fmax(1, fabs(expected[i].value));
        if (!same)
            fail_msg("%s at %lld: %.17g, not %.17g", expected[i].formula,
                     (long long)expected[i].at_s, value, expected[i].value);
    }
}

static void ranges_are_summed_up(void **state)
{
    static const struct expectation expected[] = {
        {"sum_over_time(x[5m])", 300, 21},
        {"avg_over_time(x[5m])", 300, 3.5},
        {"min_over_time(x[5m])", 300, 1},
        {"max_over_time(x[5m])", 300, 6},
        {"count_over_time(x[5m])", 300, 6},
        {"last_over_time(x[5m])", 300, 5},
        {"present_over_time(x[5m])", 300, 1},
        {"present_over_time(x[5m])", 3000, -404},
        {"stdvar_over_time(x[5m])", 300, 35.0 / 12},
        {"stddev_over_time(x[5m])", 300, 1.707825127659933},
        {"quantile_over_time(0.5, x[5m])", 300, 3.5},
        {"quantile_over_time(0, x[5m])", 300, 1},
        {"quantile_over_time(0.9, x[5m])", 300, 5.5},
        {"quantile_over_time(-1, x[5m])", 300, -INFINITY},
        {"quantile_over_time(2, x[5m])", 300, INFINITY},
        {"changes(x[5m])", 300, 5},
        {"resets(x[5m])", 300, 2},
        {"absent_over_time(x[5m])", 300, -404},
        {"absent_over_time(x[5m])", 3000, 1},
        {"sum_over_time(kahan[5m])", 180, 2},
        {"avg_over_time(big[5m])", 60, 1.7e308},
        {"min_over_time(some[5m])", 120, 1},
        {"max_over_time(some[5m])", 120, 2},
    };
    (void)state;
    struct memory memory = {0};
    assert_true(memory_load(&memory, "x 1 4 2 3 6 5", 60000));
    assert_true(memory_load(&memory, "kahan 1 1e100 1 -1e100", 60000));
    assert_true(memory_load(&memory, "big 1.7e308 1.7e308", 60000));
    assert_true(memory_load(&memory, "some NaN 1 2", 60000));
    check_all(&memory, expected, sizeof expected / sizeof *expected);
    memory_clear(&memory);
}

static void rates_are_extrapolated(void **state)
{
    static const struct expectation expected[] = {
        /* 4 samples 60 s apart, 1 s from either border: 180 s of 182 s known */
        {"increase(c[182s])", 361, 3 * 182.0 / 180},
        {"rate(c[182s])", 361, 3.0 / 180},
        /* border further than 1.1 distances: half a distance is added */
        {"increase(late[5m])", 300, 2 * (120.0 + 30) / 120},
        /* a counter is not extended below zero: 20 s to zero instead of 30 s */
        {"increase(low[5m])", 300, 6 * (120.0 + 20) / 120},
        {"delta(low[5m])", 300, 6 * (120.0 + 30) / 120},
        /* a reset adds what was there before */
        {"increase(reset[2m])", 120, 5 + 2},
        {"delta(reset[2m])", 120, -3},
        {"increase(c[30s])", 360, -404},
        {"irate(reset[2m])", 120, 2.0 / 60},
        {"irate(c[5m])", 360, 1.0 / 60},
        {"idelta(reset[2m])", 120, -8},
        {"deriv(c[5m])", 300, 1.0 / 60},
        {"predict_linear(c[5m], 600)", 300, 15},
        {"predict_linear(c[5m] offset 1m, 0)", 300, 5},
        {"deriv(flat[5m])", 300, 0},
        {"holt_winters(c[5m], 0.5, 0.5)", 300, 5},
        {"rate(c[5m:1m])", 300, 1.0 / 60},
    };
    (void)state;
    struct memory memory = {0};
    assert_true(memory_load(&memory, "c 0+1x10", 60000));
    assert_true(memory_load(&memory, "late _ _ _ 10 11 12", 60000));
    assert_true(memory_load(&memory, "low _ _ _ 1 4 7", 60000));
    assert_true(memory_load(&memory, "reset 5 10 2", 60000));
    assert_true(memory_load(&memory, "flat 3 3 3 3 3 3", 60000));
    check_all(&memory, expected, sizeof expected / sizeof *expected);
    memory_clear(&memory);
}

static void values_are_mapped(void **state)
{
    static const struct expectation expected[] = {
        {"abs(n)", 0, 2.5},
        {"ceil(n)", 0, -2},
        {"floor(n)", 0, -3},
        {"round(n)", 0, -2},
        {"round(n, 2)", 0, -2},
        {"round(vector(7), 0)", 0, NAN},
        {"sgn(n)", 0, -1},
        {"sqrt(n)", 0, NAN},
        {"exp(vector(1))", 0, 2.718281828459045},
        {"ln(vector(0))", 0, -INFINITY},
        {"log2(vector(8))", 0, 3},
        {"log10(vector(1000))", 0, 3},
        {"clamp(n, -1, 1)", 0, -1},
        {"clamp(n, 1, -1)", 0, -404},
        {"clamp_min(n, NaN)", 0, NAN},
        {"clamp_max(n, -9)", 0, -9},
        {"clamp_min(vector(NaN), Inf)", 0, INFINITY},
        {"deg(vector(pi()))", 0, 180},
        {"scalar(n)", 0, -2.5},
        {"scalar(missing)", 0, NAN},
        {"time()", 7, 7},
        {"-2 ^ 2", 0, -4},
        {"2 ^ 3 ^ 2", 0, 512},
        {"2 - 3 - 4", 0, -5},
        {"7 % -4", 0, 3},
        {"1 + 2 * 3 == bool 7", 0, 1},
        {"vector(1) or vector(2)", 0, 1},
        {"year(vector(1709210096))", 0, 2024}, /* 2024-02-29T12:34:56Z, a Thursday */
        {"month(vector(1709210096))", 0, 2},
        {"day_of_month(vector(1709210096))", 0, 29},
        {"day_of_week(vector(1709210096))", 0, 4},
        {"day_of_year(vector(1709210096))", 0, 60},
        {"days_in_month(vector(1709210096))", 0, 29},
        {"hour(vector(1709210096))", 0, 12},
        {"minute(vector(1709210096))", 0, 34},
        {"year(vector(-1))", 0, 1969},
        {"hour(vector(-1))", 0, 23},
        {"days_in_month(vector(4105123200))", 0, 28}, /* February 2100 is no leap month */
        {"day_of_week()", 345600, 1},
        {"year(vector(NaN))", 0, NAN},
    };
    (void)state;
    struct memory memory = {0};
    assert_true(memory_load(&memory, "n -2.5", 60000));
    check_all(&memory, expected, sizeof expected / sizeof *expected);
    memory_clear(&memory);
}

static void groups_are_formed(void **state)
{
    static const struct expectation expected[] = {
        {"sum(v)", 0, 10},
        {"avg(v)", 0, 2.5},
        {"sum(v{a=\"x\"})", 0, 3},
        {"count(v > 1)", 0, 3},
        {"count(count by (a) (v))", 0, 2},
        {"sum(sum without (b) (v) == 7)", 0, 7},
        {"stdvar(v)", 0, 1.25},
        {"quantile(0.25, v)", 0, 1.75},
        {"group(v)", 0, 1},
        {"count_values(\"n\", v{b=\"1\"} * 0)", 0, 2},
        {"sum(missing)", 0, -404},
        {"count(missing)", 0, -404},
        {"count by (n) (count_values(\"n\", v * 1e22)) and on(n) "
         "label_replace(vector(1), \"n\", \"10000000000000000000000\", \"\", \"\")",
         0, 1},
        {"count(count_values(\"n\", vector(1.5e-7) or label_replace(vector(12345678901234567890), "
         "\"x\", \"y\", \"\", \"\") or label_replace(vector(120), \"x\", \"z\", \"\", \"\")) and "
         "on(n) (label_replace(vector(1), \"n\", \"0.00000015\", \"\", \"\") or "
         "label_replace(vector(1), \"n\", \"12345678901234567000\", \"\", \"\") or "
         "label_replace(vector(1), \"n\", \"120\", \"\", \"\")))",
         0, 3},
        {"absent(missing{a=\"b\",c=~\"d\"})", 0, 1},
        {"absent(v)", 0, -404},
        {"label_replace(v{a=\"x\",b=\"1\"}, \"c\", \"$1-${one}$$\", \"a\", \"(?P<one>.*)\") and "
         "on(c) label_replace(vector(1), \"c\", \"x-x$$\", \"\", \"\")",
         0, 1},
        {"label_join(v{a=\"y\",b=\"2\"}, \"c\", \"-\", \"a\", \"none\", \"b\") and on(c) "
         "label_replace(vector(1), \"c\", \"y--2\", \"\", \"\")",
         0, 4},
        {"count(label_replace(v, \"a\", \"\", \"a\", \"x\") unless on(a) vector(1))", 0, 2},
        {"histogram_quantile(0.5, h)", 0, 1.5},
        {"histogram_quantile(0.99, h)", 0, 2},
        {"histogram_quantile(0.1, h)", 0, 0.4},
        {"histogram_quantile(0.1, v)", 0, -404},
    };
    (void)state;
    struct memory memory = {0};
    assert_true(memory_load(&memory, "v{a=\"x\",b=\"1\"} 1", 60000));
    assert_true(memory_load(&memory, "v{a=\"x\",b=\"2\"} 2", 60000));
    assert_true(memory_load(&memory, "v{a=\"y\",b=\"1\"} 3", 60000));
    assert_true(memory_load(&memory, "v{a=\"y\",b=\"2\"} 4", 60000));
    assert_true(memory_load(&memory, "h{le=\"1\"} 2.5", 60000));
    assert_true(memory_load(&memory, "h{le=\"2\"} 7.5", 60000));
    assert_true(memory_load(&memory, "h{le=\"+Inf\"} 10", 60000));
    check_all(&memory, expected, sizeof expected / sizeof *expected);
    memory_clear(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_summed_up),
        cmocka_unit_test(rates_are_extrapolated),
        cmocka_unit_test(values_are_mapped),
        cmocka_unit_test(groups_are_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
