/* Samples by labels and time: in memory, and packed one row a commit in the store.
 * Times are wall milliseconds and rise within a series. */
#ifndef SERIES_SERIES_H
#define SERIES_SERIES_H

#include "evidence/store/store.h"
#include "ground/base/error.h"
#include "ground/base/labels.h"

#include <stdbool.h>
#include <stdint.h>

struct series_set;
/* The NaN that marks a series as gone (Prometheus' value); compared bit by bit. A reading with
 * these bits becomes an ordinary NaN. */
#define SERIES_STALE_BITS 0x7ff0000000000002ULL

/* Kinds of an attribute (collector.h). */
enum series_kind { SERIES_GAUGE, SERIES_COUNTER, SERIES_EVENT, SERIES_TEXT };

struct series_limits {
    int64_t keep_ms;     /* how far back samples are kept; preset 400 d */
    size_t per_source;   /* series per attribute and instance; preset 1,000 */
    int64_t lookback_ms; /* for series without one of their own; preset 5 min */
};

/* Loads all series and their samples from the store (tables series, samples). limits are copied;
 * NULL, or a member of 0, takes the preset. */
int series_open(struct store *store, const struct series_limits *limits, struct series_set **ret,
                struct error *error) MUST_CHECK;
void series_close(struct series_set *set);

/* A reader's set: empty until series_refresh, which takes in what was committed since the last
 * time; whatever a commit holds is then seen. Past until_us (clock_us) it leaves off: ERROR_AGAIN,
 * and goes on there the next time. Nothing else may change such a set. */
int series_open_reader(struct store *store, const struct series_limits *limits,
                       struct series_set **ret, struct error *error) MUST_CHECK;
int series_refresh(struct series_set *set, int64_t now_ms, int64_t until_us,
                   struct error *error) MUST_CHECK;

/* A run of one instance puts its readings between begin and end. Nothing is visible to
 * series_each until series_run_end. lookback_ms: that of the series it feeds (two intervals of
 * the collector). instance becomes the label "instance" of every series. One run at a time per
 * instance (ERROR_STATE); runs of several instances may be open together, also over a save and a
 * reload. series_close drops those still open. */
struct series_run;
int series_run_begin(struct series_set *set, const char *instance, int64_t lookback_ms,
                     struct series_run **ret) MUST_CHECK;

/* A limit of its own on the series of one attribute, before its first reading. */
void series_run_limit(struct series_run *run, size_t limit);

struct series_reading {
    enum series_kind kind;
    const char *attribute;
    const struct label *pairs; /* without name and instance */
    size_t count;
    double value;
    const char *text; /* of SERIES_TEXT */
};

/* A gauge or counter given twice in a run: the last one holds. An event adds its increment. A text
 * becomes NAME_info with the label value (at most 1,024 bytes, cut at a character) and the value 1.
 * Beyond the limit the reading goes to {overflow="true"} of its attribute, events, gauges and
 * counters added up (a series given twice counts twice there), and ret_overflow is set; so does a
 * reading with that label alone. The limit is on the series known of an event, and of others on
 * those given in one run; with those that are gone and not yet trimmed it is ten times as many. An
 * attribute that was full in a run makes room at its end: events' series that had none for a day
 * (or four intervals) end with a stale marker, also of their sum, until their next event.
 * ERROR_RANGE for a name or label that Prometheus would not take, more than 64 labels, the labels
 * instance, overflow and __name__, and an event's increment that is negative or not finite. */
int series_run_reading(struct series_run *run, const struct series_reading *reading,
                       bool *ret_overflow) MUST_CHECK;

enum series_outcome {
    SERIES_WELL,    /* series that the instance did not emit get a stale marker */
    SERIES_PARTIAL, /* none do */
    SERIES_BATCH,   /* none do: in the middle of a stream's interval */
    SERIES_FAILED,  /* all of the instance do; the readings of the run are dropped */
};

/* Makes the run visible at time_ms, once, and frees it. For an event attribute each series known
 * of this instance gets a sample: NAME (the increment, 0 when not seen in this run) and NAME_total
 * (the running sum; when new, with a zero sample at previous_ms, the end of the instance's run
 * before, unless that is 0); by SERIES_BATCH only those seen in this run. Event series are never
 * marked stale by SERIES_WELL; by SERIES_FAILED they are. Samples whose time is not after the last
 * of their series are dropped and counted; an increment dropped so does not enter the sum. After an
 * error: rollback and series_reload. */
int series_run_end(struct series_run *run, enum series_outcome outcome, int64_t time_ms,
                   int64_t previous_ms, struct error *error) MUST_CHECK;
void series_run_drop(struct series_run *run);
/* One sample of a series of the daemon itself (labels with name, no instance added), part of the
 * next series_save. ERROR_RANGE for labels as above, or those of a series that a run feeds. */
int series_put(struct series_set *set, const struct labels *labels, int64_t time_ms, double value,
               int64_t lookback_ms) MUST_CHECK;
/* Marks as stale every series of this metric name that has no sample at time_ms. */
int series_put_end(struct series_set *set, const char *name, int64_t time_ms) MUST_CHECK;
/* Ends those of this instance that are wanted; an event is given no 0 until it happens again. */
int series_end(struct series_set *set, const char *instance,
               bool (*wants)(const void *context, const struct labels *labels), const void *context,
               int64_t time_ms) MUST_CHECK;

/* Writes what became visible since the last save: new series, and one packed row of samples.
 * Inside the caller's transaction. After a rollback call series_reload (memory and store differ).*/
int series_save(struct series_set *set, int64_t time_ms, struct error *error) MUST_CHECK;
int series_reload(struct series_set *set, struct error *error) MUST_CHECK;

/* The clock was set back: samples behind to_ms leave store and memory. In the caller's transaction,
 * before anything of it became visible. */
int series_drop_after(struct series_set *set, int64_t to_ms, struct error *error) MUST_CHECK;

/* Drops samples older than keep_ms from memory and store, and series that have none left; a
 * bounded amount of work a call. In the caller's transaction, or in its own when none is open. Ends
 * the views. */
int series_trim(struct series_set *set, int64_t now_ms, struct error *error) MUST_CHECK;

/* One series with its samples of from_ms <= time <= to_ms (decoded, stale markers included;
 * borrowed until series_release, also over further visits; a trim or a reload ends it too). */
struct series_view {
    const struct labels *labels;
    const int64_t *times;
    const double *values;
    size_t count;
    int64_t lookback_ms;
};
struct series_window {
    const char *name; /* NULL: every name */
    int64_t from_ms;
    int64_t to_ms;
    bool newest; /* the last sample of each in the window is enough; others may come with it */
    /* Chooses by labels before samples are decoded; may be NULL. */
    bool (*wants)(const void *wants_context, const struct labels *labels);
    const void *wants_context;
};

/* Visits the series that have samples in the window, sorted by labels. A negative answer of
 * on_series ends the visit and is returned; it may not change the set. ERROR_MEMORY. */
int series_each(struct series_set *set, const struct series_window *window,
                int (*on_series)(void *context, const struct series_view *view), void *context);
void series_release(struct series_set *set);

struct series_figures {
    size_t series;
    uint64_t samples;      /* in memory */
    uint64_t dropped_late; /* not after the last of their series */
    size_t bytes;          /* of memory for samples */
};
void series_figures(const struct series_set *set, struct series_figures *ret);

#endif
