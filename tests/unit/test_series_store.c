/* Series: what is in memory equals what is stored; trimming, windows, views, footprint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "unit/series_bench.h"

static void fill(struct bench *bench)
{
    static const double values[] = {0,
                                    -0.0,
                                    1,
                                    -1,
                                    0.1,
                                    1e300,
                                    5e-324,
                                    NAN,
                                    INFINITY,
                                    -INFINITY,
                                    9007199254740992.0,
                                    -3.5,
                                    123456789,
                                    1e15,
                                    4294967296.0};
    for (size_t i = 0; i < 45; i++) {
        int64_t time = 1795323600000 + (int64_t)i * 10000 + (int64_t)(i * i % 7);
        struct series_run *run = begin(bench, "a");
        give(run, SERIES_GAUGE, "g", "x", values[i % 15]);
        if (i % 3)
            give(run, SERIES_GAUGE, "g", "y", (double)i);
        give_text(run, "t", i < 20 ? "old \"text\"\n" : "new \xc3\xa9");
        give(run, SERIES_EVENT, "e", "", (double)(i % 4));
        end(bench, run, i % 11 == 10 ? SERIES_FAILED : SERIES_WELL, time, time - 10000);
        save(bench, time);
    }
}

static void test_close_and_open_are_equal(void **state)
{
    struct bench *bench = *state;
    struct series_figures before, after;
    fill(bench);
    CLEAN(clean_text) char *first = dump(bench, NULL, INT64_MIN, INT64_MAX);
    series_figures(bench->set, &before);
    close_set(bench);
    open_set(bench);
    CLEAN(clean_text) char *second = dump(bench, NULL, INT64_MIN, INT64_MAX);
    series_figures(bench->set, &after);
    assert_string_equal(first, second);
    assert_int_equal(before.samples, after.samples);
    assert_int_equal(before.bytes, after.bytes);
    assert_true(strlen(first) > 1000);
}

static void test_reload_after_rollback_is_as_before(void **state)
{
    struct bench *bench = *state;
    fill(bench);
    CLEAN(clean_text) char *before = dump(bench, NULL, INT64_MIN, INT64_MAX);
    struct series_run *open = begin(bench, "b");
    give(open, SERIES_GAUGE, "g", "kept", 1);
    assert_int_equal(store_begin(bench->store, &bench->error), 0);
    gauges(bench, 1895323600000, SERIES_WELL, "xyz");
    assert_int_equal(series_save(bench->set, 1895323600000, &bench->error), 0);
    store_rollback(bench->store);
    assert_int_equal(series_reload(bench->set, &bench->error), 0);
    CLEAN(clean_text) char *after = dump(bench, NULL, INT64_MIN, INT64_MAX);
    assert_string_equal(before, after);
    /* The run that was open goes on, and new series find their places. */
    end(bench, open, SERIES_WELL, 1895323600001, 0);
    save(bench, 1895323600001);
    CLEAN(clean_text) char *more = dump(bench, "g", 1895323600001, INT64_MAX);
    assert_string_equal(more, "g{instance=\"b\",user=\"kept\"} 1895323600001=1;");
}

static void test_damaged_row_is_named(void **state)
{
    struct bench *bench = *state;
    gauges(bench, 10, SERIES_WELL, "x");
    save(bench, 10);
    assert_int_equal(store_run(store_query(bench->store, "UPDATE samples SET body=x'01ff'"), NULL),
                     0);
    assert_int_equal(series_reload(bench->set, &bench->error), ERROR_FORMAT);
    assert_non_null(strstr(error_sentence(&bench->error), "row 1"));
    assert_int_equal(store_run(store_query(bench->store, "UPDATE samples SET body=x'02'"), NULL),
                     0);
    assert_int_equal(series_reload(bench->set, &bench->error), ERROR_VERSION);
    assert_int_equal(store_run(store_query(bench->store, "UPDATE series SET labels='[1]'"), NULL),
                     0);
    assert_int_equal(series_reload(bench->set, &bench->error), ERROR_FORMAT);
}

static void test_trim(void **state)
{
    struct bench *bench = *state;
    struct series_figures figures;
    bench->limits.keep_ms = 1000;
    close_set(bench);
    open_set(bench);
    for (int64_t t = 1000; t < 4000; t += 100) {
        gauges(bench, t, SERIES_WELL, t < 1500 ? "xy" : "x");
        save(bench, t);
    }
    assert_int_equal(series_trim(bench->set, 4000, &bench->error), 0);
    expect(bench, "g",
           "g{instance=\"a\",user=\"x\"} 3000=1 3100=1 3200=1 3300=1 3400=1 3500=1 3600=1 3700=1"
           " 3800=1 3900=1;");
    series_figures(bench->set, &figures);
    assert_int_equal(figures.series, 1);
    close_set(bench);
    open_set(bench);
    series_figures(bench->set, &figures);
    assert_int_equal(figures.series, 1);
    assert_int_equal(figures.samples, 10);
    gauges(bench, 4000, SERIES_WELL, "xz");
    save(bench, 4000);
    expect_window(
        bench, "g", 3900, 4000,
        "g{instance=\"a\",user=\"x\"} 3900=1 4000=1;g{instance=\"a\",user=\"z\"} 4000=1;");
    assert_int_equal(series_trim(bench->set, 9000, &bench->error), 0);
    series_figures(bench->set, &figures);
    assert_int_equal(figures.series, 0);
    assert_int_equal(figures.samples, 0);
    assert_int_equal(figures.bytes, 0);
}

/* The number of a series that is gone is not given again while rows still name it. */
static void test_numbers_are_not_given_again(void **state)
{
    struct bench *bench = *state;
    gauges(bench, 10, SERIES_WELL, "x");
    save(bench, 10);
    assert_int_equal(store_run(store_query(bench->store, "DELETE FROM series"), NULL), 0);
    assert_int_equal(series_reload(bench->set, &bench->error), 0);
    gauges(bench, 20, SERIES_WELL, "z");
    save(bench, 20);
    assert_int_equal(series_reload(bench->set, &bench->error), 0);
    expect(bench, NULL, "g{instance=\"a\",user=\"z\"} 20=1;");
}

static bool wants_y(const void *context, const struct labels *labels)
{
    return strcmp(labels_get(labels, "user"), context) == 0;
}

static int stop_at_once(void *context, const struct series_view *view)
{
    (void)view;
    *(int *)context += 1;
    return ERROR_LIMIT;
}

static void test_windows(void **state)
{
    struct bench *bench = *state;
    struct buffer out = {0};
    int calls = 0;
    for (int64_t t = 10; t <= 50; t += 10)
        gauges(bench, t, SERIES_WELL, t == 50 ? "x" : "yx");
    expect_window(bench, "g", 40, 40,
                  "g{instance=\"a\",user=\"x\"} 40=1;g{instance=\"a\",user=\"y\"} 40=1;");
    expect_window(bench, "g", 41, 49, "");
    expect_window(bench, "g", 51, 99, "");
    expect_window(bench, "g", 0, 9, "");
    expect_window(bench, "g", 45, 60,
                  "g{instance=\"a\",user=\"x\"} 50=1;g{instance=\"a\",user=\"y\"} 50=stale;");
    expect_window(bench, "g", 15, 35,
                  "g{instance=\"a\",user=\"x\"} 20=1 30=1;g{instance=\"a\",user=\"y\"} 20=1 30=1;");
    struct series_window window = {
        .name = "g", .to_ms = 10, .wants = wants_y, .wants_context = "y"};
    assert_int_equal(series_each(bench->set, &window, dump_one, &out), 0);
    assert_string_equal(out.data, "g{instance=\"a\",user=\"y\"} 10=1;");
    buffer_finish(&out);
    window.wants = NULL;
    window.newest = true;
    window.to_ms = 99;
    assert_int_equal(series_each(bench->set, &window, dump_one, &out), 0);
    assert_string_equal(out.data,
                        "g{instance=\"a\",user=\"x\"} 50=1;g{instance=\"a\",user=\"y\"} 50=stale;");
    buffer_finish(&out);
    assert_int_equal(series_each(bench->set, &window, stop_at_once, &calls), ERROR_LIMIT);
    assert_int_equal(calls, 1);
}

static int keep_view(void *context, const struct series_view *view)
{
    const struct series_view **kept = context;
    *kept = view;
    return 0;
}

static void test_views_live_until_release(void **state)
{
    struct bench *bench = *state;
    const struct series_view *first = NULL, *second = NULL;
    struct series_window window = {.name = "g", .from_ms = 0, .to_ms = 100000};
    for (int64_t t = 1; t <= 9000; t++)
        gauges(bench, t, SERIES_PARTIAL, "x");
    assert_int_equal(series_each(bench->set, &window, keep_view, &first), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(series_each(bench->set, &window, keep_view, &second), 0);
    assert_int_equal(first->count, 9000);
    assert_int_equal(first->lookback_ms, 7000);
    for (size_t i = 0; i < first->count; i++)
        assert_true(first->times[i] == (int64_t)i + 1 && first->values[i] == 1);
    series_release(bench->set);
}

static void test_week_of_a_constant_is_cheap(void **state)
{
    struct bench *bench = *state;
    struct series_figures figures;
    for (int64_t i = 0; i < 60480; i++)
        gauges(bench, 1795323600000 + i * 10000, SERIES_WELL, "x");
    series_figures(bench->set, &figures);
    assert_int_equal(figures.samples, 60480);
    assert_true(figures.bytes < 8 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_close_and_open_are_equal),    TEST(test_reload_after_rollback_is_as_before),
        TEST(test_damaged_row_is_named),        TEST(test_trim),
        TEST(test_numbers_are_not_given_again), TEST(test_windows),
        TEST(test_views_live_until_release),    TEST(test_week_of_a_constant_is_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
