/* Evaluation of formulas: look-back, staleness, ranges, matching, errors, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "promql_memory.h"

/* Evaluates; the answer as text: "{labels} value; ...", or "error N: sentence". */
static char *answer(struct memory *memory, const char *formula, struct promql_request request)
{
    struct promql *promql = NULL;
    struct promql_fault fault = {0};
    if (promql_parse(formula, &promql, &fault))
        fail_msg("%s: column %zu: %s", formula, fault.column, fault.sentence);
    struct promql_value value = {0};
    CLEAN(error_finish) struct error error = {0};
    struct buffer out = {0};
    char number[TEXT_DOUBLE_SIZE];
    request.source = memory_source(memory);
    buffer_text(&out, "");
    int code = promql_evaluate(promql, &request, &value, &error);
    if (code)
        buffer_print(&out, "error %d: %s", code, error_sentence(&error));
    if (!code && value.type == PROMQL_SCALAR) {
        text_from_double(value.scalar, number);
        buffer_text(&out, number);
    }
    if (!code && value.type == PROMQL_STRING)
        buffer_text(&out, value.string);
    for (size_t i = 0; i < value.count; i++) {
        CLEAN(clean_text) char *labels = labels_text(value.rows[i].labels);
        buffer_print(&out, "%s%s", i ? "; " : "", labels);
        for (size_t p = 0; p < value.rows[i].count; p++) {
            text_from_double(value.rows[i].points[p].value, number);
            buffer_print(&out, " %s", number);
            if (value.type == PROMQL_MATRIX)
                buffer_print(&out, "@%lld", (long long)value.rows[i].points[p].time_ms / 1000);
        }
    }
    promql_value_finish(&value);
    promql_free(promql);
    return buffer_take(&out);
}

static void expect(struct memory *memory, const char *formula, int64_t at_s, const char *expected)
{
    struct promql_request request = {.from_ms = at_s * 1000};
    CLEAN(clean_text) char *text = answer(memory, formula, request);
    if (strcmp(text, expected) != 0)
        fail_msg("%s at %lld: %s, not %s", formula, (long long)at_s, text, expected);
}

static void expect_error(struct memory *memory, const char *formula, int code, const char *says)
{
    CLEAN(clean_text) char *text = answer(memory, formula, (struct promql_request){0});
    CLEAN(clean_text) char *head = text_format("error %d: ", code);
    if (!text_begins(text, head) || !strstr(text, says))
        fail_msg("%s: %s", formula, text);
}

static void load(struct memory *memory, const char *line)
{
    assert_true(memory_load(memory, line, 60000));
}

static void clean_memory_source(struct memory *memory)
{
    memory_clear(memory);
}

static void lookback_ends_in_time(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "foo 7");
    expect(&memory, "foo", 0, "foo 7");
    expect(&memory, "foo", 300, "foo 7");
    expect(&memory, "foo", 301, "");
    expect(&memory, "foo", -1, "");
    expect(&memory, "foo offset 1h", 3600, "foo 7");
    expect(&memory, "foo offset -10m", -600, "foo 7");
    expect(&memory, "timestamp(foo)", 240, "{} 0");
    expect(&memory, "timestamp((foo))", 240, "{} 0");
    expect(&memory, "timestamp(+foo)", 240, "{} 240");
    expect(&memory, "timestamp(foo * 1)", 240, "{} 240");
}

static void series_have_their_own_lookback(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "foo{a=\"long\"} 1");
    load(&memory, "foo{a=\"preset\"} 2");
    load(&memory, "foo{a=\"short\"} 3");
    memory.series[0].lookback_ms = 7200000;
    memory.series[2].lookback_ms = 60000;
    struct promql_request request = {.from_ms = 100000, .options = {.reach_ms = 7200000}};
    CLEAN(clean_text) char *early = answer(&memory, "foo", request);
    assert_string_equal(early, "foo{a=\"long\"} 1; foo{a=\"preset\"} 2");
    request.from_ms = 7200000;
    CLEAN(clean_text) char *late = answer(&memory, "foo", request);
    assert_string_equal(late, "foo{a=\"long\"} 1");
    request.from_ms = 7200001;
    CLEAN(clean_text) char *gone = answer(&memory, "foo", request);
    assert_string_equal(gone, "");
    request = (struct promql_request){.from_ms = 400000, .options = {.lookback_ms = 500000}};
    CLEAN(clean_text) char *wide = answer(&memory, "foo", request);
    assert_string_equal(wide, "foo{a=\"long\"} 1; foo{a=\"preset\"} 2");
}

static void stale_series_are_gone(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "foo 1 2 stale _ 5 NaN");
    assert_true(promql_is_stale(promql_stale()));
    expect(&memory, "foo", 119, "foo 2");
    expect(&memory, "foo", 120, "");
    expect(&memory, "foo", 200, "");
    expect(&memory, "foo", 240, "foo 5");
    expect(&memory, "foo", 300, "foo NaN");
    expect(&memory, "count_over_time(foo[5m])", 300, "{} 4");
    expect(&memory, "foo[3m]", 240, "foo 2@60 5@240");
    expect(&memory, "count_over_time(foo[1s])", 120, "");
    expect(&memory, "last_over_time(foo[3m])", 180, "foo 2");
    expect(&memory, "count_over_time(foo[5m:1m])", 240, "{} 3");
}

static void ranges_hold_both_borders(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "foo 0+1x10");
    expect(&memory, "foo[2m]", 240, "foo 2@120 3@180 4@240");
    expect(&memory, "foo[2m]", 241, "foo 3@180 4@240");
    expect(&memory, "foo[2m] offset 1m", 240, "foo 1@60 2@120 3@180");
    expect(&memory, "foo[2m] @ 120", 0, "foo 0@0 1@60 2@120");
    expect(&memory, "foo[2m] @ end()", 120, "foo 0@0 1@60 2@120");
    expect(&memory, "foo[3m:90s]", 300, "foo 3@180 4@270");
    expect(&memory, "(foo + 1)[2m:]", 150, "{} 2@60 3@120");
    expect(&memory, "foo[1m:20s]", 10, "foo 0@0");
    expect(&memory, "sum_over_time(sum_over_time(foo[1m])[2m:1m] offset 1m)", 240, "{} 9");
}

static void matching_keeps_its_rules(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "used{host=\"a\",disk=\"x\"} 8");
    load(&memory, "used{host=\"a\",disk=\"y\"} 3");
    load(&memory, "used{host=\"b\",disk=\"x\"} 5");
    load(&memory, "size{host=\"a\",disk=\"x\",site=\"s\"} 10");
    load(&memory, "size{host=\"b\",disk=\"x\",site=\"t\"} 10");
    load(&memory, "info{host=\"a\",owner=\"o\"} 1");
    expect(&memory, "used / size", 0, "");
    expect(&memory, "used / ignoring(site) size", 0,
           "{disk=\"x\",host=\"a\"} 0.8; {disk=\"x\",host=\"b\"} 0.5");
    expect(&memory, "used / on(host, disk) size > 0.6", 0, "{disk=\"x\",host=\"a\"} 0.8");
    expect(&memory, "used > on(host, disk) size / 2", 0, "{disk=\"x\",host=\"a\"} 8");
    expect(&memory, "used >= ignoring(site) size / 2", 0,
           "used{disk=\"x\",host=\"a\"} 8; used{disk=\"x\",host=\"b\"} 5");
    expect(&memory, "used >= bool ignoring(site) size", 0,
           "{disk=\"x\",host=\"a\"} 0; {disk=\"x\",host=\"b\"} 0");
    expect(&memory, "used * on(host) group_left(owner) info", 0,
           "{disk=\"x\",host=\"a\",owner=\"o\"} 8; {disk=\"y\",host=\"a\",owner=\"o\"} 3");
    expect(&memory, "info - on(host) group_right used", 0,
           "{disk=\"x\",host=\"a\"} -7; {disk=\"y\",host=\"a\"} -2");
    expect(&memory, "used unless on(host) info", 0, "used{disk=\"x\",host=\"b\"} 5");
    expect(&memory, "used and ignoring(disk, owner) info", 0,
           "used{disk=\"x\",host=\"a\"} 8; used{disk=\"y\",host=\"a\"} 3");
    expect(&memory, "info or on(host) used", 0,
           "info{host=\"a\",owner=\"o\"} 1; used{disk=\"x\",host=\"b\"} 5");
    expect(&memory, "nothing or info", 0, "info{host=\"a\",owner=\"o\"} 1");
    expect(&memory, "used and nothing", 0, "");
    expect(&memory, "10 - used < 3", 0, "{disk=\"x\",host=\"a\"} 2");
    expect(&memory, "4 < used", 0, "used{disk=\"x\",host=\"a\"} 8; used{disk=\"x\",host=\"b\"} 5");
}

static void ambiguous_matches_are_errors(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "many{host=\"a\",disk=\"x\"} 8");
    load(&memory, "many{host=\"a\",disk=\"y\"} 3");
    load(&memory, "one{host=\"a\"} 1");
    load(&memory, "two{host=\"a\",disk=\"x\"} 8");
    expect_error(&memory, "one * on(host) many", ERROR_RANGE, "many-to-many");
    expect_error(&memory, "many * on(host) group_left many", ERROR_RANGE, "right side");
    expect_error(&memory, "many * on(host) group_right many", ERROR_RANGE, "left side");
    expect_error(&memory, "many * on(host) one", ERROR_RANGE, "group_left");
    expect_error(&memory, "abs({host=\"a\",disk=\"x\"})", ERROR_RANGE, "same labels");
    expect_error(&memory, "-{host=\"a\",disk=\"x\"}", ERROR_RANGE, "{disk=\"x\",host=\"a\"}");
    expect_error(&memory, "count_over_time({host=\"a\",disk=\"x\"}[5m])", ERROR_RANGE,
                 "same labels");
    expect_error(&memory, "label_replace(many, \"disk\", \"z\", \"\", \"\")", ERROR_RANGE,
                 "same labels");
    expect_error(&memory, "many * on(host) group_left(disk) one", ERROR_RANGE, "same labels");
    expect(&memory, "many > on(host) one + 6", 0, "{host=\"a\"} 8");
}

static void ranges_of_time_give_matrices(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "foo{a=\"1\"} 0+1x3 stale");
    load(&memory, "foo{a=\"2\"} _ _ 9");
    struct promql_request request = {.from_ms = 0, .to_ms = 300000, .step_ms = 60000};
    CLEAN(clean_text) char *plain = answer(&memory, "foo", request);
    assert_string_equal(plain, "foo{a=\"1\"} 0@0 1@60 2@120 3@180; "
                               "foo{a=\"2\"} 9@120 9@180 9@240 9@300");
    CLEAN(clean_text) char *sums = answer(&memory, "sum(foo)", request);
    assert_string_equal(sums, "{} 0@0 1@60 11@120 12@180 9@240 9@300");
    request.step_ms = 150000;
    CLEAN(clean_text) char *time = answer(&memory, "time()", request);
    assert_string_equal(time, "{} 0@0 150@150 300@300");
    CLEAN(clean_text) char *ends = answer(&memory, "foo{a=\"2\"} @ end() - 1", request);
    assert_string_equal(ends, "{a=\"2\"} 8@0 8@150 8@300");
    CLEAN(clean_text) char *starts = answer(&memory, "foo @ start()", request);
    assert_string_equal(starts, "foo{a=\"1\"} 0@0 0@150 0@300");
    CLEAN(clean_text) char *nested = answer(&memory, "max_over_time(foo[2m:1m])", request);
    assert_string_equal(nested, "{a=\"1\"} 0@0 2@150 3@300; {a=\"2\"} 9@150 9@300");
    CLEAN(clean_text) char *absent = answer(&memory, "absent(foo{a=\"1\"})", request);
    assert_string_equal(absent, "{a=\"1\"} 1@300");
    CLEAN(clean_text) char *matrix = answer(&memory, "foo[5m]", request);
    assert_true(text_begins(matrix, "error -4: "));
    request.to_ms = request.step_ms * 10999;
    CLEAN(clean_text) char *most = answer(&memory, "1", request);
    assert_false(text_begins(most, "error"));
    request.to_ms++;
    request.from_ms = -request.step_ms;
    CLEAN(clean_text) char *more = answer(&memory, "1", request);
    assert_true(text_begins(more, "error -5: "));
    request.to_ms = request.from_ms - 1;
    CLEAN(clean_text) char *back = answer(&memory, "1", request);
    assert_true(text_begins(back, "error -4: "));
}

static void work_is_limited(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "foo{a=\"1\"} 0+1x9");
    load(&memory, "foo{a=\"2\"} 0+1x9");
    struct promql_request request = {.from_ms = 540000, .options = {.limit_samples = 15}};
    CLEAN(clean_text) char *samples = answer(&memory, "sum_over_time(foo[1h])", request);
    assert_true(text_begins(samples, "error -5: "));
    CLEAN(clean_text) char *steps = answer(&memory, "sum_over_time(vector(1)[1y:1ms])", request);
    assert_true(text_begins(steps, "error -5: "));
    request.options.limit_samples = 100;
    CLEAN(clean_text) char *enough = answer(&memory, "sum_over_time(foo[1h])", request);
    assert_string_equal(enough, "{a=\"1\"} 45; {a=\"2\"} 45");
    request.options.limit_series = 1;
    CLEAN(clean_text) char *series = answer(&memory, "foo", request);
    assert_true(text_begins(series, "error -5: "));
    load(&memory, "foo{a=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"} 1");
    expect_error(&memory, "foo{a!~\"(a+)+c?(a+)+c?(a+)+$\"}", ERROR_LIMIT, "too much work");
    expect_error(&memory, "label_replace(foo, \"b\", \"\", \"a\", \"(a+)+c?(a+)+c?(a+)+$\")",
                 ERROR_LIMIT, "too much work");
    expect(&memory, "count(foo{a=~\".+\"})", 0, "{} 3");
}

static void answers_are_in_order(void **state)
{
    (void)state;
    CLEAN(clean_memory_source) struct memory memory = {0};
    load(&memory, "foo{a=\"3\"} 1");
    load(&memory, "foo{a=\"1\"} NaN");
    load(&memory, "foo{a=\"2\"} 7");
    expect(&memory, "foo", 0, "foo{a=\"1\"} NaN; foo{a=\"2\"} 7; foo{a=\"3\"} 1");
    expect(&memory, "sort(foo)", 0, "foo{a=\"3\"} 1; foo{a=\"2\"} 7; foo{a=\"1\"} NaN");
    expect(&memory, "(sort_desc(foo))", 0, "foo{a=\"2\"} 7; foo{a=\"3\"} 1; foo{a=\"1\"} NaN");
    expect(&memory, "topk(2, foo)", 0, "foo{a=\"2\"} 7; foo{a=\"3\"} 1");
    expect(&memory, "bottomk(1, foo)", 0, "foo{a=\"3\"} 1");
    expect(&memory, "topk(0, foo)", 0, "");
    expect_error(&memory, "topk(NaN, foo)", ERROR_RANGE, "no such number");
    expect(&memory, "2 * topk(2, foo)", 0, "{a=\"2\"} 14; {a=\"3\"} 2");
    expect(&memory, "'a text'", 0, "a text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookback_ends_in_time),
        cmocka_unit_test(series_have_their_own_lookback),
        cmocka_unit_test(stale_series_are_gone),
        cmocka_unit_test(ranges_hold_both_borders),
        cmocka_unit_test(matching_keeps_its_rules),
        cmocka_unit_test(ambiguous_matches_are_errors),
        cmocka_unit_test(ranges_of_time_give_matrices),
        cmocka_unit_test(work_is_limited),
        cmocka_unit_test(answers_are_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
