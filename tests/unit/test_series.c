/* Series: runs, staleness, events and sums, limits; what is in memory equals what is stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clean.h"
#include "base/text.h"
#include "series/series.h"

struct bench {
    char folder[64];
    struct store *store;
    struct series_set *set;
    struct error error;
    struct series_limits limits;
};

static void open_set(struct bench *bench)
{
    if (store_open(bench->folder, STORE_WRITE, &bench->store, &bench->error) ||
        series_open(bench->store, &bench->limits, &bench->set, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
}

static void close_set(struct bench *bench)
{
    series_close(bench->set);
    store_close(bench->store);
    bench->set = NULL;
    bench->store = NULL;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    snprintf(bench->folder, sizeof bench->folder, "/tmp/test_series.XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    bench->limits.per_source = 3;
    open_set(bench);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"conformd.db", "conformd.db-wal", "conformd.db-shm",
                                        "lock"};
    struct bench *bench = *state;
    close_set(bench);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CLEAN(clean_text) char *path = text_format("%s/%s", bench->folder, names[i]);
        unlink(path);
    }
    rmdir(bench->folder);
    error_finish(&bench->error);
    free(bench);
    return 0;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---- what is seen, as text: name{...} time=value time=stale; */

static int dump_one(void *context, const struct series_view *view)
{
    struct buffer *out = context;
    CLEAN(clean_text) char *labels = labels_text(view->labels);
    char number[TEXT_DOUBLE_SIZE];
    buffer_text(out, labels);
    for (size_t i = 0; i < view->count; i++) {
        text_from_double(view->values[i], number);
        buffer_print(out, " %lld=%s", (long long)view->times[i],
                     bits_of(view->values[i]) == SERIES_STALE_BITS ? "stale" : number);
    }
    buffer_text(out, ";");
    return 0;
}

static char *dump(struct bench *bench, const char *name, int64_t from_ms, int64_t to_ms)
{
    struct buffer out = {0};
    struct series_window window = {.name = name, .from_ms = from_ms, .to_ms = to_ms};
    assert_int_equal(series_each(bench->set, &window, dump_one, &out), 0);
    series_release(bench->set);
    return buffer_take(&out);
}

static void expect_window(struct bench *bench, const char *name, int64_t from_ms, int64_t to_ms,
                          const char *expected)
{
    CLEAN(clean_text) char *seen = dump(bench, name, from_ms, to_ms);
    assert_string_equal(seen, expected);
}

static void expect(struct bench *bench, const char *name, const char *expected)
{
    expect_window(bench, name, 0, INT64_MAX, expected);
}

/* ---- runs */

static struct series_run *begin(struct bench *bench, const char *instance)
{
    struct series_run *run = NULL;
    assert_int_equal(series_run_begin(bench->set, instance, 7000, &run), 0);
    return run;
}

/* One reading with at most one label. */
static bool give(struct series_run *run, enum series_kind kind, const char *attribute,
                 const char *user, double value)
{
    struct label pair = {"user", user};
    struct series_reading reading = {kind, attribute, &pair, *user != '\0', value, NULL};
    bool overflow = false;
    assert_int_equal(series_run_reading(run, &reading, &overflow), 0);
    return overflow;
}

static void give_text(struct series_run *run, const char *attribute, const char *text)
{
    struct series_reading reading = {SERIES_TEXT, attribute, NULL, 0, 0, text};
    bool overflow = false;
    assert_int_equal(series_run_reading(run, &reading, &overflow), 0);
    assert_false(overflow);
}

static void end(struct bench *bench, struct series_run *run, enum series_outcome outcome,
                int64_t time_ms, int64_t previous_ms)
{
    if (series_run_end(run, outcome, time_ms, previous_ms, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
}

static void save(struct bench *bench, int64_t time_ms)
{
    if (store_begin(bench->store, &bench->error) ||
        series_save(bench->set, time_ms, &bench->error) ||
        store_commit(bench->store, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
}

static void gauges(struct bench *bench, int64_t time_ms, enum series_outcome outcome,
                   const char *users)
{
    struct series_run *run = begin(bench, "a");
    for (; *users; users++)
        give(run, SERIES_GAUGE, "g", (char[2]){*users, 0}, 1);
    end(bench, run, outcome, time_ms, 0);
}

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

/* ---- memory and store */

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
    struct series_window window = {"g", 0, 10, wants_y, "y"};
    assert_int_equal(series_each(bench->set, &window, dump_one, &out), 0);
    assert_string_equal(out.data, "g{instance=\"a\",user=\"y\"} 10=1;");
    buffer_finish(&out);
    window.wants = NULL;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_seen_before_the_end),
        TEST(test_given_twice),
        TEST(test_repaired_account_leaves_at_once),
        TEST(test_outcomes),
        TEST(test_first_ten_events_count_ten),
        TEST(test_first_run_has_no_zero_before_it),
        TEST(test_sums_go_on_after_a_restart),
        TEST(test_text_that_changes),
        TEST(test_long_text_is_cut_at_a_character),
        TEST(test_overflow_keeps_the_sum),
        TEST(test_places_of_the_gone),
        TEST(test_bad_names_are_refused),
        TEST(test_late_samples_are_dropped_and_counted),
        TEST(test_own_series),
        TEST(test_close_and_open_are_equal),
        TEST(test_reload_after_rollback_is_as_before),
        TEST(test_damaged_row_is_named),
        TEST(test_trim),
        TEST(test_numbers_are_not_given_again),
        TEST(test_windows),
        TEST(test_views_live_until_release),
        TEST(test_week_of_a_constant_is_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
