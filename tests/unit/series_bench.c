/* A set in a store of its own, and what is seen of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/buffer.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"
#include "kit/store_scene.h"
#include "unit/series_bench.h"

void open_set(struct bench *bench)
{
    if (store_open(bench->folder, STORE_WRITE, &bench->store, &bench->error) ||
        series_open(bench->store, &bench->limits, &bench->set, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
}

void close_set(struct bench *bench)
{
    series_close(bench->set);
    store_close(bench->store);
    bench->set = NULL;
    bench->store = NULL;
}

int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    store_scene_folder(bench->folder);
    bench->limits.per_source = 3;
    open_set(bench);
    *state = bench;
    return 0;
}

int tear_down(void **state)
{
    struct bench *bench = *state;
    close_set(bench);
    store_scene_remove(bench->folder);
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

int dump_one(void *context, const struct series_view *view)
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

char *dump(struct bench *bench, const char *name, int64_t from_ms, int64_t to_ms)
{
    struct buffer out = {0};
    struct series_window window = {.name = name, .from_ms = from_ms, .to_ms = to_ms};
    assert_int_equal(series_each(bench->set, &window, dump_one, &out), 0);
    series_release(bench->set);
    return buffer_take(&out);
}

void expect_window(struct bench *bench, const char *name, int64_t from_ms, int64_t to_ms,
                   const char *expected)
{
    CLEAN(clean_text) char *seen = dump(bench, name, from_ms, to_ms);
    assert_string_equal(seen, expected);
}

void expect(struct bench *bench, const char *name, const char *expected)
{
    expect_window(bench, name, 0, INT64_MAX, expected);
}

struct series_run *begin(struct bench *bench, const char *instance)
{
    struct series_run *run = NULL;
    assert_int_equal(series_run_begin(bench->set, instance, 7000, &run), 0);
    return run;
}

bool give(struct series_run *run, enum series_kind kind, const char *attribute, const char *user,
          double value)
{
    struct label pair = {"user", user};
    struct series_reading reading = {kind, attribute, &pair, *user != '\0', value, NULL};
    bool overflow = false;
    assert_int_equal(series_run_reading(run, &reading, &overflow), 0);
    return overflow;
}

void give_text(struct series_run *run, const char *attribute, const char *text)
{
    struct series_reading reading = {SERIES_TEXT, attribute, NULL, 0, 0, text};
    bool overflow = false;
    assert_int_equal(series_run_reading(run, &reading, &overflow), 0);
    assert_false(overflow);
}

void end(struct bench *bench, struct series_run *run, enum series_outcome outcome, int64_t time_ms,
         int64_t previous_ms)
{
    if (series_run_end(run, outcome, time_ms, previous_ms, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
}

void save(struct bench *bench, int64_t time_ms)
{
    if (store_begin(bench->store, &bench->error) ||
        series_save(bench->set, time_ms, &bench->error) ||
        store_commit(bench->store, &bench->error))
        fail_msg("%s", error_sentence(&bench->error));
}

void gauges(struct bench *bench, int64_t time_ms, enum series_outcome outcome, const char *users)
{
    struct series_run *run = begin(bench, "a");
    for (; *users; users++)
        give(run, SERIES_GAUGE, "g", (char[2]){*users, 0}, 1);
    end(bench, run, outcome, time_ms, 0);
}
