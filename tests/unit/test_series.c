/* Series: runs, staleness, events and sums, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/clean.h"
#include "unit/series_bench.h"

static void test_nothing_is_seen_before_the_end(void **state)
{
    struct bench *bench = *state;
    struct series_run *run = begin(bench, "a"), *second = NULL;
    give(run, SERIES_GAUGE, "g", "x", 5);
    expect(bench, NULL, "");
    assert_int_equal(series_run_begin(bench->set, "a", 1, &second), ERROR_STATE);
    assert_int_equal(series_run_begin(bench->set, "", 1, &second), ERROR_RANGE);
    struct series_run *other = begin(bench, "b");
    give(other, SERIES_GAUGE, "g", "x", 6);
    end(bench, run, SERIES_WELL, 10, 0);
    expect(bench, NULL, "g{instance=\"a\",user=\"x\"} 10=5;");
    end(bench, other, SERIES_WELL, 11, 0);
    expect(bench, "g", "g{instance=\"a\",user=\"x\"} 10=5;g{instance=\"b\",user=\"x\"} 11=6;");
    run = begin(bench, "a");
    give(run, SERIES_GAUGE, "h", "", 5);
    series_run_drop(run);
    expect(bench, "h", "");
    run = begin(bench, "a"); /* left open: series_close drops it */
}

static void test_given_twice(void **state)
{
    struct bench *bench = *state;
    struct series_run *run = begin(bench, "a");
    give(run, SERIES_GAUGE, "g", "", 1);
    give(run, SERIES_GAUGE, "g", "", 2);
    give(run, SERIES_COUNTER, "c", "", 9);
    give(run, SERIES_COUNTER, "c", "", 8);
    give(run, SERIES_EVENT, "e", "", 3);
    give(run, SERIES_EVENT, "e", "", 4);
    end(bench, run, SERIES_WELL, 10, 0);
    expect(bench, NULL,
           "c{instance=\"a\"} 10=8;e{instance=\"a\"} 10=7;e_total{instance=\"a\"} 10=7;"
           "g{instance=\"a\"} 10=2;");
}

static void test_repaired_account_leaves_at_once(void **state)
{
    struct bench *bench = *state;
    gauges(bench, 10, SERIES_WELL, "xy");
    gauges(bench, 20, SERIES_WELL, "x");
    gauges(bench, 30, SERIES_WELL, "x");
    gauges(bench, 40, SERIES_WELL, "xy");
    expect(bench, "g",
           "g{instance=\"a\",user=\"x\"} 10=1 20=1 30=1 40=1;"
           "g{instance=\"a\",user=\"y\"} 10=1 20=stale 40=1;");
}

static void test_outcomes(void **state)
{
    struct bench *bench = *state;
    gauges(bench, 10, SERIES_WELL, "xy");
    gauges(bench, 20, SERIES_PARTIAL, "x");
    expect(bench, "g", "g{instance=\"a\",user=\"x\"} 10=1 20=1;g{instance=\"a\",user=\"y\"} 10=1;");
    gauges(bench, 30, SERIES_FAILED, "xz");
    gauges(bench, 40, SERIES_FAILED, "");
    expect(bench, "g",
           "g{instance=\"a\",user=\"x\"} 10=1 20=1 30=stale;"
           "g{instance=\"a\",user=\"y\"} 10=1 30=stale;");
    struct series_run *run = begin(bench, "b");
    end(bench, run, SERIES_FAILED, 50, 0);
    expect_window(bench, "g", 31, 100, "");
}

static void events(struct bench *bench, int64_t time_ms, int64_t previous_ms, double count,
                   enum series_outcome outcome)
{
    struct series_run *run = begin(bench, "log");
    if (count > 0)
        give(run, SERIES_EVENT, "hits", "", count);
    end(bench, run, outcome, time_ms, previous_ms);
}

/* As increase() would see it, last minus first: the zero at the previous time makes it ten. */
static void test_first_ten_events_count_ten(void **state)
{
    struct bench *bench = *state;
    events(bench, 10, 0, 0, SERIES_WELL);
    events(bench, 20, 10, 10, SERIES_WELL);
    expect(bench, NULL, "hits{instance=\"log\"} 20=10;hits_total{instance=\"log\"} 10=0 20=10;");
    events(bench, 30, 20, 0, SERIES_WELL);
    events(bench, 40, 30, 2.5, SERIES_PARTIAL);
    expect(bench, NULL,
           "hits{instance=\"log\"} 20=10 30=0 40=2.5;"
           "hits_total{instance=\"log\"} 10=0 20=10 30=10 40=12.5;");
    events(bench, 50, 40, 99, SERIES_FAILED);
    events(bench, 60, 50, 1, SERIES_WELL);
    expect_window(bench, NULL, 45, 100,
                  "hits{instance=\"log\"} 50=stale 60=1;"
                  "hits_total{instance=\"log\"} 50=stale 60=13.5;");
}

/* That nothing came is known at the interval's end, not in the middle of it. */
static void test_batch_tells_only_what_came(void **state)
{
    struct bench *bench = *state;
    events(bench, 10, 0, 1, SERIES_PARTIAL);
    events(bench, 20, 10, 0, SERIES_BATCH);
    events(bench, 30, 20, 2, SERIES_BATCH);
    events(bench, 40, 30, 0, SERIES_PARTIAL);
    expect(bench, NULL,
           "hits{instance=\"log\"} 10=1 30=2 40=0;"
           "hits_total{instance=\"log\"} 10=1 30=3 40=3;");
}

static void test_first_run_has_no_zero_before_it(void **state)
{
    struct bench *bench = *state;
    events(bench, 20, 0, 10, SERIES_WELL);
    expect(bench, "hits_total", "hits_total{instance=\"log\"} 20=10;");
}

static void test_sums_go_on_after_a_restart(void **state)
{
    struct bench *bench = *state;
    events(bench, 20, 10, 10, SERIES_WELL);
    events(bench, 25, 20, 0, SERIES_FAILED);
    save(bench, 25);
    close_set(bench);
    open_set(bench);
    events(bench, 30, 25, 0, SERIES_WELL);
    events(bench, 40, 30, 5, SERIES_WELL);
    expect(bench, NULL,
           "hits{instance=\"log\"} 20=10 25=stale 30=0 40=5;"
           "hits_total{instance=\"log\"} 10=0 20=10 25=stale 30=10 40=15;");
}

static void test_text_that_changes(void **state)
{
    struct bench *bench = *state;
    struct series_run *run = begin(bench, "a");
    give_text(run, "os", "12");
    end(bench, run, SERIES_WELL, 10, 0);
    run = begin(bench, "a");
    give_text(run, "os", "13");
    end(bench, run, SERIES_WELL, 20, 0);
    expect(bench, NULL,
           "os_info{instance=\"a\",value=\"12\"} 10=1 20=stale;"
           "os_info{instance=\"a\",value=\"13\"} 20=1;");
}

/* One run of events, one a letter; "-" is a run with nothing. */
static void hits(struct bench *bench, int64_t time_ms, const char *users)
{
    struct series_run *run = begin(bench, "log");
    for (; *users && *users != '-'; users++) {
        const char user[] = {*users, '\0'};
        give(run, SERIES_EVENT, "hits", user, 1);
    }
    end(bench, run, SERIES_PARTIAL, time_ms, time_ms - 1);
}

/* The limit is 3. What had no event for a day makes room where others had none, and only then. */
static void test_idle_events_make_room(void **state)
{
    const int64_t day = 86400000;
    struct bench *bench = *state;
    hits(bench, 10, "abc");
    hits(bench, 20 + day, "-");
    hits(bench, 30 + day, "ad");
    save(bench, 30 + day);
    close_set(bench);
    open_set(bench);
    hits(bench, 40 + day, "def");
    hits(bench, 50 + day, "b");
    expect_window(bench, "hits", day, 2 * day,
                  "hits{instance=\"log\",overflow=\"true\"} 86400030=1 86400040=1 86400050=1;"
                  "hits{instance=\"log\",user=\"a\"} 86400020=0 86400030=1 86400040=0 86400050=0;"
                  "hits{instance=\"log\",user=\"b\"} 86400020=0 86400030=stale;"
                  "hits{instance=\"log\",user=\"c\"} 86400020=0 86400030=stale;"
                  "hits{instance=\"log\",user=\"d\"} 86400040=1 86400050=0;"
                  "hits{instance=\"log\",user=\"e\"} 86400040=1 86400050=0;");
    hits(bench, 60 + 2 * day, "ag");
    hits(bench, 70 + 2 * day, "b");
    expect_window(bench, "hits_total", 60 + 2 * day, 3 * day,
                  "hits_total{instance=\"log\",overflow=\"true\"} 172800060=4 172800070=4;"
                  "hits_total{instance=\"log\",user=\"a\"} 172800060=3 172800070=3;"
                  "hits_total{instance=\"log\",user=\"b\"} 172800070=2;"
                  "hits_total{instance=\"log\",user=\"d\"} 172800060=stale;"
                  "hits_total{instance=\"log\",user=\"e\"} 172800060=stale;");
}

static void test_a_limit_of_its_own(void **state)
{
    struct bench *bench = *state;
    struct series_run *run = begin(bench, "a");
    series_run_limit(run, 1);
    assert_false(give(run, SERIES_EVENT, "hits", "x", 1));
    assert_true(give(run, SERIES_EVENT, "hits", "y", 2));
    assert_true(give(run, SERIES_EVENT, "hits", "z", 4));
    end(bench, run, SERIES_WELL, 10, 0);
    expect(bench, "hits",
           "hits{instance=\"a\",overflow=\"true\"} 10=6;hits{instance=\"a\",user=\"x\"} 10=1;");
}

/* As evidence tells what had no room: it goes where it was. */
static void test_what_was_summed_up(void **state)
{
    struct bench *bench = *state;
    struct series_run *run = begin(bench, "a");
    const struct label pair = {"overflow", "true"};
    struct series_reading reading = {SERIES_EVENT, "hits", &pair, 1, 5, NULL};
    bool overflow = false;
    assert_int_equal(series_run_reading(run, &reading, &overflow), 0);
    assert_true(overflow);
    end(bench, run, SERIES_WELL, 10, 0);
    expect(bench, "hits", "hits{instance=\"a\",overflow=\"true\"} 10=5;");
}

static int value_length(void *context, const struct series_view *view)
{
    *(size_t *)context = strlen(labels_get(view->labels, "value"));
    return 0;
}

static void test_long_text_is_cut_at_a_character(void **state)
{
    struct bench *bench = *state;
    char text[2001];
    for (size_t i = 0; i < 2000; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[0] = 'a';
    memcpy(text + 1, "\xc3\xa9", 2);
    for (size_t i = 3; i < 1999; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[1999] = '\0';
    struct series_run *run = begin(bench, "a");
    give_text(run, "long", text);
    end(bench, run, SERIES_WELL, 10, 0);
    size_t length = 0;
    struct series_window window = {.name = "long_info", .to_ms = 100};
    assert_int_equal(series_each(bench->set, &window, value_length, &length), 0);
    assert_int_equal(length, 1023);
}

static void test_overflow_keeps_the_sum(void **state)
{
    struct bench *bench = *state;
    static const char *const users[] = {"a", "b", "c", "d", "e"};
    for (int64_t t = 10; t <= 20; t += 10) {
        struct series_run *run = begin(bench, "log");
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(give(run, SERIES_EVENT, "e", users[i], 1 << i), i > 2);
            assert_int_equal(give(run, SERIES_GAUGE, "g", users[i], 1 << i), i > 2);
        }
        give(run, SERIES_EVENT, "e", "e", 100);
        end(bench, run, SERIES_WELL, t, t - 10);
    }
    expect_window(
        bench, "e", 20, 20,
        "e{instance=\"log\",overflow=\"true\"} 20=124;e{instance=\"log\",user=\"a\"} 20=1;"
        "e{instance=\"log\",user=\"b\"} 20=2;e{instance=\"log\",user=\"c\"} 20=4;");
    expect_window(bench, "g", 10, 10,
                  "g{instance=\"log\",overflow=\"true\"} 10=24;g{instance=\"log\",user=\"a\"} 10=1;"
                  "g{instance=\"log\",user=\"b\"} 10=2;g{instance=\"log\",user=\"c\"} 10=4;");
    expect_window(bench, "e_total", 20, 20,
                  "e_total{instance=\"log\",overflow=\"true\"} 20=248;"
                  "e_total{instance=\"log\",user=\"a\"} 20=2;"
                  "e_total{instance=\"log\",user=\"b\"} 20=4;"
                  "e_total{instance=\"log\",user=\"c\"} 20=8;");
    /* Another instance, and another attribute, have limits of their own. */
    struct series_run *run = begin(bench, "b");
    assert_false(give(run, SERIES_EVENT, "e", "z", 1));
    assert_false(give(run, SERIES_EVENT, "f", "z", 1));
    end(bench, run, SERIES_WELL, 30, 0);
}

/* Those that are gone leave their places to others, up to ten times the limit. */
static void test_places_of_the_gone(void **state)
{
    struct bench *bench = *state;
    for (int round = 0; round < 11; round++) {
        struct series_run *run = begin(bench, "a");
        for (int i = 0; i < 3; i++) {
            char user[16];
            snprintf(user, sizeof user, "u%d-%d", round, i);
            assert_int_equal(give(run, SERIES_GAUGE, "g", user, 1), round == 10);
        }
        end(bench, run, SERIES_WELL, 10 + round, 0);
    }
}

static void test_bad_names_are_refused(void **state)
{
    struct bench *bench = *state;
    static const struct {
        enum series_kind kind;
        const char *attribute, *label, *value;
        double number;
    } cases[] = {
        {SERIES_GAUGE, "a-b", "x", "y", 1},      {SERIES_GAUGE, "", "x", "y", 1},
        {SERIES_GAUGE, "a", "x-y", "y", 1},      {SERIES_GAUGE, "a", "__x", "y", 1},
        {SERIES_GAUGE, "a", "instance", "y", 1}, {SERIES_GAUGE, "a", "__name__", "y", 1},
        {SERIES_GAUGE, "a", "overflow", "y", 1}, {SERIES_GAUGE, "a", "x", "\xff", 1},
        {SERIES_EVENT, "a", "x", "y", -1},       {SERIES_EVENT, "a", "x", "y", NAN},
        {SERIES_EVENT, "a", "x", "y", INFINITY}, {SERIES_TEXT, "a", "value", "y", 1},
    };
    struct series_run *run = begin(bench, "a");
    bool overflow;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct label pair = {cases[i].label, cases[i].value};
        struct series_reading reading = {
            cases[i].kind, cases[i].attribute, &pair, 1, cases[i].number, "text"};
        if (series_run_reading(run, &reading, &overflow) != ERROR_RANGE)
            fail_msg("case %zu", i);
    }
    struct series_reading no_text = {SERIES_TEXT, "a", NULL, 0, 0, NULL};
    assert_int_equal(series_run_reading(run, &no_text, &overflow), ERROR_RANGE);
    end(bench, run, SERIES_WELL, 10, 0);
    expect(bench, NULL, "");
}

static void test_late_samples_are_dropped_and_counted(void **state)
{
    struct bench *bench = *state;
    struct series_figures figures;
    gauges(bench, 100, SERIES_WELL, "x");
    gauges(bench, 100, SERIES_WELL, "x");
    gauges(bench, 50, SERIES_WELL, "x");
    events(bench, 100, 0, 5, SERIES_WELL);
    events(bench, 60, 50, 7, SERIES_WELL);
    events(bench, 110, 60, 1, SERIES_WELL);
    expect(bench, NULL,
           "g{instance=\"a\",user=\"x\"} 100=1;hits{instance=\"log\"} 100=5 110=1;"
           "hits_total{instance=\"log\"} 100=5 110=6;");
    series_figures(bench->set, &figures);
    assert_int_equal(figures.dropped_late, 3);
    assert_int_equal(figures.series, 3);
    assert_int_equal(figures.samples, 5);
}

static void test_own_series(void **state)
{
    struct bench *bench = *state;
    struct label pairs[] = {{LABELS_NAME, "up"}, {"instance", "a"}};
    CLEAN(labels_clean) struct labels *labels = NULL;
    CLEAN(labels_clean) struct labels *other = NULL;
    CLEAN(labels_clean) struct labels *bad = NULL;
    assert_int_equal(labels_new(pairs, 2, &labels), 0);
    pairs[1].value = "b";
    assert_int_equal(labels_new(pairs, 2, &other), 0);
    assert_int_equal(labels_new(pairs + 1, 1, &bad), 0);
    assert_int_equal(series_put(bench->set, labels, 10, 1, 0), 0);
    assert_int_equal(series_put(bench->set, other, 10, 0, 0), 0);
    assert_int_equal(series_put(bench->set, bad, 10, 0, 0), ERROR_RANGE);
    assert_int_equal(series_put(bench->set, labels, 20, 1, 0), 0);
    assert_int_equal(series_put_end(bench->set, "up", 20), 0);
    assert_int_equal(series_put_end(bench->set, "up", 30), 0);
    assert_int_equal(series_put_end(bench->set, "absent", 30), 0);
    /* A run of the instance that the label names does not touch them, before or after a restart. */
    gauges(bench, 25, SERIES_FAILED, "");
    save(bench, 30);
    close_set(bench);
    open_set(bench);
    gauges(bench, 40, SERIES_FAILED, "");
    expect(bench, NULL, "up{instance=\"a\"} 10=1 20=1 30=stale;up{instance=\"b\"} 10=0 20=stale;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_seen_before_the_end),
        TEST(test_given_twice),
        TEST(test_repaired_account_leaves_at_once),
        TEST(test_outcomes),
        TEST(test_first_ten_events_count_ten),
        TEST(test_batch_tells_only_what_came),
        TEST(test_first_run_has_no_zero_before_it),
        TEST(test_sums_go_on_after_a_restart),
        TEST(test_text_that_changes),
        TEST(test_long_text_is_cut_at_a_character),
        TEST(test_overflow_keeps_the_sum),
        TEST(test_idle_events_make_room),
        TEST(test_a_limit_of_its_own),
        TEST(test_what_was_summed_up),
        TEST(test_places_of_the_gone),
        TEST(test_bad_names_are_refused),
        TEST(test_late_samples_are_dropped_and_counted),
        TEST(test_own_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
