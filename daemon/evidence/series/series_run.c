/* Runs: readings are kept apart until the run ends, and become visible at one time. */
#include "evidence/series/series_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ground/base/array.h"
#include "ground/base/clean.h"
#include "ground/base/text.h"

enum {
    TEXT_LIMIT = 1024, /* bytes of a text's value */
    PAIRS_LIMIT = 64,  /* labels of a reading */
    KNOWN_FACTOR = 10, /* so many times the limit may be known, with those that are gone */
    PAIRS_OWN = 3,     /* name, instance, value */
};

/* One series in a run. */
struct staged {
    struct labels *labels; /* handed on to the set at the end */
    int kind;
    double value;
};

static bool staged_has_labels(const void *item, const void *key)
{
    return labels_equal(((const struct staged *)item)->labels, key);
}

int series_run_begin(struct series_set *set, const char *instance, int64_t lookback_ms,
                     struct series_run **ret)
{
    for (const struct series_run *run = set->runs; run; run = run->next)
        if (strcmp(run->instance, instance) == 0)
            return ERROR_STATE;
    if (!*instance || !text_is_utf8(instance, strlen(instance)))
        return ERROR_RANGE;
    struct series_run *run = calloc(1, sizeof *run);
    if (!run)
        return ERROR_MEMORY;
    run->instance = strdup(instance);
    if (!run->instance) {
        free(run);
        return ERROR_MEMORY;
    }
    run->set = set;
    run->lookback_ms = lookback_ms;
    run->limit = set->limits.per_source;
    run->number = ++set->last_run;
    run->next = set->runs;
    set->runs = run;
    *ret = run;
    return 0;
}

void series_run_limit(struct series_run *run, size_t limit)
{
    run->limit = limit;
}

static void keep_item(void *item)
{
    (void)item;
}

void series_run_drop(struct series_run *run)
{
    if (!run)
        return;
    struct series_run **link = &run->set->runs;
    while (*link != run)
        link = &(*link)->next;
    *link = run->next;
    for (size_t i = 0; i < run->count; i++) {
        labels_free(run->items[i]->labels);
        free(run->items[i]);
    }
    table_finish(&run->by_labels, keep_item);
    free(run->items);
    free(run->instance);
    free(run);
}

/* A whole number of characters of at most TEXT_LIMIT bytes. */
static int cut_text(const char *text, char ret_text[TEXT_LIMIT + 1])
{
    size_t length = strlen(text);
    if (!text_is_utf8(text, length))
        return ERROR_RANGE;
    if (length > TEXT_LIMIT)
        for (length = TEXT_LIMIT; ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--;
    memcpy(ret_text, text, length);
    ret_text[length] = '\0';
    return 0;
}

static bool is_reserved(const char *name)
{
    return strcmp(name, LABELS_NAME) == 0 || strcmp(name, "instance") == 0 ||
           strcmp(name, "overflow") == 0;
}

/* What was summed up before, as it is kept as evidence. */
static bool is_overflow(const struct series_reading *reading)
{
    return reading->count == 1 && strcmp(reading->pairs[0].name, "overflow") == 0 &&
           strcmp(reading->pairs[0].value, "true") == 0;
}

static int make_labels(const struct series_run *run, const struct series_reading *reading,
                       const char *name, struct labels **ret)
{
    struct label pairs[PAIRS_LIMIT + PAIRS_OWN];
    char text[TEXT_LIMIT + 1];
    size_t count = 0;
    if (reading->count > PAIRS_LIMIT)
        return ERROR_RANGE;
    pairs[count++] = (struct label){LABELS_NAME, name};
    pairs[count++] = (struct label){"instance", run->instance};
    if (reading->kind == SERIES_TEXT) {
        if (!reading->text || cut_text(reading->text, text))
            return ERROR_RANGE;
        pairs[count++] = (struct label){"value", text};
    }
    for (size_t i = 0; i < reading->count; i++) {
        if (is_reserved(reading->pairs[i].name) && !is_overflow(reading))
            return ERROR_RANGE;
        pairs[count++] = reading->pairs[i];
    }
    struct labels *labels;
    int code = labels_new(pairs, count, &labels);
    if (code)
        return code == ERROR_MEMORY ? code : ERROR_RANGE;
    if (!series_labels_fit(labels)) {
        labels_free(labels);
        return ERROR_RANGE;
    }
    *ret = labels;
    return 0;
}

static int make_overflow_labels(const struct series_run *run, const char *name, struct labels **ret)
{
    const struct label pairs[] = {
        {LABELS_NAME, name}, {"instance", run->instance}, {"overflow", "true"}};
    return labels_new(pairs, sizeof pairs / sizeof *pairs, ret);
}

static struct staged *find_staged(const struct series_run *run, const struct labels *labels)
{
    return table_find(&run->by_labels, labels_hash(labels), staged_has_labels, labels);
}

/* Takes labels over in any case. */
static struct staged *stage(struct series_run *run, struct labels *labels, int kind)
{
    struct staged *item = calloc(1, sizeof *item);
    if (!item || array_reserve(&run->items, &run->capacity, run->count, sizeof item) ||
        table_add(&run->by_labels, labels_hash(labels), item)) {
        free(item);
        labels_free(labels);
        return NULL;
    }
    item->labels = labels;
    item->kind = kind;
    run->items[run->count++] = item;
    return item;
}

/* May the run have one more series of this name? An event counts until it is idle, since it is
 * given a sample by every run; of others those that the run gives; of all, with those that are gone
 * or idle, a multiple. */
static bool has_room(const struct series_run *run, struct feed *feed, enum series_kind kind,
                     const struct series *known)
{
    size_t limit = run->limit;
    if (feed->run != run->number) {
        feed->run = run->number;
        feed->in_run = feed->fresh = 0;
    }
    bool fits = known || feed->known + feed->fresh < KNOWN_FACTOR * limit;
    if (kind == SERIES_EVENT)
        return fits && ((known && known->kind != KIND_IDLE) ||
                        feed->known - feed->aside + feed->fresh < limit);
    return fits && feed->in_run < limit;
}

/* The series of all that has no room; feed is its attribute's. */
static int stage_overflow(struct series_run *run, struct feed *feed, enum series_kind kind,
                          struct staged **ret)
{
    struct labels *overflow;
    run->full = true;
    feed->full = run->number;
    if (make_overflow_labels(run, feed->name, &overflow))
        return ERROR_MEMORY;
    *ret = find_staged(run, overflow);
    if (*ret)
        labels_free(overflow);
    else
        *ret = stage(run, overflow, (int)kind);
    return *ret ? 0 : ERROR_MEMORY;
}

static int stage_new(struct series_run *run, const struct series_reading *reading,
                     struct labels *labels, struct staged **ret)
{
    struct source *source;
    struct feed *feed;
    CLEAN(labels_clean) struct labels *mine = labels;
    const struct series *known = series_set_find(run->set, labels);
    if (series_set_obtain_source(run->set, run->instance, &source) ||
        series_source_obtain_feed(source, labels_name(labels), &feed))
        return ERROR_MEMORY;
    if (is_overflow(reading) || !has_room(run, feed, reading->kind, known))
        return stage_overflow(run, feed, reading->kind, ret);
    mine = NULL;
    *ret = stage(run, labels, (int)reading->kind);
    feed->in_run++;
    feed->fresh += !known || known->kind == KIND_IDLE;
    return *ret ? 0 : ERROR_MEMORY;
}

/* A NaN that a collector reads must not look like our marker. */
static double clean_value(double value)
{
    return series_is_stale(value) ? (double)NAN : value;
}

static void put_value(struct staged *item, const struct series_reading *reading, bool overflowed)
{
    if (reading->kind == SERIES_TEXT)
        item->value = 1;
    else if (reading->kind == SERIES_EVENT || overflowed)
        item->value = clean_value(item->value + reading->value);
    else
        item->value = clean_value(reading->value);
}

int series_run_reading(struct series_run *run, const struct series_reading *reading,
                       bool *ret_overflow)
{
    struct labels *labels;
    if (reading->kind == SERIES_EVENT && !(isfinite(reading->value) && reading->value >= 0))
        return ERROR_RANGE;
    CLEAN(clean_text)
    char *name =
        text_format("%s%s", reading->attribute, reading->kind == SERIES_TEXT ? "_info" : "");
    int code = name ? make_labels(run, reading, name, &labels) : ERROR_MEMORY;
    if (code)
        return code;
    struct staged *item = find_staged(run, labels);
    bool overflowed = is_overflow(reading);
    if (item) {
        labels_free(labels);
    } else {
        code = stage_new(run, reading, labels, &item);
        if (code)
            return code;
        overflowed = *labels_get(item->labels, "overflow") != '\0';
    }
    put_value(item, reading, overflowed);
    *ret_overflow = overflowed;
    return 0;
}

/* The labels of an event's sum. */
static int find_total(struct series_set *set, struct series *event)
{
    if (event->total)
        return 0;
    CLEAN(clean_text) char *name = text_format("%s_total", event->family->name);
    CLEAN(clean_memory) struct label *pairs = calloc(event->labels->count, sizeof *pairs);
    struct labels *labels;
    if (!name || !pairs)
        return ERROR_MEMORY;
    for (size_t i = 0; i < event->labels->count; i++) {
        pairs[i] = event->labels->pair[i];
        if (strcmp(pairs[i].name, LABELS_NAME) == 0)
            pairs[i].value = name;
    }
    int code = labels_new(pairs, event->labels->count, &labels);
    return code ? code : series_set_obtain(set, labels, KIND_TOTAL, &event->total);
}

/* What a run says when it ends. */
struct ending {
    struct series_run *run;
    enum series_outcome outcome;
    int64_t time_ms;
    int64_t previous_ms;
};

static int end_event(const struct ending *ending, struct series *event)
{
    struct series_set *set = ending->run->set;
    bool is_seen = event->run == ending->run->number;
    double increment = is_seen ? event->increment : 0;
    /* That there was none is known when the interval is over. */
    if (!is_seen && ending->outcome == SERIES_BATCH)
        return 0;
    int code = series_set_sample(set, event, ending->time_ms, increment);
    /* What the event lost to a clock that stepped back must not stand in the sum alone. */
    if (code <= 0)
        return code;
    code = find_total(set, event);
    if (!code)
        code = series_set_lookback(set, event->total, event->lookback_ms);
    if (!code && !event->total->last && ending->previous_ms &&
        ending->previous_ms < ending->time_ms)
        code = series_set_sample(set, event->total, ending->previous_ms, 0);
    if (code >= 0)
        code =
            series_set_sample(set, event->total, ending->time_ms, event->total->held + increment);
    return code;
}

static int end_series(const struct ending *ending, struct series *series)
{
    struct series_run *run = ending->run;
    if (ending->outcome == SERIES_FAILED)
        return series_set_stale(run->set, series, ending->time_ms);
    if (series->kind == KIND_TOTAL)
        return 0;
    if (series->kind == KIND_IDLE)
        return 0;
    if (series_set_lookback(run->set, series, run->lookback_ms))
        return ERROR_MEMORY;
    if (series->kind == SERIES_EVENT)
        return end_event(ending, series);
    if (ending->outcome == SERIES_WELL && series->run != run->number)
        return series_set_stale(run->set, series, ending->time_ms);
    return 0;
}

static int show_item(const struct ending *ending, struct staged *item)
{
    struct series_run *run = ending->run;
    struct series *series;
    struct labels *labels = item->labels;
    item->labels = NULL;
    int code = series_set_obtain(run->set, labels, item->kind, &series);
    if (code)
        return code;
    series->run = run->number;
    series->increment = item->value;
    if (item->kind == SERIES_EVENT)
        return 0;
    return series_set_sample(run->set, series, ending->time_ms, item->value);
}

static int end_run(const struct ending *ending)
{
    struct series_run *run = ending->run;
    int code = 0;
    for (size_t i = 0; code >= 0 && ending->outcome != SERIES_FAILED && i < run->count; i++)
        code = show_item(ending, run->items[i]);
    if (code >= 0 && run->full && ending->outcome != SERIES_FAILED)
        code = series_set_make_room(run->set, run, ending->time_ms);
    struct source *source = series_set_source(run->set, run->instance);
    /* Sums that are new come in behind, and are done with their event. */
    size_t count = source ? source->count : 0;
    for (size_t i = 0; code >= 0 && i < count; i++)
        code = end_series(ending, source->members[i]);
    return code < 0 ? code : 0;
}

int series_run_end(struct series_run *run, enum series_outcome outcome, int64_t time_ms,
                   int64_t previous_ms, struct error *error)
{
    struct ending ending = {run, outcome, time_ms, previous_ms};
    int code = end_run(&ending);
    if (code)
        error_set(error, code, "the readings of %s cannot be kept: %s", run->instance,
                  error_text(code));
    series_run_drop(run);
    return code;
}
