/* For tests of series: a set in a store of its own, runs in few words, what is seen as text. */
#ifndef UNIT_SERIES_BENCH_H
#define UNIT_SERIES_BENCH_H

#include "evidence/series/series.h"

struct bench {
    char folder[64];
    struct store *store;
    struct series_set *set;
    struct error error;
    struct series_limits limits;
};

/* Seen as text: name{...} time=value time=stale;  Readings have at most one label, "user". */
void open_set(struct bench *bench);
void close_set(struct bench *bench);
int set_up(void **state);
int tear_down(void **state);
/* on_series of a visit; context is a struct buffer. */
int dump_one(void *context, const struct series_view *view);
char *dump(struct bench *bench, const char *name, int64_t from_ms, int64_t to_ms);
void expect_window(struct bench *bench, const char *name, int64_t from_ms, int64_t to_ms,
                   const char *expected);
void expect(struct bench *bench, const char *name, const char *expected);
struct series_run *begin(struct bench *bench, const char *instance);
bool give(struct series_run *run, enum series_kind kind, const char *attribute, const char *user,
          double value);
void give_text(struct series_run *run, const char *attribute, const char *text);
void end(struct bench *bench, struct series_run *run, enum series_outcome outcome, int64_t time_ms,
         int64_t previous_ms);
void save(struct bench *bench, int64_t time_ms);
void gauges(struct bench *bench, int64_t time_ms, enum series_outcome outcome, const char *users);

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
